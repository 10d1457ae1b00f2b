"""What is measured in one source file: its executable lines, its branches, and the counters that tell about them.

`plan_of` reads a tree and says where counters go. The same plan is made twice: when the project is bundled, to insert
the counters, and when a report is written, possibly in another process, to know what there was to execute.

A *line* is executable when a statement begins on it: statements that do something, the initial value of a class field,
and an arrow function's expression. Declarations of types and functions, imports, and variables without a value are
not. Of a statement over several lines the first one stands for all, as in coverage.py.

A *branch* in coverage.py is an arc between two lines. Several may begin in one line here (`a ? b : c`), so an arc's
target is a line only when that line tells the branches apart; otherwise it is a negative number, which coverage.py
takes for an exit, and the description says what is meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HITS: Final = "__convexHits"
"""The variable of the bundle that holds all counters."""
VALUE: Final = "__convexValue"
"""The variable of the bundle that holds a value between its test and its use; nothing can run in between."""


@dataclass(eq=False, slots=True)
class Arm:
    """One way to go on from a line.

    Attributes:
        line: the executable line that it begins in.
        start, end: the bytes of the source that are executed only this way; both the same when there are none.
        label: what it is, in short.
        missing: what to say when it was never taken.
        wanted: the line that it leads to, or 0.
        firm: `wanted` is executed whenever this way is taken.
        target: the arc's end, once the plan is made.
    """

    line: int
    start: int
    end: int
    label: str
    missing: str
    wanted: int = 0
    firm: bool = False
    target: int = 0


@dataclass(eq=False, slots=True)
class FunctionRegion:
    """A function. `name` is None when nothing names it."""

    name: str | None
    first_line: int
    last_line: int
    start: int
    end: int


Key = int | Arm | FunctionRegion
"""What a counter tells: that a line ran, that a branch was taken, that a function was entered."""


class Edit(NamedTuple):
    """An insertion, or a replacement when `end` is behind `start`; both are offsets in bytes.

    At one offset closing texts come before opening ones; inner ones close first and open last.
    """

    start: int
    opening: bool
    order: int
    text: str
    end: int


class Statement(NamedTuple):
    """An executable line, and the offset of what makes it one."""

    line: int
    start: int


@dataclass(slots=True)
class Plan:
    """See the module. `counters` has the keys of each counter, by number."""

    statements: list[Statement] = field(default_factory=list)
    arms: list[Arm] = field(default_factory=list)
    functions: list[FunctionRegion] = field(default_factory=list)
    counters: list[list[Key]] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    passing: dict[int, Arm] = field(default_factory=dict)
    """The arms that are taken whenever their line is executed."""

    def count(self, keys: Iterable[Key]) -> str:
        """JavaScript that counts; its number is filled in when the files of the bundle are known."""
        self.counters.append(list(keys))
        return f"{HITS}[{NUMBER}{len(self.counters) - 1}]=1"

    def open(self, offset: int, text: str) -> None:
        """Insert a text that opens something."""
        self.edits.append(Edit(offset, True, len(self.edits), text, offset))

    def close(self, offset: int, text: str) -> None:
        """Insert a text that closes something."""
        self.edits.append(Edit(offset, False, -len(self.edits), text, offset))

    def replace(self, start: int, end: int, text: str) -> None:
        """Put a text in the place of an operator."""
        self.edits.append(Edit(start, True, len(self.edits), text, end))

    def add_line(self, line: int, start: int) -> int:
        """Note an executable line; the key that counts it."""
        self.statements.append(Statement(line, start))
        return line

    def arm(self, arm: Arm) -> Arm:
        """Note a branch."""
        self.arms.append(arm)
        return arm

    def finish(self) -> Plan:
        """Gives every arm a target that tells it from the others of its line."""
        lines = {statement.line for statement in self.statements}
        by_line: dict[int, list[Arm]] = {}
        for arm in sorted(self.arms, key=lambda arm: (arm.start, arm.end)):
            by_line.setdefault(arm.line, []).append(arm)
        for line, arms in by_line.items():
            if len(arms) == 1:
                self.passing[line] = self.arm(Arm(line, arms[0].start, arms[0].start, "pass by", "it was not passed"))
                arms.append(self.passing[line])
            _give_targets(arms, lines)
        return self

    def events(self) -> list[list[int | tuple[int, int]]]:
        """What each counter tells, as numbers: a line, an arc, or a function (-1 is the first one)."""
        numbers = {id(region): -1 - at for at, region in enumerate(self.functions)}
        return [self._events(keys, numbers) for keys in self.counters]

    def _events(self, keys: Sequence[Key], numbers: dict[int, int]) -> list[int | tuple[int, int]]:
        found: list[int | tuple[int, int]] = []
        for key in keys:
            if isinstance(key, Arm):
                found.append((key.line, key.target))
            elif isinstance(key, FunctionRegion):
                found.append(numbers[id(key)])
            else:
                found.append(key)
                passing = self.passing.get(key)
                if passing is not None:
                    found.append((key, passing.target))
        return found


NUMBER: Final = "#"
"""Stands before a counter's number within its file."""


def _give_targets(arms: Sequence[Arm], lines: set[int]) -> None:
    used: set[int] = set()
    for arm in arms:
        tells = arm.wanted not in (0, arm.line, *used) and (arm.firm or arm.wanted not in lines)
        arm.target = arm.wanted if tells else -1 - sum(target < 0 for target in used)
        used.add(arm.target)
