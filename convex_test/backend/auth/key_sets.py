"""JSON Web Key Sets, as the two sorts of providers read them.

For customJwt `biscuit` reads them (`src/jwk.rs` of github.com/get-convex/biscuit): one key that it does not know makes
the whole set invalid, such as one whose `alg` is "EdDSA". For OpenID Connect `openidconnect` does
(`src/types/jwks.rs` of github.com/get-convex/openidconnect-rs): keys that it does not know are left out.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from convex_test.backend.auth.tokens import UnreadableTokenError, decode_base64url

SIGNATURES: Final = frozenset({
    "none", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
})  # fmt: skip
ENCRYPTIONS: Final = frozenset({"A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"})
OIDC_ALGORITHMS: Final = SIGNATURES | ENCRYPTIONS | {"EdDSA"}
_KEY_MANAGEMENT: Final = frozenset({
    "RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "A128KW", "A192KW", "A256KW", "dir", "ECDH-ES", "ECDH-ES+A128KW",
    "ECDH-ES+A192KW", "ECDH-ES+A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW", "PBES2-HS256+A128KW",
    "PBES2-HS384+A192KW", "PBES2-HS512+A256KW",
})  # fmt: skip
_CURVES: Final = frozenset({"P-256", "P-384", "P-521", "Ed25519", "Ed448"})
_TEXTS: Final = ("use", "kid", "x5u", "x5t")
_NUMBERS: Final = {"EC": ("x", "y"), "RSA": ("n", "e"), "oct": ("k",), "OKP": ("x",)}
_KEY_TYPES: Final = {"RS256": "RSA", "EdDSA": "OKP"}

Key = dict[str, Any]


class InvalidKeySetError(ValueError):
    """What a provider published is no JWKS."""


def parse_strictly(body: bytes) -> list[Key]:
    """The keys of a customJwt provider. Raises `InvalidKeySetError`."""
    keys = _keys(body)
    if not all(_is_known(key) for key in keys):
        raise InvalidKeySetError("a key of the set is not understood")
    return keys


def parse_leniently(body: bytes) -> list[Key]:
    """The keys of an OpenID Connect provider that are understood. Raises `InvalidKeySetError`."""
    return [key for key in _keys(body) if _is_oidc_key(key)]


def suitable(keys: list[Key], key_id: str | None, algorithm: str) -> list[Key]:
    """Those that may have made a signature; any key may when the token does not name one."""
    return [
        key
        for key in keys
        if (key_id is None or key.get("kid") == key_id)
        and key.get("use") in {None, "sig"}
        and key["kty"] == _KEY_TYPES[algorithm]
        and key.get("alg") in {None, algorithm}
    ]


def _keys(body: bytes) -> list[Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise InvalidKeySetError(str(problem)) from None
    keys = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(keys, list):
        raise InvalidKeySetError("there is no list of keys")
    return keys


def _is_known(key: Any) -> bool:
    if not isinstance(key, dict) or not all(isinstance(key.get(name), str | None) for name in _TEXTS):
        return False
    if not all(_is_texts(key.get(name)) for name in ("key_ops", "x5c")):
        return False
    algorithm = key.get("alg")
    if algorithm is not None and (
        not isinstance(algorithm, str) or algorithm not in SIGNATURES | _KEY_MANAGEMENT | ENCRYPTIONS
    ):
        return False
    kind = key.get("kty")
    if not isinstance(kind, str) or kind not in _NUMBERS:
        return False
    has_curve = kind not in {"EC", "OKP"} or str(key.get("crv")) in _CURVES
    return has_curve and all(_is_base64url(key.get(name)) for name in _NUMBERS[kind])


def _is_oidc_key(key: Any) -> bool:
    if not isinstance(key, dict) or not all(isinstance(key.get(name), str | None) for name in ("use", "kid", "alg")):
        return False
    is_kind = isinstance(key.get("kty"), str) and key["kty"] in _NUMBERS
    return is_kind and key.get("alg") in OIDC_ALGORITHMS | {None}


def _is_texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _is_base64url(value: Any) -> bool:
    try:
        return isinstance(value, str) and decode_base64url(value) is not None
    except UnreadableTokenError:
        return False
