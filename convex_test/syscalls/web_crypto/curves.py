"""Keys of elliptic curves for `crypto.subtle`: ECDSA and ECDH, Ed25519 and X25519.

After `ec.rs`, `ed25519.rs` and `x25519.rs` of the backend; the texts, and the order of the checks, are theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from convex_test.syscalls.web_crypto.der import (
    CURVE_OIDS,
    OIDS,
    elements,
    identifiers,
    load_private,
    load_public,
    private_curve_type,
    private_material,
    public_curve_type,
    public_material,
)
from convex_test.syscalls.web_crypto.keys import (
    check_jwk,
    check_jwk_algorithm,
    data_error,
    from_base64,
    from_jwk_bytes,
    make_jwk,
    to_base64,
    to_jwk_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec

    from convex_test.syscalls.web_crypto.keys import Algorithm, Key, KeyInput

COORDINATE_SIZE: Final = {"P-256": 32, "P-384": 48, "P-521": 66}
EC_JWK_ALGORITHM: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


def named_curve(algorithm: Algorithm) -> ec.EllipticCurve:
    """The curve of an algorithm for ECDSA or ECDH."""
    from cryptography.hazmat.primitives.asymmetric import ec

    types: dict[str, Callable[[], ec.EllipticCurve]] = {
        "P-256": ec.SECP256R1,
        "P-384": ec.SECP384R1,
        "P-521": ec.SECP521R1,
    }
    return types[algorithm["namedCurve"]]()


def import_ec(given: KeyInput) -> Key:
    """`importKey` for ECDSA and ECDH."""
    from cryptography.hazmat.primitives.asymmetric import ec

    given.check_usages()
    if given.format == "jwk":
        key = _ec_from_jwk(given)
    elif given.format == "pkcs8":
        key = _ec_from_pkcs8(given)
    else:
        point = given.data if given.format == "raw" else _point_in_spki(given)
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(named_curve(given.algorithm), point)
        except ValueError:
            what = "EC public key" if given.format == "raw" else "SubjectPublicKey"
            raise data_error(f"invalid {what}") from None
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return given.make_key("private", private_material(key))
    return given.make_key("public", public_material(key))


def _point_in_spki(given: KeyInput) -> bytes:
    found = identifiers(given.data, 0)
    if not found:
        raise data_error("invalid SubjectPublicKeyInfo document")
    if found[0].content != OIDS["EC"]:
        raise data_error("algorithm oid is not id-ecPublicKey")
    curve = found[1].content if len(found) > 1 else b""
    if curve not in CURVE_OIDS.values():
        raise data_error("unknown ECParameters")
    if curve != CURVE_OIDS[given.algorithm["namedCurve"]]:
        raise data_error("EC curve mismatch")
    bits = elements(elements(given.data)[0].content)[1].content
    return bits[1:]


def _ec_from_pkcs8(given: KeyInput) -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        if not identifiers(given.data, 1):
            raise ValueError
        key = load_der_private_key(given.data, None)
    except (ValueError, TypeError):
        raise data_error("invalid PublicKeyInfo") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise data_error("not an EC key")
    if key.curve.name != named_curve(given.algorithm).name:
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
    x, y = (
        -1 if each is None or len(each) != COORDINATE_SIZE[curve] else int.from_bytes(each, "big")
        for each in coordinates
    )
    try:
        public = ec.EllipticCurvePublicNumbers(x, y, named_curve(given.algorithm))
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


def export_ec(key: Key, to: str) -> str | dict[str, Any]:
    """`exportKey` of such a key, to a format that it has."""
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


# Ed25519 and X25519


def import_curve(given: KeyInput) -> Key:
    """`importKey` for Ed25519 and X25519."""
    name = given.algorithm["name"]
    given.check_usages()
    if given.format == "jwk":
        return _curve_from_jwk(given)
    if given.format == "pkcs8":
        return given.make_key("private", _seed_in_pkcs8(given))
    if given.format == "spki":
        return given.make_key("public", _point_of(given))
    if len(given.data) != 32:
        raise data_error(f"{name} public key must be 256 bits")
    return given.make_key("public", given.data)


def _seed_in_pkcs8(given: KeyInput) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    name = given.algorithm["name"]
    found = identifiers(given.data, 1)
    if name == "X25519":
        if not found:
            raise data_error("invalid X25519 PrivateKeyInfo")
        if found[0].content != OIDS[name]:
            raise data_error("PrivateKeyInfo algorithm is not id-X25519")
        if len(found) > 1:
            raise data_error("PrivateKeyInfo parameters must not be present")
    try:
        if not found or found[0].content != OIDS[name]:
            raise ValueError
        return private_material(load_der_private_key(given.data, None))
    except (ValueError, UnsupportedAlgorithm):
        raise data_error(f"{'Invalid' if name == 'Ed25519' else 'invalid'} {name} private key") from None


def _point_of(given: KeyInput) -> bytes:
    name = given.algorithm["name"]
    found = identifiers(given.data, 0)
    if not found:
        raise data_error("invalid SubjectPublicKeyInfo document")
    if found[0].content != OIDS[name]:
        raise data_error(f"SubjectPublicKeyInfo algorithm is not id-{name}")
    if len(found) > 1:
        raise data_error("SubjectPublicKeyInfo parameters must not be present")
    bits = elements(elements(given.data)[0].content)[1].content
    if len(bits) != 33:
        raise data_error("SubjectPublicKeyInfo public key has wrong length")
    return bits[1:]


def _curve_from_jwk(given: KeyInput) -> Key:
    jwk, name = given.jwk, given.algorithm["name"]
    check_jwk(jwk, "kty", "OKP")
    check_jwk(jwk, "crv", name)
    if name == "Ed25519":
        check_jwk_algorithm(jwk, "Ed25519", "EdDSA")
    given.check_jwk_use("sig" if name == "Ed25519" else "enc")
    public = _curve_member(jwk, "x")
    if "d" not in jwk:
        return given.make_key("public", public)
    private = _curve_member(jwk, "d")
    if private_curve_type(name).from_private_bytes(private).public_key().public_bytes_raw() != public:
        raise data_error("JWT `d` and `x` do not match")
    return given.make_key("private", private)


def _curve_member(jwk: dict[str, Any], name: str) -> bytes:
    data = from_jwk_bytes(jwk.get(name))
    if data is None or len(data) != 32:
        raise data_error(f"invalid key `{name}`")
    return data


def export_curve(key: Key, to: str) -> str | dict[str, Any]:
    """`exportKey` of such a key, to a format that it has."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    name, material = key["algorithm"]["name"], from_base64(key["material"])
    private = private_curve_type(name).from_private_bytes(material) if key["type"] == "private" else None
    public = public_curve_type(name).from_public_bytes(material) if private is None else private.public_key()
    if to == "raw":
        return str(key["material"])
    if to == "pkcs8" and private is not None:
        return to_base64(private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    if to == "spki":
        return to_base64(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    members = {"kty": "OKP", "crv": name, "x": to_jwk_bytes(public.public_bytes_raw())}
    if name == "Ed25519":
        members["alg"] = name
    if private is not None:
        members["d"] = to_jwk_bytes(material)
    return make_jwk(key, members)
