"""The part of `t` that is about who calls: made-up identities, and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from convex_test.errors import UsageError
from convex_test.functions.authentication import check_token, seconds
from convex_test.functions.fetching import fetch
from convex_test.functions.runner import DeploymentRunner
from convex_test.harness.identity import make_identity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from typing import Self

    from convex_test.backend.auth.validation import ValidToken
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.drain import Timeline


ONE_HOUR: Final = 3600


class Users:
    """What `ConvexTest` inherits; its calls are those of the user `_identity`, who has `_token` or is made up."""

    _deployment: Deployment
    _identity: Mapping[str, Any] | None
    _timeline: Timeline
    _token: ValidToken | None

    def _as(self, identity: Mapping[str, Any], token: ValidToken | None = None) -> Self:
        """The same backend seen as somebody."""
        raise NotImplementedError

    def with_identity(self, attributes: Mapping[str, Any] | None = None, /, **claims: Any) -> Self:
        """The same backend seen as that user: `t.with_identity(name="Sarah")`.

        Missing `subject`, `issuer` and `tokenIdentifier` are filled in, the same for equal input; those that a
        `tokenIdentifier` such as "https://login.example.com|sarah" holds are taken from it.

        Args:
            attributes: by the names that `ctx.auth.getUserIdentity()` gives them; all others are custom claims.
            claims: the same as keywords, where standard attributes may be in snake_case.

        Raises:
            UsageError: an attribute has a type that it cannot have, or is no JSON value.
        """
        return self._as(make_identity(attributes, claims))

    def with_token(self, token: str, /) -> Self:
        """The same backend seen as the user of a JWT, which is checked as a deployment does it.

        Issuer, audience, algorithm, signature and times must be those of a provider of `auth.config.ts`. Keys are
        fetched through `t.outbound`, except those of `t.sign_token`. Each later call looks at the times again, so that
        it fails when the token has expired on this backend's clock; `fetch` sends the token as `Authorization`.

        Raises:
            FunctionError: the token is not accepted, in the backend's words; `name` is the error's code, such as
                "InvalidAuthHeader", and a note may say more.
            ProjectError: `auth.config.ts` does not load, or its variables are not set.
        """
        if not isinstance(token, str):
            raise UsageError(f"t.with_token({token!r:.200}): expected a JWT as str.")
        loop = self._timeline.loop
        runner = DeploymentRunner(self._deployment, loop)
        valid = check_token(self._deployment, token, lambda request: fetch(self._deployment, request, runner, loop))
        return self._as(valid.identity, valid)

    withIdentity = with_identity
    withToken = with_token

    def sign_token(
        self,
        claims: Mapping[str, Any] | None = None,
        /,
        *,
        provider: int | str | None = None,
        expires_in: float | timedelta = ONE_HOUR,
        **more_claims: Any,
    ) -> str:
        """A JWT that this backend accepts as one of a provider of `auth.config.ts`: `t.sign_token(sub="sarah")`.

        It is signed with a key that was made for the tests of this process. This `t`, and what is forked from it, then
        trusts that key for that provider, in addition to the provider's own keys, so that nothing needs to be mocked.

        Args:
            claims: as they stand in the token: `sub`, `given_name`, … Left out, `iss`, `sub`, `aud`, `iat` and `exp`
                are such that the token is valid, with the same `sub` for equal claims; one that is `undefined` is not
                in the token. A claim that makes it invalid is taken as it is.
            provider: which one, by its position, issuer, domain or applicationID; not needed when there is only one.
            expires_in: seconds from now on, on this backend's clock, or a timedelta; negative for an expired token.
            more_claims: the same as `claims`.

        Raises:
            UsageError: there is no such provider, or a claim is no JSON value.
            ProjectError: `auth.config.ts` does not load, or its variables are not set.
        """
        from convex_test.harness.tokens import sign_token

        return sign_token(self._deployment, claims, more_claims, provider, expires_in)

    def _checked_identity(self) -> Mapping[str, Any] | None:
        """Who calls now. Raises the backend's `FunctionError` when the token has expired meanwhile."""
        if self._token is not None:
            self._token.check_times(seconds(self._deployment))
        return self._identity
