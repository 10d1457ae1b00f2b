"""Warnings about limits that a query or mutation came close to.

Imitates `crates/udf/src/warnings.rs` and `add_warnings_to_log_lines` of `crates/isolate/src/environment/udf/mod.rs`:
a function that ends between four fifths of a limit and the limit gets a WARN line in its log. Nested functions are
measured by the whole transaction, so they repeat it. The ceilings are those of `limits=`, not of `transactionLimits`.

Gaps: the warnings about single documents, about single scheduled functions' arguments, and about the time that a
function took.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from convex_test.backend.limits import OVER_LIMIT_HELP
from convex_test.functions.unawaited import action_warning
from convex_test.values.codec import decode
from convex_test.values.invalid import InvalidValueError
from convex_test.values.size import size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convex_test.backend.limits import Limits, Usage


MAXIMUM_SIZE: Final = 16 << 20
"""Of the arguments and of the result of a function, in bytes."""


class _Metric(NamedTuple):
    attribute: str
    message: str
    unit: str = ""
    suffix: str = ""


_METRICS: Final = (
    _Metric("documents_read", "Many documents read in a single function execution", "", f" {OVER_LIMIT_HELP}"),
    _Metric("database_queries", "Many reads in a single function execution", "", f" {OVER_LIMIT_HELP}"),
    _Metric("bytes_read", "Many bytes read in a single function execution", " bytes", f" {OVER_LIMIT_HELP}"),
    _Metric("documents_written", "Many writes in a single function execution"),
    _Metric("bytes_written", "Many bytes written in a single function execution", " bytes"),
    _Metric("functions_scheduled", "Many functions scheduled by this mutation"),
    _Metric(
        "scheduled_function_args_bytes",
        "Large total size of the arguments of scheduled functions from this mutation",
        " bytes",
    ),
)


def transaction_warnings(usage: Usage, limits: Limits, args_size: int, result: str) -> Iterator[str]:
    """What to warn of when a query or mutation ends, in the backend's order; `result` is JSON, empty if it failed."""
    yield from _size_warning("Large size of the function arguments", args_size)
    for attribute, message, unit, suffix in _METRICS:
        used, limit = getattr(usage, attribute), getattr(limits, attribute)
        if is_close(used, limit):
            yield f"{message} (actual: {used}{unit}, limit: {limit}{unit}).{suffix}"
    yield from _size_warning("Large size of the function return value", _size_of_result(result))


def action_warnings(args_size: int, left_behind: Iterable[str], result: str) -> Iterator[str]:
    """The same for an action; `left_behind` are the operations that it did not wait for."""
    yield from _size_warning("Large size of the action arguments", args_size)
    unawaited = action_warning(left_behind)
    if unawaited is not None:
        yield unawaited
    yield from _size_warning("Large size of the action return value", _size_of_result(result))


def http_action_warnings(size: int, limit: int) -> Iterator[str]:
    """The same for the body of a response."""
    yield from _size_warning("Large response returned from an HTTP action", size, limit)


def may_be_large(text: str) -> bool:
    """A value is never larger than five times its JSON text: an array of numbers of one digit comes closest."""
    return len(text) * 5 > MAXIMUM_SIZE // 2


def _size_of_result(text: str) -> int:
    if may_be_large(text):
        with suppress(InvalidValueError):
            return size_of(decode(text, pending=True))
    return 0


def _size_warning(message: str, size: int, limit: int = MAXIMUM_SIZE) -> Iterator[str]:
    if is_close(size, limit):
        yield f"{message} (actual: {size} bytes, limit: {limit} bytes)."


def is_close(used: int, limit: int) -> bool:
    """Whether a limit is nearly used up, and not crossed."""
    return int(0.8 * limit) < used <= limit
