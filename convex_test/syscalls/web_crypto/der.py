"""Keys as `cryptography` has them, their materials, and as much of DER as tells what a document holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from convex_test.syscalls.web_crypto.keys import from_base64

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

    from convex_test.syscalls.web_crypto.keys import Key

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


def private_curve_type(name: str) -> Any:
    """The class of private keys of Ed25519 or X25519."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

    return {"Ed25519": ed25519.Ed25519PrivateKey, "X25519": x25519.X25519PrivateKey}[name]


def public_curve_type(name: str) -> Any:
    """The class of public keys of Ed25519 or X25519."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

    return {"Ed25519": ed25519.Ed25519PublicKey, "X25519": x25519.X25519PublicKey}[name]


def load_private(key: Key) -> Any:
    """The private key of `cryptography` for a key; its type is that of the algorithm."""
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    material = from_base64(key["material"])
    name = key["algorithm"]["name"]
    if name in {"Ed25519", "X25519"}:
        return private_curve_type(name).from_private_bytes(material)
    return load_der_private_key(material, None, unsafe_skip_rsa_key_validation=True)


def load_public(key: Key) -> Any:
    """The public key of `cryptography` for a key; its type is that of the algorithm."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    material = from_base64(key["material"])
    name = key["algorithm"]["name"]
    if name in {"Ed25519", "X25519"}:
        return public_curve_type(name).from_public_bytes(material)
    return load_der_public_key(material)


def private_material(key: PrivateKeyTypes) -> bytes:
    """What a private key is kept as."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    if isinstance(key, ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey):
        return key.private_bytes_raw()
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def public_material(key: PublicKeyTypes) -> bytes:
    """What a public key is kept as."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if isinstance(key, ed25519.Ed25519PublicKey | x25519.X25519PublicKey):
        return key.public_bytes_raw()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class Element(NamedTuple):
    """One element of DER: its tag, and its content."""

    tag: int
    content: bytes


def elements(der: bytes) -> list[Element]:
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


def identifiers(der: bytes, where: int) -> list[Element] | None:
    """The algorithm identifier in PKCS #8 (its place is 1) or SubjectPublicKeyInfo (0); None when it is neither."""
    try:
        (outer,) = elements(der)
        identifier = elements(outer.content)[where]
        return elements(identifier.content) if (outer.tag, identifier.tag) == (0x30, 0x30) else None
    except (IndexError, ValueError):
        return None
