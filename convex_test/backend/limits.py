"""How much one transaction may read, write and schedule.

Imitates `crates/database/src/{reads,writes,execution_size}.rs`, `crates/model/src/scheduled_jobs/mod.rs` and the
defaults of `crates/common/src/knobs.rs`.

Gaps: `databaseQueries` starts at 0, while the backend's own metadata reads make it start a little above; the
saturating arithmetic on intervals that only a write registered is not imitated; the four file metrics have no known
limits and are not counted; the caps on system tables (40,000 writes, 128 MiB) do not exist.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from convex_test.backend.arguments import require_usize
from convex_test.backend.intervals import Interval, IntervalSet
from convex_test.errors import LimitError, UsageError

UNLIMITED: Final = 2**53 - 1
"""The ceiling where no limit holds: the largest number that JavaScript counts to."""

OVER_LIMIT_HELP: Final = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective "
    "index range expressions."
)
_UNITS: Final = (
    (1 << 30, "GiB"),
    (1_000_000_000, "GB"),
    (1 << 20, "MiB"),
    (1_000_000, "MB"),
    (1 << 10, "KiB"),
    (1_000, "KB"),
)
_ATTRIBUTES: Final = {
    "bytesRead": "bytes_read",
    "bytesWritten": "bytes_written",
    "databaseQueries": "database_queries",
    "documentsRead": "documents_read",
    "documentsWritten": "documents_written",
    "functionsScheduled": "functions_scheduled",
    "scheduledFunctionArgsBytes": "scheduled_function_args_bytes",
}
METRICS: Final = tuple(_ATTRIBUTES)
"""The names that `getTransactionMetrics()`, `transactionLimits` and `limits=` use."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings of one transaction; the defaults are production's. Sizes are in bytes."""

    bytes_read: int = 16 << 20
    bytes_written: int = 16 << 20
    database_queries: int = 4_096
    documents_read: int = 32_000
    documents_written: int = 16_000
    functions_scheduled: int = 1_000
    scheduled_function_args_bytes: int = 16 << 20

    @classmethod
    def of(cls, setting: bool | Mapping[str, int]) -> Limits:
        """The limits that a `limits=` setting means: True production's, False none, a mapping some of its own.

        Raises:
            UsageError: an unknown metric, or a value that is not a whole number from 0 on.
        """
        if isinstance(setting, bool):
            return cls() if setting else cls(*[UNLIMITED] * len(fields(cls)))
        if not isinstance(setting, Mapping):
            raise UsageError(f"limits={setting!r}: give True, False, or a mapping such as {{'documentsRead': 10}}.")
        return replace(cls(), **{_attribute(name): _ceiling(name, value) for name, value in setting.items()})


def _attribute(name: str) -> str:
    if name not in _ATTRIBUTES:
        raise UsageError(f"limits: there is no metric {name!r}. Known metrics: {', '.join(METRICS)}.")
    return _ATTRIBUTES[name]


def _ceiling(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"limits: {name} is {value!r}. Give a whole number from 0 on.")
    return value


class Usage:
    """What one transaction has used so far, held against its limits. Nested calls share it.

    An operation that crosses a ceiling is counted before it fails, so everything after it fails too.
    """

    __slots__ = (
        "_base",
        "_outer",
        "_reads",
        "bytes_read",
        "bytes_written",
        "database_queries",
        "documents_read",
        "documents_written",
        "functions_scheduled",
        "limits",
        "scheduled_function_args_bytes",
    )

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.bytes_read = 0
        self.bytes_written = 0
        self.database_queries = 0
        self.documents_read = 0
        self.documents_written = 0
        self.functions_scheduled = 0
        self.scheduled_function_args_bytes = 0
        self._base = limits
        self._outer: list[Limits] = []
        self._reads: dict[Hashable, IntervalSet] = {}

    # Reading

    def can_read(self, documents: int, size: int) -> bool:
        """Whether this many more documents of this total size, all in one interval, cross no limit."""
        limits = self.limits
        return (
            self.documents_read + documents <= limits.documents_read
            and self.bytes_read + size <= limits.bytes_read
            and self.database_queries < limits.database_queries
        )

    def read_documents(self, documents: int, size: int) -> None:
        self.documents_read += documents
        self.bytes_read += size
        limits = self.limits
        if self.documents_read > limits.documents_read:
            raise LimitError(
                f"Too many documents read in a single function execution (limit: {limits.documents_read}). "
                f"{OVER_LIMIT_HELP}",
                limit=limits.documents_read,
                used=self.documents_read,
            )
        if self.bytes_read > limits.bytes_read:
            raise LimitError(
                f"Too many bytes read in a single function execution (limit: {limits.bytes_read} bytes). "
                f"{OVER_LIMIT_HELP}",
                limit=limits.bytes_read,
                used=self.bytes_read,
            )

    def read_interval(self, index: Hashable, interval: Interval) -> None:
        """Count a piece of an index; `index` names the index within the deployment."""
        intervals = self._intervals(index)
        before = len(intervals)
        intervals.add(interval)
        self._count_intervals(len(intervals) - before)

    def read_id(self, index: Hashable, document_id: str) -> None:
        """Count the single id that `db.get` looks up in a `by_id` index."""
        intervals = self._intervals(index)
        before = len(intervals)
        intervals.add_id(document_id)
        self._count_intervals(len(intervals) - before)

    def _intervals(self, index: Hashable) -> IntervalSet:
        intervals = self._reads.get(index)
        if intervals is None:
            intervals = self._reads[index] = IntervalSet()
        return intervals

    def _count_intervals(self, more: int) -> None:
        self.database_queries += more
        limit = self.limits.database_queries
        if self.database_queries > limit:
            raise LimitError(
                f"Too many reads in a single function execution (limit: {limit}). {OVER_LIMIT_HELP}",
                limit=limit,
                used=self.database_queries,
            )

    # Writing and scheduling

    def write_document(self, size: int) -> None:
        self.documents_written += 1
        self.bytes_written += size
        limits = self.limits
        if self.documents_written > limits.documents_written:
            raise LimitError(
                f"Too many writes in a single function execution (limit: {limits.documents_written})",
                limit=limits.documents_written,
                used=self.documents_written,
            )
        if self.bytes_written > limits.bytes_written:
            readable = format_bytes(limits.bytes_written)
            raise LimitError(
                f"Too many bytes written in a single function execution (limit: {readable})",
                limit=limits.bytes_written,
                used=self.bytes_written,
            )

    def schedule_function(self, args_size: int) -> None:
        """Count a scheduled function. Unlike a read or a write, one that does not fit is not counted."""
        limits = self.limits
        if self.functions_scheduled >= limits.functions_scheduled:
            raise LimitError(
                f"Too many functions scheduled by this mutation (limit: {limits.functions_scheduled})",
                limit=limits.functions_scheduled,
                used=self.functions_scheduled + 1,
            )
        total = self.scheduled_function_args_bytes + args_size
        if total > limits.scheduled_function_args_bytes:
            raise LimitError(
                "Too large total size of the arguments of scheduled functions from this mutation "
                f"(limit: {limits.scheduled_function_args_bytes} bytes)",
                limit=limits.scheduled_function_args_bytes,
                used=total,
            )
        self.functions_scheduled += 1
        self.scheduled_function_args_bytes = total

    # Nested calls

    def push(self, budget: Mapping[str, Any]) -> None:
        """Tighten the ceilings for a nested call, by its `transactionLimits` on top of what is used already.

        Raises:
            FunctionError: a value is not a whole number from 0 on; the text is that of `runUdf`'s arguments.
        """
        changes: dict[str, int] = {}
        for name, attribute in _ATTRIBUTES.items():
            more = getattr(self._base, attribute)
            if name in budget:
                more = require_usize(budget[name], "runUdf")
            changes[attribute] = min(getattr(self, attribute) + more, getattr(self.limits, attribute))
        self._outer.append(self.limits)
        self.limits = Limits(**changes)

    def pop(self) -> None:
        """Back to the ceilings from before the last `push`."""
        self.limits = self._outer.pop()

    def metrics(self) -> dict[str, dict[str, int]]:
        """What `ctx.meta.getTransactionMetrics()` gives."""
        return {name: self._metric(attribute) for name, attribute in _ATTRIBUTES.items()}

    def _metric(self, attribute: str) -> dict[str, int]:
        used = getattr(self, attribute)
        return {"used": used, "remaining": getattr(self.limits, attribute) - used}


def format_bytes(size: int) -> str:
    """A size in the unit that divides it most cleanly, as `crates/common/src/fmt.rs` does."""
    for unit, name in _UNITS:
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
        if size >= unit and size * 10 % unit == 0:
            return f"{size // unit}.{size * 10 // unit % 10} {name}"
    return f"{size} bytes"
