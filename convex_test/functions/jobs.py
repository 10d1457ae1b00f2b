"""Scheduling functions, and canceling them.

Follows `validate_schedule_args` in `crates/udf/src/validation.rs` (order and texts of the checks) and `schedule_job` in
`crates/application/src/application_function_runner/mod.rs` (from actions each call is a transaction of its own).
Arguments are not held against the function's validator before the job runs.

Gap: whether a function in a "use node" module exists is not checked, because such modules are not loaded.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.clock import NANOSECONDS_PER_SECOND
from convex_test.errors import FunctionError
from convex_test.functions.addresses import resolve_address
from convex_test.functions.analysis import analyze_module
from convex_test.functions.calls import database_of
from convex_test.functions.console import Console
from convex_test.values.invalid import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convex_test.backend.store.transactions import Transaction
    from convex_test.functions.deployment import Deployment
    from convex_test.references import FunctionPath
    from convex_test.syscalls.scope import Address, Scope
    from convex_test.values.types import Value

HORIZON: Final = 5 * 366 * 24 * 3600
"""Seconds between now and the time of a job, at most."""
SELF_CANCEL_FAILS: Final = (1, 50)
"""The version of npm's `convex` from which on a mutation that cancels itself is an error."""


def schedule_function(
    deployment: Deployment,
    scope: Scope,
    address: Address,
    moment: int,
    args: Any,
    decode: Callable[[Any], Value] | None,
) -> str:
    """Schedules a function; the id of the job. See `Runner.schedule`."""
    path = resolve_address(deployment, scope, address, "scheduler")
    now = deployment.clock.read() if scope.database is None else scope.database.transaction.now
    _check_horizon(moment, now)
    try:
        value = args if decode is None else decode(args)
    except InvalidValueError as problem:
        raise FunctionError(f"Invalid arguments for {path.full}: {problem}") from None
    _check_exists(deployment, path)
    parent = scope.request.scheduled_function_id
    with _transaction(deployment, scope) as opened:
        return deployment.scheduler.schedule(opened, scope.component, path, value, moment, parent)


def cancel_job(deployment: Deployment, scope: Scope, job_id: str) -> None:
    """Cancels a job. Actions cancel jobs of the app, whatever component they are in."""
    if scope.kind == "mutation" and job_id == scope.request.scheduled_function_id:
        _cancel_itself(deployment, scope)
        return
    component = scope.component if scope.kind == "mutation" else ""
    with _transaction(deployment, scope) as opened:
        deployment.scheduler.cancel(opened, component, job_id)


def _cancel_itself(deployment: Deployment, scope: Scope) -> None:
    version = tuple(int(part) for part in deployment.runtime.layout.convex_version.split("-")[0].split(".")[:2])
    if version >= SELF_CANCEL_FAILS:
        raise FunctionError("A mutation cannot cancel itself")
    runtime = deployment.component(scope.component).runtime
    console = scope.console or Console(runtime, str(scope.function), deployment.logs)
    console.warn(
        "A scheduled mutation canceling itself is deprecated and will throw an error in a future version of Convex.",
        database_of(scope).transaction.now,
    )


@contextmanager
def _transaction(deployment: Deployment, scope: Scope) -> Iterator[Transaction]:
    """The caller's transaction; actions have none, so one for this call alone."""
    if scope.database is not None:
        yield scope.database.transaction
        return
    opened = deployment.store.begin(limits=deployment.limits)
    try:
        yield opened
    except BaseException:
        opened.rollback()
        raise
    opened.commit()


def _check_horizon(moment: int, now: int) -> None:
    delta = (moment - now) / NANOSECONDS_PER_SECOND
    if abs(delta) > HORIZON:
        direction = "future" if delta > 0 else "past"
        raise FunctionError(f"UnixTimestamp({_duration(moment)}) is more than 5 years in the {direction}")


def _duration(nanoseconds: int) -> str:
    """A time since 1970 as Rust prints a duration."""
    for unit, name in ((NANOSECONDS_PER_SECOND, "s"), (1_000_000, "ms"), (1_000, "µs")):
        if nanoseconds >= unit:
            whole, rest = divmod(nanoseconds, unit)
            digits = f"{rest:0{len(str(unit)) - 1}}".rstrip("0")
            return f"{whole}.{digits}{name}" if digits else f"{whole}{name}"
    return f"{nanoseconds}ns"


def _check_exists(deployment: Deployment, path: FunctionPath) -> None:
    entry = deployment.component(path.component).runtime.modules_by_path.get(path.module)
    if entry is None:
        inside = f"{path.component} " if path.component else ""
        raise FunctionError(f"Attempted to schedule function at nonexistent path: {inside}{path.module}")
    if entry.environment == "node" and not deployment.runtime.has_node:
        return  # the call will say so
    found = analyze_module(deployment, path.component, path.module).get(path.name)
    if found is None or found.kind == "httpAction":
        raise FunctionError(
            f"Attempted to schedule function, but no exported function {path.name} found in the file: "
            f"{path.module}{path.inside}. Did you forget to export it?"
        )
