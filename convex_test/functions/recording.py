"""Keeps the tree of calls that `t.calls` shows."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from convex_test.errors import FunctionError
from convex_test.records import CallRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# In a tuple because freezegun replaces module attributes that are the real clock.
_CLOCK: Final = (time.perf_counter,)


def functions_in(calls: Iterable[CallRecord]) -> Iterator[str]:
    """The names of all functions in trees of calls, nested calls included."""
    pending = list(calls)
    while pending:
        record = pending.pop()
        yield record.function
        pending += record.children


@contextmanager
def recorded(siblings: list[CallRecord], function: str, kind: str, args: Any) -> Iterator[CallRecord]:
    """Records a call next to its siblings."""
    record = CallRecord(function, kind, args)
    siblings.append(record)
    started = _CLOCK[0]()
    try:
        yield record
    except BaseException as error:
        record.error = error
        if isinstance(error, FunctionError):
            error.chain.insert(0, f"{kind} {function}")
        raise
    finally:
        record.duration = _CLOCK[0]() - started
