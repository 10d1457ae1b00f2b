"""`t.advance` and its siblings: their arguments, and the records of jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from convex_test.errors import UsageError
from convex_test.values.python import to_python

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend import crons as backend
    from convex_test.backend.store.documents import Document

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNITS = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds")
EXAMPLE = "Write for example t.advance(seconds=5), t.advance(days=1, hours=2) or t.advance(timedelta(minutes=1))."


@dataclass(frozen=True, slots=True)
class ScheduledFunction:
    """A scheduled function: its document in `_scheduled_functions`, as it was when `t.scheduled_functions` was read.

    Attributes:
        id: its id.
        name: the function, such as "messages.js:send".
        args: a list of one dict, the arguments.
        scheduled_time: when it was to run, in UTC.
        state: "pending", "inProgress", "success", "failed" or "canceled".
        error: the text of what it failed with, frames included, or None.
        completed_time: when it ended, in UTC, or None.
        component: the path of the component that scheduled it; "" is the app.
    """

    id: str
    name: str
    args: list[dict[str, Any]]
    scheduled_time: datetime
    state: str
    error: str | None = field(default=None)
    completed_time: datetime | None = field(default=None)
    component: str = ""


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron, as it was when `t.crons` was read.

    Attributes:
        name: its name in `crons.ts`.
        schedule: when it runs, such as `{"type": "interval", "minutes": 5}`.
        function: the function, such as "messages:send".
        args: a list of one dict, the arguments.
        next_run: when `t.advance` runs it next, in UTC.
        component: the path of the component that has it; "" is the app.
    """

    name: str
    schedule: dict[str, Any]
    function: str
    args: list[dict[str, Any]]
    next_run: datetime
    component: str = ""


def cron(found: backend.Cron) -> Cron:
    """The record of a cron."""
    spec = found.spec
    next_run = EPOCH + timedelta(microseconds=found.next_run // 1_000)
    return Cron(spec.name, dict(spec.schedule), str(spec.path), [to_python(spec.args)], next_run, spec.path.component)


def scheduled_function(component: str, document: Document) -> ScheduledFunction:
    """The record of a job of a component."""
    value = document.value
    completed = value.get("completedTime")
    return ScheduledFunction(
        id=document.id,
        name=value["name"],
        args=to_python(value["args"]),
        scheduled_time=time_of(value["scheduledTime"]),
        state=value["state"]["kind"],
        error=value["state"].get("error"),
        completed_time=None if completed is None else time_of(completed),
        component=component,
    )


def time_of(milliseconds: float) -> datetime:
    """Milliseconds since 1970 as a time in UTC, to the microsecond."""
    return EPOCH + timedelta(microseconds=round(milliseconds * 1_000))


def nanoseconds_of(duration: object, units: Mapping[str, object]) -> int:
    """How far `t.advance(duration, **units)` goes.

    Raises:
        UsageError: it is not one duration, or it goes back.
    """
    if isinstance(duration, timedelta) and not units:
        found = duration
    elif duration is None and units:
        found = _timedelta(units)
    else:
        given = "both" if duration is not None and units else "nothing" if duration is None else repr(duration)
        raise UsageError(f"t.advance(…) takes a timedelta or keywords, but got {given}. {EXAMPLE}")
    if found < timedelta(0):
        raise UsageError(f"t.advance(…): time goes forward only, not by {found.total_seconds():g} seconds.")
    return found // timedelta(microseconds=1) * 1_000


def _timedelta(units: Mapping[str, object]) -> timedelta:
    for name, number in units.items():
        if name not in UNITS:
            raise UsageError(f"t.advance({name}=…): there is no such unit; known are {', '.join(UNITS)}.")
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise UsageError(f"t.advance({name}={number!r}): expected a number.")
    try:
        return timedelta(**units)  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        shown = ", ".join(f"{name}={number!r}" for name, number in units.items())
        raise UsageError(f"t.advance({shown}): this is no length of time.") from None
