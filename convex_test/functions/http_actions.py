"""Requests to the deployment: HTTP actions at `.convex.site`, files at `.convex.cloud`.

Follows `crates/local_backend/src/http_actions.rs` (the request), `http_routing.rs` of
`crates/application/src/application_function_runner` (which 404), `crates/isolate/src/environment/action/mod.rs`
(running the router) and `crates/application/src/redaction.rs` (the answer when an action throws). Which route serves
a request is npm's router's own decision: `http.js` runs with it.

Known gaps: nobody hangs up on an HTTP action, so
`request.signal` never aborts; promises of its `ctx` that fail while nobody awaits them go unnoticed.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson

from convex_test.backend.components.routing import route_request
from convex_test.backend.storage import CLOUD_ORIGIN
from convex_test.backend.storage_endpoints import PREFIX, serve_storage
from convex_test.backend.web import WebRequest, WebResponse, json_response, text_response
from convex_test.errors import ConvexError, FunctionError, InternalError, UnsupportedError
from convex_test.functions.authentication import caller_of
from convex_test.functions.calls import new_scope
from convex_test.functions.failures import display
from convex_test.functions.loading import HTTP_MODULE, load_routes
from convex_test.functions.warnings import http_action_warnings
from convex_test.references import FunctionPath

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.functions.actions import ActionLoop
    from convex_test.functions.deployment import Deployment
    from convex_test.syscalls.scope import Runner, Scope

SITE_ORIGIN: Final = "https://convex-test-000.convex.site"
ORIGINS: Final = (SITE_ORIGIN, CLOUD_ORIGIN)
METHODS: Final = ("GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS")
BODILESS: Final = ("GET", "HEAD", "OPTIONS")
KEYS_PATH: Final = "/.well-known/jwks.json"
MAXIMUM_BODY: Final = 20 << 20


def is_own(url: str) -> bool:
    """Whether a URL is one of this deployment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" in ORIGINS


def serve(
    deployment: Deployment,
    request: WebRequest,
    *,
    runner: Runner,
    loop: ActionLoop,
    identity: Mapping[str, Any] | None = None,
) -> WebResponse:
    """Answers a request to one of the deployment's two origins. What an HTTP action throws becomes a response.

    Raises:
        ProjectError: `http.ts` does not load, or exports no router.
        UnsupportedError: something that is missing here.
    """
    if request.url.startswith(CLOUD_ORIGIN):
        path = urlsplit(request.url).path
        if path.startswith(PREFIX):
            return serve_storage(deployment.store, request)
        if path == KEYS_PATH:
            from convex_test.backend.auth.deployment_tokens import serve_keys

            return serve_keys(request)
        raise UnsupportedError(
            f"not supported: {request.method} {request.url} (of {CLOUD_ORIGIN} only storage URLs and {KEYS_PATH})"
        )
    response = _serve_site(deployment, request, runner, loop, identity)
    return WebResponse(response.status, response.headers) if request.method == "HEAD" else response


def _serve_site(
    deployment: Deployment,
    request: WebRequest,
    runner: Runner,
    loop: ActionLoop,
    identity: Mapping[str, Any] | None,
) -> WebResponse:
    if request.method not in METHODS:
        return WebResponse(405, (("allow", ",".join(METHODS)), ("content-length", "0")))
    routed = route_request(
        {path: mounted.component for path, mounted in deployment.components.items()},
        lambda component: load_routes(deployment.component(component).runtime, deployment.component(component).env),
        urlsplit(request.url).path or "/",
        request.method,
    )
    if routed is None:
        return text_response(404, "This Convex deployment does not have HTTP actions enabled.")
    if request.body is not None and len(request.body) > MAXIMUM_BODY:
        return text_response(413, "length limit exceeded")
    scope = _scope(deployment, request, runner, identity, routed.component)
    call = orjson.dumps(_call(request, routed.path)).decode()
    try:
        task = loop.start_handler(
            scope,
            f"{request.method} {routed.path}",
            lambda context: context.call("invokeHttp", call),
            kind="httpAction",
        )
        # A request of its own, even when a function of the deployment has made it.
        task.root = task
        task.record.args = {"method": request.method, "url": request.url}
        outcome = loop.run(task).value
    except UnsupportedError:
        raise
    except FunctionError as error:
        if error.message.startswith("not supported: "):
            raise
        return _failed(error, scope.request.request_id)
    if not isinstance(outcome, dict):
        raise InternalError("The prelude answered an HTTP action with something that is no response.")
    response = _answered(deployment, outcome, routed.component, task.record.function)
    task.record.result = {"status": response.status}
    return response


def _scope(
    deployment: Deployment,
    request: WebRequest,
    runner: Runner,
    identity: Mapping[str, Any] | None,
    component: str,
) -> Scope:
    """That of the action; an identity that the test has made up goes before the request's header.

    Components do not see who calls.
    """
    scope = new_scope(deployment, runner, "action", identity=None if component else identity, component=component)
    scope.function = FunctionPath(HTTP_MODULE, "default", component)
    if identity is None and not component:
        caller = caller_of(deployment, request, lambda wanted: runner.fetch(scope, wanted))
        scope.identity, scope.identity_problem = caller.identity, caller.problem
        scope.request = replace(scope.request, auth_token=caller.token)
    return scope


def _call(request: WebRequest, route: str) -> dict[str, Any]:
    body = None if request.method in BODILESS else request.body or b""
    return {
        "module": HTTP_MODULE,
        "route": route,
        "request": {"url": request.url, "method": request.method, "headerPairs": request.headers},
        "body": None if body is None else b64encode(body).decode(),
    }


def _answered(deployment: Deployment, outcome: Mapping[str, Any], component: str, name: str) -> WebResponse:
    if not outcome["routed"]:
        return text_response(404, "No matching routes found")
    if outcome["broken"] is not None:
        deployment.warn(component, name, outcome["broken"])
    chunks = tuple(b64decode(chunk) for chunk in outcome["chunks"])
    for message in http_action_warnings(sum(map(len, chunks)), MAXIMUM_BODY):
        deployment.warn(component, name, message)
    return WebResponse(
        status=outcome["status"],
        headers=tuple((header, value) for header, value in outcome["headerPairs"]),
        chunks=chunks,
        broken=outcome["broken"] is not None,
    )


def _failed(error: FunctionError, request_id: str) -> WebResponse:
    """What a development deployment answers; production leaves out the text and the trace."""
    body: dict[str, object] = {
        "code": f"[Request ID: {request_id}] Server Error: {error.text}",
        "trace": display(error),
    }
    if isinstance(error, ConvexError) and error.data_json is not None:
        body["data"] = orjson.Fragment(error.data_json)
    return json_response(500, body)
