"""Signing, encrypting and deriving for `crypto.subtle`.

Imitates `crates/isolate/src/ops/subtle_crypto/{aes,ec,ed25519,hkdf,hmac,pbkdf2,rsa}.rs` of the backend; the texts, and
the order of the checks, are theirs. The key fits the algorithm and may be used so: JavaScript has seen to that.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

from convex_test.errors import InternalError
from convex_test.syscalls.web_crypto.der import load_private, load_public
from convex_test.syscalls.web_crypto.keys import HASHES, CryptoError, from_base64, operation_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

    from convex_test.syscalls.web_crypto.keys import Algorithm, Key

BLOCK: Final = 16
TAG: Final = 16
GCM_NONCE: Final = 12
MOST_DERIVED_BITS: Final = 8 * (1 << 16)
SIGNATURE_HALF: Final = {"P-256": 32, "P-384": 48, "P-521": 66}


def digest(name: str, data: bytes) -> bytes:
    """`digest`."""
    return hashlib.new(HASHES[name], data, usedforsecurity=False).digest()


def _hash(name: str) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    types: dict[str, Callable[[], HashAlgorithm]] = {
        "SHA-1": hashes.SHA1,
        "SHA-256": hashes.SHA256,
        "SHA-384": hashes.SHA384,
        "SHA-512": hashes.SHA512,
    }
    return types[name]()


def _unknown(operation: str, name: str) -> InternalError:
    # JavaScript lets through what `algorithms.js` lists, so this is a mistake of ours and no answer to the user.
    return InternalError(f"crypto.subtle: {operation} with the algorithm {name!r} is not known here")


# Signatures


def sign(algorithm: Algorithm, key: Key, data: bytes) -> bytes:
    """`sign`."""
    name = algorithm["name"]
    if name == "HMAC":
        return hmac.digest(from_base64(key["material"]), data, HASHES[key["algorithm"]["hash"]])
    private = load_private(key)
    if name == "Ed25519":
        return bytes(private.sign(data))
    if name == "ECDSA":
        return _sign_ecdsa(private, algorithm, key, data)
    try:
        return bytes(private.sign(data, _signature_padding(algorithm, key), _hash(key["algorithm"]["hash"])))
    except ValueError:
        raise operation_error("RSA signing failed") from None


def verify(algorithm: Algorithm, key: Key, data: bytes, signature: bytes) -> bool:
    """`verify`."""
    from cryptography.exceptions import InvalidSignature

    name = algorithm["name"]
    if name == "HMAC":
        return hmac.compare_digest(sign(algorithm, key, data), signature)
    public = load_public(key)
    try:
        if name == "Ed25519":
            public.verify(signature, data)
        elif name == "ECDSA":
            _verify_ecdsa(public, algorithm, key, data, signature)
        else:
            public.verify(signature, data, _signature_padding(algorithm, key), _hash(key["algorithm"]["hash"]))
    except (InvalidSignature, ValueError):
        return False
    return True


def _signature_padding(algorithm: Algorithm, key: Key) -> AsymmetricPadding:
    from cryptography.hazmat.primitives.asymmetric import padding

    name = algorithm["name"]
    if name == "RSASSA-PKCS1-v1_5":
        return padding.PKCS1v15()
    if name == "RSA-PSS":
        return padding.PSS(padding.MGF1(_hash(key["algorithm"]["hash"])), algorithm["saltLength"])
    raise _unknown("a signature", name)


def _sign_ecdsa(private: Any, algorithm: Algorithm, key: Key, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    half = SIGNATURE_HALF[key["algorithm"]["namedCurve"]]
    return b"".join(
        number.to_bytes(half, "big")
        for number in decode_dss_signature(private.sign(data, ec.ECDSA(_hash(algorithm["hash"]))))
    )


def _verify_ecdsa(public: Any, algorithm: Algorithm, key: Key, data: bytes, signature: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    half = SIGNATURE_HALF[key["algorithm"]["namedCurve"]]
    if len(signature) != 2 * half:
        raise ValueError
    encoded = encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
    public.verify(encoded, data, ec.ECDSA(_hash(algorithm["hash"])))


# Ciphers


def encrypt(algorithm: Algorithm, key: Key, data: bytes) -> bytes:
    """`encrypt`."""
    name = algorithm["name"]
    if name == "RSA-OAEP":
        try:
            return bytes(load_public(key).encrypt(data, _oaep(algorithm, key)))
        except ValueError:
            raise operation_error("OAEP encryption failed") from None
    secret = from_base64(key["material"])
    if name == "AES-CTR":
        return _counter_mode(algorithm, secret, data)
    if name == "AES-CBC":
        return _encrypt_cbc(algorithm, secret, data)
    if name == "AES-GCM":
        return _encrypt_gcm(algorithm, secret, data)
    raise _unknown("encryption", name)


def decrypt(algorithm: Algorithm, key: Key, data: bytes) -> bytes:
    """`decrypt`."""
    name = algorithm["name"]
    if name == "RSA-OAEP":
        try:
            return bytes(load_private(key).decrypt(data, _oaep(algorithm, key)))
        except ValueError:
            raise operation_error("OAEP decryption failed") from None
    secret = from_base64(key["material"])
    if name == "AES-CTR":
        return _counter_mode(algorithm, secret, data)
    if name == "AES-CBC":
        return _decrypt_cbc(algorithm, secret, data)
    if name == "AES-GCM":
        return _decrypt_gcm(algorithm, secret, data)
    raise _unknown("decryption", name)


def _oaep(algorithm: Algorithm, key: Key) -> AsymmetricPadding:
    from cryptography.hazmat.primitives.asymmetric import padding

    hash_ = _hash(key["algorithm"]["hash"])
    label = algorithm.get("label")
    return padding.OAEP(padding.MGF1(hash_), hash_, None if label is None else from_base64(label))


def _counter_mode(algorithm: Algorithm, secret: bytes, data: bytes) -> bytes:
    counter, length = from_base64(algorithm["counter"]), algorithm["length"]
    if len(counter) != BLOCK:
        raise operation_error("counter must be 16 bytes")
    if not 0 < length <= 128:
        raise operation_error("invalid counter length")
    # The backend counts in 64 bits, where 16 << 60 is nothing.
    if length < 64 and len(data) > (BLOCK << length) % (1 << 64):
        raise operation_error("too much data for counter length")
    # Only the last `length` bits count, and start again at 0; the cipher itself would carry over.
    start = int.from_bytes(counter, "big")
    until_overflow = ((1 << length) - start % (1 << length)) * BLOCK
    again = (start >> length << length).to_bytes(BLOCK, "big")
    return _keystream(secret, counter, data[:until_overflow]) + _keystream(secret, again, data[until_overflow:])


def _keystream(secret: bytes, counter: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    cipher = Cipher(algorithms.AES(secret), modes.CTR(counter)).encryptor()
    return cipher.update(data) + cipher.finalize()


def _block_iv(algorithm: Algorithm) -> bytes:
    iv = from_base64(algorithm["iv"])
    if len(iv) != BLOCK:
        raise operation_error("iv must be 16 bytes")
    return iv


def _encrypt_cbc(algorithm: Algorithm, secret: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    cipher = Cipher(algorithms.AES(secret), modes.CBC(_block_iv(algorithm))).encryptor()
    padder = PKCS7(8 * BLOCK).padder()
    return cipher.update(padder.update(data) + padder.finalize()) + cipher.finalize()


def _decrypt_cbc(algorithm: Algorithm, secret: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    cipher = Cipher(algorithms.AES(secret), modes.CBC(_block_iv(algorithm))).decryptor()
    unpadder = PKCS7(8 * BLOCK).unpadder()
    try:
        return unpadder.update(cipher.update(data) + cipher.finalize()) + unpadder.finalize()
    except ValueError:
        raise operation_error("invalid ciphertext") from None


def _check_tag_length(algorithm: Algorithm) -> None:
    if algorithm.get("tagLength", 8 * TAG) != 8 * TAG:
        raise CryptoError(f"tag length must be {8 * TAG} bits", "NotSupportedError")


def _nonce(algorithm: Algorithm) -> bytes:
    nonce = from_base64(algorithm["iv"])
    if len(nonce) != GCM_NONCE:
        raise CryptoError(f"AES-GCM IV must be {8 * GCM_NONCE} bits", "NotSupportedError")
    return nonce


def _additional_data(algorithm: Mapping[str, Any]) -> bytes:
    return from_base64(algorithm.get("additionalData", ""))


def _encrypt_gcm(algorithm: Algorithm, secret: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    _check_tag_length(algorithm)
    return AESGCM(secret).encrypt(_nonce(algorithm), data, _additional_data(algorithm))


def _decrypt_gcm(algorithm: Algorithm, secret: bytes, data: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    _check_tag_length(algorithm)
    if len(data) < TAG:
        raise operation_error("The provided data is too small.")
    try:
        return AESGCM(secret).decrypt(_nonce(algorithm), data, _additional_data(algorithm))
    except InvalidTag:
        raise operation_error("Decryption failed") from None


# Derivation


def derive_bits(algorithm: Algorithm, key: Key, length: int | None) -> bytes:
    """`deriveBits`; `length` in bits."""
    name = algorithm["name"]
    if name == "ECDH":
        return _derive_ecdh(algorithm, key, length)
    if name not in {"PBKDF2", "HKDF"}:
        raise _unknown("derivation", name)
    if algorithm.get("iterations") == 0:
        raise operation_error("iterations cannot be zero")
    if length is None:
        raise operation_error("length cannot be null")
    if length % 8:
        raise operation_error("length must be a multiple of 8")
    if name == "PBKDF2" and length > MOST_DERIVED_BITS:
        raise operation_error(f"cannot generate more than {MOST_DERIVED_BITS} bits")
    if key["algorithm"]["name"] != name:
        raise CryptoError("Key algorithm mismatch", "InvalidAccessError")
    secret, salt, hash_ = from_base64(key["material"]), from_base64(algorithm["salt"]), HASHES[algorithm["hash"]]
    if name == "HKDF":
        return _derive_hkdf(hash_, secret, salt, from_base64(algorithm["info"]), length // 8)
    return hashlib.pbkdf2_hmac(hash_, secret, salt, algorithm["iterations"], length // 8) if length else b""


def _derive_hkdf(hash_: str, secret: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    """RFC 5869."""
    if size > 255 * hashlib.new(hash_, usedforsecurity=False).digest_size:
        raise operation_error("requested length exceeds the maximum for HKDF")
    extracted = hmac.digest(salt, secret, hash_)
    block = expanded = b""
    count = 0
    while len(expanded) < size:
        count += 1
        block = hmac.digest(extracted, block + info + bytes([count]), hash_)
        expanded += block
    return expanded[:size]


def _derive_ecdh(algorithm: Algorithm, key: Key, length: int | None) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec

    public = algorithm["public"]
    for half, each, kind in (("Base", key, "private"), ("Public", public, "public")):
        name = each["algorithm"]["name"]
        if name not in {"ECDSA", "ECDH"} or each["type"] != kind:
            raise CryptoError(f"{half} key must be an EC {kind} key", "InvalidAccessError")
        if name != "ECDH":
            raise CryptoError(f"{half} key algorithm must be ECDH", "InvalidAccessError")
    if key["algorithm"]["namedCurve"] != public["algorithm"]["namedCurve"]:
        raise CryptoError("Private and public keys must use the same curve", "InvalidAccessError")
    secret: bytes = load_private(key).exchange(ec.ECDH(), load_public(public))
    if length is None:
        return secret
    if length % 8:
        raise operation_error("length must be a multiple of 8")
    if length > len(secret) * 8:
        raise operation_error(f"requested length {length} exceeds shared secret length {len(secret) * 8}")
    return secret[: length // 8]
