"""From a token to the user it stands for, or to the backend's error (`crates/authentication/src/lib.rs`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convex_test.backend.auth import custom_jwt, oidc, oidc_claims
from convex_test.backend.auth.providers import OidcProvider
from convex_test.backend.auth.refusals import INVALID, refusal
from convex_test.backend.auth.tokens import UnreadableTokenError, read_claims

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convex_test.backend.auth.key_sets import Key
    from convex_test.backend.auth.providers import Provider
    from convex_test.backend.auth.tokens import Claims
    from convex_test.backend.web import WebRequest, WebResponse


@dataclass(frozen=True, slots=True)
class ValidToken:
    """A token that was valid when it was checked.

    Attributes:
        identity: what `getUserIdentity` gives, as JSON.
    """

    text: str
    provider: Provider
    claims: Claims
    identity: Mapping[str, Any]

    def check_times(self, now: int) -> None:
        """Whether it is valid at a time in seconds since 1970. Raises the backend's `FunctionError`."""
        if isinstance(self.provider, OidcProvider):
            oidc.check_times(self.claims, now)
        else:
            custom_jwt.check_times(self.claims, now)


def validate_token(
    token: str,
    *,
    providers: Callable[[], Sequence[Provider]],
    trusted: Callable[[Provider], Sequence[Key]],
    fetch: Callable[[WebRequest], WebResponse],
    now: int,
) -> ValidToken:
    """Checks a token as a development deployment does, whose errors say more than production's.

    Args:
        token: the JWT.
        providers: gives those of the deployment; asked when the token can be read.
        trusted: gives the public keys that are trusted for a provider besides those it publishes.
        fetch: sends a request. Raises `FunctionError` when nobody answers.
        now: seconds since 1970.

    Raises:
        FunctionError: the token is not valid, in the backend's words; `name` is the code of the error.
    """
    try:
        claims = read_claims(token)
    except UnreadableTokenError as problem:
        raise refusal(
            INVALID,
            "Could not parse JWT payload. Check that the token is a valid JWT format with three base64-encoded parts "
            "separated by dots.",
            problem,
        ) from None
    if claims.issuer is None:
        raise refusal(
            INVALID,
            "Missing issuer claim ('iss') in JWT payload. The JWT must include an 'iss' claim that matches one of your "
            "configured auth providers.",
        )
    provider = _provider(providers(), claims.audiences, claims.issuer)
    if isinstance(provider, OidcProvider):
        oidc.check_signature(token, claims, provider, fetch, trusted(provider))
        oidc.check_times(claims, now)
        return ValidToken(token, provider, claims, oidc_claims.identity_of(claims))
    # The backend looks at issuer and audience again, for which nothing is left to find after choosing the provider.
    custom_jwt.check_signature(token, provider, fetch, trusted(provider))
    custom_jwt.check_times(claims, now)
    return ValidToken(token, provider, claims, custom_jwt.identity_of(claims))


def _provider(providers: Sequence[Provider], audiences: list[str], issuer: str) -> Provider:
    """The first that the token may be of; its signature is looked at later."""
    found = next((provider for provider in providers if provider.matches(audiences, issuer)), None)
    if found is not None:
        return found
    if not providers:
        raise refusal(
            "NoAuthProvider",
            "No auth provider found matching the given token (no providers configured). Check convex/auth.config.ts.",
        )
    raise refusal(
        "NoAuthProvider",
        "No auth provider found matching the given token. Check that your JWT's issuer and audience match one of your "
        f"configured providers: [{', '.join(map(str, providers))}]",
        f"The token's issuer is {issuer!r}, its audience {', '.join(map(repr, audiences)) or 'missing'}.",
    )
