"""One running function in a Node process: the counterpart of `JavaScriptContext`, with the same methods."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from convex_test.engine.context import ScriptCrash, ScriptOutOfMemory, ScriptTimeout
from convex_test.engine.messages import Outbox, parse
from convex_test.engine.node.process import ProcessEnded, pass_on

if TYPE_CHECKING:
    from convex_test.engine.node.process import NodeProcess

GRACE: Final = 0.5
"""Seconds that the runner has, after the time limit, to say itself that it has come."""
_END: Final = "."

# In a tuple because freezegun replaces module attributes that are the real clock.
_CLOCK: Final = (time.perf_counter,)


class NodeContext:
    """A place for one function after another in a process.

    Attributes:
        broken: the process is not to be used again.
        running_time: seconds that the function has run since `limit_time`, waiting for the host not counted.
        environment, environment_version, tables, owner: as in `JavaScriptContext`.
    """

    def __init__(self, process: NodeProcess, number: int = 1) -> None:
        self.process = process
        self.broken = False
        self.running_time = 0.0
        self.owner: object = None
        self.environment: object = None
        self.environment_version = -1
        self.tables: object = None
        self.number = number
        self._time_limit: float | None = None
        self._unsent: list[list[Any]] = []
        self._pumping = False
        self._lines: list[str] = []
        process.contexts[number] = self

    @property
    def is_busy(self) -> bool:
        """Whether the function runs on while nobody looks."""
        return self._pumping

    def limit_time(self, seconds: float) -> None:
        """Sets the limit of the function's running time, and starts the count."""
        self._time_limit = seconds
        self.running_time = 0.0

    def call(self, function: str, *args: str) -> None:
        """Calls one of the runner's functions with the next `pump`."""
        self._unsent.append([self.number, "call", function, *args])

    def resolve(self, request_id: str, text: str) -> None:
        """Fulfils the promise of a request with a text."""
        self._unsent.append([self.number, "resolve", request_id, text])

    def reject(self, request_id: str, error_json: str) -> None:
        """Rejects the promise of a request; the JSON is `{message, data?}`."""
        self._unsent.append([self.number, "reject", request_id, error_json])

    def pump(self, patience: float | None = None) -> Outbox:
        """Lets the function run until it asks for something, ends, or has nothing left to do.

        After `patience` seconds an empty outbox comes, though it is still at work (with files, a child process, or the
        network): what has a time of its own is due.

        Raises:
            ScriptTimeout, ScriptOutOfMemory, ScriptCrash: the process is of no use any more.
        """
        started = _CLOCK[0]()
        left = None if self._time_limit is None else max(0.0, self._time_limit - self.running_time)
        messages, self._unsent = self._unsent, []
        if not self._pumping:
            messages.append([self.number, "pump", None if left is None else left * 1000])
            self._pumping = True
        try:
            self.process.send(messages)
            return self._receive(started, None if left is None else left + GRACE, patience)
        except ProcessEnded as end:
            self.broken = True
            if end.out_of_memory:
                raise ScriptOutOfMemory from None
            raise ScriptCrash(end.code, end.said) from None
        finally:
            self.running_time += _CLOCK[0]() - started

    def _receive(self, started: float, limit: float | None, patience: float | None) -> Outbox:
        deadlines = [each for each in (limit, patience) if each is not None]
        while True:
            elapsed = _CLOCK[0]() - started
            received = self.process.receive(min(deadlines) - elapsed if deadlines else None)
            if received is None:
                if limit is not None and _CLOCK[0]() - started >= limit:
                    self.broken = True
                    raise ScriptTimeout
                return self.take_lines()
            number, line = received
            if pass_on(line):
                continue
            if number == 0:
                self.process.announce(line)
                continue
            context: NodeContext | None = self.process.contexts.get(number)
            if context is None:
                continue
            if context.ends_with(line) and context is self:
                return self.take_lines()

    def ends_with(self, line: str) -> bool:
        """Takes a line; whether it is the last one of a pump."""
        if line != _END:
            self._lines.append(line)
            return False
        self._pumping = False
        return True

    def close(self) -> None:
        """The place is not needed any more."""
        self.process.contexts.pop(self.number, None)
        if self.process.is_alive:
            self.process.send([[self.number, "close"]])

    def take_lines(self) -> Outbox:
        """What has come so far: of a process that is gone, its last words."""
        lines, self._lines = self._lines, []
        return parse("\n".join(lines))


class DebuggedContext(NodeContext):
    """One of many places in the process that somebody debugs: without time limits, and without impatience."""

    def limit_time(self, seconds: float) -> None:  # noqa: ARG002 - there is none
        """See `NodeContext`."""
        self.running_time = 0.0

    def pump(self, patience: float | None = None) -> Outbox:  # noqa: ARG002 - who debugs takes time
        """See `NodeContext`."""
        return super().pump()
