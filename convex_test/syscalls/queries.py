"""Reading queries: streams, and `paginate`.

The prelude opens a stream with the first request that reads it, which then carries the query as `open`.
`stream/collect` is the prelude's own: everything that is left, when nothing else waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from convex_test.backend.arguments import invalid_argument
from convex_test.backend.query.pagination import PaginationOptions
from convex_test.backend.query.plan import Query, parse_query
from convex_test.errors import FunctionError
from convex_test.syscalls.documents import database
from convex_test.syscalls.table import TRANSACTION, argument, syscall
from convex_test.values.invalid import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend.query.streams import QueryStream
    from convex_test.syscalls.scope import Scope


@syscall("1.0/queryStreamNext", TRANSACTION)
def next_row(scope: Scope, args: Mapping[str, Any]) -> str:
    """The next document of a stream, as `{value, done}`. Reads and counts that one alone."""
    document = _stream(scope, args).next()
    if document is None:
        return '{"value":null,"done":true}'
    return f'{{"value":{document.json},"done":false}}'


@syscall("stream/collect", TRANSACTION)
def collect(scope: Scope, args: Mapping[str, Any]) -> str:
    """Two signs, exhausted and plain, then the documents, comma separated. Plain documents need no decoding."""
    stream = _stream(scope, args)
    documents = stream.collect() if scope.alone else stream.next_batch()
    exhausted = scope.alone or not documents
    if exhausted:
        close_stream(scope, args["queryId"])
    texts = ",".join([document.json for document in documents])
    plain = '"$' not in texts
    return f"{exhausted:d}{plain:d}{texts}"


@syscall("1.0/queryPage", TRANSACTION)
def query_page(scope: Scope, args: Mapping[str, Any]) -> str:
    """A page, with its cursors."""
    query = _parse_query(argument(args, "query", "queryPage"), "queryPage")
    options = PaginationOptions(
        num_items=argument(args, "pageSize", "queryPage"),
        cursor=args.get("cursor"),
        end_cursor=args.get("endCursor"),
        maximum_rows_read=args.get("maximumRowsRead"),
        maximum_bytes_read=args.get("maximumBytesRead"),
    )
    page = database(scope).paginate(query, options)
    rest = {
        "isDone": page.is_done,
        "continueCursor": page.continue_cursor,
        "splitCursor": page.split_cursor,
        "pageStatus": page.page_status,
    }
    return f'{{"page":[{",".join(document.json for document in page.documents)}],{orjson.dumps(rest).decode()[1:]}'


def close_stream(scope: Scope, stream_id: int) -> None:
    """The prelude will not read the stream again."""
    scope.streams.pop(stream_id, None)


def _stream(scope: Scope, args: Mapping[str, Any]) -> QueryStream:
    stream_id = args["queryId"]
    if "open" in args:
        scope.streams[stream_id] = database(scope).query(_parse_query(args["open"]["query"], "queryStream"))
    if stream_id not in scope.streams:
        raise FunctionError("in-progress query not found")
    return scope.streams[stream_id]


def _parse_query(json: Any, function: str) -> Query:
    try:
        return parse_query(json)
    except InvalidValueError as problem:
        raise invalid_argument("query", function, problem) from None
