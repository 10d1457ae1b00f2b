"""Several executions in one context, each with its turn: a test file and the functions that it calls.

They share modules and globals, as they do in Vitest. An execution goes on only when the host answers one of its
requests, and the host gives it the turn before it does; so all that a pump runs belongs to the one whose turn it is.
`prelude/src/turns.js` puts aside the state of the others.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from convex_test.engine.context import JavaScriptContext
from convex_test.engine.messages import EMPTY, Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    import quickjs

    from convex_test.engine.messages import Request

LONGEST_TURN: Final = 60.0
"""Seconds that an execution may run for which nothing else is said."""
SUITE_OPERATION: Final = "t/"
"""What the names of a test file's own requests begin with; all others are those of functions."""


class SharedContext:
    """A context whose executions take turns.

    Attributes:
        answer: answers a request of the test file, from whatever execution it comes: the text of the answer, or the
            JSON of the error.
        notify: takes a notice of the test file.
    """

    def __init__(self, context: JavaScriptContext) -> None:
        self.context = context
        self.answer: Callable[[Turn, Request], None] = _nobody
        self.notify: Callable[[str, str], None] = _nobody
        self._current: Turn | None = None
        self._numbers = itertools.count(1)

    def turn(self) -> Turn:
        """A new execution."""
        return Turn(self, str(next(self._numbers)))

    def give(self, turn: Turn) -> JavaScriptContext:
        """Lets `turn` go on; the context."""
        context = self.context
        before = self._current
        if before is turn:
            return context
        if before is not None:
            # What it has set going runs in its own turn.
            before.keep(context.pump())
            before.running_time = context.running_time
        self._current = turn
        context.call("takeTurn", turn.id)
        context.limit_time(turn.time_limit)
        context.running_time = turn.running_time
        return context

    def end(self, turn: Turn) -> None:
        """An execution is over."""
        if self._current is not turn and not self.context.broken:
            self.context.call("endTurn", turn.id)


class Turn(JavaScriptContext):
    """One execution's view of a shared context: what `Execution` knows as its context."""

    def __init__(self, shared: SharedContext, number: str) -> None:
        # No context of its own, so the parent's `__init__` is not for it.
        self.id = number
        self.running_time = 0.0
        self.time_limit = LONGEST_TURN
        self.owner: object = None
        self.environment: object = None
        self.environment_version = -1
        self.tables: object = None
        self._shared = shared
        self._kept: list[Outbox] = []

    @property
    def broken(self) -> bool:
        """The shared context was interrupted or ran out of memory."""
        return self._shared.context.broken

    @broken.setter
    def broken(self, value: bool) -> None:
        if value:
            self._shared.context.broken = True

    def keep(self, outbox: Outbox) -> None:
        """What came of it while others waited for their turn."""
        if outbox is not EMPTY:
            self._kept.append(outbox)

    def limit_time(self, seconds: float) -> None:
        """See `JavaScriptContext`."""
        self.time_limit = seconds
        self.running_time = 0.0
        self._shared.give(self).limit_time(seconds)

    def call(self, function: str, *args: str | quickjs.Object) -> object:
        """See `JavaScriptContext`."""
        return self._shared.give(self).call(function, *args)

    def resolve(self, request_id: str, text: str) -> None:
        """See `JavaScriptContext`."""
        self._shared.give(self).resolve(request_id, text)

    def reject(self, request_id: str, error_json: str) -> None:
        """See `JavaScriptContext`."""
        self._shared.give(self).reject(request_id, error_json)

    def pump(self, patience: float | None = None) -> Outbox:
        """See `JavaScriptContext`. Requests and notices of the test file are seen to on the way."""
        requests: list[Request] = []
        notices: list[tuple[str, str]] = []
        logs: list[str] = []
        result: str | None = None
        while True:
            context = self._shared.give(self)
            found = self._kept.pop(0) if self._kept else context.pump(patience)
            result = found.result if result is None else result
            for op, argument in found.notices:
                if op.startswith("suite/"):
                    self._shared.notify(op.removeprefix("suite/"), argument)
                else:
                    notices.append((op, argument))
            logs += found.logs
            own = [request for request in found.requests if request.op.startswith(SUITE_OPERATION)]
            requests += [request for request in found.requests if request not in own]
            if found.failure is not None or not (own or self._kept):
                return Outbox(requests, notices, logs, result, found.failure)
            for request in own:
                self._shared.answer(self, request)


def _nobody(*_args: object) -> None:
    raise AssertionError("A shared context was used before anybody listened to it.")
