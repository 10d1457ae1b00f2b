"""The console of one execution: lines as Convex keeps them, with its limits.

Limits and texts of `crates/common/src/log_lines.rs` and `crates/isolate/src/environment/helpers/mod.rs`. A line has at
most 32,768 bytes, an execution at most 256 lines, the last of which says that the rest was left out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from convex_test.records import LogLine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.functions.runtime import ProjectRuntime

MAXIMUM_LINES: Final = 256
MAXIMUM_BYTES: Final = 32768
OVERFLOW: Final = f"Log overflow (maximum {MAXIMUM_LINES}). Remaining log lines omitted."


class Console:
    """Collects the lines of one execution, and hands each on to the lines of the whole test."""

    def __init__(self, runtime: ProjectRuntime, function: str, everything: list[LogLine]) -> None:
        self.lines: list[LogLine] = []
        self._runtime = runtime
        self._function = function
        self._everything = everything

    def write(self, written: Mapping[str, Any], now: int) -> None:
        """A line from the prelude: `{level, messages, stack?}`; `now` is in nanoseconds."""
        messages = list(written["messages"])
        if "stack" in written:
            messages.append("\n".join(map(str, self._runtime.frames(written["stack"]))))
        self._add(written["level"], " ".join(messages), now)

    def warn(self, message: str, now: int) -> None:
        """A line of the backend's own."""
        self._add("WARN", message, now)

    def _add(self, level: str, message: str, now: int) -> None:
        count = len(self.lines)
        if count >= MAXIMUM_LINES:
            return
        if count == MAXIMUM_LINES - 1:
            level, message = "ERROR", OVERFLOW
        line = LogLine(level, _cut(message), self._function, datetime.fromtimestamp(now / 1e9, UTC))
        self.lines.append(line)
        self._everything.append(line)


def _cut(message: str) -> str:
    if len(message) * 4 <= MAXIMUM_BYTES:
        return message
    encoded = message.encode("utf-8", "replace")
    return message if len(encoded) <= MAXIMUM_BYTES else encoded[:MAXIMUM_BYTES].decode("utf-8", "ignore")
