"""Reads stack traces: `    at send (<input>:12345:7)`, one frame a line, positions from 1.

QuickJS calls every evaluated source `<input>`, so sources are told apart by their line numbers: each is evaluated with
enough empty lines in front that it begins at a line of its own (`BUNDLE_LINE`, `SNIPPET_LINE`). Lines before those are
the prelude's. `<node>` is the bundle of a Node process, whose runner writes its frames in the same way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

ASYNC_STARTER: Final = "__async"
"""The prelude's function that starts a generator in the place of an async function."""

SNIPPET_LINE: Final = 5_001
BUNDLE_LINE: Final = 10_001

_FRAME = re.compile(
    r"^    at (?P<function>.*?) ?\(?<(?P<source>input|node)>:(?P<line>\d+):(?P<column>\d+)\)?$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class ScriptFrame:
    """A frame inside the bundle, that for Node, or a snippet. `line` counts from 1 within that source."""

    function: str
    line: int
    column: int
    source: Literal["bundle", "node", "snippet"]


def parse_stack(stack: str) -> list[ScriptFrame]:
    """The frames of the bundle and of snippets, innermost first; the prelude's and native ones are left out.

    An async function that became a generator is one frame: the generator's, which has its name.
    """
    frames = []
    started = False
    for match in _FRAME.finditer(stack):
        line, column = int(match["line"]), int(match["column"])
        function = match["function"] or "<anonymous>"
        if match["source"] == "node":
            frames.append(ScriptFrame(function, line, column, "node"))
        elif line < SNIPPET_LINE:
            started = started or function == ASYNC_STARTER
        elif started:
            started = False
        elif line >= BUNDLE_LINE:
            frames.append(ScriptFrame(function, line - BUNDLE_LINE + 1, column, "bundle"))
        else:
            frames.append(ScriptFrame(function, line - SNIPPET_LINE + 1, column, "snippet"))
    return frames
