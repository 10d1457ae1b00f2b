"""The console of one execution: lines as Convex keeps them, with its limits.

Limits and texts of `crates/common/src/log_lines.rs` and `crates/isolate/src/environment/{udf,action}/mod.rs`. A line
has at most 32,768 bytes, an execution at most 256 lines, the last of which says that the rest was left out. What a
query or mutation calls in its own transaction counts as its lines too; what an action calls does not. What the backend
says itself when a function ends is neither cut nor left out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.clock import NANOSECONDS_PER_SECOND
from convex_test.functions.log_records import hand_on
from convex_test.records import LogLine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.functions.runtime import ProjectRuntime
    from convex_test.syscalls.scope import CallerConsole

MAXIMUM_LINES: Final = 256
MAXIMUM_BYTES: Final = 32768
OVERFLOW: Final = f"Log overflow (maximum {MAXIMUM_LINES}). Remaining log lines omitted."


class Console:
    """Collects the lines of one execution, and hands each on to the lines of the whole test, and to Python's logging.

    Attributes:
        maximum: how many lines it takes.

    Args:
        function: whose lines they are.
        everything: the lines of the whole test.
        caller: the console of the function whose transaction this one runs in.
    """

    def __init__(
        self,
        runtime: ProjectRuntime,
        function: str,
        everything: list[LogLine],
        caller: CallerConsole | None = None,
    ) -> None:
        self.lines: list[LogLine] = []
        self.maximum = MAXIMUM_LINES
        self._count = 0
        self._runtime = runtime
        self._function = function
        self._everything = everything
        self._caller = caller

    def write(self, written: Mapping[str, Any], now: int) -> None:
        """A line from the prelude: `{level, messages, stack?}`; `now` is in nanoseconds."""
        messages = list(written["messages"])
        if "stack" in written:
            messages.append("".join(["\n", *(f"{frame}\n" for frame in self._runtime.frames(written["stack"]))]))
        self._add(written["level"], " ".join(messages), now)

    def warn(self, message: str, now: int) -> None:
        """A line of the backend's own, while the function runs."""
        self._add("WARN", message, now)

    def warn_at_the_end(self, message: str, now: int) -> None:
        """A line of the backend's own, once the function has ended."""
        self._pass_on(LogLine("WARN", message, self._function, _time(now)))

    def take(self, line: LogLine) -> None:
        """A line of a function that runs in this one's transaction."""
        if self._count >= self.maximum:
            return
        if self._count == self.maximum - 1:
            line = LogLine("ERROR", OVERFLOW, self._function, line.time)
        self._pass_on(line)

    def _add(self, level: str, message: str, now: int) -> None:
        if self._count < self.maximum:
            kept = _cut(message)
            self.take(LogLine(level, kept, self._function, _time(now), len(kept) < len(message)))

    def _pass_on(self, line: LogLine) -> None:
        self._count += 1
        self.lines.append(line)
        if self._caller is not None:
            self._caller.take(line)
        else:
            self._everything.append(line)
            hand_on(line, self._runtime)


def _time(now: int) -> datetime:
    return datetime.fromtimestamp(now / NANOSECONDS_PER_SECOND, UTC)


def _cut(message: str) -> str:
    if len(message) * 4 <= MAXIMUM_BYTES:
        return message
    encoded = message.encode("utf-8", "replace")
    return message if len(encoded) <= MAXIMUM_BYTES else encoded[:MAXIMUM_BYTES].decode("utf-8", "ignore")
