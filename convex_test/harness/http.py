"""`t.fetch`: a request from outside to the deployment. Requests and responses are those of `httpx2`.

Known gap: only the headers that a test gives are sent, and those that say what the body is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from convex_test.backend.web import WebRequest, WebResponse
from convex_test.errors import UsageError
from convex_test.functions.http_actions import ORIGINS, SITE_ORIGIN, is_own

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2


def send(
    path: str, method: str, options: dict[str, Any], serve: Callable[[WebRequest], WebResponse]
) -> httpx2.Response:
    """Makes the request, has it served, and makes the response.

    Raises:
        UsageError: the path is none, or a URL of somebody else.
        httpx2.RemoteProtocolError: the action failed while it streamed its response.
    """
    import httpx2

    request = httpx2.Request(_method(method), _url(path), **options)
    response = serve(web_request(request))
    if response.broken:
        raise httpx2.RemoteProtocolError(
            "peer closed connection without sending complete message body (incomplete chunked read)", request=request
        )
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    made = httpx2.Response(response.status, headers=headers, stream=httpx2.ByteStream(response.body), request=request)
    made.read()
    return made


def web_request(request: httpx2.Request) -> WebRequest:
    """The same request without the library."""
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw)
    url = str(request.url.copy_with(fragment=None))
    return WebRequest(request.method, url, headers, request.read() or None)


def _url(path: object) -> str:
    if isinstance(path, str):
        if path.startswith("/"):
            return SITE_ORIGIN + path
        if is_own(path) and urlsplit(path).path.startswith("/"):
            return path
    raise UsageError(
        f"t.fetch({path!r}): expected the path of an HTTP action, such as '/webhook', or a URL of this deployment, "
        f"which begins with {' or '.join(ORIGINS)}."
    )


def _method(method: object) -> str:
    if isinstance(method, str) and method.isascii() and method.isalpha():
        return method.upper()
    raise UsageError(f"t.fetch(…, method={method!r}): expected an HTTP method such as 'POST'.")
