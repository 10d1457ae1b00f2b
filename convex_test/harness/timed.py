"""The part of `t` that is about time: moving it, and what was scheduled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convex_test.functions.crons import crons_of
from convex_test.harness.time import Cron, ScheduledFunction, cron, nanoseconds_of, scheduled_function
from convex_test.values.python import to_python

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from convex_test.functions.deployment import Deployment
    from convex_test.functions.drain import Timeline


class Timed:
    """What `ConvexTest` inherits; its time is that of `_timeline`."""

    _deployment: Deployment
    _timeline: Timeline

    def _with_logs(self, call: Callable[[], Any]) -> Any:
        raise NotImplementedError

    def advance(self, duration: timedelta | None = None, /, **units: float) -> None:
        """Moves time forward: `t.advance(seconds=5)`, `t.advance(days=1, hours=2)`, `t.advance(timedelta(minutes=1))`.

        Every scheduled function, cron and timer that falls due on the way runs at its own moment, in order. One that
        fails is recorded, see `scheduled_functions`. A clock that freezegun has frozen moves along.

        Raises:
            SchedulerLoopError: functions keep scheduling each other without a delay.
            UsageError: this is no duration.
        """
        self._timeline.advance(nanoseconds_of(duration, units))

    def finish_in_progress_scheduled_functions(self) -> None:
        """Runs the scheduled functions that are due now, and those that are running, to their end.

        Raises:
            SchedulerLoopError: they keep scheduling each other.
        """
        self._timeline.finish_in_progress()

    def finish_all_scheduled_functions(self) -> None:
        """Runs all scheduled functions, and those that they schedule, moving time to each of them; no crons.

        Raises:
            SchedulerLoopError: they keep scheduling each other.
        """
        self._timeline.finish_all()

    finishInProgressScheduledFunctions = finish_in_progress_scheduled_functions
    finishAllScheduledFunctions = finish_all_scheduled_functions

    @property
    def scheduled_functions(self) -> list[ScheduledFunction]:
        """The scheduled functions so far with their states, in the order in which they were scheduled."""
        self._deployment.store.jobs_were_read = True
        return [scheduled_function(*job) for job in self._deployment.scheduler.documents()]

    @property
    def crons(self) -> list[Cron]:
        """The crons of `crons.ts` by name, then those of components."""
        self._deployment.failed_crons.clear()
        return [cron(found) for found in crons_of(self._deployment).all()]

    def run_cron(self, name: str, *, component: str = "") -> Any:
        """Runs a cron now, out of turn, and returns the function's result.

        Args:
            name: its name in `crons.ts`.
            component: the path of the component that has it, if it is not the app.

        Raises:
            FunctionError: what the function failed with.
        """
        return self._with_logs(lambda: to_python(self._timeline.run_cron(name, component)))
