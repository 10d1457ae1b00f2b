"""`fetch`, as the prelude posts it: one request at a time, redirects not followed, bodies in base64.

Request and response are those of `npm-packages/udf-runtime/src/26_fetch.ts` and `crates/isolate/src/http.rs`: header
values are text of one byte per character, the status text is that of the number.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson

from convex_test.backend.web import WebRequest
from convex_test.syscalls.table import ACTION, syscall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.syscalls.scope import Scope


@syscall("fetch", ACTION)
def fetch(scope: Scope, args: Mapping[str, Any]) -> str:
    """`{status, statusText, headers, chunks, url}`."""
    body = args["body"]
    request = WebRequest(
        method=args["method"],
        url=args["url"],
        headers=tuple((name, value) for name, value in args["headers"]),
        body=None if body is None else b64decode(body),
    )
    response = scope.runner.fetch(scope, request)
    answer = {
        "status": response.status,
        "statusText": status_text(response.status),
        "headers": response.headers,
        "chunks": [b64encode(chunk).decode() for chunk in response.chunks] or [""],
        "url": request.url,
    }
    return orjson.dumps(answer).decode()


def status_text(status: int) -> str:
    """The reason phrase of a status; empty for an unknown one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
