"""What the examples of a state machine have in common: the prepared state, and the functions that there are to call."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from convex_test.errors import UsageError
from convex_test.harness.project import Project, load_project
from convex_test.harness.selection import EVERYTHING, KINDS, select_functions
from convex_test.harness.twins import standing_still
from convex_test.project.discover import current_root
from convex_test.strategies.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import SearchStrategy

    from convex_test.harness.t import ConvexTest
    from convex_test.records import FunctionRecord
    from convex_test.strategies.calls import Call


class Prepared:
    """What is made once for a class of state machines.

    Attributes:
        t: the backend that examples are doubles of.
        result: what `prepare` returned.
        current: the backend of the example that is running.
    """

    def __init__(self, machine: type[Any], t: ConvexTest, stack: ExitStack) -> None:
        functions = _functions(machine, t)
        self.t = self.current = t
        self._stack = stack
        # Made once, because Hypothesis takes its time to get to know a strategy.
        calls = Calls(lambda: self.current, machine.overrides)
        calls.check([each for found in functions.values() for each in found])
        self._calls = {kind: _by_anybody(calls, functions, kind) for kind in KINDS}
        self.result = machine.prepare(t)

    def calls(self, kind: str) -> SearchStrategy[Call] | None:
        """A call of a function of that kind by somebody who calls such functions; None when nobody does."""
        return self._calls[kind]


def _by_anybody(
    calls: Calls, functions: Mapping[str, Sequence[FunctionRecord]], kind: str
) -> SearchStrategy[Call] | None:
    chosen = {caller: [each for each in found if each.kind == kind] for caller, found in functions.items()}
    strategies = [calls.call(found, [caller]) for caller, found in chosen.items() if found]
    return st.one_of(strategies) if strategies else None


def prepare(machine: type[Any]) -> Prepared:
    """What a class of state machines asks for: makes the backend, looks up the functions, and runs its `prepare`.

    Raises:
        UsageError: one of its settings is wrong.
    """
    project = machine.project
    if not isinstance(project, Project):
        project = load_project(current_root() if project is None else project)
    stack = ExitStack()
    try:
        t = stack.enter_context(project.test(**{"seed": 0, "failed_jobs": "ignore", **machine.options}))
        t.outbound.allow_unmatched = t.outbound.allow_unused = True
        stack.enter_context(standing_still(t))
        return Prepared(machine, t, stack)
    except BaseException:
        stack.close()
        raise


def _functions(machine: type[Any], t: ConvexTest) -> dict[str, list[FunctionRecord]]:
    identities = machine.identities
    if not isinstance(identities, Mapping) or not identities:
        raise UsageError(
            f"{machine.__name__}.identities = {identities!r:.200}: expected who calls, by name, such as "
            '{"sarah": {"name": "Sarah"}, "anonymous": None}.'
        )
    wanted = machine.functions
    if not isinstance(wanted, Mapping):
        wanted = dict.fromkeys(identities, wanted)
    strangers = sorted(set(wanted) - set(identities))
    if strangers:
        raise UsageError(
            f"{machine.__name__}.functions: {strangers[0]!r} is none of the identities {', '.join(identities)}."
        )
    return {
        caller: select_functions(t, wanted.get(caller, EVERYTHING), kinds=machine.kinds, internal=machine.internal)
        for caller in identities
        if caller in wanted
    }
