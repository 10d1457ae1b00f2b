"""Who makes a request: from a token, or from its `Authorization` header, to an identity.

Imitates `Application::authenticate` (`crates/application/src/lib.rs`) for tokens, and for HTTP actions
`ExtractAuthenticationToken` and `TryExtractIdentity` (`crates/local_backend/src/authentication.rs`): whatever the
header is, the action runs, and what is wrong with it is thrown when the action, or one that it calls, asks who is
calling.

Gap: admin keys, which no test deployment has given out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from convex_test.backend.auth.refusals import INTERNAL
from convex_test.errors import FunctionError, UnsupportedError
from convex_test.functions.auth_config import providers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convex_test.backend.auth.validation import ValidToken
    from convex_test.backend.web import WebRequest, WebResponse
    from convex_test.functions.deployment import Deployment

SCHEME_LENGTH: Final = 7
NANOSECONDS_PER_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: nobody, somebody, or somebody whose header is no good.

    Attributes:
        identity: what `getUserIdentity` gives.
        token: the token that it was made from.
        problem: what `getUserIdentity` throws in an action instead.
    """

    identity: Mapping[str, Any] | None = None
    token: str | None = None
    problem: FunctionError | None = None


NOBODY: Final = Caller()


def check_token(deployment: Deployment, token: str, fetch: Callable[[WebRequest], WebResponse]) -> ValidToken:
    """A token that is valid now; `fetch` gets the keys of its provider.

    Raises:
        FunctionError: it is not, in the backend's words.
        ProjectError: `auth.config.ts` is wrong.
    """
    from convex_test.backend.auth.validation import validate_token

    return validate_token(
        token,
        providers=lambda: providers_of(deployment),
        trusted=lambda provider: [dict(key.jwk) for key in deployment.test_keys.get(provider, ())],
        fetch=fetch,
        now=seconds(deployment),
    )


def seconds(deployment: Deployment) -> int:
    """The deployment's time as tokens have it: whole seconds since 1970."""
    return deployment.clock.read() // NANOSECONDS_PER_SECOND


def caller_of(deployment: Deployment, request: WebRequest, fetch: Callable[[WebRequest], WebResponse]) -> Caller:
    """Who makes a request to an HTTP action."""
    header = request.header("authorization")
    if header is None:
        is_admin = "adminKey" in parse_qs(urlsplit(request.url).query, keep_blank_values=True)
        return _admin("the query parameter adminKey") if is_admin else NOBODY
    header = header.strip()
    scheme = header[:SCHEME_LENGTH].lower()
    if len(scheme) < SCHEME_LENGTH:
        return Caller(problem=FunctionError("Invalid authentication header", name="InvalidHeaderFailure"))
    if scheme == "convex ":
        return _admin("an Authorization header")
    if scheme != "bearer ":
        return Caller(problem=FunctionError("Invalid admin key", name="InvalidAdminKey"))
    try:
        valid = check_token(deployment, header[SCHEME_LENGTH:].strip(), fetch)
    except UnsupportedError:
        raise
    except FunctionError as problem:
        # An error that has no words for users is not kept: the caller is nobody.
        return NOBODY if problem.name == INTERNAL else Caller(problem=problem)
    return Caller(valid.identity, valid.text)


def _admin(where: str) -> Caller:
    return Caller(problem=UnsupportedError(f"not supported: an admin key in {where}"))
