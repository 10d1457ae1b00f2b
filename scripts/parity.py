"""Writes docs/parity.md: what imitates the backend, where that was read, and what is known to be missing.

    python scripts/parity.py

Everything comes from the sources: docstrings of modules, leading comments of the prelude's files, the table of syscalls
and the parity tests. Two runs on the same tree write the same bytes. A module is listed when its docstring names a file
of the backend or of npm's `convex`; a paragraph, or the rest of one, that begins with "Gap" or "By design" becomes a
point of its own.
"""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from convex_test import syscalls

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "convex_test"
PRELUDE = PACKAGE / "engine" / "prelude" / "src"
PARITY_TESTS = ROOT / "tests" / "parity"
PAGE = ROOT / "docs" / "parity.md"
WIDTH = 120

SOURCE = re.compile(r"\b(crates|npm-packages|src|saffron)/\w")
NOTE = re.compile(r"(?:^|(?<=[.:;] ))(?=(?:Known gaps?|Gaps?|By design|Different by design)\b)")
KINDS = ("query", "mutation", "action")

INTRODUCTION = """\
# Parity

What of this library imitates Convex's backend, where in the backend's repository (`crates/…`, `npm-packages/…`) or in
the npm package `convex` (`src/…`) it was read, which gaps are known, and what is different by design. `make docs`
writes this page from the docstrings, the table of operations and the tests; what a user notices of it is in
[`differences.md`](differences.md).
"""


def page() -> str:
    """The text of the page."""
    parts = [INTRODUCTION, *_operations(), *_gaps(), *_rooms(), *_prelude(), *_tests()]
    return "\n".join(parts)


def _operations() -> Iterator[str]:
    yield "## Operations that are answered\n"
    yield "| operation of the `convex` package | answered by | in |"
    yield "|---|---|---|"
    for op, syscall in sorted(syscalls.OPS.items()):
        home = "the prelude" if op in syscalls.ANSWERED_IN_PRELUDE else f"`{_path_of(syscall.handler.__module__)}`"
        kinds = ", ".join(kind for kind in KINDS if kind in syscall.kinds)
        yield f"| `{op}` | {home} | {kinds} |"
    yield ""


def _path_of(module: str) -> str:
    file = ROOT / f"{module.replace('.', '/')}.py"
    return (file if file.is_file() else file.with_suffix("") / "__init__.py").relative_to(ROOT).as_posix()


def _gaps() -> Iterator[str]:
    yield "## Operations that are not\n"
    yield 'Calling one fails with "not supported: …".\n'
    yield "| operation | what it belongs to |"
    yield "|---|---|"
    for op, reason in sorted(syscalls.GAPS.items()):
        yield f"| `{op}` | {reason} |"
    yield ""


def _rooms() -> Iterator[str]:
    """One section for each room, one subsection for each module."""
    rooms: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        text = "" if "node_modules" in parts else ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if SOURCE.search(text):
            room = f"convex_test/{parts[0]}/" if len(parts) > 1 else "convex_test/"
            rooms.setdefault(room, []).extend(_section(path, text))
    for room in sorted(rooms):
        yield f"## `{room}`\n"
        yield from rooms[room]


def _prelude() -> Iterator[str]:
    yield "## JavaScript inside the engine\n"
    for path in sorted(PRELUDE.rglob("*.*js")):
        text = _leading_comment(path.read_text(encoding="utf-8"))
        if SOURCE.search(text):
            yield from _section(path, text)


def _leading_comment(source: str) -> str:
    lines: list[str] = []
    for line in source.splitlines():
        if not line.startswith("//"):
            break
        lines.append(line[2:].removeprefix(" "))
    return "\n".join(lines)


def _section(path: Path, text: str) -> Iterator[str]:
    """The first paragraph, those that name a source, and the notes."""
    yield f"### `{path.relative_to(ROOT).as_posix()}`\n"
    notes: list[str] = []
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        prose, *found = NOTE.split(" ".join(paragraph.split()))
        notes += found
        if prose.strip() and (number == 0 or SOURCE.search(prose)):
            yield _wrapped(prose) + "\n"
    for note in notes:
        yield _wrapped(note, "- ")
    if notes:
        yield ""


def _wrapped(text: str, bullet: str = "") -> str:
    return textwrap.fill(
        text.strip(),
        WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _tests() -> Iterator[str]:
    yield "## Tests of parity\n"
    yield "Functions in each file of `tests/parity/`; many run with several values and through both doors.\n"
    yield "| file | tests | about |"
    yield "|---|--:|---|"
    for path in sorted(PARITY_TESTS.glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        count = sum(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in ast.walk(tree))
        first = (ast.get_docstring(tree) or "").split("\n\n")[0]
        yield f"| `{path.name}` | {count} | {' '.join(first.split()).replace('|', '&#124;')} |"
    yield ""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(f"wrote {PAGE.relative_to(ROOT).as_posix()}")


if __name__ == "__main__":
    main()
