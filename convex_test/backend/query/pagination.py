"""Pages of a query.

Imitates `query_page` and `read_page_from_query` in `crates/isolate/src/environment/udf/async_syscall.rs`, in their
order of checks. A cursor is a place between keys, not a row; a page is the last one only when it asked for more than
there was.

Gap: the reactive journal, by which a client's subscription keeps the ends of its pages, does not exist here: nothing
subscribes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from convex_test.backend.arguments import require_usize
from convex_test.backend.limits import Limits
from convex_test.backend.query.cursors import END, Cursor, check_cursor, fingerprint, parse_cursor
from convex_test.backend.query.scans import PageBounds, PageLimitReached, soft_limit
from convex_test.backend.query.sources import indexed_fields, open_source
from convex_test.backend.query.streams import QueryStream
from convex_test.errors import FunctionError, LimitError

if TYPE_CHECKING:
    from convex_test.backend.query.plan import Query
    from convex_test.backend.store.documents import Document
    from convex_test.backend.store.tables import Namespace
    from convex_test.backend.store.transactions import Transaction

_MAX_PAGE_SIZE: Final = Limits().documents_read
_MAX_ARRAY_LENGTH: Final = 8_192

PageStatus: TypeAlias = Literal["SplitRecommended", "SplitRequired"]


@dataclass(frozen=True, slots=True)
class PaginationOptions:
    """What `paginate()` is called with. Numbers are checked when the page is read."""

    num_items: int
    cursor: str | None
    end_cursor: str | None = None
    maximum_rows_read: int | None = None
    maximum_bytes_read: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of results, and where to go on."""

    documents: list[Document]
    is_done: bool
    continue_cursor: str
    split_cursor: str | None
    page_status: PageStatus | None


def check_options(options: PaginationOptions) -> tuple[Cursor | None, Cursor | None]:
    """The cursors to start from and to end at.

    Raises:
        FunctionError: a number or a cursor that the backend does not take.
    """
    require_usize(options.num_items, "queryPage")
    for maximum in (options.maximum_rows_read, options.maximum_bytes_read):
        if maximum is not None:
            require_usize(maximum, "queryPage")
    if options.num_items == 0:
        raise FunctionError("Must request at least 1 document while paginating")
    if options.num_items > _MAX_PAGE_SIZE:
        raise FunctionError(f"Requested too many items: {options.num_items}")
    if options.maximum_rows_read == 0 or options.maximum_bytes_read == 0:
        raise FunctionError("maximumRowsRead and maximumBytesRead must be greater than 0")
    start = None if options.cursor is None else parse_cursor(options.cursor)
    end = None if options.end_cursor is None else parse_cursor(options.end_cursor)
    return start, end


def read_page(
    transaction: Transaction,
    namespace: Namespace,
    query: Query,
    options: PaginationOptions,
    cursors: tuple[Cursor | None, Cursor | None],
) -> Page:
    """Read one page; `cursors` are those that `check_options` gave.

    Raises:
        ConvexError: a cursor comes from another query.
        FunctionError: the index or the range is wrong, or a filter cannot be evaluated.
        LimitError: a limit was crossed before the page began.
    """
    start, end = cursors
    mark = fingerprint(query, indexed_fields(namespace, query.source))
    check_cursor(end, mark)
    check_cursor(start, mark)
    bounds = PageBounds(
        None if start is None else start.position,
        None if end is None else end.position,
        options.maximum_rows_read,
        options.maximum_bytes_read,
    )
    stream = QueryStream(lambda: open_source(transaction, namespace, query.source, bounds), query.operators)
    documents, status = _fill(stream, options.num_items, has_end=end is not None)
    position = bounds.end or stream.source.position() or END
    split = stream.source.split_position()
    return Page(
        documents,
        is_done=position.key is None,
        continue_cursor=str(Cursor(position, mark)),
        split_cursor=None if split is None else str(Cursor(split, mark)),
        page_status=status,
    )


def _fill(stream: QueryStream, page_size: int, *, has_end: bool) -> tuple[list[Document], PageStatus | None]:
    documents: list[Document] = []
    source = stream.source
    while has_end or len(documents) < page_size:
        wanted = page_size - len(documents)
        try:
            batch = stream.next_batch(None if has_end else wanted, expected=page_size if has_end else wanted)
        except (PageLimitReached, LimitError):
            if source.position() is None:
                raise
            return documents, "SplitRequired"
        if not batch:
            break
        documents += batch
    if source.is_approaching_limit() or len(documents) > soft_limit(_MAX_ARRAY_LENGTH):
        return documents, "SplitRecommended"
    return documents, None
