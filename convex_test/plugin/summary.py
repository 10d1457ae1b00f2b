"""The summary's section about functions that nearly used up a limit of the backend.

What a test's calls used travels on its report, because with xdist the tests run in other processes than the summary.
The ini value `convex_limit_warnings` switches the section off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from convex_test.plugin.backends import near_limits_of
from convex_test.plugin.near_limits import NearLimit

if TYPE_CHECKING:
    from collections.abc import Generator

MAXIMUM_LINES: Final = 10
ATTRIBUTE: Final = "convex_limits"
TITLE: Final = "Convex limits (convex_limit_warnings = false hides this)"


class LimitWarnings:
    """The hooks, registered where the section is wanted."""

    def __init__(self) -> None:
        self._worst: dict[tuple[str, str], tuple[NearLimit, str]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Puts what the test's calls used on its report."""
        report = yield
        if call.when == "call":
            found = near_limits_of(item)
            if found:
                setattr(report, ATTRIBUTE, [list(near) for near in sorted(found)])
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps the worst of each function and metric."""
        for entry in getattr(report, ATTRIBUTE, ()):
            near = NearLimit(*entry)
            key = (near.function, near.metric)
            if key not in self._worst or self._rank(near, report.nodeid) < self._rank(*self._worst[key]):
                self._worst[key] = near, report.nodeid

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Writes the section, if there is anything to say."""
        entries = sorted(self._worst.values(), key=lambda entry: self._rank(*entry))
        if not entries:
            return
        terminalreporter.section(TITLE, sep="-")
        shown = entries if len(entries) <= MAXIMUM_LINES else entries[: MAXIMUM_LINES - 1]
        for near, node_id in shown:
            terminalreporter.line(
                f"{near.function}: {near.metric} {near.used} of {near.limit} ({_percent(near)}) in {node_id}"
            )
        if len(shown) < len(entries):
            terminalreporter.line(f"… and {len(entries) - len(shown)} more")

    @staticmethod
    def _rank(near: NearLimit, node_id: str) -> tuple[float, NearLimit, str]:
        """Worst first; the same whatever the order of tests."""
        return -near.share, near, node_id


def _percent(near: NearLimit) -> str:
    return f"{near.share:.0%}" if near.limit else "none allowed"
