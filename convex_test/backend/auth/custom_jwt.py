"""Tokens of customJwt providers.

Imitates the `CustomJwt` arm of `validate_id_token` and `fetch_jwks` in `crates/authentication/src/lib.rs`,
`UserIdentity::from_custom_jwt` in `crates/keybroker/src/broker.rs`, and what `biscuit` checks for them
(`src/jws/compact.rs` and `src/lib.rs` of github.com/get-convex/biscuit). Texts are those of a development deployment;
production's say less.
"""

from __future__ import annotations

import re
from base64 import b64decode
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from convex_test.backend.auth.key_sets import SIGNATURES, InvalidKeySetError, Key, parse_strictly
from convex_test.backend.auth.keys import is_signed_by
from convex_test.backend.auth.refusals import INVALID, refusal
from convex_test.backend.auth.tokens import REGISTERED, UnreadableTokenError, read_header, split_signature
from convex_test.backend.web import WebRequest
from convex_test.errors import FunctionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convex_test.backend.auth.providers import CustomJwtProvider
    from convex_test.backend.auth.tokens import Claims
    from convex_test.backend.web import WebResponse

LEEWAY: Final = 5
"""Seconds that clocks may differ."""
_MEDIA_TYPES: Final = frozenset({"application/json", "application/jwk-set+json"})


def check_signature(
    token: str,
    provider: CustomJwtProvider,
    fetch: Callable[[WebRequest], WebResponse],
    trusted: Sequence[Key],
) -> None:
    """Whether the provider has signed it; `trusted` are keys besides its own, which need not be fetched for them.

    Raises:
        FunctionError: it has not, or its keys cannot be had.
    """
    keys: Sequence[Key] = trusted
    header = read_header(token, SIGNATURES)
    key_id = None if header is None else header.get("kid")
    if not any(key["kid"] == key_id for key in trusted) or provider.jwks.startswith("data:"):
        body = _key_set(provider.jwks, fetch)
        try:
            keys = [*trusted, *parse_strictly(body)]
        except InvalidKeySetError as problem:
            raise refusal(
                INVALID,
                f"Invalid JWKS response body from '{provider.jwks}'. The response is not valid JSON or doesn't match "
                "the expected JWKS format.",
                problem,
            ) from None
    reason = _problem(token, header, keys, provider.algorithm)
    if reason is None:
        return
    if key_id is None:
        raise refusal(INVALID, "Could not decode token. JWT may be missing a 'kid' (key ID) header.", reason)
    raise refusal(
        INVALID,
        f"Could not decode token. The JWT's 'kid' (key ID) header is '{key_id}', does this key match any key in the "
        "provider's JWKS?",
        reason,
    )


def check_times(claims: Claims, now: int) -> None:
    """Whether it is valid at a time in seconds. Raises `FunctionError`."""
    if claims.expires is not None and now - claims.expires > LEEWAY:
        raise refusal(INVALID, f"Could not validate token: Token expired {now - claims.expires} seconds ago")
    for moment in (claims.not_before, claims.issued):
        if moment is not None and moment - now > LEEWAY:
            raise refusal(INVALID, f"Could not validate token: Token will be valid in {moment - now} seconds")


def identity_of(claims: Claims) -> dict[str, Any]:
    """What `getUserIdentity` gives: of the claims only issuer and subject become attributes. Raises `FunctionError`."""
    for claim, name in ((claims.subject, "subject"), (claims.issuer, "issuer"), (claims.expires, "expiry")):
        if claim is None:
            raise refusal(
                INVALID,
                "Could not verify token claim. Check that the JWT contains valid claims and matches your auth provider "
                "configuration.",
                f"Missing {name}",
            )
    custom = _flatten({name: value for name, value in claims.all.items() if name not in REGISTERED})
    # It grows with time, and would make each token another identity.
    custom.pop("fva", None)
    return {
        "tokenIdentifier": f"{claims.issuer}|{claims.subject}",
        "issuer": claims.issuer,
        "subject": claims.subject,
        **custom,
    }


def _problem(token: str, header: Mapping[str, Any] | None, keys: Sequence[Key], algorithm: str) -> str | None:
    """Why the signature does not count, or None."""
    try:
        signed, signature = split_signature(token)
    except UnreadableTokenError as problem:
        return str(problem)
    if header is None:
        return f"The header cannot be read, or its algorithm is none of {', '.join(sorted(SIGNATURES))}."
    key_id = header.get("kid")
    if key_id is None:
        return "Header is missing kid"
    key = next((key for key in keys if key.get("kid") == key_id), None)
    if key is None:
        return f"Key not found in JWKS: it has {', '.join(repr(key.get('kid')) for key in keys) or 'no keys'}."
    if header["alg"] != algorithm or (key.get("alg") or algorithm) != algorithm:
        return (
            f"Token provided was signed or encrypted with an unexpected algorithm: the provider's is {algorithm}, the "
            f"token's {header['alg']}, the key's {key.get('alg') or 'any'}."
        )
    return None if is_signed_by(key, algorithm, signed, signature) else "Invalid signature"


def _flatten(claims: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Claims within claims get names with dots; an empty object leaves nothing."""
    flat: dict[str, Any] = {}
    for name, value in claims.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _key_set(url: str, fetch: Callable[[WebRequest], WebResponse]) -> bytes:
    if url.startswith("data:"):
        return _data_url(url)
    advice = "Check that the URL is correct and accessible."
    try:
        response = fetch(WebRequest("GET", url, (("accept", "application/json"),)))
    except FunctionError as problem:
        raise refusal(INVALID, f"Could not fetch JWKS from URL '{url}': {problem.text}. {advice}") from problem
    if response.status != HTTPStatus.OK:
        raise refusal(
            INVALID,
            f"Could not fetch JWKS from URL '{url}': HTTP {response.status} {_phrase(response.status)}. {advice}",
        )
    kind = response.header("content-type")
    if kind is None or not _is_json(kind):
        raise refusal(
            INVALID,
            f"Invalid Content-Type '{kind or 'unknown'}' when fetching JWKS from '{url}'. "
            "Expected 'application/json' or 'application/jwk-set+json'.",
        )
    return response.body


def _data_url(url: str) -> bytes:
    """As browsers read it: whitespace in base64 is left out, and so are missing fields of the media type."""
    head, comma, data = url.removeprefix("data:").partition(",")
    content = unquote_to_bytes(data.partition("#")[0])
    is_base64 = re.search(r";\s*base64\s*$", head, re.IGNORECASE) is not None
    try:
        if not comma:
            raise ValueError(url)
        if not is_base64:
            return content
        packed = re.sub(rb"\s", b"", content).rstrip(b"=")
        return b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except ValueError:
        raise refusal(
            INVALID,
            "Invalid JWKS data URL. Check that the data URL is properly formatted and contains valid base64-encoded "
            "JSON.",
        ) from None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _is_json(kind: str) -> bool:
    essence, *parameters = (part.strip().lower() for part in kind.split(";"))
    charset = next((part.removeprefix("charset=").strip('"') for part in parameters if part.startswith("charset=")), "")
    return essence in _MEDIA_TYPES and charset in {"", "utf-8"}
