"""`ctx.scheduler` (`npm-packages/convex/src/server/impl/scheduler_impl.ts`).

Arguments are read as in `schedule` and `cancel_job` of `crates/isolate/src/environment/{udf,action}/async_syscall.rs`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.backend.arguments import describe_json, invalid_arguments
from convex_test.backend.clock import NANOSECONDS_PER_SECOND
from convex_test.backend.scheduler import check_job_id
from convex_test.syscalls.functions import read_address
from convex_test.syscalls.table import ACTION, argument, syscall, text_argument
from convex_test.values.codec import decode_parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.syscalls.scope import FunctionKind, Scope

MUTATION: Final[frozenset[FunctionKind]] = frozenset({"mutation"})
LONGEST: Final = 1 << 64
"""Seconds that a duration of the backend cannot hold any more."""


@syscall("1.0/schedule", MUTATION)
def schedule(scope: Scope, args: Mapping[str, Any]) -> str:
    """The id of the job, which is there when the transaction commits."""
    return _schedule(scope, args)


@syscall("1.0/actions/schedule", ACTION)
def schedule_from_action(scope: Scope, args: Mapping[str, Any]) -> str:
    """The id of the job, which is there at once."""
    return _schedule(scope, args)


@syscall("1.0/cancel_job", MUTATION)
def cancel_job(scope: Scope, args: Mapping[str, Any]) -> str:
    """Cancels a job when the transaction commits."""
    return _cancel(scope, args)


@syscall("1.0/actions/cancel_job", ACTION)
def cancel_job_from_action(scope: Scope, args: Mapping[str, Any]) -> str:
    """Cancels a job at once."""
    return _cancel(scope, args)


def moment_of(seconds: float) -> int:
    """A time in seconds since 1970 as nanoseconds.

    Raises:
        FunctionError: it is before 1970, or beyond all measure.
    """
    if seconds < 0:
        raise invalid_arguments("ts", "cannot convert float seconds to Duration: value is negative")
    if not seconds < LONGEST:
        raise invalid_arguments("ts", "cannot convert float seconds to Duration: value is either too big or NaN")
    return round(Fraction(seconds) * NANOSECONDS_PER_SECOND)


def _schedule(scope: Scope, args: Mapping[str, Any]) -> str:
    seconds = argument(args, "ts", "scheduler")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise invalid_arguments("scheduler", f"invalid type: {describe_json(seconds)}, expected f64")
    given = argument(args, "args", "scheduler")
    address = read_address(args, "scheduler")
    job_id = scope.runner.schedule(scope, address, moment_of(seconds), given, decode=decode_parsed)
    return orjson.dumps(job_id).decode()


def _cancel(scope: Scope, args: Mapping[str, Any]) -> str:
    job_id = text_argument(args, "id", "db.cancel_job")
    check_job_id(job_id)
    scope.runner.cancel_job(scope, job_id)
    return "null"
