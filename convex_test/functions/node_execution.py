"""A running action of a module with `"use node"`: an execution in a Node process.

Where it differs from other actions is read in `npm-packages/node-executor/src/{executor,syscalls}.ts` and
`crates/node_executor/src/{executor,local}.rs`: texts of time-outs, limits of arguments and console, and that what
nobody has caught ends the process.

By design: a function that waits for what nothing can bring about times out at once, and not after the time limit. The
texts of a process that ended, and of one that ran out of memory, are this library's own; the backend's are not public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from convex_test.backend.clock import NANOSECONDS_PER_MILLISECOND, NANOSECONDS_PER_SECOND
from convex_test.engine.context import ScriptCrash, ScriptOutOfMemory, ScriptTimeout
from convex_test.errors import FunctionError, FunctionTimeoutError, InternalError, OutOfMemoryError
from convex_test.functions.console import MAXIMUM_LINES
from convex_test.functions.execution import Execution
from convex_test.functions.failures import read_json
from convex_test.values.codec import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convex_test.engine.messages import Outbox
    from convex_test.engine.node.context import NodeContext
    from convex_test.engine.protocol import Context
    from convex_test.errors import ConvexTestError
    from convex_test.functions.deployment import Deployment
    from convex_test.syscalls.scope import Scope
    from convex_test.values.types import Value

PATIENCE: Final = 0.02
"""Seconds that an action may take for other work while one that it has called is to run."""
MAXIMUM_ARGUMENTS: Final = 5 << 20
ARGUMENTS_TOO_LARGE: Final = (
    "Node actions arguments size is too large. The maximum size is 5 MiB. Reduce the size of the arguments or consider "
    "using Convex runtime actions instead, which have a 16 MiB limit. See https://docs.convex.dev/functions/runtimes"
)
ENDLESS: Final = (
    "Function execution unexpectedly timed out. Check your function for infinite loops or other long-running "
    "operations."
)


def check_size(args: Value) -> None:
    """Raises `FunctionError` for arguments that are too large for a Node action; the limit is one of their JSON."""
    if len(encode(args).encode("utf-8", "surrogatepass")) > MAXIMUM_ARGUMENTS:
        raise FunctionError(ARGUMENTS_TOO_LARGE)


class NodeExecution(Execution):
    """Begins when it is first advanced, so that actions that were started together do not need a process each."""

    def __init__(self, deployment: Deployment, scope: Scope, *, now: int, name: str) -> None:
        super().__init__(deployment, scope, now=now, name=name)
        self._entry: Callable[[Context], object] | None = None
        self._due: dict[str, int] = {}
        # The runner counts the lines, and adds one that says so when it leaves some out.
        self._console.maximum = MAXIMUM_LINES + 2

    def start(self, enter: Callable[[Context], object]) -> None:
        """See `Execution`."""
        self._entry = enter

    def advance(self) -> bool:
        """See `Execution`."""
        if self._entry is not None:
            entry, self._entry = self._entry, None
            self.now = self._deployment.clock.read()
            try:
                super().start(entry)
            except FunctionError as error:
                self._end(error)
        return super().advance()

    @property
    def done(self) -> bool:
        """See `Execution`."""
        return self._entry is None and super().done

    def abandon(self) -> None:
        """See `Execution`."""
        self._entry = None
        super().abandon()

    def _acquire(self) -> Context:
        return self._deployment.acquire_node()

    def _release(self, context: Context) -> None:
        self._deployment.release_node(cast("NodeContext", context))

    def _begin_settings(self, context: Context, seed: int) -> str:
        settings = orjson.loads(super()._begin_settings(context, seed))
        return self._deployment.node_settings(cast("NodeContext", context), settings)

    def _pump(self, context: Context) -> Outbox:
        """While it waits for a timer and is at work otherwise, the timer's time is real time."""
        patience = None
        if self._actions:
            patience = PATIENCE
        elif self._due:
            left = min(self._due.values()) - self._deployment.clock.read()
            patience = max(0, left) / NANOSECONDS_PER_SECOND
        return context.pump(patience)

    def _ask_for_timer(self, request_id: str, milliseconds: float) -> None:
        self._due[request_id] = self._deployment.clock.read() + round(milliseconds * NANOSECONDS_PER_MILLISECOND)

    def wake(self, request_id: str) -> None:
        """See `Execution`."""
        del self._due[request_id]
        super().wake(request_id)

    def _never_resolves(self) -> FunctionError:
        return self._timed_out("It waits for a promise that nothing can settle any more.")

    def _timed_out(self, reason: str) -> FunctionTimeoutError:
        seconds = self._deployment.time_limit(self.scope.kind)
        _, _, name = self._name.partition(":")
        error = FunctionTimeoutError(
            f"Action `{name or 'default'}` execution timed out (maximum duration {seconds:g}s)", **self._details()
        )
        error.add_note(reason)
        return error

    def _stopped(self, stop: Exception) -> FunctionError:
        for line in cast("NodeContext", self._live_context()).take_lines().logs:
            self._console.write(read_json(line), self.now)
        match stop:
            case ScriptTimeout():
                return FunctionTimeoutError(ENDLESS, **self._details())
            case ScriptOutOfMemory():
                return OutOfMemoryError(
                    "Node action ran out of memory (maximum memory usage: 512 MB)", **self._details()
                )
            case ScriptCrash(code=code, said=said):
                text = f"The Node process that ran the action has ended, with exit code {code}"
                return FunctionError(f"{text}:\n{said}" if said else f"{text}.", **self._details())
        raise InternalError("A Node process was stopped for a reason that is not known.") from stop

    def _thrown(self, failure: dict[str, Any]) -> ConvexTestError:
        if failure.get("exits") or failure.get("timedOut"):
            self._live_context().broken = True
        if failure.get("timedOut"):
            return FunctionTimeoutError(failure["text"], **self._details())
        return super()._thrown(failure)

    def _notice(self, op: str, argument: str) -> None:
        if op == "network/refused":
            world = self._deployment.world
            if world is not None:
                world.refuse(orjson.loads(argument))
            return
        if op == "coverage/hits":
            self._deployment.runtime.take_node_hits(argument)
            return
        super()._notice(op, argument)

    def _warnings(self) -> Iterator[str]:
        """The runner has said what it did not wait for."""
        return iter(())
