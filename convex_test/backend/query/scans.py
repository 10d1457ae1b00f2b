"""Reading a range of an index in batches: the source under every query but a text search.

Imitates `crates/database/src/query/index_range.rs` and `range_batch` in `crates/database/src/transaction_index.rs`:
which rows a fetch holds, when a row is counted, what part of the index is counted as read, where cursors stand.

By design: rows are handed on many at a time. As long as no limit can be crossed on the way they are counted in one
go; otherwise one by one, so that the row which crosses it is the same.

By design: a fetch holds as many rows as it asked for. In the backend, rows deleted by the same transaction are
missing from a fetch without being made up for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from convex_test.backend.intervals import EMPTY, Interval
from convex_test.backend.limits import Limits
from convex_test.backend.query.cursors import END, Position
from convex_test.backend.store.indexes import scan
from convex_test.errors import InternalError, LimitError

if TYPE_CHECKING:
    from convex_test.backend.store.documents import Document
    from convex_test.backend.store.indexes import Index
    from convex_test.backend.store.tables import Namespace
    from convex_test.backend.store.transactions import Transaction

MAX_FETCH: Final = 1_024
_MAX_FETCH_BYTES: Final = 16 << 20
_PRODUCTION: Final = Limits()


class PageLimitReached(Exception):
    """A page has read as much as `maximumRowsRead` or `maximumBytesRead` allow."""


@dataclass(frozen=True, slots=True)
class PageBounds:
    """What pagination asks of a source: where to begin and end, and how much to read at most.

    Attributes:
        start: position of the cursor to go on from; None for the first page.
        end: position of the cursor to stop at, that row included; None for none.
        maximum_rows_read: rows to fetch at most, or None.
        maximum_bytes_read: bytes after which to stop, or None.
    """

    start: Position | None = None
    end: Position | None = None
    maximum_rows_read: int | None = None
    maximum_bytes_read: int | None = None


NO_BOUNDS: Final = PageBounds()


class Source(Protocol):
    """What a stream pulls rows from."""

    def load(self, hint: int) -> list[Document]:
        """Rows that may be taken next, at least one; none at the end. `hint` is how many the caller expects to need.

        Raises:
            LimitError: the first of them crosses a limit; it is counted, and lost.
            PageLimitReached: the page is full.
        """

    def take(self, count: int) -> None:
        """Take and count the first `count` of the rows that `load` showed."""

    def position(self) -> Position | None:
        """Where a cursor would stand now; None before anything was read."""

    def split_position(self) -> Position | None:
        """Where to cut what was read in two halves; None if it is too short or cannot be cut."""

    def is_approaching_limit(self) -> bool:
        """Whether so much was read that the page had better be split."""


class IndexScan:
    """A source that reads an interval of an index."""

    __slots__ = (
        "_bounds",
        "_buffer",
        "_descending",
        "_first_is_counted",
        "_initial",
        "_is_system",
        "_label",
        "_namespace",
        "_position",
        "_rows_read",
        "_taken",
        "_taken_bytes",
        "_transaction",
        "_unfetched",
    )

    def __init__(
        self,
        transaction: Transaction,
        namespace: Namespace,
        index: Index,
        interval: Interval,
        *,
        descending: bool,
        bounds: PageBounds = NO_BOUNDS,
    ) -> None:
        if bounds.start is not None:
            key = bounds.start.key
            interval = EMPTY if key is None else interval.after(key, descending=descending)
        if bounds.end is not None and bounds.end.key is not None:
            interval = interval.until(bounds.end.key, descending=descending)
        self._transaction = transaction
        self._namespace = namespace
        self._label = index.label
        self._is_system = namespace.is_system(index.label[1])
        self._descending = descending
        self._bounds = bounds
        self._position = bounds.start
        self._initial = self._unfetched = interval
        self._buffer: list[tuple[bytes, Document]] = []
        self._first_is_counted = False
        self._taken: list[bytes] = []
        self._taken_bytes = 0
        self._rows_read = 0

    def load(self, hint: int) -> list[Document]:
        if self._first_is_counted:
            return [self._buffer[0][1]]
        bounds = self._bounds
        one_by_one = bounds.maximum_bytes_read is not None and bounds.end is None
        if one_by_one and self._taken_bytes >= (bounds.maximum_bytes_read or 0):
            raise PageLimitReached
        if not self._buffer and not self._fetch(hint):
            return []
        if not one_by_one and self._transaction.usage.can_read(*self._cost(self._buffer)):
            return [document for _, document in self._buffer]
        self._count_first()
        return [self._buffer[0][1]]

    def take(self, count: int) -> None:
        taken = self._buffer[:count]
        del self._buffer[:count]
        if self._first_is_counted:
            self._first_is_counted = False
        else:
            usage = self._transaction.usage
            usage.read_documents(*self._cost(taken))
            self._move_to([key for key, _ in taken])
        self._taken_bytes += sum([document.size for _, document in taken])

    def position(self) -> Position | None:
        return self._position

    def split_position(self) -> Position | None:
        return Position(self._taken[len(self._taken) // 2]) if len(self._taken) > 2 else None

    def is_approaching_limit(self) -> bool:
        rows = min(self._bounds.maximum_rows_read or _PRODUCTION.documents_read, _PRODUCTION.documents_read)
        size = min(self._bounds.maximum_bytes_read or _PRODUCTION.bytes_read, _PRODUCTION.bytes_read)
        return self._rows_read > soft_limit(rows) or self._taken_bytes > soft_limit(size)

    def _fetch(self, hint: int) -> bool:
        """Fill the buffer; False at the end."""
        while not self._buffer:
            if self._position is END or self._unfetched.is_empty():
                self._count_interval(self._initial)
                if self._position is not END:
                    self._position = self._bounds.end or END
                return False
            rows, is_full = self._read(self._fetch_size(hint))
            last = rows[-1][0] if is_full else None
            self._unfetched = EMPTY if last is None else self._unfetched.after(last, descending=self._descending)
            self._rows_read += len(rows)
            self._buffer = rows
        return True

    def _fetch_size(self, hint: int) -> int:
        size = max(1, min(hint, MAX_FETCH))
        maximum = self._bounds.maximum_rows_read
        if maximum is None or self._bounds.end is not None:
            return size
        if self._rows_read >= maximum:
            raise PageLimitReached
        return min(size, maximum - self._rows_read)

    def _read(self, at_most: int) -> tuple[list[tuple[bytes, Document]], bool]:
        """The next rows, and whether there may be more behind them."""
        _, table_name, index_name = self._label
        entries = self._namespace.require_table(table_name).entries(index_name)
        rows = scan(entries, self._unfetched, at_most, descending=self._descending)
        if sum([document.size for _, document in rows]) > _MAX_FETCH_BYTES:
            total = 0
            for count, (_, document) in enumerate(rows):
                if total >= _MAX_FETCH_BYTES:
                    return rows[:count], True
                total += document.size
        return rows, len(rows) >= at_most

    def _cost(self, rows: list[tuple[bytes, Document]]) -> tuple[int, int]:
        """Documents and bytes that these rows count for."""
        return (0, 0) if self._is_system else (len(rows), sum([document.size for _, document in rows]))

    def _count_first(self) -> None:
        """Count the first row before it is taken. If it crosses a limit it is gone, as it is in the backend."""
        first = self._buffer[:1]
        try:
            self._transaction.usage.read_documents(*self._cost(first))
            self._move_to([first[0][0]])
        except LimitError:
            del self._buffer[:1]
            raise
        self._first_is_counted = True

    def _move_to(self, keys: list[bytes]) -> None:
        # The position moves before the interval is counted: a page that ends there has lost this row.
        if self._bounds is not NO_BOUNDS:
            self._taken += keys
        self._position = Position(keys[-1])
        self._count_interval(self._initial.until(keys[-1], descending=self._descending))

    def _count_interval(self, interval: Interval) -> None:
        self._transaction.usage.read_interval(self._label, interval)


class EmptyScan:
    """A source over a table that does not exist: nothing is read and nothing counted."""

    __slots__ = ("_bounds", "_position")

    def __init__(self, bounds: PageBounds = NO_BOUNDS) -> None:
        self._bounds = bounds
        self._position = bounds.start

    def load(self, hint: int) -> list[Document]:  # noqa: ARG002 - a source's signature
        self._position = self._bounds.end or END
        return []

    def take(self, count: int) -> None:
        raise InternalError(f"{count} rows were taken from a source that has none.")

    def position(self) -> Position | None:
        return self._position

    def split_position(self) -> Position | None:
        return None

    def is_approaching_limit(self) -> bool:
        return False


def soft_limit(limit: int) -> int:
    """Three quarters of a limit: from there on, splitting a page is recommended."""
    return limit * 3 // 4
