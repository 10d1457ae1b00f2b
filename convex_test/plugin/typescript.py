"""The TypeScript side of a failure: which call failed, the source around the line that threw, the console."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from convex_test.errors import FunctionError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convex_test.errors import Frame

LINES_AROUND: Final = 3
MAXIMUM_WIDTH: Final = 160


def describe_failure(error: FunctionError) -> str:
    """Call chain, source and console lines; empty when there is nothing to show."""
    innermost = error
    chain = list(error.chain)
    while isinstance(innermost.__cause__, FunctionError):
        innermost = innermost.__cause__
        chain += innermost.chain
    parts = [_chain(chain), _source(innermost.frames or error.frames, error.root), _console(error)]
    return "\n\n".join(part for part in parts if part)


def _chain(chain: Sequence[str]) -> str:
    return " → ".join(chain)


def _source(frames: Sequence[Frame], root: Path | None) -> str:
    for frame in frames:
        if root is not None and "node_modules" not in frame.file and (root / frame.file).is_file():
            return excerpt(root / frame.file, frame)
    return ""


def excerpt(path: Path, frame: Frame) -> str:
    """Lines of a file around a frame, with a caret under its column."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if frame.line > len(lines):
        return ""
    first = max(1, frame.line - LINES_AROUND)
    last = min(len(lines), frame.line + LINES_AROUND)
    width = len(str(last))
    shown = [f"{_short(path)}:{frame.line}:{frame.column}: in {frame.function}"]
    for number in range(first, last + 1):
        text = lines[number - 1].expandtabs(1)
        marker = ">" if number == frame.line else " "
        shown.append(f"{marker} {number:>{width}} | {_cut(text)}".rstrip())
        if number == frame.line:
            shown.append(f"  {'':>{width}} | {'':>{frame.column - 1}}^")
    return "\n".join(shown)


def _console(error: FunctionError) -> str:
    if not error.logs:
        return ""
    return "\n".join(["console:", *[f"  {line.function}: {line}" for line in error.logs]])


def _cut(text: str) -> str:
    return text if len(text) <= MAXIMUM_WIDTH else text[: MAXIMUM_WIDTH - 1] + "…"


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
