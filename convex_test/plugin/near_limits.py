"""What calls nearly used up: more than four fifths of a limit of the backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convex_test.records import CallRecord

ENOUGH: Final = 0.8


class NearLimit(NamedTuple):
    """A transaction that used more than four fifths of a limit."""

    function: str
    metric: str
    used: int
    limit: int

    @property
    def share(self) -> float:
        """1.0 at the limit; a limit of 0 that was crossed is the worst."""
        return self.used / self.limit if self.limit else float("inf")


def near_limits(record: CallRecord) -> Iterator[NearLimit]:
    """What the transactions of a call and of the calls below it came close to."""
    for metric, counted in record.metrics.items():
        used = counted["used"]
        near = NearLimit(record.function, metric, used, used + counted["remaining"])
        if used and near.share > ENOUGH:
            yield near
    for child in record.children:
        yield from near_limits(child)
