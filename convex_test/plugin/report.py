"""What pytest shows: the header line, and for a failing test the TypeScript around the line that threw."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest._code.code import ExceptionRepr

from convex_test.errors import FunctionError, InternalError, ProjectError, UsageError
from convex_test.plugin.backends import TESTS, calls_of, failed_jobs_of, lines_of
from convex_test.plugin.call_tree import TITLE, call_tree
from convex_test.plugin.options import configured_root, is_shuffled
from convex_test.plugin.typescript import describe_failure

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType

CONSOLE = "Captured log of Convex functions"
NO_PLUGIN = 'convex: for TypeScript in the report put plugins = ["convex_test.coverage"] into coverage\'s configuration'
PACKAGE = str(Path(__file__).parent.parent) + os.sep


def pytest_report_header(config: pytest.Config) -> list[str] | None:
    """Which project was found and why, and the seed; nothing when there is no project."""
    found = configured_root(config)
    if found is None:
        from convex_test.project.discover import find_project

        start = _first_path(config)
        try:
            found = find_project(start), f"found from {_short(start, config)}"
        except ProjectError:
            return None
    root, reason = found
    shuffle = " --convex-shuffle" if is_shuffled(config) else ""
    line = f"convex: {_short(root, config)} ({reason}), --convex-seed={config.option.convex_seed}{shuffle}"
    return [line, NO_PLUGIN] if "coverage" in sys.modules and _lacks_coverage_plugin(root) else [line]


def _lacks_coverage_plugin(root: Path) -> bool:
    from convex_test.coverage.running import lacks_plugin
    from convex_test.project.config import load_config

    try:
        return lacks_plugin(root / load_config(root).functions)
    except ProjectError:
        return False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hides this library's frames and adds the TypeScript side of a failure."""
    # What a `unittest.TestCase` failed with, such as a state machine's, pytest takes from the item only later.
    for excinfo in [call.excinfo, *(getattr(item, "_excinfo", None) or ())]:
        if excinfo is not None:
            hide_own_frames(excinfo.value)
    report = yield
    if call.excinfo is None or report.outcome != "failed":
        if call.when == "call":
            # Shown by -rP, as what the test has printed.
            _add_console(item, report, [])
        return report
    for test in item.stash.get(TESTS, []):
        # It has failed already; what it would have fetched later on is of no interest.
        test.outbound.dismiss()
    if call.when != "call" and isinstance(call.excinfo.value, ProjectError | UsageError | pytest.UsageError):
        # There is no line of the test to show, only pytest's own way to the fixture.
        report.longrepr = _plain(call.excinfo.value)
        return report
    errors = function_errors(call.excinfo.value)
    if isinstance(report.longrepr, ExceptionRepr):
        for content in dict.fromkeys(map(describe_failure, errors)):
            if content:
                report.longrepr.addsection("TypeScript", content)
    if call.when == "call":
        _add_console(item, report, errors)
        tree = call_tree(calls_of(item), item.config.get_verbosity())
        if tree:
            report.sections.append((TITLE, tree))
        failed = failed_jobs_of(item)
        if failed:
            report.sections.append(("Failed scheduled functions", "\n".join(failed)))
    return report


def function_errors(error: BaseException | None) -> list[FunctionError]:
    """The failed calls in an error: itself, what it was raised from, or the members of a group."""
    if error is None or isinstance(error, FunctionError):
        return [] if error is None else [error]
    if isinstance(error, BaseExceptionGroup):
        return [found for member in error.exceptions for found in function_errors(member)]
    return function_errors(error.__cause__)


def hide_own_frames(error: BaseException) -> None:
    """Takes this library's frames out of the traceback of an error and of what led to it."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        # A bug of this library is to be seen in full.
        if current is None or id(current) in seen or isinstance(current, InternalError):
            continue
        seen.add(id(current))
        current.__traceback__ = _without_own_frames(current.__traceback__)
        pending += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            pending += current.exceptions


def _without_own_frames(traceback: TracebackType | None) -> TracebackType | None:
    """The links are changed in place, because pytest holds on to the first one."""
    entry = traceback
    while entry is not None:
        following = entry.tb_next
        while following is not None and _is_own(following):
            following = following.tb_next
        entry.tb_next = following
        entry = following
    return traceback


def _is_own(entry: TracebackType) -> bool:
    return entry.tb_frame.f_code.co_filename.startswith(PACKAGE)


def _plain(error: Exception) -> str:
    return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])


def _add_console(item: pytest.Item, report: pytest.TestReport, errors: list[FunctionError]) -> None:
    """Adds the console lines that are not shown with an error of the test."""
    shown = {id(line) for error in errors for line in error.logs}
    lines = [f"{line.function}: {line}" for line in lines_of(item) if id(line) not in shown]
    if lines:
        report.sections.append((CONSOLE, "\n".join(lines)))


def _first_path(config: pytest.Config) -> Path:
    for argument in config.args:
        path = config.invocation_params.dir / str(argument).split("::")[0]
        if path.exists():
            return path
    return config.rootpath


def _short(path: Path, config: pytest.Config) -> str:
    relative = os.path.relpath(path, config.invocation_params.dir)
    return str(path) if relative.startswith("..") else relative
