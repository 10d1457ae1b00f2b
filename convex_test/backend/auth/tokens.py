"""JSON Web Tokens before anybody has checked them.

What can be read follows the backend's two libraries, as it builds them: `biscuit`
(github.com/get-convex/biscuit, `src/lib.rs` and `src/jws/compact.rs`) for every token's registered claims.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any, Final

import orjson

_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*")
_TEXTS: Final = ("iss", "sub", "jti")
_TIMES: Final = ("exp", "nbf", "iat")
_HEADERS: Final = ("kid", "typ", "cty")
REGISTERED: Final = frozenset({*_TEXTS, *_TIMES, "aud"})


class UnreadableTokenError(ValueError):
    """A text is no token, or a claim in it has a type that it must not have."""


@dataclass(frozen=True, slots=True)
class Claims:
    """A payload: the claims that every JWT may have, and all of them.

    Attributes:
        expires: seconds since 1970; so are the next two.
        all: the payload as JSON.
    """

    issuer: str | None
    subject: str | None
    audiences: list[str]
    expires: int | None
    not_before: int | None
    issued: int | None
    all: dict[str, Any]


def decode_base64url(text: str) -> bytes:
    """Base64 for URLs, without padding. Raises `UnreadableTokenError`."""
    if not _ALPHABET.fullmatch(text):
        raise UnreadableTokenError("invalid base64url encoding")
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise UnreadableTokenError("invalid base64url encoding") from None


def read_part(token: str, index: int) -> Any:
    """The JSON in one of a token's parts: 0 is the header, 1 the payload. Raises `UnreadableTokenError`."""
    parts = token.split(".")
    if index >= len(parts):
        raise UnreadableTokenError("Out of bounds")
    try:
        return orjson.loads(decode_base64url(parts[index]))
    except orjson.JSONDecodeError as problem:
        raise UnreadableTokenError(str(problem)) from None


def read_header(token: str, algorithms: frozenset[str]) -> dict[str, Any] | None:
    """The header, if it can be read and names one of the algorithms that a library knows."""
    try:
        header = read_part(token, 0)
    except UnreadableTokenError:
        return None
    if not isinstance(header, dict) or not all(isinstance(header.get(name), str | None) for name in _HEADERS):
        return None
    critical = header.get("crit") or []
    if not isinstance(critical, list) or not all(isinstance(each, str) for each in critical):
        return None
    return header if isinstance(header.get("alg"), str) and header["alg"] in algorithms else None


def split_signature(token: str) -> tuple[bytes, bytes]:
    """What is signed, and the signature. Raises `UnreadableTokenError`."""
    parts = token.split(".")
    if len(parts) != 3:
        raise UnreadableTokenError(f"Expected 3 parts in Compact JSON representation but got {len(parts)}")
    return f"{parts[0]}.{parts[1]}".encode(), decode_base64url(parts[2])


def read_claims(token: str) -> Claims:
    """The payload of a token. Raises `UnreadableTokenError`."""
    payload = read_part(token, 1)
    if not isinstance(payload, dict):
        raise UnreadableTokenError("the payload is no object")
    for name in _TEXTS:
        if not isinstance(payload.get(name), str | None):
            raise UnreadableTokenError(f"{name} is no string")
    expires, not_before, issued = (_seconds(payload.get(name), name) for name in _TIMES)
    return Claims(
        issuer=payload.get("iss"),
        subject=payload.get("sub"),
        audiences=_audiences(payload.get("aud")),
        expires=expires,
        not_before=not_before,
        issued=issued,
        all=payload,
    )


def _audiences(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise UnreadableTokenError("aud is neither a string nor a list of strings")


def _seconds(value: Any, name: str) -> int | None:
    """A time, rounded to seconds; one before 1970 is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise UnreadableTokenError(f"{name}: Invalid timestamp")
    return int(value + 0.5)
