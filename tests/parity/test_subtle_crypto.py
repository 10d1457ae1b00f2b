"""`crypto.subtle` (`crates/isolate/src/ops/subtle_crypto`), against what Python computes: all but pairs of keys."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

from convex_test import FunctionError, js

KINDS = ["query", "mutation", "action"]
HASHES = {"SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
DATA = "Grüße".encode()
KEY = bytes(range(32))
IV = bytes(range(100, 116))
FILES = {
    "convex/early.ts": """
        import { query } from "./_generated/server";
        const digest = crypto.subtle.digest("SHA-256", new TextEncoder().encode("x"));
        const generated = crypto.subtle.generateKey("Ed25519", true, ["sign"]).catch((error: Error) => error.message);
        export const digested = query(async () => await digest);
        export const random = query(async () => await generated);
    """,
}
SUBTLE = "const { subtle } = crypto; const bytes = (buffer) => new Uint8Array(buffer); "


def run(t, body, kind="query", **args):
    return getattr(t, kind)(js(f"async (_ctx, args) => {{ {SUBTLE} {body} }}"), args)


def failure(t, body, kind="query", **args):
    with pytest.raises(FunctionError) as caught:
        run(t, body, kind, **args)
    return caught.value.text


def base64url(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def pkcs8(key):
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


# Digests


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HASHES)
def test_digest(t, kind, name):
    assert (
        run(t, "return subtle.digest(args.name, args.data);", kind, name=name, data=DATA)
        == hashlib.new(HASHES[name], DATA).digest()
    )


@pytest.mark.parametrize("algorithm", ['"sha-256"', '{ name: "Sha-256" }'])
def test_a_digest_takes_its_name_in_any_case_and_as_an_object(t, algorithm):
    assert run(t, f"return subtle.digest({algorithm}, args.data);", data=DATA) == hashlib.sha256(DATA).digest()


@pytest.mark.parametrize(
    "data", ["bytes(args.data)", "bytes(args.data).subarray(0)", "new DataView(args.data)", "args.data"]
)
def test_a_digest_of_all_kinds_of_buffers(t, data):
    assert run(t, f"return subtle.digest('SHA-256', {data});", data=DATA) == hashlib.sha256(DATA).digest()


def test_a_digest_of_a_part_of_a_buffer(t):
    assert (
        run(t, "return subtle.digest('SHA-256', bytes(args.data).subarray(1, 3));", data=DATA)
        == hashlib.sha256(DATA[1:3]).digest()
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'MD5', args.data", "Error: unknown variant `MD5`, expected one of `SHA-1`, `SHA-256`, `SHA-384`, `SHA-512`"),
        ("'SHA-256', 'text'", "Error: serde_v8 error: invalid type; expected: buffer, got: string"),
        ("'SHA-256', [1]", "Error: serde_v8 error: invalid type; expected: buffer, got: array"),
        ("{}, args.data", "Error: missing field `name`"),
        (
            "'SHA-256'",
            "TypeError: Failed to execute 'digest' on 'SubtleCrypto': 2 arguments required, but only 1 present.",
        ),
    ],
)
def test_a_digest_refuses(t, arguments, expected):
    assert failure(t, f"await subtle.digest({arguments});", data=DATA) == f"Uncaught {expected}"


def test_a_failed_operation_that_nobody_awaits_fails_the_function(t):
    assert failure(t, "subtle.digest('MD5', new Uint8Array()); await null; return 1;").startswith(
        "Uncaught Error: unknown variant `MD5`"
    )


def test_a_digest_that_a_module_asks_for_while_it_loads(t):
    assert t.query("early:digested") == hashlib.sha256(b"x").digest()


def test_randomness_while_modules_load(t):
    assert t.query("early:random") == "Cannot use cryptographic randomness at import time"


# HMAC


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HASHES)
def test_hmac(t, kind, name):
    body = (
        "const key = await subtle.importKey('raw', args.key, { name: 'HMAC', hash: args.name }, false, "
        "['sign', 'verify']); "
        "const signature = await subtle.sign('HMAC', key, args.data); "
        "const wrong = bytes(signature.slice()); wrong[0] ^= 1; "
        "return [signature, await subtle.verify('HMAC', key, signature, args.data), await "
        "subtle.verify('HMAC', key, wrong, args.data)];"
    )
    assert run(t, body, kind, key=KEY, name=name, data=DATA) == [hmac.digest(KEY, DATA, HASHES[name]), True, False]


def test_what_a_key_tells(t):
    body = (
        "const key = await subtle.importKey('raw', args.key, { name: 'hmac', hash: 'sha-256' }, true, "
        "['sign', 'sign']); "
        "const { type, extractable, algorithm, usages } = key; "
        "return [type, extractable, JSON.stringify(algorithm), usages, key instanceof CryptoKey, "
        "String(key), Object.keys(key)];"
    )
    assert run(t, body, key=KEY) == [
        "secret",
        True,
        '{"name":"HMAC","hash":{"name":"SHA-256"},"length":256}',
        ["sign"],
        True,
        "[object CryptoKey]",
        ["type", "extractable", "algorithm", "usages"],
    ]


def test_an_hmac_key_as_jwk(t):
    jwk = {"kty": "oct", "k": base64url(KEY), "alg": "HS256", "ext": True, "key_ops": ["sign"]}
    body = (
        "const key = await subtle.importKey('jwk', args.jwk, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']); "
        "return [await subtle.exportKey('raw', key), JSON.stringify(await subtle.exportKey('jwk', key))];"
    )
    exported = f'{{"kty":"oct","key_ops":["sign"],"alg":"HS256","ext":true,"k":"{base64url(KEY)}"}}'
    assert run(t, body, jwk=jwk) == [KEY, exported]


HMAC = "{ name: 'HMAC', hash: 'SHA-256' }"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"await subtle.importKey('raw', args.key, {HMAC}, true, []);", "SyntaxError: invalid key usages"),
        (
            "await subtle.importKey('raw', args.key, 'HMAC', true, ['sign']);",
            "Error: serde_v8 error: invalid type; expected: object, got: string",
        ),
        ("await subtle.importKey('raw', args.key, { name: 'HMAC' }, true, ['sign']);", "Error: missing field `hash`"),
        (
            "await subtle.importKey('raw', args.key, { name: 'DES' }, true, ['sign']);",
            "NotSupportedError: Unrecognized or invalid algorithm des",
        ),
        (
            f"await subtle.importKey('raw', new Uint8Array(), {HMAC}, true, ['sign']);",
            "DataError: provided HMAC key is empty",
        ),
        (
            f"await subtle.importKey('pkcs8', args.key, {HMAC}, true, ['sign']);",
            "NotSupportedError: unsupported import format",
        ),
        (
            f"await subtle.importKey('jwk', args.key, {HMAC}, true, ['sign']);",
            "TypeError: wrong keyData for format Jwk",
        ),
        (f"await subtle.importKey('raw', {{}}, {HMAC}, true, ['sign']);", "TypeError: wrong keyData for format Raw"),
        (
            f"await subtle.importKey('hex', args.key, {HMAC}, true, ['sign']);",
            "Error: unknown variant `hex`, expected one of `raw`, `pkcs8`, `spki`, `jwk`",
        ),
        (
            f"await subtle.importKey('raw', args.key, {HMAC}, true, ['hash']);",
            "Error: unknown variant `hash`, expected one of `encrypt`, `decrypt`, `sign`, `verify`, "
            "`deriveKey`, `deriveBits`, `wrapKey`, `unwrapKey`",
        ),
        (
            f"await subtle.importKey('jwk', {{ kty: 'RSA' }}, {HMAC}, true, ['sign']);",
            'DataError: JWK "kty" must be "oct"',
        ),
        (
            f"await subtle.importKey('jwk', {{ kty: 'oct', k: '=' }}, {HMAC}, true, ['sign']);",
            "DataError: invalid key data",
        ),
        (
            f"await subtle.importKey('jwk', {{ kty: 'oct', k: 'AA', alg: 'HS1' }}, {HMAC}, true, ['sign']);",
            'DataError: JWK "alg" must be "HS256"',
        ),
        (
            f"await subtle.importKey('jwk', {{ kty: 'oct', k: 'AA', use: 'enc' }}, {HMAC}, true, ['sign']);",
            'DataError: JWK "use" must be "sig"',
        ),
        (
            f"await subtle.importKey('jwk', {{ kty: 'oct', k: 'AA', key_ops: ['verify'] }}, {HMAC}, true, ['sign']);",
            'DataError: JWK "key_ops" does not contain Sign',
        ),
        (
            f"await subtle.importKey('jwk', {{ kty: 'oct', k: 'AA', ext: false }}, {HMAC}, true, ['sign']);",
            'DataError: JWK "ext" must be true',
        ),
        (
            "await subtle.importKey('raw', args.key, { name: 'HMAC', hash: 'SHA-1', length: 512 }, true, ['sign']);",
            "DataError: provided HMAC key is shorter than requested length",
        ),
        (
            "await subtle.importKey('raw', args.key, { name: 'HMAC', hash: 'SHA-1', length: 8 }, true, ['sign']);",
            "DataError: provided HMAC key is longer than requested length",
        ),
        (
            "await subtle.importKey('raw', args.key, { name: 'HMAC', hash: 'SHA-1', length: 3 }, true, ['sign']);",
            "TypeError: length must be a multiple of 8",
        ),
        ("await subtle.sign('HMAC', {}, args.key);", "TypeError: not of type CryptoKey"),
        (
            f"await subtle.sign('HMAC', await subtle.importKey('raw', args.key, {HMAC}, true, ['verify']), args.key);",
            'InvalidAccessError: CryptoKey does not have "sign" usage',
        ),
        (
            f"await subtle.sign('Ed25519', await subtle.importKey('raw', args.key, {HMAC}, true, ['sign']), args.key);",
            "InvalidAccessError: invalid algorithm for key",
        ),
        (
            f"await subtle.exportKey('raw', await subtle.importKey('raw', args.key, {HMAC}, false, ['sign']));",
            "InvalidAccessError: key is not extractable",
        ),
        (
            f"await subtle.exportKey('spki', await subtle.importKey('raw', args.key, {HMAC}, true, ['sign']));",
            "NotSupportedError: unsupported export format",
        ),
    ],
)
def test_keys_refuse(t, body, expected):
    assert failure(t, body, key=KEY) == f"Uncaught {expected}"


# AES


def import_aes(name, *usages):
    return f"await subtle.importKey('raw', args.key, '{name}', true, {list(usages or ('encrypt', 'decrypt'))})"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [16, 24, 32])
@pytest.mark.parametrize("length", [0, 5, 16, 100])
def test_aes_cbc(t, kind, size, length):
    data = bytes(range(length))
    cipher = Cipher(algorithms.AES(KEY[:size]), modes.CBC(IV)).encryptor()
    padder = PKCS7(128).padder()
    expected = cipher.update(padder.update(data) + padder.finalize()) + cipher.finalize()
    body = (
        f"const key = {import_aes('AES-CBC')}; const how = {{ name: 'aes-cbc', iv: args.iv }}; "
        "const sent = await subtle.encrypt(how, key, args.data); return [sent, await subtle.decrypt(how, key, sent)];"
    )
    assert run(t, body, kind, key=KEY[:size], iv=IV, data=data) == [expected, data]


@pytest.mark.parametrize("additional", [None, b"", b"more"])
def test_aes_gcm(t, additional):
    expected = AESGCM(KEY).encrypt(IV[:12], DATA, additional)
    extra = "" if additional is None else ", additionalData: args.additional, tagLength: 128"
    body = (
        f"const key = {import_aes('AES-GCM')}; const how = {{ name: 'AES-GCM', iv: args.iv{extra} }}; "
        "const sent = await subtle.encrypt(how, key, args.data); return [sent, await subtle.decrypt(how, key, sent)];"
    )
    assert run(t, body, key=KEY, iv=IV[:12], data=DATA, additional=additional or b"") == [expected, DATA]


def counter_mode(counter, length, data):
    """Block by block, only the last `length` bits of the counter counting."""
    cipher = Cipher(algorithms.AES(KEY), modes.ECB()).encryptor()
    start = int.from_bytes(counter, "big")
    out = b""
    for block in range(0, len(data), 16):
        low = (start + block // 16) % (1 << length)
        stream = cipher.update((start - start % (1 << length) + low).to_bytes(16, "big"))
        out += bytes(a ^ b for a, b in zip(data[block : block + 16], stream, strict=False))
    return out


@pytest.mark.parametrize(("length", "size"), [(128, 100), (64, 100), (32, 100), (8, 500), (3, 128), (1, 32)])
@pytest.mark.parametrize("last", [0, 254, 255])
def test_aes_ctr(t, length, size, last):
    counter, data = IV[:15] + bytes([last]), bytes(i % 256 for i in range(size))
    body = (
        f"const key = {import_aes('AES-CTR')}; const how = {{ name: 'AES-CTR', counter: args.counter, "
        f"length: {length} }}; "
        "const sent = await subtle.encrypt(how, key, args.data); return [sent, await subtle.decrypt(how, key, sent)];"
    )
    assert run(t, body, key=KEY, counter=counter, data=data) == [counter_mode(counter, length, data), data]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            f"await subtle.encrypt({{ name: 'AES-CBC', iv: args.iv.slice(1) }}, {import_aes('AES-CBC')}, args.iv);",
            "OperationError: iv must be 16 bytes",
        ),
        (
            f"await subtle.encrypt({{ name: 'AES-CBC' }}, {import_aes('AES-CBC')}, args.iv);",
            "Error: missing field `iv`",
        ),
        (
            f"await subtle.decrypt({{ name: 'AES-CBC', iv: args.iv }}, {import_aes('AES-CBC')}, args.iv);",
            "OperationError: invalid ciphertext",
        ),
        (
            f"await subtle.encrypt({{ name: 'AES-GCM', iv: args.iv }}, {import_aes('AES-GCM')}, args.iv);",
            "NotSupportedError: AES-GCM IV must be 96 bits",
        ),
        (
            "await subtle.encrypt({ name: 'AES-GCM', iv: args.iv, tagLength: 96 }, "
            f"{import_aes('AES-GCM')}, args.iv);",
            "NotSupportedError: tag length must be 128 bits",
        ),
        (
            f"await subtle.decrypt({{ name: 'AES-GCM', iv: args.iv.slice(4) }}, {import_aes('AES-GCM')}, "
            "args.iv.slice(1));",
            "OperationError: The provided data is too small.",
        ),
        (
            f"await subtle.decrypt({{ name: 'AES-GCM', iv: args.iv.slice(4) }}, {import_aes('AES-GCM')}, args.iv);",
            "OperationError: Decryption failed",
        ),
        (
            "await subtle.encrypt({ name: 'AES-CTR', counter: args.iv, length: 0 }, "
            f"{import_aes('AES-CTR')}, args.iv);",
            "OperationError: invalid counter length",
        ),
        (
            "await subtle.encrypt({ name: 'AES-CTR', counter: args.iv, length: 1 }, "
            f"{import_aes('AES-CTR')}, new Uint8Array(33));",
            "OperationError: too much data for counter length",
        ),
        (
            f"await subtle.encrypt({{ name: 'AES-CBC', iv: args.iv }}, {import_aes('AES-GCM')}, args.iv);",
            "InvalidAccessError: invalid algorithm for key",
        ),
        (
            "await subtle.importKey('raw', args.key.slice(1), 'AES-CBC', true, ['encrypt']);",
            "DataError: invalid key length",
        ),
    ],
)
def test_aes_refuses(t, body, expected):
    assert failure(t, body, key=KEY, iv=IV) == f"Uncaught {expected}"


def test_an_aes_key_as_jwk(t):
    body = f"return JSON.stringify(await subtle.exportKey('jwk', {import_aes('AES-GCM', 'encrypt')}));"
    assert (
        run(t, body, key=KEY)
        == f'{{"kty":"oct","key_ops":["encrypt"],"alg":"A256GCM","ext":true,"k":"{base64url(KEY)}"}}'
    )


# Derivation


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HASHES)
def test_pbkdf2(t, kind, name):
    body = (
        "const key = await subtle.importKey('raw', args.data, 'PBKDF2', false, ['deriveBits']); "
        "return subtle.deriveBits({ name: 'PBKDF2', hash: args.name, salt: args.salt, iterations: 100 }, key, 256);"
    )
    assert run(t, body, kind, data=DATA, salt=IV, name=name) == hashlib.pbkdf2_hmac(HASHES[name], DATA, IV, 100, 32)


@pytest.mark.parametrize(("name", "size"), [("SHA-1", 20), ("SHA-256", 32), ("SHA-256", 100), ("SHA-512", 64)])
def test_hkdf(t, name, size):
    body = (
        "const key = await subtle.importKey('raw', args.data, 'HKDF', false, ['deriveBits']); "
        "return subtle.deriveBits({ name: 'HKDF', hash: args.name, salt: args.salt, info: args.info }, key, args.bits);"
    )
    hash_ = {"SHA-1": hashes.SHA1, "SHA-256": hashes.SHA256, "SHA-512": hashes.SHA512}[name]()
    expected = HKDF(hash_, size, salt=IV, info=b"info").derive(DATA)
    assert run(t, body, data=DATA, salt=IV, info=b"info", name=name, bits=size * 8) == expected


def test_derive_key(t):
    body = (
        "const key = await subtle.importKey('raw', args.data, 'PBKDF2', false, ['deriveKey']); "
        "const how = { name: 'PBKDF2', hash: 'SHA-256', salt: args.salt, iterations: 10 }; "
        "const aes = await subtle.deriveKey(how, key, { name: 'AES-GCM', length: 256 }, true, ['encrypt']); "
        "const mac = await subtle.deriveKey(how, key, { name: 'HMAC', hash: 'SHA-1' }, true, ['sign']); "
        "return [await subtle.exportKey('raw', aes), await subtle.exportKey('raw', mac), "
        "JSON.stringify(aes.algorithm)];"
    )
    derived = hashlib.pbkdf2_hmac("sha256", DATA, IV, 10, 64)
    assert run(t, body, data=DATA, salt=IV) == [derived[:32], derived, '{"name":"AES-GCM","length":256}']


PBKDF2 = "{ name: 'PBKDF2', hash: 'SHA-256', salt: args.key, iterations: 1 }"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (f"{PBKDF2}, key, null", "OperationError: length cannot be null"),
        (f"{PBKDF2}, key, 9", "OperationError: length must be a multiple of 8"),
        (f"{PBKDF2}, key, 524296", "OperationError: cannot generate more than 524288 bits"),
        (
            "{ name: 'PBKDF2', hash: 'SHA-256', salt: args.key, iterations: 0 }, key, 8",
            "OperationError: iterations cannot be zero",
        ),
        (
            "{ name: 'HKDF', hash: 'SHA-256', salt: args.key, info: args.key }, key, 8",
            "InvalidAccessError: Key algorithm mismatch",
        ),
        ("{ name: 'Argon2' }, key, 8", "InvalidAccessError: invalid algorithm for key"),
    ],
)
def test_derivation_refuses(t, arguments, expected):
    body = (
        "const key = await subtle.importKey('raw', args.key, 'PBKDF2', false, ['deriveBits']); await "
        f"subtle.deriveBits({arguments});"
    )
    assert failure(t, body, key=KEY) == f"Uncaught {expected}"


def test_a_password_cannot_be_extractable(t):
    assert failure(t, "await subtle.importKey('raw', args.key, 'HKDF', true, ['deriveBits']);", key=KEY) == (
        "Uncaught SyntaxError: HKDF keys cannot be extractable"
    )


@pytest.mark.parametrize(
    ("curve", "type_"), [("P-256", ec.SECP256R1), ("P-384", ec.SECP384R1), ("P-521", ec.SECP521R1)]
)
def test_ecdh(t, curve, type_):
    mine, theirs = ec.generate_private_key(type_()), ec.generate_private_key(type_())
    body = (
        "const how = { name: 'ECDH', namedCurve: args.curve }; "
        "const key = await subtle.importKey('pkcs8', args.mine, how, false, ['deriveBits']); "
        "const other = await subtle.importKey('raw', args.theirs, how, true, []); "
        "return [await subtle.deriveBits({ name: 'ECDH', public: other }, key, null), await "
        "subtle.deriveBits({ name: 'ECDH', public: other }, key, 64)];"
    )
    point = theirs.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    secret = mine.exchange(ec.ECDH(), theirs.public_key())
    assert run(t, body, curve=curve, mine=pkcs8(mine), theirs=point) == [secret, secret[:8]]


def test_x25519_does_not_derive(t):
    body = (
        "const key = await subtle.importKey('pkcs8', args.key, 'X25519', false, ['deriveBits']); "
        "try { await subtle.deriveBits({ name: 'X25519' }, key, 8); } catch { return 'caught'; }"
    )
    assert failure(t, body, key=pkcs8(x25519.X25519PrivateKey.from_private_bytes(KEY))) == (
        "Not implemented: crypto.subtle.deriveBits for X25519. "
        "Consider calling an action defined in Node.js instead (https://docs.convex.dev/functions/actions)."
    )


# Random values


def test_get_random_values_of_no_integers(t):
    body = "try { crypto.getRandomValues(new Float64Array(1)); } catch (e) { return [e.name, e.message]; }"
    assert run(t, body) == ["TypeMismatchError", "The provided ArrayBufferView is not an integer array type"]
