"""Importing, exporting and generating the keys of `crypto.subtle`; here those of HMAC, AES, PBKDF2 and HKDF.

Imitates `crates/isolate/src/ops/subtle_crypto/{mod,aes,hkdf,hmac,pbkdf2}.rs` of the backend; the texts, and the order
of the checks, are theirs. Those of pairs are in `rsa` and `curves`.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from convex_test.syscalls.web_crypto.curves import export_curve, export_ec, import_curve, import_ec, named_curve
from convex_test.syscalls.web_crypto.der import private_curve_type, private_material, public_material
from convex_test.syscalls.web_crypto.keys import (
    AES,
    PRIVATE_USAGES,
    PUBLIC_USAGES,
    RSA,
    CryptoError,
    KeyInput,
    check_jwk,
    check_jwk_algorithm,
    check_usages,
    data_error,
    from_base64,
    from_jwk_bytes,
    jwk_algorithm,
    key_length,
    make_jwk,
    make_key,
    make_pair,
    to_jwk_bytes,
    unsupported_format,
)
from convex_test.syscalls.web_crypto.rsa import export_rsa, generate_rsa, import_rsa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.syscalls.web_crypto.keys import Algorithm, Key


def import_key(args: Mapping[str, Any]) -> Key:
    """`importKey`.

    Raises:
        CryptoError: it is no such key, or may not be used so.
    """
    given = KeyInput(args)
    name = given.algorithm["name"]
    if name in {"PBKDF2", "HKDF"}:
        return _import_password(given)
    if name == "HMAC" or name in AES:
        return _import_secret(given)
    if name in RSA:
        return import_rsa(given)
    return import_ec(given) if name in {"ECDSA", "ECDH"} else import_curve(given)


def export_key(key: Key, to: str) -> str | dict[str, Any]:
    """`exportKey`: base64 of the format, or the JSON Web Key.

    Raises:
        CryptoError: the key may not leave, or has no such format.
    """
    if not key["extractable"]:
        raise CryptoError("key is not extractable", "InvalidAccessError")
    return _export_secret(key, to) if key["type"] == "secret" else _export_pair(key, to)


def generate_key(algorithm: Algorithm, usages: list[str], *, extractable: bool) -> Key | dict[str, Key]:
    """`generateKey`: a key, or a pair of them.

    Raises:
        CryptoError: there is no such key.
    """
    name = algorithm["name"]
    if name != "HMAC" and name not in AES:
        return _generate_pair(algorithm, usages, extractable=extractable)
    possible = ("sign", "verify") if name == "HMAC" else ("encrypt", "decrypt", "wrapKey", "unwrapKey")
    check_usages(usages, possible)
    length = key_length(algorithm)
    material = secrets.token_bytes(length // 8)
    return make_key("secret", {**algorithm, "length": length}, material, extractable=extractable, usages=usages)


def _import_password(given: KeyInput) -> Key:
    if given.format != "raw":
        raise unsupported_format("unsupported input format")
    check_usages(given.usages, ("deriveKey", "deriveBits"))
    if given.extractable:
        raise CryptoError(f"{given.algorithm['name']} keys cannot be extractable", "SyntaxError")
    return given.make_key("secret", given.data)


def _import_secret(given: KeyInput) -> Key:
    if given.format not in {"raw", "jwk"}:
        raise unsupported_format("unsupported import format")
    data = given.data
    if given.format == "jwk":
        check_jwk(given.jwk, "kty", "oct")
        decoded = from_jwk_bytes(given.jwk.get("k"))
        if decoded is None:
            raise data_error("invalid key data")
        data = decoded
    is_hmac = given.algorithm["name"] == "HMAC"
    algorithm = dict(given.algorithm)
    if not is_hmac:
        algorithm = {"name": algorithm["name"], "length": len(data) * 8}
        if algorithm["length"] not in {128, 192, 256}:
            raise data_error("invalid key length")
    if given.format == "jwk":
        check_jwk_algorithm(given.jwk, jwk_algorithm(algorithm))
        given.check_jwk_use("sig" if is_hmac else "enc")
    if is_hmac:
        algorithm["length"] = _hmac_length(algorithm, len(data) * 8)
    return given.make_key("secret", data, algorithm)


def _hmac_length(algorithm: Algorithm, given: int) -> int:
    if given == 0:
        raise data_error("provided HMAC key is empty")
    if algorithm.get("length") is None:
        return given
    wanted = key_length(algorithm)
    if wanted > given:
        raise data_error("provided HMAC key is shorter than requested length")
    if wanted <= given - 8:
        raise data_error("provided HMAC key is longer than requested length")
    return wanted


def _export_secret(key: Key, to: str) -> str | dict[str, Any]:
    if to == "raw":
        return str(key["material"])
    if to != "jwk":
        raise unsupported_format("unsupported export format")
    secret = to_jwk_bytes(from_base64(key["material"]))
    return make_jwk(key, {"kty": "oct", "alg": jwk_algorithm(key["algorithm"]), "k": secret})


# Pairs of keys


def _export_pair(key: Key, to: str) -> str | dict[str, Any]:
    name = key["algorithm"]["name"]
    family = "RSA" if name in RSA else "EC" if name in {"ECDSA", "ECDH"} else name
    if family == "RSA" and to == "raw":
        raise unsupported_format("invalid export format for RSA")
    if to not in (("pkcs8", "jwk") if key["type"] == "private" else ("spki", "jwk", "raw")):
        raise CryptoError(f"invalid export format for {family} {key['type']} key", "InvalidAccessError")
    if family == "RSA":
        return export_rsa(key, to)
    return export_ec(key, to) if family == "EC" else export_curve(key, to)


def _generate_pair(algorithm: Algorithm, usages: list[str], *, extractable: bool) -> dict[str, Key]:
    from cryptography.hazmat.primitives.asymmetric import ec

    name = algorithm["name"]
    check_usages(usages, {*PRIVATE_USAGES[name], *PUBLIC_USAGES[name]})
    private: Any
    if name in RSA:
        private = generate_rsa(algorithm)
    elif name in {"ECDSA", "ECDH"}:
        private = ec.generate_private_key(named_curve(algorithm))
    else:
        private = private_curve_type(name).generate()
    return make_pair(
        algorithm,
        private_material(private),
        public_material(private.public_key()),
        extractable=extractable,
        usages=usages,
        public_usages=PUBLIC_USAGES[name],
    )
