"""Warnings about limits that a query or mutation came close to.

Imitates `crates/udf/src/warnings.rs` and `add_warnings_to_log_lines` of `crates/isolate/src/environment/udf/mod.rs`:
a function that ends between four fifths of a limit and the limit gets a WARN line in its log. Nested functions are
measured by the whole transaction, so they repeat it. The ceilings are those of `limits=`, not of `transactionLimits`.

Gaps: the warnings about single documents, about single scheduled functions' arguments, about the time that a function
took, and about the arguments and results of actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from convex_test.backend.limits import OVER_LIMIT_HELP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convex_test.backend.limits import Limits, Usage


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


def usage_warnings(usage: Usage, limits: Limits) -> Iterator[str]:
    """What to warn of, in the backend's order."""
    for attribute, message, unit, suffix in _METRICS:
        used, limit = getattr(usage, attribute), getattr(limits, attribute)
        if is_close(used, limit):
            yield f"{message} (actual: {used}{unit}, limit: {limit}{unit}).{suffix}"


def size_warning(message: str, size: int, limit: int) -> Iterator[str]:
    """The warning about arguments or a result, if they are that large."""
    if is_close(size, limit):
        yield f"{message} (actual: {size} bytes, limit: {limit} bytes)."


def is_close(used: int, limit: int) -> bool:
    """Whether a limit is nearly used up, and not crossed."""
    return int(0.8 * limit) < used <= limit
