"""Text search: a source that yields the documents a search finds, best first.

Imitates `crates/database/src/query/search_query.rs`. The search is made when the first document is wanted; from then
on the results stand, but each document is read, and counted like a `db.get`, when it is its turn.

A place in the results is a score, a creation time and an id: what changes the statistics moves results over a cursor.
Later pages see the same first 1,024 results as the first one, so what lies beyond is left out without an error.

Gap: a document that was written between the search and its turn ends the function here in any case; the backend goes
on if the same transaction had already written it before the search.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from convex_test.backend.limits import Limits
from convex_test.backend.query.cursors import END, Position
from convex_test.backend.query.scans import soft_limit
from convex_test.backend.search.text import MAX_RESULTS
from convex_test.backend.search.text_query import find
from convex_test.errors import FunctionError, LimitError, UsageError
from convex_test.values.order import encode_key

if TYPE_CHECKING:
    from convex_test.backend.query.plan import Search
    from convex_test.backend.query.scans import PageBounds, Source
    from convex_test.backend.search.text import Hit
    from convex_test.backend.store.documents import Document
    from convex_test.backend.store.tables import Namespace
    from convex_test.backend.store.transactions import Transaction

_SOFT_MAX_RESULTS: Final = soft_limit(MAX_RESULTS)
_SOFT_MAX_BYTES: Final = soft_limit(Limits().bytes_read)


def open_search(transaction: Transaction, namespace: Namespace, plan: Search, bounds: PageBounds) -> Source:
    """The source of a text search. What is wrong with the search is reported when it is first read.

    Raises:
        FunctionError: the table is a system table.
    """
    if namespace.is_system(plan.table) and namespace.table(plan.table) is not None:
        raise FunctionError(f"Could not find system index for virtual index {plan.table}.{plan.index}")
    return SearchResults(transaction, namespace, plan, bounds)


class SearchResults:
    """A source that reads what a text search has found."""

    __slots__ = (
        "_bounds",
        "_bytes_read",
        "_first_is_counted",
        "_is_at_end",
        "_last",
        "_left",
        "_namespace",
        "_plan",
        "_results_read",
        "_transaction",
    )

    def __init__(self, transaction: Transaction, namespace: Namespace, plan: Search, bounds: PageBounds) -> None:
        self._transaction = transaction
        self._namespace = namespace
        self._plan = plan
        self._bounds = bounds
        self._left: list[Hit] | None = None
        """What was found and not read yet, in reverse."""
        self._last: Hit | None = None
        self._first_is_counted = False
        self._is_at_end = False
        self._results_read = 0
        self._bytes_read = 0

    def load(self, hint: int) -> list[Document]:
        if self._left is None:
            found = find(self._namespace, self._plan)
            self._left = [hit for hit in reversed(found) if self._is_within_bounds(hit)]
        left = self._left
        if self._first_is_counted:
            return [left[-1][1]]
        if self._results_read == MAX_RESULTS:
            raise FunctionError(
                f"Search query scanned too many documents (fetched {MAX_RESULTS}). Consider using a smaller limit, "
                "paginating the query, or using a filter field to limit the number of documents pulled from the search "
                "index."
            )
        if not left:
            self._is_at_end = True
            return []
        documents = self._unchanged(hint)
        usage = self._transaction.usage
        fits = usage.database_queries + len(documents) <= usage.limits.database_queries
        if fits and usage.can_read(len(documents), sum([document.size for document in documents])):
            return documents
        self._count_first()
        return documents[:1]

    def take(self, count: int) -> None:
        left = self._left or []
        for _ in range(count):
            hit = left[-1]
            if self._first_is_counted:
                self._first_is_counted = False
            else:
                self._results_read += 1
                self._count(hit[1])
            left.pop()
            self._last = hit
            self._bytes_read += hit[1].size

    def position(self) -> Position | None:
        if self._is_at_end:
            return self._bounds.end or END
        return self._bounds.start if self._last is None else Position(_key(self._last))

    def split_position(self) -> Position | None:
        return None

    def is_approaching_limit(self) -> bool:
        return self._results_read > _SOFT_MAX_RESULTS or self._bytes_read > _SOFT_MAX_BYTES

    def _unchanged(self, at_most: int) -> list[Document]:
        """The next documents up to one that was written since they were found.

        Raises:
            UsageError: the very next one was.
        """
        table = self._namespace.require_table(self._plan.table)
        documents: list[Document] = []
        for _, document in islice(reversed(self._left or []), max(1, at_most)):
            if table.documents.get(document.id) is not document:
                break
            documents.append(document)
        if not documents:
            changed = (self._left or [])[-1][1].id
            raise UsageError(
                f"The document {changed!r} was changed or deleted after a search of {self._plan.table}."
                f"{self._plan.index} had found it and before the function read it. In production that ends the "
                "function with an internal error: read all results, with `.collect()` or `.take(n)`, before writing."
            )
        return documents

    def _count_first(self) -> None:
        """Count the first document before it is taken. If it crosses a limit it is gone, as it is in the backend."""
        self._results_read += 1
        left = self._left or []
        try:
            self._count(left[-1][1])
        except LimitError:
            left.pop()
            raise
        self._first_is_counted = True

    def _count(self, document: Document) -> None:
        usage = self._transaction.usage
        usage.read_documents(1, document.size)
        by_id = self._namespace.require_table(self._plan.table).indexes["by_id"]
        usage.read_id(by_id.label, document.id)

    def _is_within_bounds(self, hit: Hit) -> bool:
        start, end = self._bounds.start, self._bounds.end
        if start is None and (end is None or end.key is None):
            return True
        key = _key(hit)
        after_start = start is None or (start.key is not None and key > start.key)
        return after_start and (end is None or end.key is None or key <= end.key)


def _key(hit: Hit) -> bytes:
    score, document = hit
    return encode_key(-score) + encode_key(-document.creation_time) + encode_key(document.id)
