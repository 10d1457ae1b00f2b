"""What comments and configured expressions take out of a report.

    // pragma: no cover, and `exclude_lines`    the statement, function or clause that begins in the line
    /* istanbul ignore next */                  what follows (also `c8`, `v8`, `vitest`)
    /* istanbul ignore if */, /* … else */      that branch of the `if` that follows
    /* istanbul ignore file */                  the whole file
    /* v8 ignore next 3 */                      so many lines
    /* v8 ignore start */ … /* v8 ignore stop */
    // pragma: no branch, and `partial_branches`  all branches of the line

An exclusion is a range of bytes: what begins in it is not executable, and no branch leads into it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from convex_test.coverage.syntax import CLASSES, FUNCTIONS, all_nodes, last_line_of, line_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tree_sitter import Node

NO_COVER: Final = r"(?://|/\*|\*)\s*(?:pragma|PRAGMA)[:\s]?\s*(?:no|NO)\s*(?:cover|COVER)"
NO_BRANCH: Final = r"(?://|/\*|\*)\s*(?:pragma|PRAGMA)[:\s]?\s*(?:no|NO)\s*(?:branch|BRANCH)"
_HINT: Final = re.compile(
    r"^(?://|/\*)[\s*]*(?:istanbul|c8|v8|vitest|node:coverage)\s+ignore\s+(file|next|if|else|start|stop|end)\b\s*(\d*)"
)
_INTRODUCING: Final = frozenset(
    {"else_clause", "switch_case", "switch_default", "catch_clause", "finally_clause", "pair"}
)
_BODIES: Final = ("body", "consequence", "value")


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Ranges of bytes, in order and apart from each other, and the lines whose branches do not count."""

    starts: Sequence[int]
    ends: Sequence[int]
    no_branch: frozenset[int]

    def covers(self, offset: int) -> bool:
        """Whether what begins at an offset is excluded."""
        at = bisect_right(self.starts, offset) - 1
        return at >= 0 and offset < self.ends[at]


def find_exclusions(root: Node, source: str, exclude: Iterable[str], partial: Iterable[str]) -> Exclusions:
    """The exclusions of a source file; `exclude` and `partial` are the configured regular expressions."""
    ranges = [*_hinted(root), *_matched(root, _lines_matching(source, [NO_COVER, *exclude]))]
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(ranges):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return Exclusions(starts, ends, frozenset(_lines_matching(source, [NO_BRANCH, *partial])))


def _lines_matching(source: str, patterns: Iterable[str]) -> set[int]:
    """The lines that hold a match of one of the patterns, which may span lines."""
    found: set[int] = set()
    for match in re.finditer("|".join(f"(?:{pattern})" for pattern in patterns), source, re.MULTILINE):
        first = source.count("\n", 0, match.start()) + 1
        found.update(range(first, first + match[0].count("\n") + 1))
    return found


# Lines that match


def _matched(root: Node, lines: set[int]) -> Iterator[tuple[int, int]]:
    """The ranges of what the lines introduce, as coverage.py does it with Python's blocks."""
    if not lines:
        return
    for node in all_nodes(root):
        if not _may_be_excluded(node):
            continue
        first = line_of(node)
        last = _last_line_of_introduction(node)
        if any(line in lines for line in range(first, last + 1)):
            yield node.start_byte, node.end_byte


def _may_be_excluded(node: Node) -> bool:
    kind = node.type
    return (
        kind in FUNCTIONS
        or kind in CLASSES
        or kind in _INTRODUCING
        or kind.endswith(("_statement", "_declaration", "field_definition"))
    ) and kind != "import_statement"


def _last_line_of_introduction(node: Node) -> int:
    """The line in which a block begins; of a statement without one, its last line."""
    body = next((found for name in _BODIES if (found := node.child_by_field_name(name))), None)
    if body is not None:
        is_inside = body.type in ("statement_block", "switch_body", "class_body") or node.type == "arrow_function"
        return line_of(body) if is_inside or node.type == "pair" else max(line_of(node), line_of(body) - 1)
    block = next((child for child in node.named_children if child.type == "statement_block"), None)
    if block is not None:
        return line_of(block)
    if node.type in ("switch_case", "switch_default"):
        return line_of(node)
    return line_of(node) if _has_block(node) else last_line_of(node)


def _has_block(node: Node) -> bool:
    return any(child.type in ("statement_block", "class_body", "switch_body") for child in all_nodes(node))


# Comments of JavaScript's own tools


def _hinted(root: Node) -> Iterator[tuple[int, int]]:
    started: int | None = None
    for node in all_nodes(root):
        hint = _HINT.match(text_of(node)) if node.type == "comment" else None
        if hint is None:
            continue
        kind, count = hint[1], hint[2]
        if kind == "file":
            yield 0, root.end_byte + 1
        elif kind == "start":
            started = node.start_byte if started is None else started
        elif kind in ("stop", "end"):
            if started is not None:
                yield started, node.end_byte
            started = None
        elif kind == "next" and count:
            yield from _lines_after(root, node, int(count))
        else:
            yield from _next(node, kind)
    if started is not None:
        yield started, root.end_byte + 1


def _next(comment: Node, kind: str) -> Iterator[tuple[int, int]]:
    """The range of what follows a comment, or of a branch of it."""
    node = comment.next_named_sibling
    while node is not None and node.type == "comment":
        node = node.next_named_sibling
    if node is None:
        return
    if kind == "next":
        yield node.start_byte, node.end_byte
        return
    found = node.child_by_field_name("consequence" if kind == "if" else "alternative")
    if found is not None:
        yield found.start_byte, found.end_byte
    elif kind == "else" and node.type == "if_statement":
        # The way past an `if` without `else` has its place at the end of the statement.
        yield node.end_byte, node.end_byte + 1


def _lines_after(root: Node, comment: Node, count: int) -> Iterator[tuple[int, int]]:
    first = last_line_of(comment) + 1
    for node in all_nodes(root):
        if first <= line_of(node) < first + count and last_line_of(node) < first + count:
            yield node.start_byte, node.end_byte
        elif first <= line_of(node) < first + count:
            yield node.start_byte, node.start_byte + 1
