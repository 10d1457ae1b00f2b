"""Counters in the project's own source files, as they are bundled.

All counters of a bundle are one array, so that a counter is one store: `__convexHits[12]=1`. The bundle's first line
asks for the array at `globalThis[Symbol.for("convex-test.coverage")]`, which the engine's prelude serves; where nobody
does, counting goes into an array that nobody reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from convex_test.coverage.edits import apply_edits
from convex_test.coverage.plan import HITS, VALUE
from convex_test.coverage.syntax import SUFFIXES, grammar_version, parse
from convex_test.coverage.walk import plan_of

if TYPE_CHECKING:
    from pathlib import Path

    from convex_test.coverage.selection import Selection

FORMAT: Final = 1  # to be raised when the same sources are to get other counters
SYMBOL: Final = "convex-test.coverage"

Event = int | tuple[int, int]
"""What a counter tells: a line, an arc, or the entry into a function (-1 for the first of its file)."""


class Region(NamedTuple):
    """Where a function is."""

    name: str | None
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """A source file with counters.

    Attributes:
        first: the number of its first counter.
        events: what each of its counters tells.
        functions: its functions.
    """

    path: str
    first: int
    events: list[list[Event]]
    functions: list[Region]


@dataclass(frozen=True, slots=True)
class Notes:
    """What is kept with a bundle. `unread` are the files with syntax that the parser does not know."""

    files: list[MeasuredFile] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def dumps(self) -> str:
        """As text."""
        return orjson.dumps({"files": self.files, "unread": self.unread}, default=list).decode()

    @classmethod
    def loads(cls, text: str) -> Notes:
        """From what `dumps` gave."""
        raw = orjson.loads(text)
        return cls([_measured_file(**each) for each in raw["files"]], raw["unread"])


def _measured_file(
    path: str, first: int, events: list[list[int | list[int]]], functions: list[list[str]]
) -> MeasuredFile:
    decoded: list[list[Event]] = [
        [event if isinstance(event, int) else (event[0], event[1]) for event in each] for each in events
    ]
    return MeasuredFile(path, first, decoded, [Region(each[0], int(each[1]), int(each[2])) for each in functions])


class Instrumentation:
    """A transform that puts counters into the selected files."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection

    @property
    def key(self) -> str:
        """See `Transform`."""
        state = f"{FORMAT} {grammar_version()} {self._selection.key}"
        return f"coverage {blake2b(state.encode(), digest_size=8).hexdigest()}"

    def start(self) -> Instrumenting:
        """See `Transform`."""
        return Instrumenting(self._selection)


class Instrumenting:
    """One bundle getting its counters."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._notes = Notes()
        self._size = 0

    def source(self, file: Path, text: str) -> str | None:
        """See `Transformation`."""
        if file.suffix not in SUFFIXES or file not in self._selection:
            return None
        source = text.removeprefix("\ufeff").encode("utf-8", errors="replace")
        root = parse(source, file.suffix)
        if root is None:
            self._notes.unread.append(str(file))
            return None
        plan = plan_of(root)
        functions = [Region(each.name, each.first_line, each.last_line) for each in plan.functions]
        self._notes.files.append(MeasuredFile(str(file), self._size, plan.events(), functions))
        changed = apply_edits(source, plan.edits, self._size, file.name)
        self._size += len(plan.counters)
        return changed

    def prologue(self) -> str:
        """See `Transformation`."""
        hook = f'globalThis[Symbol.for("{SYMBOL}")]'
        return f"var {HITS} = {hook}?.({self._size}) ?? [], {VALUE};"

    def notes(self) -> str:
        """See `Transformation`."""
        return self._notes.dumps()
