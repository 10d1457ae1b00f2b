"""Notices scheduled functions that keep scheduling each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from convex_test.backend.clock import NANOSECONDS_PER_SECOND
from convex_test.errors import SchedulerLoopError

if TYPE_CHECKING:
    from convex_test.backend.scheduler import Job, Scheduler

LONGEST_CHAIN: Final = 1_000
MOST_DESCENDANTS: Final = 10_000
SHOWN: Final = 5


class Chains:
    """Counts, during one call of `t`, the jobs that jobs have scheduled.

    Args:
        call: the call as the user wrote it.
        forgets: whether time is bounded, so that only what happens at one moment can go on for ever.
    """

    def __init__(self, scheduler: Scheduler, call: str, *, forgets: bool) -> None:
        self._scheduler = scheduler
        self._call = call
        self._forgets = forgets
        self._moment = -1
        self._ran: dict[str, tuple[int, Job]] = {}
        self._descendants = 0

    def enter(self, job: Job, now: int) -> None:
        """A job is about to run.

        Raises:
            SchedulerLoopError: it is the last straw.
        """
        if self._forgets and now != self._moment:
            self._ran.clear()
            self._descendants = 0
        self._moment = now
        parent = self._scheduler.parent(job.id)
        length = 1 + self._ran[parent][0] if parent in self._ran else 1
        self._ran[job.id] = length, job
        self._descendants += length > 1
        if length > LONGEST_CHAIN:
            raise SchedulerLoopError(self._describe(job, f"a chain of {LONGEST_CHAIN:,} scheduled functions"))
        if self._descendants > MOST_DESCENDANTS:
            text = f"{MOST_DESCENDANTS:,} functions that scheduled functions had scheduled"
            raise SchedulerLoopError(self._describe(job, text))

    def _describe(self, job: Job, what: str) -> str:
        chain = self._chain(job)
        shown = [f"  {_time(each)}  {each.path.shown}" for each in chain]
        if len(shown) > 2 * SHOWN:
            shown[SHOWN:-SHOWN] = [f"  … {len(shown) - 2 * SHOWN:,} more …"]
        remedy = (
            "All of this happened at one moment: look for a function that schedules itself without a delay."
            if self._forgets
            else "If it is meant to go on for ever, move time as far as the test needs: t.advance(minutes=…)."
        )
        return "\n".join([f"{self._call} ran {what}, and there is still another one:", *shown, remedy])

    def _chain(self, job: Job) -> list[Job]:
        chain = [job]
        while (parent := self._scheduler.parent(chain[-1].id)) in self._ran:
            chain.append(self._ran[parent][1])
        return chain[::-1]


def _time(job: Job) -> str:
    return datetime.fromtimestamp(job.due / NANOSECONDS_PER_SECOND, UTC).isoformat(timespec="milliseconds")
