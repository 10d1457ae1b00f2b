"""`ctx.scheduler`. Imitates `npm-packages/convex/src/server/impl/scheduler_impl.ts`."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from convex_test.backend.clock import NANOSECONDS_PER_MILLISECOND
from convex_test.backend.scheduler import check_job_id
from convex_test.errors import UsageError
from convex_test.harness.ctx.lease import no_attribute
from convex_test.syscalls.scheduling import moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convex_test.harness.ctx.lease import Lease
    from convex_test.references import Reference
    from convex_test.syscalls.scope import Address
    from convex_test.values.types import Value


class Scheduler:
    """`ctx.scheduler` of a mutation or an action.

    In a mutation what it does holds when the mutation commits, in an action at once.
    """

    def __init__(
        self, lease: Lease, now: Callable[[], int], read: Callable[[str, Any, Any, Any], tuple[Address, Value]]
    ) -> None:
        self._lease = lease
        self._now = now
        self._read = read

    def run_after(
        self, seconds: float, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any
    ) -> str:
        """Schedules a mutation or action to run after so many seconds; the id of the job.

        A `timedelta` will do as well.
        """
        delay = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        if isinstance(delay, bool) or not isinstance(delay, int | float):
            raise UsageError(f"ctx.scheduler.run_after({seconds!r}, …): expected seconds, a number or a timedelta.")
        if not math.isfinite(delay) or delay < 0:
            raise UsageError(f"ctx.scheduler.run_after({seconds!r}, …): expected seconds, a number from 0 on.")
        milliseconds = self._now() // NANOSECONDS_PER_MILLISECOND
        return self._schedule("run_after", (milliseconds + delay * 1_000) / 1_000, reference, args, kwargs)

    def run_at(
        self, time: datetime, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any
    ) -> str:
        """Schedules a mutation or action to run at that time, a datetime with a time zone; the id of the job."""
        if not isinstance(time, datetime) or time.tzinfo is None:
            raise UsageError(
                f"ctx.scheduler.run_at({time!r}, …): expected a datetime with a time zone, "
                "such as datetime(2030, 1, 1, tzinfo=UTC)."
            )
        return self._schedule("run_at", time.timestamp(), reference, args, kwargs)

    def cancel(self, id: str) -> None:
        """Cancels a job that has not ended yet."""
        if not isinstance(id, str):
            raise UsageError(f"ctx.scheduler.cancel({id!r}): an id is a str.")
        scope = self._lease.scope
        check_job_id(id)
        scope.runner.cancel_job(scope, id)

    def __getattr__(self, name: str) -> Any:
        raise no_attribute("ctx.scheduler", self, name)

    def _schedule(self, method: str, seconds: float, reference: str | Reference, args: Any, kwargs: Any) -> str:
        scope = self._lease.scope
        address, value = self._read(f"scheduler.{method}", reference, args, kwargs)
        return scope.runner.schedule(scope, address, moment_of(seconds), value)
