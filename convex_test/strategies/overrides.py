"""What the user puts in the place of generated values: `{"email": st.emails(), "tags[]": "x", "scores.*": 1}`.

A path is made of field names with dots between them, as Convex writes paths; `[]` stands for the elements of an array
and `*` for the values of a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from convex_test.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

ELEMENTS: Final = "[]"
VALUES: Final = "*"


@dataclass(slots=True)
class Overrides:
    """What is overridden at one place of a value, and below it.

    Attributes:
        path: the place, as the user wrote it; "" is the whole value.
        strategy: what to draw here, if anything was given for this place.
        below: what is overridden further in.
        applies: whether the validator has such a place.
    """

    path: str = ""
    strategy: SearchStrategy[Any] | None = None
    below: dict[str, Overrides] = field(default_factory=dict)
    applies: bool = False

    def step(self, name: str) -> Overrides | None:
        """What is overridden in a field, in the elements or in the values."""
        return self.below.get(name)

    def unused(self) -> Iterator[str]:
        """The paths that no part of the validator answered to."""
        if self.strategy is not None and not self.applies:
            yield self.path
        for each in self.below.values():
            yield from each.unused()


def parse_overrides(given: object) -> Overrides:
    """Reads what a user gave as `overrides=`; other values than strategies stand for themselves.

    Raises:
        UsageError: it is no mapping, or a path is none.
    """
    root = Overrides()
    if given is None:
        return root
    if not isinstance(given, Mapping):
        raise UsageError(f'overrides={given!r:.200}: expected a mapping such as {{"email": st.emails()}}.')
    for path, replacement in given.items():
        place = root
        for step in _steps(path):
            place = place.below.setdefault(step, Overrides(_joined(place.path, step)))
        place.strategy = replacement if isinstance(replacement, SearchStrategy) else st.just(replacement)
    return root


def _steps(path: object) -> list[str]:
    steps = path.replace(ELEMENTS, f".{ELEMENTS}").split(".") if isinstance(path, str) else []
    if not steps or not all(steps):
        raise UsageError(
            f"overrides={{{path!r}: …}}: expected the path of a field such as 'email', 'author.name', 'tags[]' "
            "(the elements of an array) or 'scores.*' (the values of a record)."
        )
    return steps


def _joined(path: str, step: str) -> str:
    return f"{path}{step}" if step == ELEMENTS or not path else f"{path}.{step}"
