"""Tokens that the deployment signs itself: `ctx.auth.signJwt` and the keys to check them with.

Imitates what the npm package says of it (`src/server/authentication.ts`, since 1.48): algorithm, issuer, reserved
claims and lifetimes. Gaps: the backend's source that was read is older, so the texts of errors, and what is in the
header besides `alg`, are this library's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.arguments import describe_json, invalid_argument
from convex_test.backend.auth.keys import deployment_key
from convex_test.backend.storage import CLOUD_ORIGIN
from convex_test.backend.web import WebRequest, WebResponse, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST: Final = 3600
METHOD: Final = "auth.signJwt"
RESERVED: Final = frozenset({"iss", "iat", "exp", "nbf"})
RESERVED_PREFIXES: Final = ("convex", "cvx")


def sign_token(claims: Any, expires_in_seconds: Any, *, component: str, now: int) -> str:
    """A token of the deployment, or of one of its components.

    Args:
        claims: JSON; None for none besides those that the deployment sets.
        expires_in_seconds: from 1 to 3600.
        component: the path of the component; "" is the app.
        now: seconds since 1970.

    Raises:
        FunctionError: a claim is reserved, or the time is too long or too short.
    """
    lifetime = _lifetime(expires_in_seconds)
    issuer = f"{CLOUD_ORIGIN}/components/{component}" if component else CLOUD_ORIGIN
    return deployment_key().sign({**_checked(claims), "iss": issuer, "iat": now, "exp": now + lifetime})


def serve_keys(request: WebRequest) -> WebResponse:
    """The public keys, as a JWKS."""
    if request.method not in ("GET", "HEAD"):
        return WebResponse(405, (("allow", "GET,HEAD"), ("content-length", "0")))
    response = json_response(200, {"keys": [dict(deployment_key().jwk)]})
    return response if request.method == "GET" else WebResponse(200, response.headers)


def _lifetime(seconds: Any) -> int:
    if isinstance(seconds, float) and seconds.is_integer():
        seconds = int(seconds)
    if type(seconds) is not int:
        raise invalid_argument(
            "expiresInSeconds", METHOD, f"invalid type: {describe_json(seconds)}, expected a whole number of seconds"
        )
    if not 1 <= seconds <= LONGEST:
        raise invalid_argument("expiresInSeconds", METHOD, f"must be from 1 to {LONGEST}, but is {seconds}")
    return seconds


def _checked(claims: Any) -> Mapping[str, Any]:
    if claims is None:
        return {}
    if not isinstance(claims, dict):
        raise invalid_argument("claims", METHOD, f"invalid type: {describe_json(claims)}, expected an object")
    for name in claims:
        if name in RESERVED:
            raise invalid_argument("claims", METHOD, f"the claim `{name}` is set by Convex")
        if name.lower().startswith(RESERVED_PREFIXES):
            raise invalid_argument(
                "claims", METHOD, f"the claim `{name}` is reserved: names that start with `convex` or `cvx` are"
            )
    return claims
