"""What is said when a `t` ends, of what its test did not look at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from convex_test.harness.job_reports import Report, check_report, report_jobs
from convex_test.harness.unawaited_report import report_unawaited

if TYPE_CHECKING:
    from convex_test.functions.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Endings:
    """The settings, "error", "warn" or "ignore" each.

    Raises:
        UsageError: one of them is none of these.
    """

    failed_jobs: Report
    pending_jobs: Report
    unawaited: Report

    def __post_init__(self) -> None:
        for name, setting in asdict(self).items():
            check_report(name, setting)

    def report(self, deployment: Deployment) -> None:
        """Says it, of a deployment and its forks.

        Raises:
            ConvexTestError: there is something to say, and the setting is "error".
        """
        for each in deployment.with_forks():
            report_jobs(each, failed=self.failed_jobs, pending=self.pending_jobs)
            report_unawaited(each, self.unawaited)
