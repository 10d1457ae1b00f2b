"""Intervals of index keys, and sets of them.

Imitates `crates/common/src/interval/` of the backend. Keys are order-preserving bytes, so each interval is
half-open: it begins with a key that belongs to it and ends before one that does not, or never ends. A set of them is
what a transaction has read of one index; how many disjoint pieces it has is what `databaseQueries` counts.

By design: single ids read by `db.get` are kept in a plain set as long as nothing else of that index was read. Two
ids can neither overlap nor touch, so the count is the same, and a `get` costs no search.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

from convex_test.values.order import encode_key


class Interval(NamedTuple):
    """Keys from `start` (included) to `end` (excluded; None means no end)."""

    start: bytes
    end: bytes | None

    def is_empty(self) -> bool:
        return self.end is not None and self.start >= self.end

    def after(self, key: bytes, *, descending: bool) -> Interval:
        """What is left to read when `key` was read last."""
        if descending:
            return Interval(self.start, key)
        following = increment(key)
        if following is None or (self.end is not None and following >= self.end):
            return EMPTY
        return Interval(following, self.end)

    def until(self, key: bytes, *, descending: bool) -> Interval:
        """What was read when `key` was read last."""
        if descending:
            return Interval(key, self.end)
        following = increment(key)
        if following is None or (self.end is not None and following >= self.end):
            return self
        return Interval(self.start, following)


ALL: Final = Interval(b"", None)
EMPTY: Final = Interval(b"", b"")


def increment(key: bytes) -> bytes | None:
    """The smallest key above everything that begins with `key`; None when there is none."""
    stripped = key.rstrip(b"\xff")
    return stripped[:-1] + bytes((stripped[-1] + 1,)) if stripped else None


def prefix(key: bytes) -> Interval:
    """Everything that begins with `key`."""
    return Interval(key, increment(key))


def singleton(key: bytes) -> Interval:
    """`key` and nothing else."""
    return Interval(key, key + b"\x00")


class IntervalSet:
    """What was read of one index. Pieces that overlap or touch are one piece."""

    __slots__ = ("_ends", "_ids", "_starts")

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._starts: list[bytes] = []
        self._ends: list[bytes | None] = []

    def __len__(self) -> int:
        return len(self._ids) + len(self._starts)

    def add_id(self, document_id: str) -> None:
        """Add the key of one document in its table's `by_id` index."""
        if self._starts:
            self.add(singleton(encode_key(document_id)))
        else:
            self._ids.add(document_id)

    def add(self, interval: Interval) -> None:
        if interval.is_empty():
            return
        if self._ids:
            self._spread_ids()
        starts, ends = self._starts, self._ends
        start, end = interval
        # Only the last piece can be endless, so the pieces before it are in order of their ends as well.
        stop = len(starts) if end is None else bisect_right(starts, end)
        first = stop
        while first > 0:
            other = ends[first - 1]
            if other is not None and other < start:
                break
            first -= 1
        if first < stop:
            start = min(start, starts[first])
            last = ends[stop - 1]
            end = None if end is None or last is None else max(end, last)
        starts[first:stop] = [start]
        ends[first:stop] = [end]

    def contains(self, key: bytes) -> bool:
        if self._ids:
            self._spread_ids()
        position = bisect_right(self._starts, key) - 1
        if position < 0:
            return False
        end = self._ends[position]
        return end is None or key < end

    def pieces(self) -> list[Interval]:
        """The disjoint pieces in order."""
        if self._ids:
            self._spread_ids()
        return [Interval(start, end) for start, end in zip(self._starts, self._ends, strict=True)]

    def _spread_ids(self) -> None:
        keys = sorted(map(encode_key, self._ids))
        self._ids = set()
        for key in keys:
            position = bisect_left(self._starts, key)
            self._starts.insert(position, key)
            self._ends.insert(position, key + b"\x00")
