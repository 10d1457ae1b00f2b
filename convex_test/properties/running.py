"""Checking a property of several functions: options, the share of time of each, and the report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypedDict

from convex_test.errors import UsageError
from convex_test.harness.inside import identity_of
from convex_test.harness.selection import EVERYTHING, select_functions
from convex_test.harness.t import ConvexTest
from convex_test.harness.twins import standing_still
from convex_test.properties.examples import Plan
from convex_test.properties.falsify import Search, falsify, seed_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convex_test.properties.rules import Rule
    from convex_test.records import FunctionRecord

ANONYMOUS: Final = "anonymous"
USERS: Final[Mapping[str, Mapping[str, Any] | None]] = {
    "alice": {"name": "Alice", "email": "alice@example.com"},
    "bob": {"name": "Bob", "email": "bob@example.com"},
    ANONYMOUS: None,
}
STEPS: Final = 4
MAX_EXAMPLES: Final = 50
# In a tuple because freezegun replaces module attributes that are the real clock.
_CLOCK: Final = (time.monotonic,)


class Options(TypedDict, total=False):
    """What all properties take. See the room."""

    functions: Any
    identities: Mapping[str, Mapping[str, Any] | ConvexTest | None] | None
    overrides: Mapping[str, Mapping[str, Any]] | None
    steps: int
    max_examples: int
    seconds: float | None
    seed: int | None


class PropertyFailure(AssertionError):
    """A property does not hold. `failures` are the smallest examples, by function."""

    def __init__(self, text: str, failures: Mapping[str, Search]) -> None:
        super().__init__(text)
        self.failures = failures


@dataclass(frozen=True, slots=True)
class Checked:
    """The options, looked at and completed."""

    functions: Sequence[FunctionRecord]
    plan: Plan
    max_examples: int
    seconds: float | None
    seed: int


def require(rule: Rule, name: str, t: ConvexTest, options: Mapping[str, Any]) -> None:
    """Checks a property for each function that it applies to.

    Raises:
        PropertyFailure: it does not hold.
        UsageError: an option is wrong, or the property applies to none of the functions.
    """
    checked = check_options(name, t, options)
    functions = [each for each in checked.functions if rule.applies(each)]
    if not functions:
        raise UsageError(f"properties.{name}: it applies to none of the {len(checked.functions)} functions.")
    failures = {}
    with standing_still(t):
        end = None if checked.seconds is None else _CLOCK[0]() + checked.seconds
        for number, function in enumerate(functions):
            share = None if end is None else max(0.0, end - _CLOCK[0]()) / (len(functions) - number)
            search = look(rule, name, checked, function, share)
            if search.violation is not None:
                failures[function.path] = search
    if failures:
        text = report(name, functions, failures, checked.seed)
        error = next(
            (each.violation.error for each in failures.values() if each.violation and each.violation.error), None
        )
        raise PropertyFailure(text, failures) from error


def look(rule: Rule, name: str, checked: Checked, function: FunctionRecord, seconds: float | None) -> Search:
    """Looks for an example that breaks the property of one function."""

    def check(draw: Callable[[Any], Any]) -> None:
        with checked.plan.example(draw) as example:
            rule.check(example, function)

    seed = seed_of(checked.seed, name, function.path)
    return falsify(check, seed=seed, max_examples=checked.max_examples, seconds=seconds)


def check_options(name: str, t: ConvexTest, options: Mapping[str, Any]) -> Checked:
    """Completes the options. Raises `UsageError` for what is wrong with them."""
    where = f"properties.{name}"
    if not isinstance(t, ConvexTest):
        raise UsageError(f"{where}({t!r:.200}): expected a `t`, from the fixture or from `project.test()`.")
    unknown = sorted(set(options) - Options.__annotations__.keys())
    if unknown:
        raise UsageError(f"{where}({unknown[0]}=…): unknown keyword; known are {', '.join(Options.__annotations__)}.")
    seconds, seed = options.get("seconds"), options.get("seed")
    numbers = {"steps": options.get("steps", STEPS), "max_examples": options.get("max_examples", MAX_EXAMPLES)}
    for option, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < (option == "max_examples"):
            raise UsageError(
                f"{where}({option}={number!r}): expected a whole number from {int(option == 'max_examples')} on."
            )
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0):
        raise UsageError(f"{where}(seconds={seconds!r}): expected seconds, a number above 0, or None.")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise UsageError(f"{where}(seed={seed!r}): expected an int.")
    wanted = options.get("functions", EVERYTHING)
    functions = select_functions(t, wanted)
    history = [each for each in select_functions(t, _but_for(wanted)) if each.kind != "action"]
    plan = Plan(t, _callers(where, t, options.get("identities")), history, options.get("overrides"), numbers["steps"])
    plan.calls.check(select_functions(t))
    return Checked(functions, plan, numbers["max_examples"], seconds, t.seed if seed is None else seed)


def _but_for(wanted: Any) -> Any:
    """What is left out is not called before the others either."""
    given = [wanted] if isinstance(wanted, str) else wanted
    unwanted = [each for each in given if isinstance(each, str) and each.startswith("!")] if _is_several(given) else []
    return unwanted or EVERYTHING


def _is_several(given: Any) -> bool:
    return isinstance(given, list | tuple | set | frozenset)


def _callers(where: str, t: ConvexTest, given: Any) -> dict[str, Mapping[str, Any] | None]:
    if given is None:
        own = identity_of(t)
        return dict(USERS) if own is None else {"user": own, **USERS}
    if not isinstance(given, Mapping) or not given or not all(map(_is_name, given)):
        raise UsageError(
            f'{where}(identities={given!r:.200}): expected who calls, by name, such as {{"sarah": {{"name": "Sarah"}}, '
            '"anonymous": None}.'
        )
    return {name: identity_of(each) if isinstance(each, ConvexTest) else each for name, each in given.items()}


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isidentifier() and name != "t"


def report(name: str, functions: Sequence[FunctionRecord], failures: Mapping[str, Search], seed: int) -> str:
    """The text of a failure."""
    places = {each.path: _place(each) for each in functions}
    heading = f"{name} does not hold for {len(failures)} of {len(functions)} functions (seed={seed}):"
    parts = [heading]
    parts += [describe(f"{path} ({places[path]})", search) for path, search in failures.items()]
    return "\n\n".join(parts)


def describe(title: str, search: Search) -> str:
    """One failure: what is wrong, the calls, and the error."""
    violation = search.violation
    if violation is None:
        return ""
    parts = [f"{title} {violation.message}"]
    if violation.script:
        parts.append("\n".join(f"    {line}" for line in violation.script.split("\n")))
    if violation.error is not None:
        parts.append(str(violation.error))
    return "\n\n".join(parts)


def _place(function: FunctionRecord) -> str:
    return function.file if function.line is None else f"{function.file}:{function.line}"
