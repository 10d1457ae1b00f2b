"""Keys of `crypto.subtle`: what they are made of, and the rules that all formats share.

A key is the JSON that JavaScript keeps inside its `CryptoKey` and sends with every request: `{type, extractable,
usages, algorithm, material}`. The material is base64: the bytes of a secret key and of keys of Ed25519 and X25519, else
PKCS #8 of a private key and SubjectPublicKeyInfo of a public one. Imitates
`crates/isolate/src/ops/subtle_crypto/{mod,crypto_key,jwk}.rs` of the backend, whose texts these are.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Key = dict[str, Any]
Algorithm = dict[str, Any]

JWK_MEMBERS: Final = (
    ("kty", "use", "key_ops", "alg", "ext", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi", "oth", "k")
)  # fmt: skip
RSA: Final = ("RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP")
AES: Final = ("AES-CTR", "AES-CBC", "AES-GCM")
CURVES: Final = ("Ed25519", "X25519")
HASHES: Final = {"SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
BLOCK_BITS: Final = {"SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024}

PUBLIC_USAGES: Final = {
    "RSASSA-PKCS1-v1_5": ("verify",),
    "RSA-PSS": ("verify",),
    "RSA-OAEP": ("encrypt", "wrapKey"),
    "ECDSA": ("verify",),
    "ECDH": (),
    "Ed25519": ("verify",),
    "X25519": (),
}
PRIVATE_USAGES: Final = {
    "RSASSA-PKCS1-v1_5": ("sign",),
    "RSA-PSS": ("sign",),
    "RSA-OAEP": ("decrypt", "unwrapKey"),
    "ECDSA": ("sign",),
    "ECDH": ("deriveKey", "deriveBits"),
    "Ed25519": ("sign",),
    "X25519": ("deriveKey", "deriveBits"),
}

_URL_SAFE: Final = re.compile(r"[A-Za-z0-9_-]*")


class CryptoError(Exception):
    """What a function is told: a `DOMException` of that name, or a `TypeError`."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


def data_error(message: str) -> CryptoError:
    """The input is no key of the kind."""
    return CryptoError(message, "DataError")


def operation_error(message: str) -> CryptoError:
    """The parameters do not go together, or the computation failed."""
    return CryptoError(message, "OperationError")


def wrong_algorithm() -> CryptoError:
    """The key is one of another algorithm."""
    return CryptoError("invalid algorithm for key", "InvalidAccessError")


def unsupported_format(text: str) -> CryptoError:
    """The algorithm has no such format."""
    return CryptoError(text, "NotSupportedError")


# Bytes and their spellings


def from_base64(text: str) -> bytes:
    """Bytes that JavaScript sent."""
    return b64decode(text)


def to_base64(data: bytes) -> str:
    """Bytes for JavaScript."""
    return b64encode(data).decode("ascii")


def from_jwk_bytes(text: str | None) -> bytes | None:
    """A member of a JSON Web Key; None when it is not there or not base64url without padding."""
    if text is None or not _URL_SAFE.fullmatch(text) or len(text) % 4 == 1:
        return None
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_jwk_bytes(data: bytes) -> str:
    """A member of a JSON Web Key."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_jwk_number(text: str | None) -> int | None:
    """A number in a JSON Web Key."""
    data = from_jwk_bytes(text)
    return None if data is None else int.from_bytes(data, "big")


def to_jwk_number(number: int) -> str:
    """A number in a JSON Web Key, in as few bytes as it takes."""
    return to_jwk_bytes(number.to_bytes((number.bit_length() + 7) // 8, "big"))


# Making keys


def make_key(
    kind: str, algorithm: Mapping[str, Any], material: bytes, *, extractable: bool, usages: Iterable[str]
) -> Key:
    """A key as JavaScript gets it. `kind` is "secret", "private" or "public".

    Raises:
        CryptoError: a secret or private key that may be used for nothing.
    """
    allowed = list(usages)
    if kind != "public" and not allowed:
        raise CryptoError("invalid key usages", "SyntaxError")
    return {
        "type": kind,
        "extractable": extractable,
        "usages": allowed,
        "algorithm": dict(algorithm),
        "material": to_base64(material),
    }


def make_pair(
    algorithm: Mapping[str, Any],
    private: bytes,
    public: bytes,
    *,
    extractable: bool,
    usages: Sequence[str],
    public_usages: Iterable[str],
) -> dict[str, Key]:
    """A pair of keys; the public one can always be exported."""
    public_only = [usage for usage in usages if usage in public_usages]
    private_only = [usage for usage in usages if usage not in public_usages]
    return {
        "privateKey": make_key("private", algorithm, private, extractable=extractable, usages=private_only),
        "publicKey": make_key("public", algorithm, public, extractable=True, usages=public_only),
    }


def check_usages(usages: Iterable[str], possible: Iterable[str]) -> None:
    """Refuses usages that the key cannot have."""
    if not set(usages) <= set(possible):
        raise CryptoError("invalid key_usages", "SyntaxError")


def key_length(algorithm: Mapping[str, Any]) -> int:
    """Bits of a key that is generated or derived for HMAC or AES."""
    length: int | None = algorithm.get("length")
    if algorithm["name"] != "HMAC":
        if length not in {128, 192, 256}:
            raise operation_error("AES key length must be 128, 192, or 256 bits")
        return length
    if length is None:
        return BLOCK_BITS[algorithm["hash"]]
    if length == 0:
        raise CryptoError("length must not be zero", "TypeError")
    if length % 8:
        raise CryptoError("length must be a multiple of 8", "TypeError")
    return length


# JSON Web Keys


def jwk_algorithm(algorithm: Mapping[str, Any]) -> str:
    """The member `alg` of a key for HMAC, AES or RSA."""
    name: str = algorithm["name"]
    if name in AES:
        return f"A{algorithm['length']}{name[4:]}"
    digits: str = algorithm["hash"].removeprefix("SHA-")
    if name == "RSA-OAEP":
        return name if digits == "1" else f"RSA-OAEP-{digits}"
    return {"HMAC": "HS", "RSASSA-PKCS1-v1_5": "RS", "RSA-PSS": "PS"}[name] + digits


def check_jwk(jwk: Mapping[str, Any], member: str, expected: str) -> None:
    """Requires a member to have a value."""
    if jwk.get(member) != expected:
        raise data_error(f'JWK "{member}" must be "{expected}"')


def check_jwk_algorithm(jwk: Mapping[str, Any], *expected: str) -> None:
    """The member `alg`, if there, must be one of these."""
    if "alg" in jwk and jwk["alg"] not in expected:
        raise data_error('JWK "alg" must be ' + " or ".join(f'"{each}"' for each in expected))


def check_jwk_use(jwk: Mapping[str, Any], usages: Sequence[str], expected: str) -> None:
    """The members `use` and `key_ops`, if there, must allow the usages."""
    if usages and jwk.get("use", expected) != expected:
        raise data_error(f'JWK "use" must be "{expected}"')
    for usage in usages if "key_ops" in jwk else ():
        if usage not in jwk["key_ops"]:
            raise data_error(f'JWK "key_ops" does not contain {usage[0].upper()}{usage[1:]}')


def check_jwk_extractable(jwk: Mapping[str, Any], *, extractable: bool) -> None:
    """A key that says it must stay inside stays inside."""
    if extractable and jwk.get("ext") is False:
        raise data_error('JWK "ext" must be true')


def make_jwk(key: Key, members: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Web Key with what all of them say, its members in the backend's order."""
    complete = {**members, "key_ops": key["usages"], "ext": key["extractable"]}
    return {name: complete[name] for name in JWK_MEMBERS if name in complete}


# What `importKey` is given


class KeyInput:
    """What `importKey` was given: bytes, or a JSON Web Key when the format is "jwk"."""

    def __init__(self, args: Mapping[str, Any]) -> None:
        self.format: str = args["format"]
        self.algorithm: Algorithm = args["algorithm"]
        self.extractable: bool = args["extractable"]
        self.usages: list[str] = args["usages"]
        self.jwk: dict[str, Any] = args["data"] if self.format == "jwk" else {}
        self.data = b"" if self.format == "jwk" else from_base64(args["data"])

    @property
    def is_private(self) -> bool:
        return self.format == "pkcs8" or "d" in self.jwk

    def check_usages(self) -> None:
        """Those of the half of a pair that the input is."""
        table = PRIVATE_USAGES if self.is_private else PUBLIC_USAGES
        check_usages(self.usages, table[self.algorithm["name"]])

    def check_jwk_use(self, use: str) -> None:
        """What the JSON Web Key says about its use."""
        check_jwk_use(self.jwk, self.usages, use)
        check_jwk_extractable(self.jwk, extractable=self.extractable)

    def make_key(self, kind: str, material: bytes, algorithm: Algorithm | None = None) -> Key:
        """The imported key."""
        return make_key(kind, algorithm or self.algorithm, material, extractable=self.extractable, usages=self.usages)
