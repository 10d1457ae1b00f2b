"""Where the `fetch` of functions goes: to this deployment itself, or to what answers for the rest of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convex_test.errors import FunctionError, InternalError
from convex_test.functions.http_actions import is_own, serve

if TYPE_CHECKING:
    from convex_test.backend.web import WebRequest, WebResponse
    from convex_test.functions.actions import ActionLoop
    from convex_test.functions.deployment import Deployment
    from convex_test.syscalls.scope import Runner


def fetch(deployment: Deployment, request: WebRequest, runner: Runner, loop: ActionLoop | None) -> WebResponse:
    """One request of a function; redirects are not followed.

    Raises:
        FunctionError: nobody answers, or the answer is broken off.
    """
    if not is_own(request.url):
        if deployment.world is None:
            raise InternalError("A deployment was made without anybody who answers its functions' fetch.")
        return deployment.world.answer(request)
    if loop is None:
        raise InternalError("A function that is no action has fetched.")
    response = serve(deployment, request, runner=runner, loop=loop)
    if response.broken:
        raise FunctionError("error decoding response body")
    return response
