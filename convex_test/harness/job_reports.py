"""What became of the scheduled functions that a test did not look at: a warning, or an error, when its `t` ends."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from convex_test.backend.clock import NANOSECONDS_PER_SECOND
from convex_test.backend.scheduler import UNFINISHED, due_time
from convex_test.errors import ConvexTestError, UsageError

if TYPE_CHECKING:
    from convex_test.backend.store.documents import Document
    from convex_test.functions.deployment import Deployment

Report = Literal["error", "warn", "ignore"]
MAXIMUM_SHOWN: Final = 5
MAXIMUM_TEXT: Final = 200


class ScheduledFunctionWarning(UserWarning):
    """Scheduled functions or crons failed, or were left over, and the test did not look at them."""


def check_report(name: str, setting: object) -> None:
    """Raises `UsageError` for what is no such setting."""
    if setting not in get_args(Report):
        expected = ", ".join(map(repr, get_args(Report)))
        raise UsageError(f"{name}={setting!r}: expected one of {expected}.")


def report_jobs(deployment: Deployment, *, failed: Report, pending: Report) -> None:
    """Says which jobs failed and which are left.

    Raises:
        ConvexTestError: there are some, and the setting is "error".
    """
    if failed != "ignore":
        _tell(failed, unseen_failures(deployment), "failed_jobs", "failed, and the test did not look at them")
    if pending != "ignore":
        lines = [
            f"{_time(due_time(job))}  {_name(job)}: {job.value['state']['kind']}"
            for _, job in deployment.scheduler.documents()
            if job.value["state"]["kind"] in UNFINISHED
        ]
        _tell(pending, lines, "pending_jobs", "had not ended when the test did")


def unseen_failures(deployment: Deployment) -> list[str]:
    """A line for each scheduled function and cron that failed since the test last looked."""
    found = map(deployment.scheduler.document, deployment.scheduler.unseen_failures())
    # A snapshot that was restored may have taken a job back, or made it pending again.
    jobs = [job for job in found if job is not None and job.value["state"]["kind"] == "failed"]
    lines = [f"{_time(due_time(job))}  {_name(job)}: {_cut(job.value['state']['error'])}" for job in jobs]
    return lines + [
        f"cron {spec.name!r}  {spec.path.shown}: {_cut(str(error))}" for spec, error in deployment.failed_crons
    ]


def _tell(setting: Report, lines: list[str], keyword: str, what: str) -> None:
    if not lines:
        return
    one = len(lines) == 1
    shown = lines[:MAXIMUM_SHOWN]
    if len(lines) > MAXIMUM_SHOWN:
        shown.append(f"… {len(lines) - MAXIMUM_SHOWN} more …")
    remedy = "Look at t.scheduled_functions (of crons, at t.crons)" if keyword == "failed_jobs" else "Finish them"
    switch = f'@pytest.mark.convex({keyword}="ignore"), or in the ini file convex_{keyword} = ignore.'
    heading = f"{len(lines)} scheduled function{'' if one else 's'} {what}:"
    text = "\n".join([heading, *[f"  {line}" for line in shown], f"{remedy}, or switch this off: {switch}"])
    if setting == "error":
        raise ConvexTestError(text)
    warnings.warn(ScheduledFunctionWarning(text), stacklevel=2)


def _name(job: Document) -> Any:
    return job.value["name"].replace(".js:", ":")


def _cut(error: str) -> str:
    first = error.strip().split("\n")[0]
    return first if len(first) <= MAXIMUM_TEXT else f"{first[:MAXIMUM_TEXT]}…"


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment / NANOSECONDS_PER_SECOND, UTC).isoformat(timespec="milliseconds")
