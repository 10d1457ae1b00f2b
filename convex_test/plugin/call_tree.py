"""The calls of a test as a tree, for the report of a failure and for `--convex-calls`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from convex_test.plugin.backends import calls_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from convex_test.records import CallRecord

TITLE: Final = "Calls of Convex functions"
INDENT: Final = "  "


class Detail(NamedTuple):
    """How much is shown; None is everything.

    Attributes:
        calls: the last so many calls of the test.
        width: so many characters of arguments and of a result.
    """

    calls: int | None
    width: int | None


DETAILS: Final = (Detail(10, 80), Detail(100, 200), Detail(None, None))
"""Without `-v`, with `-v`, with `-vv`."""


def call_tree(calls: Sequence[CallRecord], verbosity: int) -> str:
    """The calls, each on a line with what it took; those that it made are indented below it."""
    detail = DETAILS[max(0, min(verbosity, len(DETAILS) - 1))]
    shown = calls if detail.calls is None else calls[-detail.calls :]
    lines = [line for record in shown for line in _lines(record, "", detail.width)]
    left_out = len(calls) - len(shown)
    if left_out:
        lines.insert(0, f"… {left_out} earlier calls (-v shows more)")
    return "\n".join(lines)


def _lines(record: CallRecord, indent: str, width: int | None) -> Iterator[str]:
    outcome = f"✗ {type(record.error).__name__}" if record.error is not None else f"→ {_cut(record.result, width)}"
    given = "" if not record.args else f" {_cut(record.args, width)}"
    who = "" if record.identity is None else f", as {_name_of(record.identity)}"
    yield f"{indent}{record.kind} {record.function}{given} {outcome} ({', '.join(_costs(record))}{who})"
    for child in record.children:
        yield from _lines(child, indent + INDENT, width)


def _name_of(identity: Mapping[str, object]) -> object:
    return identity.get("name") or identity["tokenIdentifier"]


def _costs(record: CallRecord) -> Iterator[str]:
    yield f"{record.duration * 1_000:.1f} ms"
    metrics = record.metrics
    for name, verb in (("documentsRead", "read"), ("documentsWritten", "written")):
        used = metrics.get(name, {}).get("used", 0)
        if used:
            yield f"{used} {verb}"


def _cut(value: object, width: int | None) -> str:
    # A `Value` of the backend has no other form that a reader would know better.
    text = "null" if value is None else repr(value)
    return text if width is None or len(text) <= width else text[: width - 1] + "…"


class CallTrees:
    """`--convex-calls`: the calls of tests that passed, in the summary. Registered where the option is given."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Adds the section to the report of a test that has passed; failures have it anyway."""
        report = yield
        if call.when == "call" and report.passed:
            tree = call_tree(calls_of(item), item.config.get_verbosity())
            if tree:
                report.sections.append((TITLE, tree))
        return report

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints them, test by test."""
        for report in terminalreporter.stats.get("passed", []):
            for title, content in report.sections:
                if title == TITLE:
                    terminalreporter.section(f"{TITLE}: {report.nodeid}", sep="-")
                    terminalreporter.line(content)
