"""RSA keys of `crypto.subtle`, after `rsa.rs` of the backend; the texts, and the order of the checks, are its.

Known gaps: keys that `cryptography` refuses (fewer than 1024 bits; when generated, exponents other than 3 and 65537).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convex_test.errors import UnsupportedError
from convex_test.syscalls.web_crypto.der import (
    OIDS,
    identifiers,
    load_private,
    load_public,
    private_material,
    public_material,
)
from convex_test.syscalls.web_crypto.keys import (
    check_jwk,
    check_jwk_algorithm,
    data_error,
    from_base64,
    from_jwk_number,
    jwk_algorithm,
    make_jwk,
    operation_error,
    to_base64,
    to_jwk_number,
    unsupported_format,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from convex_test.syscalls.web_crypto.keys import Algorithm, Key, KeyInput


def import_rsa(given: KeyInput) -> Key:
    """`importKey`."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if given.format == "raw":
        raise unsupported_format("unsupported import format")
    given.check_usages()
    key = _rsa_from_jwk(given) if given.format == "jwk" else _rsa_from_der(given)
    numbers = key.public_key().public_numbers() if isinstance(key, RSAPrivateKey) else key.public_numbers()
    algorithm = {
        "name": given.algorithm["name"],
        "modulusLength": key.key_size,
        "publicExponent": to_base64(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")),
        "hash": given.algorithm["hash"],
    }
    if isinstance(key, RSAPrivateKey):
        return given.make_key("private", private_material(key), algorithm)
    return given.make_key("public", public_material(key), algorithm)


def _rsa_from_der(given: KeyInput) -> rsa.RSAPrivateKey | rsa.RSAPublicKey:
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

    document, part = (
        ("PrivateKeyInfo", "PrivateKey") if given.is_private else ("SubjectPublicKeyInfo", "SubjectPublicKey")
    )
    found = identifiers(given.data, 1 if given.is_private else 0)
    if not found:
        raise data_error(f"invalid RSA {document}")
    if found[0].content != OIDS["RSA"]:
        raise data_error(f"{document} algorithm is not rsaEncryption")
    try:
        key: Any = (
            load_der_private_key(given.data, None, unsafe_skip_rsa_key_validation=True)
            if given.is_private
            else load_der_public_key(given.data)
        )
    except ValueError:
        raise data_error(f"invalid RSA {part}") from None
    return key  # type: ignore[no-any-return]  # the identifier says what it is


def _rsa_from_jwk(given: KeyInput) -> rsa.RSAPrivateKey | rsa.RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    jwk = given.jwk
    check_jwk(jwk, "kty", "RSA")
    given.check_jwk_use("enc" if given.algorithm["name"] == "RSA-OAEP" else "sig")
    check_jwk_algorithm(jwk, jwk_algorithm(given.algorithm))
    n, e = from_jwk_number(jwk.get("n")), from_jwk_number(jwk.get("e"))
    try:
        if n is None or e is None:
            raise ValueError
        public = rsa.RSAPublicNumbers(e, n)
        if "d" not in jwk:
            return public.public_key()
        d = from_jwk_number(jwk["d"])
        if d is None:
            raise ValueError
        p, q = _rsa_factors(jwk, public, d)
        numbers = rsa.RSAPrivateNumbers(
            p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
        )
        return numbers.private_key(unsafe_skip_rsa_key_validation=True)
    except ValueError:
        raise data_error("invalid RSA parameters") from None


def _rsa_factors(jwk: dict[str, Any], public: rsa.RSAPublicNumbers, d: int) -> tuple[int, int]:
    from cryptography.hazmat.primitives.asymmetric import rsa

    p, q = from_jwk_number(jwk.get("p")), from_jwk_number(jwk.get("q"))
    if p and q:
        return p, q
    return rsa.rsa_recover_prime_factors(public.n, public.e, d)


def export_rsa(key: Key, to: str) -> str | dict[str, Any]:
    """`exportKey`, to a format that the key has."""
    if to != "jwk":
        return str(key["material"])
    members = {"kty": "RSA", "alg": jwk_algorithm(key["algorithm"])}
    if key["type"] == "public":
        public = load_public(key).public_numbers()
    else:
        numbers = load_private(key).private_numbers()
        public = numbers.public_numbers
        members |= {name: to_jwk_number(getattr(numbers, name)) for name in ("d", "p", "q")}
        members |= {
            "dp": to_jwk_number(numbers.dmp1),
            "dq": to_jwk_number(numbers.dmq1),
            "qi": to_jwk_number(numbers.iqmp),
        }
    return make_jwk(key, {**members, "n": to_jwk_number(public.n), "e": to_jwk_number(public.e)})


def generate_rsa(algorithm: Algorithm) -> rsa.RSAPrivateKey:
    """`generateKey`: the private key."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    if not 512 <= algorithm["modulusLength"] <= 8192:
        raise operation_error("unsupported RSA modulus length")
    exponent = int.from_bytes(from_base64(algorithm["publicExponent"]), "big")
    if algorithm["modulusLength"] < 1024 or exponent not in {3, 65537}:
        raise UnsupportedError(
            f"not supported: generating an RSA key of {algorithm['modulusLength']} bits with the exponent {exponent}"
        )
    return rsa.generate_private_key(exponent, algorithm["modulusLength"])
