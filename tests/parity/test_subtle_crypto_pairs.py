"""Pairs of keys of `crypto.subtle`: signatures, randomness, and the formats of keys, against what Python computes."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils, x25519

from convex_test import FunctionError, js

KINDS = ["query", "mutation", "action"]
DATA = "Grüße".encode()
KEY = bytes(range(32))


def run(t, body, kind="query", **args):
    return getattr(t, kind)(js(f"async (_ctx, args) => {{ const {{ subtle }} = crypto; {body} }}"), args)


def failure(t, body, kind="query", **args):
    with pytest.raises(FunctionError) as caught:
        run(t, body, kind, **args)
    return caught.value.text


def not_in_transactions():
    return (
        "Uncaught Error: Can't use cryptographic randomness in queries and mutations. Please consider using an action. "
        "See https://docs.convex.dev/functions/actions for more details."
    )


def base64url(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value):
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def pkcs8(key):
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def spki(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def curve_key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def edwards_key():
    return ed25519.Ed25519PrivateKey.from_private_bytes(KEY)


# Signatures


@pytest.mark.parametrize("kind", KINDS)
def test_rsassa_pkcs1_v1_5(t, kind, rsa_key):
    body = (
        "const how = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }; "
        "const key = await subtle.importKey('pkcs8', args.key, how, false, ['sign']); "
        "const other = await subtle.importKey('spki', args.public, how, true, ['verify']); "
        "const signature = await subtle.sign(how.name, key, args.data); "
        "return [signature, await subtle.verify(how.name, other, signature, args.data), await "
        "subtle.verify(how.name, other, args.data, args.data)];"
    )
    result = run(t, body, kind, key=pkcs8(rsa_key), public=spki(rsa_key.public_key()), data=DATA)
    assert result == [rsa_key.sign(DATA, padding.PKCS1v15(), hashes.SHA256()), True, False]


def test_rsa_pss_verifies_in_a_query(t, rsa_key):
    signature = rsa_key.sign(DATA, padding.PSS(padding.MGF1(hashes.SHA384()), 20), hashes.SHA384())
    body = (
        "const key = await subtle.importKey('spki', args.public, { name: 'RSA-PSS', hash: 'SHA-384' }, "
        "true, ['verify']); "
        "const check = (saltLength) => subtle.verify({ name: 'RSA-PSS', saltLength }, key, args.signature, args.data); "
        "return [await check(20), await check(21)];"
    )
    assert run(t, body, public=spki(rsa_key.public_key()), signature=signature, data=DATA) == [True, False]


def test_rsa_pss_signs_in_an_action(t, rsa_key):
    body = (
        "const key = await subtle.importKey('pkcs8', args.key, { name: 'RSA-PSS', hash: 'SHA-256' }, false, ['sign']); "
        "return subtle.sign({ name: 'RSA-PSS', saltLength: 32 }, key, args.data);"
    )
    signature = run(t, body, "action", key=pkcs8(rsa_key), data=DATA)
    rsa_key.public_key().verify(signature, DATA, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def test_ecdsa_verifies_in_a_query(t, curve_key):
    signature = curve_key.sign(DATA, ec.ECDSA(hashes.SHA256()))
    plain = b"".join(half.to_bytes(32, "big") for half in utils.decode_dss_signature(signature))
    body = (
        "const key = await subtle.importKey('spki', args.public, { name: 'ECDSA', namedCurve: 'P-256' "
        "}, true, ['verify']); "
        "const check = (signature) => subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, args.data); "
        "return [await check(args.plain), await check(args.signature)];"
    )
    public = spki(curve_key.public_key())
    assert run(t, body, public=public, plain=plain, signature=signature, data=DATA) == [True, False]


def test_ecdsa_signs_in_an_action(t, curve_key):
    body = (
        "const key = await subtle.importKey('pkcs8', args.key, { name: 'ECDSA', namedCurve: 'P-256' }, "
        "false, ['sign']); "
        "return subtle.sign({ name: 'ECDSA', hash: { name: 'SHA-512' } }, key, args.data);"
    )
    plain = run(t, body, "action", key=pkcs8(curve_key), data=DATA)
    assert len(plain) == 64
    signature = utils.encode_dss_signature(int.from_bytes(plain[:32], "big"), int.from_bytes(plain[32:], "big"))
    curve_key.public_key().verify(signature, DATA, ec.ECDSA(hashes.SHA512()))


@pytest.mark.parametrize("kind", KINDS)
def test_ed25519(t, kind, edwards_key):
    body = (
        "const key = await subtle.importKey('pkcs8', args.key, 'Ed25519', false, ['sign']); "
        "const other = await subtle.importKey('raw', args.public, { name: 'ed25519' }, true, ['verify']); "
        "const signature = await subtle.sign('Ed25519', key, args.data); "
        "return [signature, await subtle.verify('Ed25519', other, signature, args.data), await "
        "subtle.verify('Ed25519', other, args.data, args.data)];"
    )
    result = run(t, body, kind, key=pkcs8(edwards_key), public=edwards_key.public_key().public_bytes_raw(), data=DATA)
    assert result == [edwards_key.sign(DATA), True, False]


def test_rsa_oaep(t, rsa_key):
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"label")
    body = (
        "const how = { name: 'RSA-OAEP', hash: 'SHA-256' }; const label = args.label; "
        "const key = await subtle.importKey('pkcs8', args.key, how, false, ['decrypt']); "
        "const other = await subtle.importKey('spki', args.public, how, false, ['encrypt']); "
        "const sent = await subtle.encrypt({ name: 'RSA-OAEP', label }, other, args.data); "
        "return [await subtle.decrypt({ name: 'RSA-OAEP', label }, key, args.sent), await "
        "subtle.decrypt({ name: 'RSA-OAEP', label }, key, sent)];"
    )
    args = {"key": pkcs8(rsa_key), "public": spki(rsa_key.public_key()), "data": DATA, "label": b"label"}
    assert run(t, body, "action", sent=rsa_key.public_key().encrypt(DATA, oaep), **args) == [DATA, DATA]


# Randomness


@pytest.mark.parametrize("kind", ["query", "mutation"])
@pytest.mark.parametrize(
    "body",
    [
        "await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);",
        "await subtle.generateKey('Ed25519', true, ['sign']);",
        "await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, await subtle.importKey('pkcs8', "
        "args.ec, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']), args.ec);",
        "await subtle.sign({ name: 'RSA-PSS', saltLength: 8 }, await subtle.importKey('pkcs8', "
        "args.rsa, { name: 'RSA-PSS', hash: 'SHA-1' }, true, ['sign']), args.ec);",
        "await subtle.encrypt({ name: 'RSA-OAEP' }, await subtle.importKey('spki', args.public, { "
        "name: 'RSA-OAEP', hash: 'SHA-1' }, true, ['encrypt']), args.ec);",
    ],
)
def test_randomness_is_for_actions(t, kind, body, rsa_key, curve_key):
    args = {"ec": pkcs8(curve_key), "rsa": pkcs8(rsa_key), "public": spki(rsa_key.public_key())}
    assert failure(t, body, kind, **args) == not_in_transactions()


@pytest.mark.parametrize(
    ("algorithm", "usages", "expected"),
    [
        (
            "{ name: 'AES-CBC', length: 192 }",
            ["encrypt"],
            ["secret", ["encrypt"], '{"name":"AES-CBC","length":192}', 24],
        ),
        (
            "{ name: 'HMAC', hash: 'SHA-512' }",
            ["sign", "verify"],
            ["secret", ["sign", "verify"], '{"name":"HMAC","hash":{"name":"SHA-512"},"length":1024}', 128],
        ),
    ],
)
def test_generating_a_secret_key(t, algorithm, usages, expected):
    body = (
        f"const key = await subtle.generateKey({algorithm}, true, {usages}); "
        "return [key.type, key.usages, JSON.stringify(key.algorithm), (await subtle.exportKey('raw', key)).byteLength];"
    )
    assert run(t, body, "action") == expected


@pytest.mark.parametrize(
    ("algorithm", "usages", "private", "public"),
    [
        ("{ name: 'ECDSA', namedCurve: 'P-384' }", ["sign", "verify"], ["sign"], ["verify"]),
        ("{ name: 'ECDH', namedCurve: 'P-256' }", ["deriveBits"], ["deriveBits"], []),
        ("'Ed25519'", ["sign", "verify"], ["sign"], ["verify"]),
        ("'X25519'", ["deriveKey"], ["deriveKey"], []),
        (
            "{ name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }",
            ["encrypt", "decrypt"],
            ["decrypt"],
            ["encrypt"],
        ),
    ],
)
def test_generating_a_pair(t, algorithm, usages, private, public):
    body = (
        f"const {{ privateKey, publicKey }} = await subtle.generateKey({algorithm}, false, {usages}); "
        "return [privateKey, publicKey].map((key) => [key.type, key.extractable, key.usages]);"
    )
    assert run(t, body, "action") == [["private", False, private], ["public", True, public]]


def test_a_generated_pair_signs_and_verifies(t):
    body = (
        "const { privateKey, publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: "
        "'P-521' }, true, ['sign', 'verify']); "
        "const how = { name: 'ECDSA', hash: 'SHA-256' }; const signature = await subtle.sign(how, "
        "privateKey, args.data); "
        "return [signature.byteLength, await subtle.verify(how, publicKey, signature, args.data)];"
    )
    assert run(t, body, "action", data=DATA) == [132, True]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            "{ name: 'AES-GCM', length: 100 }, true, ['encrypt']",
            "OperationError: AES key length must be 128, 192, or 256 bits",
        ),
        ("{ name: 'AES-GCM', length: 128 }, true, ['sign']", "SyntaxError: invalid key_usages"),
        ("{ name: 'AES-GCM', length: 128 }, true, []", "SyntaxError: invalid key usages"),
        (
            "{ name: 'ECDSA', namedCurve: 'P-1' }, true, ['sign']",
            "Error: unknown variant `P-1`, expected one of `P-256`, `P-384`, `P-521`",
        ),
        (
            "{ name: 'ecdsa', namedCurve: 'P-256' }, true, ['sign']",
            "Error: unknown variant `ecdsa`, expected `ECDSA` or `ECDH`",
        ),
        ("'Ed25519', true, ['verify']", "SyntaxError: invalid key usages"),
        (
            "{ name: 'RSA-PSS', hash: 'SHA-1', modulusLength: 100, publicExponent: new Uint8Array([3]) }, "
            "true, ['sign']",
            "OperationError: unsupported RSA modulus length",
        ),
    ],
)
def test_generating_refuses(t, arguments, expected):
    assert failure(t, f"await subtle.generateKey({arguments});", "action") == f"Uncaught {expected}"


# Formats of pairs


def round_trips(t, format_, data, algorithm, usages, *exports):
    each = ", ".join(f"await subtle.exportKey('{to}', key)" for to in exports)
    body = (
        f"const key = await subtle.importKey('{format_}', args.data, {algorithm}, true, "
        f"{list(usages)}); return [{each}];"
    )
    return run(t, body, data=data)


def rsa_jwk(key, **members):
    numbers = key.private_numbers()
    return {
        "kty": "RSA",
        "n": number(numbers.public_numbers.n),
        "e": "AQAB",
        "d": number(numbers.d),
        "p": number(numbers.p),
        "q": number(numbers.q),
        "dp": number(numbers.dmp1),
        "dq": number(numbers.dmq1),
        "qi": number(numbers.iqmp),
        **members,
    }


def test_rsa_private_formats(t, rsa_key):
    jwk = rsa_jwk(rsa_key, alg="RS256", ext=True, key_ops=["sign"])
    how = "{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }"
    for format_, data in (("pkcs8", pkcs8(rsa_key)), ("jwk", jwk)):
        assert round_trips(t, format_, data, how, ["sign"], "pkcs8", "jwk") == [pkcs8(rsa_key), jwk]


def test_an_rsa_jwk_of_the_exponent_alone(t, rsa_key):
    jwk = {name: text for name, text in rsa_jwk(rsa_key).items() if name in {"kty", "n", "e", "d"}}
    body = (
        "const key = await subtle.importKey('jwk', args.jwk, { name: 'RSASSA-PKCS1-v1_5', hash: "
        "'SHA-1' }, false, ['sign']); "
        "return subtle.sign('RSASSA-PKCS1-v1_5', key, args.data);"
    )
    assert run(t, body, jwk=jwk, data=DATA) == rsa_key.sign(DATA, padding.PKCS1v15(), hashes.SHA1())


def test_rsa_public_formats(t, rsa_key):
    public = spki(rsa_key.public_key())
    jwk = {
        "kty": "RSA",
        "n": rsa_jwk(rsa_key)["n"],
        "e": "AQAB",
        "alg": "RSA-OAEP-384",
        "ext": True,
        "key_ops": ["encrypt"],
    }
    how = "{ name: 'RSA-OAEP', hash: 'SHA-384' }"
    for format_, data in (("spki", public), ("jwk", jwk)):
        assert round_trips(t, format_, data, how, ["encrypt"], "spki", "jwk") == [public, jwk]


def test_what_an_rsa_key_tells(t, rsa_key):
    body = (
        "const key = await subtle.importKey('spki', args.public, { name: 'RSA-PSS', hash: 'SHA-1' }, "
        "true, ['verify']); "
        "return [key.algorithm.modulusLength, [...key.algorithm.publicExponent], key.algorithm.hash.name];"
    )
    assert run(t, body, public=spki(rsa_key.public_key())) == [2048, [1, 0, 1], "SHA-1"]


def test_ec_formats(t, curve_key):
    numbers = curve_key.private_numbers()
    point = curve_key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    members = {"kty": "EC", "crv": "P-256", "x": base64url(point[1:33]), "y": base64url(point[33:]), "ext": True}
    public = {**members, "key_ops": ["verify"]}
    private = {**members, "key_ops": ["sign"], "d": base64url(numbers.private_value.to_bytes(32, "big"))}
    how = "{ name: 'ECDSA', namedCurve: 'P-256' }"
    for format_, data in (("spki", spki(curve_key.public_key())), ("raw", point), ("jwk", public)):
        assert round_trips(t, format_, data, how, ["verify"], "spki", "raw", "jwk") == [
            spki(curve_key.public_key()),
            point,
            public,
        ]
    for format_, data in (("pkcs8", pkcs8(curve_key)), ("jwk", private)):
        assert round_trips(t, format_, data, how, ["sign"], "pkcs8", "jwk") == [pkcs8(curve_key), private]


@pytest.mark.parametrize(
    ("name", "type_", "use", "public_use"),
    [
        ("Ed25519", ed25519.Ed25519PrivateKey, ["sign"], ["verify"]),
        ("X25519", x25519.X25519PrivateKey, ["deriveBits"], []),
    ],
)
def test_formats_of_the_newer_curves(t, name, type_, use, public_use):
    key = type_.from_private_bytes(KEY)
    raw = key.public_key().public_bytes_raw()
    members = {"kty": "OKP", "crv": name, "x": base64url(raw), "ext": True} | (
        {"alg": name} if name == "Ed25519" else {}
    )
    public, private = {**members, "key_ops": public_use}, {**members, "key_ops": use, "d": base64url(KEY)}
    how = f"'{name}'"
    for format_, data in (("spki", spki(key.public_key())), ("raw", raw), ("jwk", public)):
        assert round_trips(t, format_, data, how, public_use, "spki", "raw", "jwk") == [
            spki(key.public_key()),
            raw,
            public,
        ]
    for format_, data in (("pkcs8", pkcs8(key)), ("jwk", private)):
        assert round_trips(t, format_, data, how, use, "pkcs8", "jwk") == [pkcs8(key), private]


EC = "{ name: 'ECDSA', namedCurve: 'P-384' }"
RSA = "{ name: 'RSA-PSS', hash: 'SHA-256' }"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (f"'pkcs8', args.ec, {EC}, true, ['sign']", "DataError: EC curve mismatch"),
        (f"'pkcs8', args.rsa, {EC}, true, ['sign']", "DataError: not an EC key"),
        (f"'pkcs8', args.key, {EC}, true, ['sign']", "DataError: invalid PublicKeyInfo"),
        (f"'spki', args.key, {EC}, true, ['verify']", "DataError: invalid SubjectPublicKeyInfo document"),
        (f"'spki', args.rsaPublic, {EC}, true, ['verify']", "DataError: algorithm oid is not id-ecPublicKey"),
        (f"'spki', args.ecPublic, {EC}, true, ['verify']", "DataError: EC curve mismatch"),
        (f"'raw', args.key, {EC}, true, ['verify']", "DataError: invalid EC public key"),
        (f"'raw', args.key, {EC}, true, ['sign']", "SyntaxError: invalid key_usages"),
        (
            f"'jwk', {{ kty: 'EC', crv: 'P-384', x: 'AA', y: 'AA' }}, {EC}, true, ['verify']",
            "DataError: invalid EC public key coordinates",
        ),
        (f"'pkcs8', args.pkcs1, {RSA}, true, ['sign']", "DataError: invalid RSA PrivateKeyInfo"),
        (f"'pkcs8', args.ec, {RSA}, true, ['sign']", "DataError: PrivateKeyInfo algorithm is not rsaEncryption"),
        (
            f"'spki', args.ecPublic, {RSA}, true, ['verify']",
            "DataError: SubjectPublicKeyInfo algorithm is not rsaEncryption",
        ),
        (f"'raw', args.key, {RSA}, true, ['verify']", "NotSupportedError: unsupported import format"),
        (f"'jwk', {{ kty: 'RSA', e: 'AQAB' }}, {RSA}, true, ['verify']", "DataError: invalid RSA parameters"),
        (
            "'spki', args.ecPublic, { name: 'rsa-pss', hash: 'SHA-1' }, true, ['verify']",
            "Error: unknown variant `rsa-pss`, expected one of `RSASSA-PKCS1-v1_5`, `RSA-PSS`, `RSA-OAEP`",
        ),
        ("'raw', args.ec, 'Ed25519', true, ['verify']", "DataError: Ed25519 public key must be 256 bits"),
        ("'pkcs8', args.ec, 'Ed25519', true, ['sign']", "DataError: Invalid Ed25519 private key"),
        (
            "'spki', args.ecPublic, 'Ed25519', true, ['verify']",
            "DataError: SubjectPublicKeyInfo algorithm is not id-Ed25519",
        ),
        ("'pkcs8', args.ec, 'X25519', true, ['deriveBits']", "DataError: PrivateKeyInfo algorithm is not id-X25519"),
        ("'jwk', { kty: 'OKP', crv: 'Ed25519', x: 'AA' }, 'Ed25519', true, ['verify']", "DataError: invalid key `x`"),
        (
            "'jwk', { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43), d: 'A'.repeat(43) }, 'Ed25519', true, ['sign']",
            "DataError: JWT `d` and `x` do not match",
        ),
        (
            "'jwk', { kty: 'OKP', crv: 'X25519', x: 'AA' }, 'Ed25519', true, ['verify']",
            'DataError: JWK "crv" must be "Ed25519"',
        ),
        (
            "'jwk', { kty: 'OKP', crv: 'Ed25519', alg: 'x' }, 'Ed25519', true, ['verify']",
            'DataError: JWK "alg" must be "Ed25519" or "EdDSA"',
        ),
    ],
)
def test_imports_refuse(t, arguments, expected, rsa_key, curve_key):
    args = {
        "key": KEY,
        "ec": pkcs8(curve_key),
        "ecPublic": spki(curve_key.public_key()),
        "rsa": pkcs8(rsa_key),
        "rsaPublic": spki(rsa_key.public_key()),
        "pkcs1": rsa_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ),
    }
    assert failure(t, f"await subtle.importKey({arguments});", **args) == f"Uncaught {expected}"


@pytest.mark.parametrize(
    ("algorithm", "format_", "expected"),
    [
        (
            "{ name: 'ECDSA', namedCurve: 'P-256' }",
            "raw",
            "InvalidAccessError: invalid export format for EC private key",
        ),
        (RSA, "spki", "InvalidAccessError: invalid export format for RSA private key"),
        (RSA, "raw", "NotSupportedError: invalid export format for RSA"),
    ],
)
def test_exports_refuse(t, algorithm, format_, expected, rsa_key, curve_key):
    key = pkcs8(rsa_key if algorithm == RSA else curve_key)
    body = (
        f"await subtle.exportKey('{format_}', await subtle.importKey('pkcs8', args.key, {algorithm}, true, ['sign']));"
    )
    assert failure(t, body, key=key) == f"Uncaught {expected}"


# What is not implemented in production


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("await subtle.wrapKey();", "wrapKey for SubtleCrypto"),
        ("await subtle.unwrapKey();", "unwrapKey for SubtleCrypto"),
        (
            "await subtle.importKey('raw', new Uint8Array(16), 'AES-KW', true, ['wrapKey']);",
            "crypto.subtle.importKey for AES-KW",
        ),
    ],
)
def test_what_is_not_implemented_cannot_be_caught(t, body, what):
    assert failure(t, f"try {{ {body} }} catch {{ return 'caught'; }}") == (
        f"Not implemented: {what}. "
        "Consider calling an action defined in Node.js instead (https://docs.convex.dev/functions/actions)."
    )


@pytest.mark.parametrize("name", ["Crypto", "SubtleCrypto"])
def test_constructors_cannot_be_caught(t, name):
    assert failure(t, f"try {{ new {name}(); }} catch {{ return 'caught'; }}") == f"Illegal constructor: {name}"


def test_a_key_cannot_be_made_by_hand(t):
    assert failure(t, "new CryptoKey();") == "Uncaught TypeError: Illegal constructor"
