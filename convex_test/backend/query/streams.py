"""Streams: a source with a query's operators on top.

Imitates `crates/database/src/query/{filter,limit}.rs`. Each document passes the operators in the order in which they
were written; nothing is pulled once a limit is used up; how many rows a fetch asks for depends on the operator
above.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.query.filters import compile_filter
from convex_test.backend.query.plan import Limit
from convex_test.errors import FunctionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convex_test.backend.query.plan import Operator
    from convex_test.backend.query.scans import Source
    from convex_test.backend.store.documents import Document

DEFAULT_FETCH: Final = 100


class _Step:
    """An operator at work: a filter if it `accepts`, else a limit that lets `remaining` more through."""

    __slots__ = ("accepts", "remaining")

    def __init__(self, operator: Operator) -> None:
        self.accepts: Callable[[dict[str, Any]], bool] | None = None
        self.remaining = 0
        if isinstance(operator, Limit):
            self.remaining = operator.count
        else:
            self.accepts = compile_filter(operator.expression)


class QueryStream:
    """The results of a query, read as they are asked for.

    A fetched batch is frozen: what is written afterwards shows from the next fetch on. The source is opened when the
    first document is asked for; that is where a wrong index or range is reported.
    """

    __slots__ = ("_filters", "_limits", "_open", "_source", "_steps")

    def __init__(self, open_source: Callable[[], Source], operators: tuple[Operator, ...]) -> None:
        self._open = open_source
        self._source: Source | None = None
        self._steps = [_Step(operator) for operator in operators]
        self._filters = any(step.accepts for step in self._steps)
        self._limits = [step for step in self._steps if step.accepts is None]

    @property
    def source(self) -> Source:
        """What it reads from. Raises `FunctionError` when that cannot be opened."""
        if self._source is None:
            self._source = self._open()
        return self._source

    def __iter__(self) -> Iterator[Document]:
        while (document := self.next()) is not None:
            yield document

    def next(self) -> Document | None:
        """The next document; None at the end."""
        batch = self.next_batch(1)
        return batch[0] if batch else None

    def next_batch(self, at_most: int | None = None, *, expected: int | None = None) -> list[Document]:
        """The next documents that are there without another fetch; empty only at the end.

        Args:
            at_most: how many to give at most. Those and no more are read and counted.
            expected: how many the caller expects to need, for the size of a fetch.

        Raises:
            FunctionError: the index or the range is wrong, or a filter cannot be evaluated.
            LimitError: the next document crosses a limit.
            PageLimitReached: the page is full.
        """
        source = self.source
        while not self._is_used_up():
            documents = source.load(self._fetch_size(expected))
            if not documents:
                return []
            found = self._select(documents, at_most) if self._filters else self._cut(documents, at_most)
            if found:
                return found
        return []

    def collect(self) -> list[Document]:
        """All documents that are left."""
        documents: list[Document] = []
        while batch := self.next_batch():
            documents += batch
        return documents

    def _is_used_up(self) -> bool:
        return bool(self._limits) and any(step.remaining <= 0 for step in self._limits)

    def _fetch_size(self, expected: int | None) -> int:
        size = DEFAULT_FETCH if expected is None else expected
        for step in reversed(self._steps):
            size = min(size, step.remaining) if step.accepts is None else DEFAULT_FETCH
        return size

    def _cut(self, documents: list[Document], at_most: int | None) -> list[Document]:
        """What the limits let through, when there are no filters."""
        count = min(
            len(documents) if at_most is None else min(len(documents), at_most),
            *(step.remaining for step in self._limits),
            len(documents),
        )
        self.source.take(count)
        for step in self._limits:
            step.remaining -= count
        return documents[:count]

    def _select(self, documents: list[Document], at_most: int | None) -> list[Document]:
        """What filters and limits let through."""
        found: list[Document] = []
        seen = 0
        for document in documents:
            remaining = [step.remaining for step in self._limits]
            try:
                passes = self._passes(document)
            except FunctionError:
                if not found:
                    self.source.take(seen + 1)
                    raise
                # It fails again when it is its turn.
                for step, count in zip(self._limits, remaining, strict=True):
                    step.remaining = count
                break
            seen += 1
            if passes:
                found.append(document)
            if len(found) == at_most or self._is_used_up():
                break
        self.source.take(seen)
        return found

    def _passes(self, document: Document) -> bool:
        for step in self._steps:
            if step.accepts is None:
                step.remaining -= 1
            elif not step.accepts(document.value):
                return False
        return True
