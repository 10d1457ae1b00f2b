"""The part of `t` that is about HTTP: requests to the deployment, and what its functions fetch from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convex_test.errors import InternalError
from convex_test.functions.http_actions import serve
from convex_test.functions.runner import DeploymentRunner
from convex_test.harness.http import send
from convex_test.harness.outbound import Outbound

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

    from convex_test.backend.auth.validation import ValidToken
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.drain import Timeline


class Reachable:
    """What `ConvexTest` inherits; its requests are those of the user `_identity`."""

    _deployment: Deployment
    _identity: Mapping[str, Any] | None
    _token: ValidToken | None
    _timeline: Timeline

    def fetch(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Any = None,
        params: Any = None,
        content: Any = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
    ) -> httpx2.Response:
        """Sends a request to the project's HTTP actions, or to a storage or upload URL of this backend.

        An action that throws is a response with status 500, as from the server. Redirects are not followed. A token in
        the header `Authorization` ("Bearer …") is checked as for `with_token`; one that is no good makes
        `ctx.auth.getUserIdentity()` throw. The user of `with_identity` goes before the header.

        Args:
            path: such as "/webhook?kind=1", or a whole URL of this deployment.
            method: such as "POST".
            headers: of the request.
            params: the query of the URL.
            content: bytes or text as the body.
            json: a JSON value as the body.
            data: a form as the body.
            files: files as the body, a form with several parts.
        """
        body = {"headers": headers, "params": params, "content": content, "json": json, "data": data, "files": files}
        identity = self._identity
        if self._token is not None:
            body["headers"], identity = _with_bearer(headers, self._token.text), None
        loop = self._timeline.loop
        runner = DeploymentRunner(self._deployment, loop)
        return send(
            path,
            method,
            body,
            lambda request: serve(self._deployment, request, runner=runner, loop=loop, identity=identity),
        )

    @property
    def outbound(self) -> Outbound:
        """What answers the `fetch` of functions: `t.outbound.get("https://api.example.com").respond(json={})`."""
        world = self._deployment.world
        if not isinstance(world, Outbound):
            raise InternalError("Something else than t.outbound answers what functions fetch.")
        return world


def _with_bearer(headers: Any, token: str) -> httpx2.Headers:
    """The test's headers, and the token unless they have another one."""
    import httpx2

    made = httpx2.Headers(headers)
    made.setdefault("authorization", f"Bearer {token}")
    return made
