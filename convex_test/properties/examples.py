"""One example of a property: a double of the prepared state, the calls that were made there, and those to come."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from convex_test.errors import FunctionError, UnsupportedError
from convex_test.harness.inside import deployment_of, identity_of
from convex_test.harness.recorded import RecordedTest
from convex_test.harness.scripts import INDENT, Line, Script
from convex_test.harness.t import ConvexTest
from convex_test.harness.twins import twin
from convex_test.properties.falsify import NotCheckableError, Violation
from convex_test.strategies.calls import Call, Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convex_test.records import FunctionRecord

_GO_ON: Final = st.integers(0, 3)
"""One more call before the one that counts, unless it is 0."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended."""

    result: Any = None
    error: FunctionError | None = None

    def is_same(self, other: Outcome) -> bool:
        """Whether a caller cannot tell them apart."""
        if self.error is None or other.error is None:
            return self.error is other.error and repr(self.result) == repr(other.result)
        return type(self.error) is type(other.error) and self.error.text == other.error.text

    def __str__(self) -> str:
        return repr(self.result) if self.error is None else f"{type(self.error).__name__}: {self.error.text}"


class Plan:
    """What the examples of a search have in common.

    Attributes:
        t: the prepared state.
        callers: who calls, by name.
        history: the functions that are called before the one that counts.
        steps: how many calls there are before it, at most.
    """

    def __init__(
        self,
        t: ConvexTest,
        callers: Mapping[str, Mapping[str, Any] | None],
        history: Sequence[FunctionRecord],
        overrides: Mapping[str, Mapping[str, Any]] | None,
        steps: int,
    ) -> None:
        self.t = t
        self.callers = callers
        self.history = history
        self.steps = steps
        self.current = t
        self.calls = Calls(lambda: self.current, overrides)
        self.any_call = self.calls.call(history, list(callers)) if history else None

    @contextmanager
    def example(self, draw: Callable[[Any], Any]) -> Iterator[Example]:
        """One example, with its history."""
        with twin(self.t) as made:
            self.current = made
            example = Example(self, draw, made)
            for _ in range(self.steps):
                if self.any_call is None or draw(_GO_ON) == 0:
                    break
                with suppress(FunctionError):
                    example.attempt(draw(self.any_call))
            yield example


class Example:
    """A double of the prepared state, and what is done with it.

    Attributes:
        draw: Hypothesis's.
        t: the double, as nobody sees it.
        script: the calls so far.
    """

    def __init__(self, plan: Plan, draw: Callable[[Any], Any], t: ConvexTest) -> None:
        self.draw = draw
        self.script = Script()
        self.t = RecordedTest(deployment_of(t), None, None, self.script)
        self._plan = plan
        self._callers = {name: self.t.seen_by(name, attributes) for name, attributes in plan.callers.items()}

    def call_of(self, function: FunctionRecord, callers: Sequence[str] = ()) -> Call:
        """A call of that function by one of the callers."""
        drawn: Call = self.draw(self._plan.calls.call([function], callers or list(self._plan.callers)))
        return drawn

    def any_call(self) -> Call | None:
        """A call of whatever function; None when there are none."""
        return None if self._plan.any_call is None else self.draw(self._plan.any_call)

    def refused_call_of(self, function: FunctionRecord) -> Call:
        """A call with arguments that the function's validator refuses."""
        caller = self.draw(st.sampled_from(list(self._plan.callers)))
        return Call(function, caller, self.draw(self._plan.calls.refused_args(function)))

    def attempt(self, call: Call) -> Outcome:
        """Makes a call. Raises `NotCheckableError` when its outcome says nothing about the project."""
        return _outcome(call, self._callers[call.caller])

    def attempt_in(self, t: ConvexTest, call: Call) -> Outcome:
        """Makes a call in another backend, which the script does not tell of."""
        return _outcome(call, ConvexTest(deployment_of(t), identity_of(self._callers[call.caller])))

    def run_in_vain(self, call: Call) -> None:
        """Runs a mutation and rolls it back, as happens when another one has committed in the meantime."""
        caller = self._callers[call.caller]
        variable = self.script.use(call.caller if self._plan.callers[call.caller] is not None else "t")
        args = self.script.expression(deployment_of(self.t), call.args)
        self.script.lines += [
            Line(f"with suppress(InterruptedError), {variable}.transaction() as ctx:  # it runs, another one commits"),
            Line(f"{INDENT}ctx.run_mutation({call.function.path!r}, {args})"),
            Line(f"{INDENT}raise InterruptedError  # before it, so it has to run again"),
        ]
        with suppress(InterruptedError), caller.transaction() as ctx:
            with suppress(FunctionError):
                ctx.run_mutation(call.function.path, call.args)
            raise InterruptedError

    def violation(self, message: str, error: Exception | None = None) -> Violation:
        """What is wrong with this example."""
        return Violation(message, self.script.render(error), error)


def _outcome(call: Call, t: ConvexTest) -> Outcome:
    unanswered = len(t.outbound.unmatched)
    try:
        outcome = Outcome(call.make(t))
    except UnsupportedError as problem:
        raise NotCheckableError(f"{call.function.path}: {problem.text}") from None
    except FunctionError as error:
        outcome = Outcome(error=error)
    if len(t.outbound.unmatched) > unanswered:
        raise NotCheckableError(
            f"{call.function.path} fetches {t.outbound.unmatched[-1]}: answer it with t.outbound before the check"
        )
    return outcome
