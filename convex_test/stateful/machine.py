"""`ConvexStateMachine`: rules made from a project's functions, examples that begin with a prepared state."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from contextvars import ContextVar
from datetime import timedelta
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, ClassVar, Self

from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, VarReference, precondition, rule

from convex_test.errors import ConvexError
from convex_test.harness.inside import deployment_of, ids_in
from convex_test.harness.recorded import RecordedTest
from convex_test.harness.scripts import MAXIMUM_COMMENT, Script
from convex_test.harness.twins import twin
from convex_test.references import Reference
from convex_test.stateful.bundles import table_of_bundle
from convex_test.stateful.prepared import Prepared, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from hypothesis.strategies import SearchStrategy

    from convex_test.harness.project import Project
    from convex_test.harness.t import ConvexTest
    from convex_test.strategies.calls import Call

_STEPS = (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))


_GIVEN: ContextVar[tuple[ConvexTest, Any] | None] = ContextVar("_GIVEN", default=None)
"""What a machine is made for, if not for an example. A subclass may have an `__init__` without arguments."""


def _calls_of(kind: str) -> SearchStrategy[Call]:
    """A call by somebody, drawn for the machine that is running."""

    @st.composite
    def drawn(draw: Callable[[Any], Any]) -> Call:
        machine: ConvexStateMachine = draw(st.runner())
        chosen: Call = draw(machine.calls_of(kind))
        return chosen

    return drawn()


class ConvexStateMachine(RuleBasedStateMachine):
    """A state machine whose rules call the functions of a Convex project. See the module.

    Attributes of the class, to be set in a subclass:
        project: a project or the path of its root; by default the one that the running test belongs to.
        functions: references and patterns of what is called (`api.messages.send`, `api.messages`, "messages:*",
            "!messages:remove"); or those of each caller, by the caller's name.
        kinds: some of "query", "mutation" and "action".
        internal: whether internal functions are called, too.
        identities: who calls, by name; None is somebody who is not signed in.
        overrides: strategies or values for arguments: `{"messages:send": {"body": st.text(min_size=1)}}`.
        expected_errors: what functions may fail with. Everything else ends the example.
        durations: by how much time may move in one step; None leaves it alone.
        options: the keyword arguments of `project.test()`.

    Attributes of an example:
        t: the backend, as nobody sees it.
        callers: the same seen by each of the `identities`.
        prepared: what `prepare` returned.
    """

    project: ClassVar[Project | str | Path | None] = None
    functions: ClassVar[Any] = ("*",)
    kinds: ClassVar[Sequence[str]] = ("query", "mutation", "action")
    internal: ClassVar[bool] = False
    identities: ClassVar[Mapping[str, Mapping[str, Any] | None]] = {"alice": {"name": "Alice"}, "anonymous": None}
    overrides: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    expected_errors: ClassVar[tuple[type[Exception], ...]] = (ConvexError,)
    durations: ClassVar[SearchStrategy[timedelta] | None] = st.sampled_from(_STEPS)
    options: ClassVar[Mapping[str, Any]] = {}

    _shared: ClassVar[Prepared | None] = None

    def __init_subclass__(cls) -> None:
        # Hypothesis asks each attribute of the class whether it is a rule, and a reference has all attributes.
        if isinstance(cls.functions, Reference):
            cls.functions = [cls.functions]

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._script = Script()
        given = _GIVEN.get()
        if given is None:
            shared = self._prepared()
            given = self._stack.enter_context(twin(shared.t)), shared.result
            shared.current = given[0]
        t, self.prepared = given
        self.t = RecordedTest.of(t, self._script)
        self.callers = {name: self.t.seen_by(name, attributes) for name, attributes in self.identities.items()}
        super().__init__()

    @classmethod
    def over(cls, t: ConvexTest, prepared: Any = None) -> Self:
        """A machine for a `t` that is there already, for its invariants and rules to be called by hand."""
        token = _GIVEN.set((t, prepared))
        try:
            return cls()
        finally:
            _GIVEN.reset(token)

    @staticmethod
    def prepare(t: Any) -> Any:
        """Makes the state that each example begins with. Runs once; what it returns is `self.prepared`."""

    def succeeded(self, call: Call, result: Any) -> None:
        """Called after a function has returned: the place for assertions about the result."""

    def failed(self, call: Call, error: Exception) -> None:
        """Called after a function has failed with one of the `expected_errors`."""

    # Rules

    @precondition(lambda self: self.can_call("mutation"))
    @rule(call=_calls_of("mutation"))
    def call_mutation(self, call: Call) -> None:
        """Somebody calls a mutation."""
        self._make(call)

    @precondition(lambda self: self.can_call("query"))
    @rule(call=_calls_of("query"))
    def call_query(self, call: Call) -> None:
        """Somebody calls a query."""
        self._make(call)

    @precondition(lambda self: self.can_call("action"))
    @rule(call=_calls_of("action"))
    def call_action(self, call: Call) -> None:
        """Somebody calls an action."""
        self._make(call)

    @precondition(lambda self: self.durations is not None)
    @rule(duration=st.runner().flatmap(lambda machine: machine.durations))
    def advance(self, duration: timedelta) -> None:
        """Time moves, and what falls due on the way runs."""
        self.t.advance(duration)

    # What the rules ask

    def can_call(self, kind: str) -> bool:
        """Whether there are functions of that kind to call."""
        return self._prepared().calls(kind) is not None

    def calls_of(self, kind: str) -> SearchStrategy[Call]:
        """A call of a function of that kind by somebody who calls such functions."""
        calls = self._prepared().calls(kind)
        return st.nothing() if calls is None else calls

    def bundle(self, name: str) -> list[VarReference]:
        """See Hypothesis. Those of `ids_of` hold the documents that are there now."""
        table = table_of_bundle(name)
        if table is None:
            return super().bundle(name)
        found = ids_in(deployment_of(self.t), table)
        self.names_to_values.update({each: each for each in found})
        self.bundles[name] = [VarReference(each) for each in found]
        return self.bundles[name]

    def check_invariants(self, *args: Any, **kwargs: Any) -> None:
        """See Hypothesis. What invariants do is not in the program, which calls the one that fails."""
        before = len(self._script.lines)
        try:
            super().check_invariants(*args, **kwargs)
        finally:
            del self._script.lines[before:]

    def teardown(self) -> None:
        """Ends the example. Who overrides this calls it."""
        error = sys.exception()
        # Hypothesis has exceptions of its own to leave an example with.
        if isinstance(error, Exception) and not isinstance(error, HypothesisException):
            error.add_note(f"A program that repeats it:\n\n{self.program(error)}\n")
        self._stack.close()

    def program(self, failure: Exception | None = None) -> str:
        """What was done so far, as a Python program; `failure` is what the example ended with."""
        name = type(self).__qualname__
        is_prepared = type(self).prepare is not ConvexStateMachine.prepare
        setup = [f"prepared = {name}.prepare(t)"] if is_prepared else []
        end = self._end(failure, f"{name}.over(t, prepared)" if is_prepared else f"{name}.over(t)")
        text = self._script.program(self.t.root, setup, {"seed": 0, **self.options}, failure, end)
        needs_class = setup or f"{name}.over(" in end
        return f"from {type(self).__module__} import {name}\n{text}" if needs_class else text

    def _end(self, failure: Exception | None, machine: str) -> str:
        """The last line: what failed, if that was no call."""
        if failure is None or any(line.error is failure for line in self._script.lines):
            return ""
        first = str(failure).split("\n", maxsplit=1)[0]
        what = f"  # {type(failure).__name__}: {first[:MAXIMUM_COMMENT]}".rstrip(": ")
        functions = {frame.f_code for frame, _ in walk_tb(failure.__traceback__)}
        for invariant in self.invariants:
            if invariant.function.__code__ in functions:
                return f"{machine}.{invariant.function.__name__}(){what}"
        return f"pass{what}"

    @classmethod
    def _prepared(cls) -> Prepared:
        if "_shared" not in vars(cls) or cls._shared is None:
            cls._shared = prepare(cls)
        return cls._shared

    def _make(self, call: Call) -> None:
        try:
            result = call.make(self.callers[call.caller])
        except self.expected_errors as error:
            self.failed(call, error)
        else:
            self.succeeded(call, result)
