"""`ctx.db.query(table)` and what can be chained to it.

Imitates `npm-packages/convex/src/server/impl/query_impl.ts`: a query is chained once and iterated once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

from convex_test.backend.query.pagination import PaginationOptions
from convex_test.backend.query.plan import Filter, FullTableScan, IndexRange, Limit, Query, Search
from convex_test.errors import FunctionError, UsageError
from convex_test.harness.ctx.filters import (
    FilterBuilder,
    IndexRangeBuilder,
    SearchFilterBuilder,
    expression_of,
)
from convex_test.harness.ctx.lease import no_attribute
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_identifier
from convex_test.values.python import to_python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convex_test.backend.query.filters import Expression
    from convex_test.backend.query.plan import Source
    from convex_test.backend.store.documents import Document
    from convex_test.harness.ctx.lease import Lease

MAXIMUM_OPERATORS: Final = 256


def to_dict(document: Document) -> dict[str, Any]:
    """A document as a plain dict of the caller's own."""
    fields: dict[str, Any] = to_python(document.value)
    return fields


class TableQuery:
    """A query: chain `order` and `filter`, then `collect`, `take`, `first`, `unique`, `paginate` or iterate."""

    def __init__(self, lease: Lease, query: Query) -> None:
        self._lease = lease
        self._query = query
        self._state: Literal["preparing", "chained", "started"] = "preparing"
        self._ordered = False

    def order(self, order: Literal["asc", "desc"]) -> TableQuery:
        """Ascending (the default) or descending order of the index."""
        source = self._query.source
        if order not in ("asc", "desc"):
            raise UsageError(f'.order({order!r}): expected "asc" or "desc".')
        query = self._take()
        if isinstance(source, Search):
            raise FunctionError("Search queries must always be in relevance order. Can not set order manually.")
        if self._ordered:
            raise FunctionError("Queries may only specify order at most once")
        chained = TableQuery(self._lease, replace(query, source=replace(source, order=order)))
        chained._ordered = True
        return chained

    def filter(self, predicate: Callable[[FilterBuilder], Expression | bool]) -> TableQuery:
        """Only documents for which the expression is true: `.filter(lambda q: q.eq(q.field("author"), "x"))`."""
        query = self._take()
        if len(query.operators) >= MAXIMUM_OPERATORS:
            raise FunctionError(f"Can't construct query with more than {MAXIMUM_OPERATORS} operators")
        operator = Filter(
            expression_of(_build(".filter()", predicate, FilterBuilder(), "q.eq(q.field('author'), 'x')"))
        )
        return self._chained(replace(query, operators=(*query.operators, operator)))

    def collect(self) -> list[dict[str, Any]]:
        """All documents."""
        self._start()
        return [to_dict(document) for document in self._lease.database.query(self._query).collect()]

    def take(self, n: int) -> list[dict[str, Any]]:
        """The first `n` documents."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise FunctionError("Arg 1 `n` to `take` must be a non-negative integer", name="TypeError")
        query = self._take()
        return self._chained(replace(query, operators=(*query.operators, Limit(n)))).collect()

    def first(self) -> dict[str, Any] | None:
        """The first document, or None."""
        found = self.take(1)
        return found[0] if found else None

    def unique(self) -> dict[str, Any] | None:
        """The only document, or None. Raises `FunctionError` when there are several."""
        found = self.take(2)
        if len(found) == 2:
            raise FunctionError(
                f"unique() query returned more than one result from table {self._query.source.table}:\n"
                f" [{found[0]['_id']}, {found[1]['_id']}, ...]"
            )
        return found[0] if found else None

    def paginate(
        self,
        num_items: int,
        cursor: str | None = None,
        *,
        end_cursor: str | None = None,
        maximum_rows_read: int | None = None,
        maximum_bytes_read: int | None = None,
    ) -> dict[str, Any]:
        """A page, as `{"page", "isDone", "continueCursor", "splitCursor", "pageStatus"}`. Begin with `cursor=None`."""
        if isinstance(num_items, bool) or not isinstance(num_items, int | float) or num_items < 0:
            raise FunctionError(f"`options.numItems` must be a positive number. Received `{num_items}`.")
        options = PaginationOptions(num_items, cursor, end_cursor, maximum_rows_read, maximum_bytes_read)
        page = self._lease.database.paginate(self._take(), options)
        return {
            "page": [to_dict(document) for document in page.documents],
            "isDone": page.is_done,
            "continueCursor": page.continue_cursor,
            "splitCursor": page.split_cursor,
            "pageStatus": page.page_status,
        }

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The documents one by one, read in batches as in TypeScript's `for await`."""
        self._start()
        stream = self._lease.database.query(self._query)
        while (document := stream.next()) is not None:
            yield to_dict(document)
            self._lease.require()

    def __getattr__(self, name: str) -> Any:
        raise no_attribute("a query", self, name)

    def _chained(self, query: Query) -> TableQuery:
        chained = TableQuery(self._lease, query)
        chained._ordered = self._ordered
        return chained

    def _take(self) -> Query:
        if self._state != "preparing":
            raise FunctionError("A query can only be chained once and can't be chained after iteration begins.")
        self._state = "chained"
        return self._query

    def _start(self) -> None:
        if self._state == "chained":
            raise FunctionError("This query has been chained with another operator and can't be reused.")
        if self._state == "started":
            raise FunctionError("This query is closed and can't emit any more values.")
        self._state = "started"


class TableQueryInitializer:
    """`ctx.db.query(table)`: pick an index with `with_index` or `with_search_index`, or read the whole table.

    Unlike what is chained to it, it may be used any number of times.
    """

    def __init__(self, lease: Lease, table: str) -> None:
        self._lease = lease
        self._table = table

    def with_index(
        self, name: str, index_range: Callable[[IndexRangeBuilder], IndexRangeBuilder] | None = None
    ) -> TableQuery:
        """The documents in a range of an index, or in all of it: `.with_index(name, lambda q: q.eq("author", "x"))`."""
        if index_range is None:
            return self._on(IndexRange(self._table, _index_name(name)))
        built = _build(".with_index()", index_range, IndexRangeBuilder(), "q.eq('author', 'x')")
        _require(built, IndexRangeBuilder, f".with_index({name!r}, …)", "q.eq('author', 'x')")
        return self._on(IndexRange(self._table, _index_name(name), built.bounds()))

    def with_search_index(self, name: str, search: Callable[[SearchFilterBuilder], SearchFilterBuilder]) -> TableQuery:
        """The documents that a text search finds, best first."""
        built = _build(".with_search_index()", search, SearchFilterBuilder(), "q.search('body', 'hi')")
        _require(built, SearchFilterBuilder, f".with_search_index({name!r}, …)", "q.search('body', 'hi')")
        return self._on(Search(self._table, _index_name(name), built.filters()))

    def full_table_scan(self) -> TableQuery:
        """All documents in the order of their creation."""
        return self._on(FullTableScan(self._table))

    def order(self, order: Literal["asc", "desc"]) -> TableQuery:
        """See `TableQuery.order`."""
        return self.full_table_scan().order(order)

    def filter(self, predicate: Callable[[FilterBuilder], Expression | bool]) -> TableQuery:
        """See `TableQuery.filter`."""
        return self.full_table_scan().filter(predicate)

    def collect(self) -> list[dict[str, Any]]:
        """All documents in the order of their creation."""
        return self.full_table_scan().collect()

    def take(self, n: int) -> list[dict[str, Any]]:
        """The `n` oldest documents."""
        return self.full_table_scan().take(n)

    def first(self) -> dict[str, Any] | None:
        """The oldest document, or None."""
        return self.full_table_scan().first()

    def unique(self) -> dict[str, Any] | None:
        """The only document, or None."""
        return self.full_table_scan().unique()

    def paginate(self, num_items: int, cursor: str | None = None, **options: Any) -> dict[str, Any]:
        """See `TableQuery.paginate`."""
        return self.full_table_scan().paginate(num_items, cursor, **options)

    def count(self) -> int:
        """The number of documents in the table."""
        return self._lease.database.count(self._table)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.full_table_scan())

    def __getattr__(self, name: str) -> Any:
        raise no_attribute("a query", self, name)

    def _on(self, source: Source) -> TableQuery:
        return TableQuery(self._lease, Query(source))


def _build(where: str, function: Any, builder: Any, example: str) -> Any:
    if not callable(function):
        raise UsageError(f"{where} takes a function of a builder, such as lambda q: {example}, but got {function!r}.")
    try:
        return function(builder)
    except (TypeError, AttributeError) as slip:
        if getattr(slip, "obj", None) is builder or "'FilterBuilder' object is not subscriptable" in str(slip):
            raise UsageError(f"{where}: q is a builder, not a document: write lambda q: {example}.") from slip
        raise


def _require(built: Any, kind: type, where: str, example: str) -> None:
    if not isinstance(built, kind):
        raise UsageError(f"{where}: the function gave {built!r}; return the builder: lambda q: {example}.")


def _index_name(name: str) -> str:
    if not isinstance(name, str):
        raise UsageError(f"The name of an index is a str, not {name!r}.")
    try:
        check_identifier(name)
    except InvalidValueError as problem:
        raise FunctionError(str(problem)) from None
    return name
