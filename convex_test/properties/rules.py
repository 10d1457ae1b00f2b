"""The properties themselves: what one example is, and what breaks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from convex_test.errors import (
    ArgumentValidationError,
    ConvexError,
    FunctionError,
    ReturnsValidationError,
    SchemaValidationError,
)
from convex_test.harness.twins import data_of, give_same_luck, tables_that_differ, twin
from convex_test.properties.falsify import Violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.properties.examples import Example
    from convex_test.records import FunctionRecord

EXPECTED: Final[tuple[type[FunctionError], ...]] = (
    ConvexError,
    ArgumentValidationError,
    SchemaValidationError,
    ReturnsValidationError,
)
MAXIMUM_SHOWN: Final = 200


class Rule(Protocol):
    """A property of one function."""

    def applies(self, function: FunctionRecord) -> bool:
        """Whether there is anything to check about that function."""

    def check(self, example: Example, function: FunctionRecord) -> None:
        """Draws the rest of an example and looks at it. Raises `Violation`."""


@dataclass(frozen=True, slots=True)
class OnlyExpectedErrors:
    """No valid arguments make a function fail with anything else than `expected`."""

    expected: tuple[type[Exception], ...] = EXPECTED

    def applies(self, function: FunctionRecord) -> bool:
        """See `Rule`."""
        return function.kind != "httpAction"

    def check(self, example: Example, function: FunctionRecord) -> None:
        """See `Rule`."""
        error = example.attempt(example.call_of(function)).error
        if error is not None and not isinstance(error, self.expected):
            expected = " or ".join(each.__name__ for each in self.expected if each is not ReturnsValidationError)
            raise example.violation(f"fails with {type(error).__name__}, not with {expected}", error)


@dataclass(frozen=True, slots=True)
class ReturnsMatch:
    """What a function returns matches its `returns`."""

    def applies(self, function: FunctionRecord) -> bool:
        """See `Rule`."""
        return function.returns is not None

    def check(self, example: Example, function: FunctionRecord) -> None:
        """See `Rule`."""
        error = example.attempt(example.call_of(function)).error
        if isinstance(error, ReturnsValidationError):
            raise example.violation("returns what its `returns` validator refuses", error)


@dataclass(frozen=True, slots=True)
class QueriesAreRepeatable:
    """A query gives the same result where only the data is known: no variable of a module has a part in it."""

    def applies(self, function: FunctionRecord) -> bool:
        """See `Rule`."""
        return function.kind == "query"

    def check(self, example: Example, function: FunctionRecord) -> None:
        """See `Rule`."""
        call = example.call_of(function)
        with twin(example.t) as fresh:
            expected = example.attempt_in(fresh, call)
        found = example.attempt(call)
        if not found.is_same(expected):
            raise example.violation(
                "depends on more than the data: on what modules remember of earlier calls.\n"
                f"Here the query gives {_short(found)}\n"
                f"With the same data and fresh modules it gives {_short(expected)}",
                found.error,
            )


@dataclass(frozen=True, slots=True)
class FailedMutationsChangeNothing:
    """After a mutation has failed, the data and what functions answer are as if it had not been called."""

    def applies(self, function: FunctionRecord) -> bool:
        """See `Rule`."""
        return function.kind == "mutation"

    def check(self, example: Example, function: FunctionRecord) -> None:
        """See `Rule`."""
        call = example.call_of(function)
        before = data_of(example.t)
        with twin(example.t) as untouched:
            failure = example.attempt(call).error
            if failure is None:
                return
            changed = tables_that_differ(before, data_of(example.t))
            if changed:
                raise example.violation(f"fails, and leaves changes behind in {', '.join(changed)}", failure)
            probe = example.any_call()
            if probe is None:
                return
            give_same_luck(example.t, untouched)
            expected, found = example.attempt_in(untouched, probe), example.attempt(probe)
            if not found.is_same(expected):
                raise example.violation(
                    f"fails, and {probe.function.path} can tell, because a module remembers it.\n"
                    f"Afterwards it gives {_short(found)}\nWithout the failed call it gives {_short(expected)}",
                    found.error,
                )


@dataclass(frozen=True, slots=True)
class RetriedMutationsRunOnce:
    """A mutation that had to run twice, because of a conflict, gives what it gives when it runs once."""

    def applies(self, function: FunctionRecord) -> bool:
        """See `Rule`."""
        return function.kind == "mutation"

    def check(self, example: Example, function: FunctionRecord) -> None:
        """See `Rule`."""
        call = example.call_of(function)
        with twin(example.t) as once:
            example.run_in_vain(call)
            give_same_luck(example.t, once)
            found, expected = example.attempt(call), example.attempt_in(once, call)
            different = tables_that_differ(data_of(example.t), data_of(once))
        if not found.is_same(expected):
            raise example.violation(
                "gives another result when it has to run again after a conflict.\n"
                f"The second run gives {_short(found)}\nA single run gives {_short(expected)}",
                found.error,
            )
        if different:
            raise example.violation(
                "leaves other data behind when it has to run again after a conflict, than when it runs once: in "
                f"{', '.join(different)}",
                found.error,
            )


@dataclass(frozen=True, slots=True)
class InvalidArgumentsAreRefused:
    """Arguments that the validator refuses never get to the function. A function without a validator refuses none."""

    def applies(self, function: FunctionRecord) -> bool:
        """See `Rule`."""
        return function.kind != "httpAction"

    def check(self, example: Example, function: FunctionRecord) -> None:
        """See `Rule`."""
        if function.args is None or function.args == {"type": "any"}:
            raise Violation("has no argument validator, so it takes whatever a client sends", "")
        call = example.refused_call_of(function)
        before = data_of(example.t)
        outcome = example.attempt(call)
        if not isinstance(outcome.error, ArgumentValidationError):
            raise example.violation(
                f"takes arguments that its validator refuses, and gives {_short(outcome)}", outcome.error
            )
        changed = tables_that_differ(before, data_of(example.t))
        if changed:
            raise example.violation(f"refuses arguments, but changes {', '.join(changed)}", outcome.error)


@dataclass(frozen=True, slots=True)
class AnonymousCallersSeeNothing:
    """Who is not signed in is told the same whatever the data, and changes none."""

    is_allowed: Callable[[FunctionRecord], bool]
    anonymous: str

    def applies(self, function: FunctionRecord) -> bool:
        """See `Rule`."""
        return function.kind != "httpAction" and not self.is_allowed(function)

    def check(self, example: Example, function: FunctionRecord) -> None:
        """See `Rule`."""
        call = example.call_of(function, [self.anonymous])
        before = data_of(example.t)
        with twin(example.t, empty=True) as empty:
            expected = example.attempt_in(empty, call)
        found = example.attempt(call)
        if found.error is not None:
            return
        changed = tables_that_differ(before, data_of(example.t))
        if changed:
            raise example.violation(f"lets somebody who is not signed in change {', '.join(changed)}")
        if not found.is_same(expected):
            raise example.violation(
                "shows data to somebody who is not signed in.\n"
                f"It gives {_short(found)}\nWithout any data it gives {_short(expected)}"
            )


def _short(outcome: Any) -> str:
    text = str(outcome)
    return text if len(text) <= MAXIMUM_SHOWN else f"{text[: MAXIMUM_SHOWN - 1]}…"
