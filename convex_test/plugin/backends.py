"""The backends that a test has made, for its report: those of the fixture `t`, and those of `convex_project.test()`.

A test may make any number of the latter; Hypothesis makes one for each example. Of those that have ended only what a
report needs is kept: what they used of the limits, and the lines and calls of the last one, the one that failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from convex_test.plugin.near_limits import near_limits

if TYPE_CHECKING:
    from collections.abc import Generator

    from convex_test.harness.t import ConvexTest
    from convex_test.plugin.near_limits import NearLimit
    from convex_test.records import CallRecord, LogLine


class Ended(NamedTuple):
    """What is kept of a test's backends that have ended.

    Attributes:
        lines: the console lines of the last one.
        failed: its failed scheduled functions, a line for each.
        near: what all of them came close to.
        calls: those of the last one.
    """

    lines: list[LogLine]
    failed: list[str]
    near: set[NearLimit]
    calls: list[CallRecord]


TESTS: Final = pytest.StashKey[list["ConvexTest"]]()
"""The backends of the fixture `t`."""
ENDED: Final = pytest.StashKey[Ended]()
"""The backends of `convex_project.test()`."""


class BackendsOfTests:
    """Knows which test is running, for the backends of a project that lives as long as the session."""

    def __init__(self) -> None:
        self._item: pytest.Item | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Notes the test."""
        self._item = item
        try:
            return (yield)
        finally:
            self._item = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Forgets the backends of an attempt that failed, when a test is run again."""
        if TESTS in item.stash:
            del item.stash[TESTS]
        if ENDED in item.stash:
            del item.stash[ENDED]

    def closed(self, test: ConvexTest) -> None:
        """A backend of the running test has ended."""
        if self._item is None:
            return
        before = self._item.stash.get(ENDED, Ended([], [], set(), []))
        near = {found for record in test.calls for found in near_limits(record)}
        self._item.stash[ENDED] = Ended(test.logs, failed_jobs(test), before.near | near, test.calls)


BACKENDS: Final = pytest.StashKey[BackendsOfTests]()
"""That of the session."""


def near_limits_of(item: pytest.Item) -> set[NearLimit]:
    """What a test's backends came close to so far."""
    found = {near for test in item.stash.get(TESTS, []) for record in test.calls for near in near_limits(record)}
    return found | item.stash[ENDED].near if ENDED in item.stash else found


def lines_of(item: pytest.Item) -> list[LogLine]:
    """The console lines that a report shows."""
    found = [line for test in item.stash.get(TESTS, []) for line in test.logs]
    return [*item.stash[ENDED].lines, *found] if ENDED in item.stash else found


def calls_of(item: pytest.Item) -> list[CallRecord]:
    """The calls that a report shows."""
    found = [record for test in item.stash.get(TESTS, []) for record in test.calls]
    return [*item.stash[ENDED].calls, *found] if ENDED in item.stash else found


def failed_jobs_of(item: pytest.Item) -> list[str]:
    """The failed scheduled functions that a report shows."""
    found = [line for test in item.stash.get(TESTS, []) for line in failed_jobs(test)]
    return [*item.stash[ENDED].failed, *found] if ENDED in item.stash else found


def failed_jobs(test: ConvexTest) -> list[str]:
    """The failed scheduled functions of a backend."""
    return [f"{job.name}: {job.error}" for job in test.scheduled_functions if job.error is not None]
