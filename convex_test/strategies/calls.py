"""Calls of a project's functions, drawn at random: who calls what with which arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from convex_test.errors import UsageError
from convex_test.strategies.catalog import Source
from convex_test.strategies.drawn import drawn_args, drawn_refused_args

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hypothesis.strategies import SearchStrategy

    from convex_test.harness.t import ConvexTest
    from convex_test.records import FunctionRecord


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is still to be made.

    Attributes:
        function: what is called.
        caller: the name of who calls.
        args: with which arguments.
    """

    function: FunctionRecord
    caller: str
    args: dict[str, Any]

    def make(self, t: ConvexTest) -> Any:
        """Calls the function as the user that `t` acts as; what it returned."""
        call = {"query": t.query, "mutation": t.mutation, "action": t.action}[self.function.kind]
        return call(self.function.path, self.args)

    def __repr__(self) -> str:
        return f"{self.caller}.{self.function.kind}({self.function.path!r}, {self.args!r})"


class Calls:
    """Strategies for calls. Ids in arguments come from the `t` that `current` gives when they are drawn."""

    def __init__(
        self, current: Callable[[], ConvexTest], overrides: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self._source = Source(current=current)
        self._overrides = _checked(overrides)
        self._args: dict[str, SearchStrategy[dict[str, Any]]] = {}
        self._refused: dict[str, SearchStrategy[dict[str, Any]]] = {}

    def check(self, functions: Sequence[FunctionRecord]) -> None:
        """Raises `UsageError` for overrides of a function that is not among these."""
        unknown = sorted(set(self._overrides) - {each.path for each in functions})
        if unknown:
            raise UsageError(f"overrides={{{unknown[0]!r}: …}}: this is none of the functions that are called.")

    def args(self, function: FunctionRecord) -> SearchStrategy[dict[str, Any]]:
        """Arguments that a function takes."""
        path = function.path
        if path not in self._args:
            self._args[path] = drawn_args(self._source, path, self._overrides.get(path))
        return self._args[path]

    def refused_args(self, function: FunctionRecord) -> SearchStrategy[dict[str, Any]]:
        """Arguments that its validator refuses."""
        path = function.path
        if path not in self._refused:
            self._refused[path] = drawn_refused_args(self._source, path)
        return self._refused[path]

    def call(self, functions: Sequence[FunctionRecord], callers: Sequence[str]) -> SearchStrategy[Call]:
        """A call of one of the functions by one of the callers."""
        return st.tuples(st.sampled_from(functions), st.sampled_from(callers)).flatmap(
            lambda chosen: st.builds(Call, st.just(chosen[0]), st.just(chosen[1]), self.args(chosen[0]))
        )


def _checked(overrides: object) -> Mapping[str, Mapping[str, Any]]:
    if overrides is None:
        return {}
    if not isinstance(overrides, Mapping) or not all(
        isinstance(path, str) and isinstance(places, Mapping) for path, places in overrides.items()
    ):
        raise UsageError(
            f"overrides={overrides!r:.200}: expected the places of each function, such as "
            '{"messages:send": {"body": st.text(min_size=1)}}.'
        )
    return overrides
