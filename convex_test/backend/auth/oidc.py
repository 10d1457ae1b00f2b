"""ID tokens of OpenID Connect providers.

Imitates the `Oidc` arm of `validate_id_token` in `crates/authentication/src/lib.rs`, `UserIdentity::from_token` in
`crates/keybroker/src/broker.rs`, and what `openidconnect` checks for them, in the order in which it does
(`src/{discovery,verification,claims}` of github.com/get-convex/openidconnect-rs).

Gaps: of a discovery document only issuer and `jwks_uri` are read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson

from convex_test.backend.auth.key_sets import OIDC_ALGORITHMS, InvalidKeySetError, Key, parse_leniently, suitable
from convex_test.backend.auth.keys import is_signed_by
from convex_test.backend.auth.oidc_claims import InvalidClaimsError, check_claims, seconds_of
from convex_test.backend.auth.refusals import INTERNAL, INVALID, refusal
from convex_test.backend.auth.tokens import UnreadableTokenError, read_header, split_signature
from convex_test.backend.web import WebRequest
from convex_test.errors import FunctionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convex_test.backend.auth.providers import OidcProvider
    from convex_test.backend.auth.tokens import Claims
    from convex_test.backend.web import WebResponse

ALGORITHMS: Final = ("RS256", "EdDSA")
_DISCOVERY: Final = ".well-known/openid-configuration"
_TYPES: Final = frozenset({"application/jwt", "application/jose"})


def check_signature(
    token: str,
    claims: Claims,
    provider: OidcProvider,
    fetch: Callable[[WebRequest], WebResponse],
    trusted: Sequence[Key],
) -> None:
    """Whether the provider has signed it for this application; `trusted` are keys besides its own, not to be fetched.

    Raises:
        FunctionError: it has not, or its keys cannot be had.
    """
    issuer = str(claims.issuer)
    if urlsplit(issuer).scheme not in {"http", "https"}:
        # The backend fails to read it as a URL, and has no words for that.
        raise refusal(
            INTERNAL,
            "Your request couldn't be completed. Try again later.",
            f"The token's issuer {issuer!r} is no URL, and the provider is one of OpenID Connect: {provider}.",
        )
    header = read_header(token, OIDC_ALGORITHMS)
    key_id = header.get("kid") if header is not None else None
    if any(key["kid"] == key_id for key in trusted):
        keys: Sequence[Key] = trusted
    else:
        keys = _discover(issuer, fetch)
    try:
        if header is None:
            raise UnreadableTokenError("the header cannot be read, or its algorithm is not known")
        signed, signature = split_signature(token)
        check_claims(claims.all)
    except (UnreadableTokenError, InvalidClaimsError) as problem:
        text = "Could not parse as OIDC ID token. Token might not be an OIDC-compliant JWT."
        raise refusal(INVALID, text, problem) from None
    reason = _problem(header, claims, provider, keys, signed, signature)
    if reason is not None:
        raise unverified(reason)


def check_times(claims: Claims, now: int) -> None:
    """Whether it is valid at a time in seconds. Raises `FunctionError`."""
    expires = seconds_of(claims.all["exp"])
    if now >= expires:
        raise unverified(f"Expired: ID token expired at {_show(expires)} (current time is {_show(now)})")


def unverified(reason: str) -> FunctionError:
    """The backend's one error for all that can be wrong with a token; the reason is only a note."""
    return refusal(
        "Unauthenticated",
        "Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired.",
        reason,
    )


def _problem(
    header: dict[str, Any], claims: Claims, provider: OidcProvider, keys: Sequence[Key], signed: bytes, signature: bytes
) -> str | None:
    """Why it is not valid, or None."""
    kind = header.get("typ")
    if kind is not None and (kind if "/" in kind else f"application/{kind}").lower() not in _TYPES:
        return f"Unsupported: unexpected or unsupported JWT type `{kind}`"
    if header.get("cty") is not None:
        return f"Unsupported: unexpected or unsupported JWT content type `{header['cty']}`"
    if header.get("crit") is not None:
        return "Unsupported: critical JWT header fields are unsupported"
    other = next((audience for audience in claims.audiences if audience != provider.application_id), None)
    if other is not None:
        return f"Invalid audiences: `{other}` is not a trusted audience"
    algorithm = header["alg"]
    if algorithm not in ALGORITHMS:
        return f"Signature verification failed: algorithm `{algorithm}` is not one of: {', '.join(ALGORITHMS)}"
    found = suitable(list(keys), header.get("kid"), algorithm)
    if not found:
        return f"Signature verification failed: No matching key found with 'kid' {header.get('kid')!r} for {algorithm}"
    if len(found) > 1:
        return f"Signature verification failed: {len(found)} keys of the provider may have made it"
    return None if is_signed_by(found[0], algorithm, signed, signature) else "Signature verification failed"


def _discover(issuer: str, fetch: Callable[[WebRequest], WebResponse]) -> list[Key]:
    metadata = _get(issuer, issuer.removesuffix("/") + "/" + _DISCOVERY, fetch, ("application/json",))
    try:
        document = orjson.loads(metadata)
        found, url = document["issuer"], document["jwks_uri"]
    except (ValueError, TypeError, KeyError) as problem:
        raise _undiscovered(issuer, reason=f"The discovery document cannot be read: {problem!r}") from None
    if found != issuer:
        raise _undiscovered(issuer, reason=f"unexpected issuer URI `{found}` (expected `{issuer}`)")
    if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"}:
        raise _undiscovered(issuer, reason=f"The discovery document's jwks_uri is no URL: {url!r}")
    body = _get(issuer, url, fetch, ("application/json", "application/jwk-set+json"))
    try:
        return parse_leniently(body)
    except InvalidKeySetError as problem:
        raise _undiscovered(issuer, reason=f"The key set at {url} cannot be read: {problem}") from None


def _get(issuer: str, url: str, fetch: Callable[[WebRequest], WebResponse], kinds: tuple[str, ...]) -> bytes:
    try:
        response = fetch(WebRequest("GET", url, (("accept", "application/json"),)))
    except FunctionError as problem:
        raise _undiscovered(issuer, reason=problem.text) from problem
    kind = response.header("content-type")
    if response.status != HTTPStatus.OK or (kind is not None and kind.partition(";")[0].lower() not in kinds):
        status = f"{response.status} {_phrase(response.status)}"
        body = response.body.decode("utf-8", "replace")
        raise _undiscovered(issuer, f": {status} {body}", f"GET {url} answered {status}, {kind or 'no content type'}")
    return response.body


def _undiscovered(issuer: str, detail: str = "", reason: str = "") -> FunctionError:
    return refusal("AuthProviderDiscoveryFailed", f"Auth provider discovery of {issuer} failed{detail}", reason)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "<unknown status code>"


def _show(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
