"""`pytest --convex-fuzz`: the ready-made properties of all public functions, in the place of the tests.

Each pair of function and property is an item of its own, so that `-k`, `--deselect`, `-x` and `-n` work as ever. The
time is shared out between them; the seed is that of the header line.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

from convex_test.errors import ConvexTestError
from convex_test.plugin.fixtures import session_root
from convex_test.plugin.options import test_settings
from convex_test.plugin.typescript import describe_failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convex_test.properties.falsify import Search
    from convex_test.properties.rules import Rule
    from convex_test.properties.running import Checked
    from convex_test.records import FunctionRecord

NAME: Final = "convex-fuzz"
ENOUGH_EXAMPLES: Final = 1_000_000
EXAMPLES: Final = "convex_examples"


class Failed(Exception):
    """A property does not hold."""

    def __init__(self, search: Search) -> None:
        super().__init__("" if search.violation is None else search.violation.message)
        self.search = search


class Fuzzing:
    """The hooks, registered when the option is given."""

    def __init__(self) -> None:
        self._examples = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> object:
        """Puts the properties in the place of the tests."""
        config = session.config
        if config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput"):
            return None  # the workers collect
        collector = Functions.from_parent(session, name=NAME, nodeid=NAME)
        try:
            session.items = list(collector.collect())
        except ConvexTestError as error:
            raise pytest.UsageError(str(error)) from error
        found = pytest.CollectReport(NAME, "passed", None, list(session.items))
        config.hook.pytest_collectreport(report=found)
        config.hook.pytest_collection_modifyitems(session=session, config=config, items=session.items)
        config.hook.pytest_collection_finish(session=session)
        session.testscollected = len(session.items)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts the examples."""
        if report.when == "call":
            self._examples += sum(int(str(number)) for name, number in report.user_properties if name == EXAMPLES)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Says how many there were."""
        seed = terminalreporter.config.option.convex_seed
        terminalreporter.line(f"convex: {self._examples} examples; the same ones again with --convex-seed={seed}")


class Functions(pytest.Collector):
    """The public functions of the project."""

    def collect(self) -> Iterator[Property]:
        """An item for each property of each function. Raises `ConvexTestError` when there is no such function."""
        from convex_test.harness.project import load_project
        from convex_test.harness.selection import select_functions
        from convex_test.harness.twins import standing_still
        from convex_test.properties.running import check_options

        stack = ExitStack()
        self.config.add_cleanup(stack.close)
        settings = {**test_settings(self), "failed_jobs": "ignore", "pending_jobs": "ignore", "unawaited": "ignore"}  # type: ignore[arg-type]
        project = load_project(session_root(self.config, self.config.invocation_params.dir))
        t = stack.enter_context(project.test(**settings))
        identities = self.config.hook.pytest_convex_fuzz_prepare(t=t)
        t.outbound.allow_unused = t.outbound.allow_unmatched = True
        stack.enter_context(standing_still(t))
        patterns = [pattern for pattern in self.config.option.convex_fuzz.split(",") if pattern]
        checked = check_options(
            NAME,
            t,
            {
                "functions": patterns,
                "identities": identities,
                "seed": self.config.option.convex_seed,
                "max_examples": ENOUGH_EXAMPLES,
            },
        )
        everybody = self.config.getini("convex_fuzz_anonymous")
        allowed = {each.path for each in select_functions(t, everybody)} if everybody else set()
        rules = _rules(None if everybody is None else allowed, checked)
        pairs = [(each, name) for each in checked.functions for name, rule in rules.items() if rule.applies(each)]
        workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        seconds = self.config.option.convex_fuzz_seconds * workers
        for function, name in pairs:
            item = Property.from_parent(self, name=f"{function.path}[{name}]")
            item.prepare(rules[name], name, checked, function, seconds)
            yield item


def _rules(allowed: Iterable[str] | None, checked: Checked) -> dict[str, Rule]:
    from convex_test.properties import rules

    found: dict[str, Rule] = {
        "only_expected_errors": rules.OnlyExpectedErrors(),
        "returns_match": rules.ReturnsMatch(),
        "queries_are_repeatable": rules.QueriesAreRepeatable(),
        "failed_mutations_change_nothing": rules.FailedMutationsChangeNothing(),
        "retried_mutations_run_once": rules.RetriedMutationsRunOnce(),
        "invalid_arguments_are_refused": rules.InvalidArgumentsAreRefused(),
    }
    anonymous = next((name for name, who in checked.plan.callers.items() if who is None), None)
    if allowed is not None and anonymous is not None:
        open_to_all = frozenset(allowed)
        found["anonymous_callers_see_nothing"] = rules.AnonymousCallersSeeNothing(
            lambda function: function.path in open_to_all, anonymous
        )
    return found


class Property(pytest.Item):
    """A property of one function."""

    def prepare(
        self, rule: Rule, property_name: str, checked: Checked, function: FunctionRecord, seconds: float
    ) -> None:
        """What it checks, and how many seconds all items have together."""
        self._rule, self._property, self._checked = rule, property_name, checked
        self._function, self._seconds = function, seconds

    def runtest(self) -> None:
        """Looks for an example. Raises `Failed`."""
        from convex_test.properties.running import look

        # Of the items, those that were deselected are not there any more.
        share = self._seconds / len(self.session.items)
        search = look(self._rule, self._property, self._checked, self._function, share)
        self.user_properties.append((EXAMPLES, search.examples))
        if search.violation is not None:
            raise Failed(search)
        if search.unchecked and search.unchecked == search.examples:
            pytest.skip(search.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The example, and the TypeScript around what threw."""
        if not isinstance(excinfo.value, Failed):
            return super().repr_failure(excinfo, style)
        from convex_test.errors import FunctionError
        from convex_test.properties.running import describe

        search = excinfo.value.search
        text = describe(self._function.path, search)
        error = None if search.violation is None else search.violation.error
        source = describe_failure(error) if isinstance(error, FunctionError) else ""
        return f"{text}\n\n{source}" if source else text

    def reportinfo(self) -> tuple[str, int | None, str]:
        """Where the function is."""
        line = self._function.line
        return self._function.file, None if line is None else line - 1, self.name
