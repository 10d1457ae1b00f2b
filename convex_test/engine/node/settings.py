"""Which Node the engine runs, and whether somebody debugs in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Settings of the processes; equal settings share them.

    Attributes:
        program: the program or its path; None for what is found.
        place: where that was said, for error texts.
        inspect: the port of the debugger; None when nobody debugs. 0 is any free port.
        announce: is told how to attach a debugger.
    """

    program: str | None = None
    place: str = ""
    inspect: int | None = None
    announce: Callable[[str], None] = print
