"""What a `t` remembers of its calls: console lines and the tree of calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Usage(Protocol):
    """What counts the reads and writes of a transaction."""

    def metrics(self) -> dict[str, dict[str, int]]:
        """`{"documentsRead": {"used", "remaining"}, …}`."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that a function wrote to its console.

    Attributes:
        level: "DEBUG", "INFO", "LOG", "WARN" or "ERROR".
        message: the arguments as Convex prints them, joined by spaces.
        function: the function that wrote it, such as "messages:send".
        time: when, in UTC, on the deployment's clock.
        is_truncated: whether the message was longer than Convex keeps.
    """

    level: str
    message: str
    function: str
    time: datetime
    is_truncated: bool = False

    def __str__(self) -> str:
        return f"[{self.level}] {self.message}{' (truncated due to length)' if self.is_truncated else ''}"


@dataclass(frozen=True, slots=True)
class FunctionRecord:
    """A function that the project exports.

    Attributes:
        path: such as "messages:send".
        kind: "query", "mutation", "action" or "httpAction".
        visibility: "public" or "internal".
        args: the validator of the arguments as Convex's JSON; `{"type": "any"}` when there is none.
        returns: the validator of the result; None when there is none.
        file: the file, relative to the project's folder.
        line: the line of its declaration; None when it is not declared by `export const` or `export default`.
        covered: whether its code has run in this process so far, in any backend; None when coverage.py does not measure
            TypeScript (`convex_test.coverage`).
    """

    path: str
    kind: str
    visibility: str | None
    args: Any
    returns: Any
    file: str
    line: int | None
    covered: bool | None = None


@dataclass(slots=True, eq=False)
class CallRecord:
    """One function call, with the calls it made.

    Attributes:
        function: such as "messages:send"; inline handlers are called "inline".
        kind: "query", "mutation", "action" or "httpAction".
        args: the arguments.
        result: what it returned, or None.
        error: what it raised, or None.
        duration: seconds of running, nested calls included.
        children: the calls it made, in order.
        identity: the user that the test called it as, with `tokenIdentifier` and perhaps `name`, or None.
    """

    function: str
    kind: str
    args: Any
    result: Any = None
    error: BaseException | None = None
    duration: float = 0.0
    children: list[CallRecord] = field(default_factory=list)
    identity: Mapping[str, Any] | None = None
    usage: Usage | None = field(default=None, repr=False)

    @property
    def metrics(self) -> dict[str, dict[str, int]]:
        """What its transaction had used when it ended, by metric; empty for actions and failed look-ups."""
        return {} if self.usage is None else self.usage.metrics()
