"""Pairs of keys of `crypto.subtle`: RSA, elliptic curves, Ed25519 and X25519, in all their formats.

Imitates `crates/isolate/src/ops/subtle_crypto/{ec,ed25519,rsa,x25519}.rs` of the backend; the texts, and the order of the
checks, are theirs. `cryptography` reads and writes the formats; it is imported when it is first needed.

Known gaps: RSA keys that `cryptography` refuses (fewer than 1024 bits; when generated, exponents other than 3 and 65537).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from convex_test.errors import UnsupportedError
from convex_test.syscalls.cryptography_keys import (
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
    from_jwk_number,
    jwk_algorithm,
    make_jwk,
    make_pair,
    operation_error,
    to_base64,
    to_jwk_bytes,
    to_jwk_number,
    unsupported_format,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

    from convex_test.syscalls.cryptography_keys import Algorithm, Key

OIDS: Final = {
    "RSA": bytes.fromhex("2a864886f70d010101"),
    "EC": bytes.fromhex("2a8648ce3d0201"),
    "Ed25519": bytes.fromhex("2b6570"),
    "X25519": bytes.fromhex("2b656e"),
}
CURVE_OIDS: Final = {
    "P-256": bytes.fromhex("2a8648ce3d030107"),
    "P-384": bytes.fromhex("2b81040022"),
    "P-521": bytes.fromhex("2b81040023"),
}
COORDINATE_SIZE: Final = {"P-256": 32, "P-384": 48, "P-521": 66}
EC_JWK_ALGORITHM: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


def import_pair(given: KeyInput) -> Key:
    """`importKey` of one half of a pair."""
    name = given.algorithm["name"]
    if name in RSA:
        return _import_rsa(given)
    return _import_ec(given) if name in {"ECDSA", "ECDH"} else _import_curve(given)


def export_pair(key: Key, to: str) -> str | dict[str, Any]:
    """`exportKey` of one half of a pair."""
    name = key["algorithm"]["name"]
    family = "RSA" if name in RSA else "EC" if name in {"ECDSA", "ECDH"} else name
    if family == "RSA" and to == "raw":
        raise unsupported_format("invalid export format for RSA")
    if to not in (("pkcs8", "jwk") if key["type"] == "private" else ("spki", "jwk", "raw")):
        raise CryptoError(f"invalid export format for {family} {key['type']} key", "InvalidAccessError")
    if family == "RSA":
        return _export_rsa(key, to)
    return _export_ec(key, to) if family == "EC" else _export_curve(key, to)


def generate_pair(algorithm: Algorithm, usages: list[str], *, extractable: bool) -> dict[str, Key]:
    """`generateKey` of a pair."""
    from cryptography.hazmat.primitives.asymmetric import ec

    name = algorithm["name"]
    check_usages(usages, {*PRIVATE_USAGES[name], *PUBLIC_USAGES[name]})
    if name in RSA:
        private = _generate_rsa(algorithm)
    elif name in {"ECDSA", "ECDH"}:
        private = ec.generate_private_key(_curve(algorithm))
    else:
        private = _private_curve_type(name).generate()
    return make_pair(
        algorithm,
        _private_material(private),
        _public_material(private.public_key()),
        extractable=extractable,
        usages=usages,
        public_usages=PUBLIC_USAGES[name],
    )


def load_private(key: Key) -> Any:
    """The private key of `cryptography` for a key; its type is that of the algorithm."""
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    material = from_base64(key["material"])
    name = key["algorithm"]["name"]
    if name in {"Ed25519", "X25519"}:
        return _private_curve_type(name).from_private_bytes(material)
    return load_der_private_key(material, None, unsafe_skip_rsa_key_validation=True)


def load_public(key: Key) -> Any:
    """The public key of `cryptography` for a key; its type is that of the algorithm."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    material = from_base64(key["material"])
    name = key["algorithm"]["name"]
    if name in {"Ed25519", "X25519"}:
        return _public_curve_type(name).from_public_bytes(material)
    return load_der_public_key(material)


# Materials


def _private_material(key: PrivateKeyTypes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    if isinstance(key, ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey):
        return key.private_bytes_raw()
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _public_material(key: PublicKeyTypes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if isinstance(key, ed25519.Ed25519PublicKey | x25519.X25519PublicKey):
        return key.public_bytes_raw()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class Element(NamedTuple):
    """One element of DER: its tag, and its content."""

    tag: int
    content: bytes


def _elements(der: bytes) -> list[Element]:
    """What DER consists of. Raises IndexError when it is cut."""
    found = []
    at = 0
    while at < len(der):
        tag, size = der[at], der[at + 1]
        at += 2
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(der[at : at + count], "big")
            at += count
        if at + size > len(der):
            raise IndexError
        found.append(Element(tag, der[at : at + size]))
        at += size
    return found


def _identifiers(der: bytes, where: int) -> list[Element] | None:
    """The algorithm identifier in PKCS #8 (its place is 1) or SubjectPublicKeyInfo (0); None when it is neither."""
    try:
        (outer,) = _elements(der)
        identifier = _elements(outer.content)[where]
        return _elements(identifier.content) if (outer.tag, identifier.tag) == (0x30, 0x30) else None
    except (IndexError, ValueError):
        return None


# RSA


def _import_rsa(given: KeyInput) -> Key:
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
        return given.make_key("private", _private_material(key), algorithm)
    return given.make_key("public", _public_material(key), algorithm)


def _rsa_from_der(given: KeyInput) -> rsa.RSAPrivateKey | rsa.RSAPublicKey:
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

    document, part = ("PrivateKeyInfo", "PrivateKey") if given.is_private else ("SubjectPublicKeyInfo", "SubjectPublicKey")
    identifiers = _identifiers(given.data, 1 if given.is_private else 0)
    if not identifiers:
        raise data_error(f"invalid RSA {document}")
    if identifiers[0].content != OIDS["RSA"]:
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


def _export_rsa(key: Key, to: str) -> str | dict[str, Any]:
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


def _generate_rsa(algorithm: Algorithm) -> rsa.RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    if not 512 <= algorithm["modulusLength"] <= 8192:
        raise operation_error("unsupported RSA modulus length")
    exponent = int.from_bytes(from_base64(algorithm["publicExponent"]), "big")
    if algorithm["modulusLength"] < 1024 or exponent not in {3, 65537}:
        raise UnsupportedError(
            f"not supported: generating an RSA key of {algorithm['modulusLength']} bits with the exponent {exponent}"
        )
    return rsa.generate_private_key(exponent, algorithm["modulusLength"])


# Elliptic curves


def _curve(algorithm: Algorithm) -> ec.EllipticCurve:
    from cryptography.hazmat.primitives.asymmetric import ec

    return {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}[algorithm["namedCurve"]]()


def _import_ec(given: KeyInput) -> Key:
    from cryptography.hazmat.primitives.asymmetric import ec

    given.check_usages()
    if given.format == "jwk":
        key = _ec_from_jwk(given)
    elif given.format == "pkcs8":
        key = _ec_from_pkcs8(given)
    else:
        point = given.data if given.format == "raw" else _point_in_spki(given)
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(_curve(given.algorithm), point)
        except ValueError:
            what = "EC public key" if given.format == "raw" else "SubjectPublicKey"
            raise data_error(f"invalid {what}") from None
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return given.make_key("private", _private_material(key))
    return given.make_key("public", _public_material(key))


def _point_in_spki(given: KeyInput) -> bytes:
    identifiers = _identifiers(given.data, 0)
    if not identifiers:
        raise data_error("invalid SubjectPublicKeyInfo document")
    if identifiers[0].content != OIDS["EC"]:
        raise data_error("algorithm oid is not id-ecPublicKey")
    curve = identifiers[1].content if len(identifiers) > 1 else b""
    if curve not in CURVE_OIDS.values():
        raise data_error("unknown ECParameters")
    if curve != CURVE_OIDS[given.algorithm["namedCurve"]]:
        raise data_error("EC curve mismatch")
    bits = _elements(_elements(given.data)[0].content)[1].content
    return bits[1:]


def _ec_from_pkcs8(given: KeyInput) -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        if not _identifiers(given.data, 1):
            raise ValueError
        key = load_der_private_key(given.data, None)
    except (ValueError, TypeError):
        raise data_error("invalid PublicKeyInfo") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise data_error("not an EC key")
    if key.curve.name != _curve(given.algorithm).name:
        raise data_error("EC curve mismatch")
    return key


def _ec_from_jwk(given: KeyInput) -> ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    jwk, curve = given.jwk, given.algorithm["namedCurve"]
    check_jwk(jwk, "kty", "EC")
    given.check_jwk_use("sig")
    if jwk.get("crv") != curve:
        raise data_error("EC curve mismatch")
    check_jwk_algorithm(jwk, EC_JWK_ALGORITHM[curve])
    coordinates = [from_jwk_bytes(jwk.get(name)) for name in ("x", "y")]
    x, y = (-1 if each is None or len(each) != COORDINATE_SIZE[curve] else int.from_bytes(each, "big") for each in coordinates)
    try:
        public = ec.EllipticCurvePublicNumbers(x, y, _curve(given.algorithm))
        key = public.public_key()
    except ValueError:
        raise data_error("invalid EC public key coordinates") from None
    if "d" not in jwk:
        return key
    d = from_jwk_bytes(jwk["d"])
    try:
        if d is None or len(d) != COORDINATE_SIZE[curve]:
            raise ValueError
        return ec.EllipticCurvePrivateNumbers(int.from_bytes(d, "big"), public).private_key()
    except ValueError:
        raise data_error("invalid EC private key") from None


def _export_ec(key: Key, to: str) -> str | dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if to in {"pkcs8", "spki"}:
        return str(key["material"])
    private = load_private(key) if key["type"] == "private" else None
    public = load_public(key) if private is None else private.public_key()
    if to == "raw":
        return to_base64(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    curve = key["algorithm"]["namedCurve"]
    size = COORDINATE_SIZE[curve]
    point = public.public_numbers()
    members = {"x": point.x, "y": point.y} | ({} if private is None else {"d": private.private_numbers().private_value})
    texts = {name: to_jwk_bytes(number.to_bytes(size, "big")) for name, number in members.items()}
    return make_jwk(key, {"kty": "EC", "crv": curve, **texts})
