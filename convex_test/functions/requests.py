"""What JavaScript asks for while a function runs: which requests are answered together, and how they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.errors import FunctionError

if TYPE_CHECKING:
    from convex_test.engine.messages import Request

# Requests of one sort that the backend answers together, at most so many at a time.
BATCHED: Final = {
    "1.0/get": "read",
    "1.0/queryStreamNext": "read",
    "stream/collect": "read",
    "1.0/storageGetUrl": "storageGetUrl",
}
BATCH_SIZE: Final = 16
FETCH: Final = "fetch"
MAY_MAKE_TABLES: Final = frozenset({"1.0/insert", "1.0/runUdf"})
NESTED_CALLS: Final = frozenset({"1.0/runUdf", "1.0/actions/query", "1.0/actions/mutation", "1.0/actions/action"})


def arguments_of(request: Request) -> Any:
    """The arguments of a request, decoded."""
    try:
        return orjson.loads(request.args)
    except orjson.JSONDecodeError as problem:
        raise FunctionError(f"Invalid arguments for the operation {request.op}: {problem}") from None
