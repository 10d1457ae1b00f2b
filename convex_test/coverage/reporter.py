"""One source file in a report of coverage.py.

Everything is worked out from the source when the report is written, which may be in another process and much later:
the data has only lines and arcs.

In coverage.py's HTML a line that was executed has one branch at most that was not taken, for in Python a line has two.
Here a line may have more. Such a line is reported with two branches as well: one is taken when any way was, the other
when all were; what is said about it names the ways that are missing.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coverage.exceptions import NoSource, NotPython
from coverage.plugin import CodeRegion, FileReporter

from convex_test.coverage.exclusions import Exclusions, find_exclusions
from convex_test.coverage.syntax import all_nodes, parse
from convex_test.coverage.walk import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from coverage.types import TArc, TLineNo, TSourceTokenLines
    from tree_sitter import Node

    from convex_test.coverage.plan import Arm, Plan

TOKENS: Final = {
    "comment": "com",
    "html_comment": "com",
    "string": "str",
    "template_string": "str",
    "regex": "str",
    "number": "num",
}
NAMES: Final = (
    "identifier",
    "property_identifier",
    "private_property_identifier",
    "shorthand_property_identifier",
    "shorthand_property_identifier_pattern",
    "statement_identifier",
    "type_identifier",
)


class TypeScriptReporter(FileReporter):
    """A TypeScript or JavaScript file. `exclude` and `partial` are regular expressions, as in coverage.py."""

    def __init__(self, filename: str, exclude: Iterable[str] = (), partial: Iterable[str] = ()) -> None:
        super().__init__(filename)
        self._exclude = tuple(exclude)
        self._partial = tuple(partial)
        self._taken: set[TArc] = set()

    def source(self) -> str:
        """The text of the file."""
        return self._text

    def lines(self) -> set[TLineNo]:
        """The executable lines that are not excluded."""
        return {each.line for each in self._plan.statements if not self._exclusions.covers(each.start)}

    def excluded_lines(self) -> set[TLineNo]:
        """The executable lines that are excluded."""
        return {each.line for each in self._plan.statements} - self.lines()

    def arcs(self) -> set[TArc]:
        """The branches: the two ways on from a line, or for a line with more of them `any` and `all`."""
        return {arc for line, arms in self._ways.items() for arc in _reported(line, arms)}

    def translate_arcs(self, arcs: Iterable[TArc]) -> set[TArc]:
        """The arcs of the data, and what follows from them for lines with more than two ways."""
        self._taken = taken = set(arcs)
        for line, arms in self._ways.items():
            if len(arms) > 2:
                any_of, all_of = _reported(line, arms)
                ran = [(line, arm.target) in taken for arm in arms]
                taken |= {any_of} if any(ran) else set()
                taken |= {all_of} if all(ran) else set()
        return taken

    def no_branch_lines(self) -> set[TLineNo]:
        """Lines whose branches do not count."""
        return set(self._exclusions.no_branch)

    def exit_counts(self) -> dict[TLineNo, int]:
        """How many branches begin in each line."""
        return dict.fromkeys(self.lines(), 0) | {line: min(len(arms), 2) for line, arms in self._ways.items()}

    def missing_arc_description(
        self,
        start: TLineNo,
        end: TLineNo,
        executed_arcs: Iterable[TArc] | None = None,  # noqa: ARG002 - named by the base class
    ) -> str:
        """What to say of a branch that was not taken."""
        arms = self._ways.get(start, [])
        said = [arm.missing for arm in arms if (end == arm.target if len(arms) == 2 else not self._was_taken(arm))]
        return f"line {start}: {'; '.join(said)}" if said else super().missing_arc_description(start, end)

    def arc_description(self, start: TLineNo, end: TLineNo) -> str:
        """What a branch is."""
        arms = self._ways.get(start, [])
        if len(arms) > 2:
            any_of, _ = _reported(start, arms)
            return f"{'any' if (start, end) == any_of else 'all'} of {len(arms)} ways"
        return next((arm.label for arm in arms if arm.target == end), super().arc_description(start, end))

    def code_region_kinds(self) -> list[tuple[str, str]]:
        """Functions."""
        return [("function", "functions")]

    def code_regions(self) -> list[CodeRegion]:
        """The functions that have a name; a line belongs to the innermost of them."""
        named = [region for region in self._plan.functions if region.name]
        owned: dict[int, set[int]] = {}
        for statement in self._plan.statements:
            around = [region for region in named if region.start <= statement.start < region.end]
            if around:
                innermost = max(around, key=lambda region: region.start)
                owned.setdefault(id(innermost), set()).add(statement.line)
        return [
            CodeRegion("function", region.name or "", region.first_line, owned[id(region)])
            for region in sorted(named, key=lambda region: region.start)
            if id(region) in owned
        ]

    def source_token_lines(self) -> TSourceTokenLines:
        """The source in colours."""
        line: list[tuple[str, str]] = []
        for kind, text in self._tokens():
            first, *others = text.split("\n")
            if first:
                line.append((kind, first))
            for other in others:
                yield line
                line = [(kind, other)] if other else []
        if line:
            yield line

    def _tokens(self) -> Iterator[tuple[str, str]]:
        source = self._bytes
        at = 0
        for start, end, kind in _leaves(self._root):
            if start > at:
                yield "ws", source[at:start].decode("utf-8", errors="replace")
            yield kind, source[start:end].decode("utf-8", errors="replace")
            at = end
        yield "ws", source[at:].decode("utf-8", errors="replace")

    def _was_taken(self, arm: Arm) -> bool:
        return (arm.line, arm.target) in self._taken

    @cached_property
    def _ways(self) -> dict[int, list[Arm]]:
        """The arms of each executable line, as far as nothing excludes them."""
        lines = self.lines()
        excluded = self.excluded_lines()
        found: dict[int, list[Arm]] = {}
        for arm in sorted(self._plan.arms, key=lambda arm: (arm.start, arm.end)):
            if arm.line in lines and arm.target not in excluded and not self._exclusions.covers(arm.start):
                found.setdefault(arm.line, []).append(arm)
        return found

    @cached_property
    def _text(self) -> str:
        try:
            text = Path(self.filename).read_bytes().decode("utf-8", errors="replace")
        except OSError as error:
            raise NoSource(f"No source for code: {self.filename!r}: {error.strerror}") from None
        return text.removeprefix("\ufeff").replace("\r\n", "\n")

    @cached_property
    def _bytes(self) -> bytes:
        return self._text.encode("utf-8", errors="replace")

    @cached_property
    def _root(self) -> Node:
        root = parse(self._bytes, Path(self.filename).suffix)
        if root is None:
            # The class is coverage.py's for a file that cannot be parsed: --ignore-errors skips it.
            raise NotPython(f"Couldn't parse {self.filename!r} as TypeScript")
        return root

    @cached_property
    def _plan(self) -> Plan:
        return plan_of(self._root)

    @cached_property
    def _exclusions(self) -> Exclusions:
        return find_exclusions(self._root, self._text, self._exclude, self._partial)


def _reported(line: int, arms: Sequence[Arm]) -> list[TArc]:
    """The arcs that stand for the ways on from a line in a report."""
    if len(arms) <= 2:
        return [(line, arm.target) for arm in arms]
    lowest = min(0, *(arm.target for arm in arms))
    return [(line, lowest - 1), (line, lowest - 2)]


def _leaves(root: Node) -> Iterator[tuple[int, int, str]]:
    """The tokens of a tree in order, with their classes in coverage.py's HTML."""
    done = 0
    for node in all_nodes(root):
        kind = TOKENS.get(node.type)
        if node.start_byte < done or node.start_byte == node.end_byte:
            continue
        if kind is None and node.child_count:
            continue
        if kind is None:
            kind = "nam" if node.type in NAMES else "key" if node.type.isalpha() else "op"
        done = node.end_byte
        yield node.start_byte, node.end_byte, kind
