"""One function running in one JavaScript context: pump, answer requests, until it is done.

The order of things is that of the backend's run loops (`crates/isolate/src/environment/{udf,action}/mod.rs`):
microtasks run until none is left, then one batch of requests is answered, in the order they were made. A query or
mutation is done when no request is left, even when its handler returned before; an action is done when its handler
returns.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, cast

import orjson

from convex_test.engine.context import ScriptCrash, ScriptOutOfMemory, ScriptTimeout
from convex_test.errors import (
    ConvexTestError,
    FunctionError,
    FunctionTimeoutError,
    InternalError,
    OutOfMemoryError,
    UnsupportedError,
    UsageError,
)
from convex_test.functions.console import Console
from convex_test.functions.failures import out_of_memory, read_json, rejection, thrown_error, timed_out
from convex_test.functions.loading import load_failure
from convex_test.functions.requests import (
    BATCH_SIZE,
    BATCHED,
    FETCH,
    MAY_MAKE_TABLES,
    NESTED_CALLS,
    arguments_of,
)
from convex_test.functions.unawaited import TIMER, Unawaited, describe, may_dangle
from convex_test.functions.warnings import action_warnings
from convex_test.syscalls import OPS, answer
from convex_test.syscalls.queries import close_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convex_test.engine.context import JavaScriptContext
    from convex_test.engine.messages import Outbox, Request
    from convex_test.engine.protocol import Context
    from convex_test.functions.deployment import Deployment
    from convex_test.syscalls.scope import Scope


class Execution:
    """A running function.

    Attributes:
        timers: the timers it waits for, as pairs of request and milliseconds, until somebody takes them.
        started: the actions it has started and waits for, by request, until somebody takes them.
        result: the JSON text of what it returned, once it is done.
        error: what it failed with, once it is done.
        can_go_on: whether it has paused though it waits for nothing, so that others may go first.
        args_size: the size of its arguments in bytes, if it is an action; 0 for what has none.
    """

    def __init__(self, deployment: Deployment, scope: Scope, *, now: int, name: str) -> None:
        self.scope = scope
        self.now = now
        self.result: str | None = None
        self.error: ConvexTestError | None = None
        self.timers: list[tuple[str, float]] = []
        self.started: list[tuple[str, Any]] = []
        caller = scope.console if scope.depth else None
        self._component = deployment.component(scope.component)
        self._console = scope.console = Console(self._component.runtime, name, deployment.logs, caller)
        self._deployment = deployment
        self._name = name
        self._queue: deque[Request] = deque()
        self.args_size = 0
        self.can_go_on = False
        self._waiting = 0
        self._actions: dict[str, Request] = {}
        self._unawaited: list[Request] = []
        self._delivered: dict[str, tuple[FunctionError, bool]] = {}
        self._failed_module: str | None = None
        self._context: Context | None = None

    def start(self, enter: Callable[[Context], object]) -> None:
        """Takes a context and calls the function in it; `enter` makes the call."""
        deployment = self._deployment
        context = self._context = self._acquire()
        context.limit_time(deployment.time_limit(self.scope.kind))
        seed = deployment.random.getrandbits(128)
        self._guarded(lambda: context.call("begin", self._begin_settings(context, seed)))
        self._tell_tables(context)
        self._guarded(lambda: enter(context))

    def run(self) -> str:
        """Runs a query or mutation to its end; its result's JSON text. Raises what it failed with."""
        if not self.advance():
            raise InternalError(f"{self._name} waits for a timer or an action in a transaction.")
        if self.error is not None:
            raise self.error
        if self.result is None:
            raise InternalError(f"{self._name} ended without a result.")
        return self.result

    def advance(self) -> bool:
        """Runs until the function is done (True) or waits for a timer or another action (False).

        An action whose order among others is shuffled pauses after each operation as well.
        """
        self.can_go_on = False
        if self.error is not None:
            return True
        context = self._live_context()
        shuffles = self._deployment.order.shuffles and self.scope.kind == "action"
        try:
            while not self._settled(self._pump(context)):
                if self._queue and shuffles:
                    self._answer_any(context)
                    self.can_go_on = True
                    return False
                if self._queue:
                    self._answer_batch(context)
                elif self._waiting:
                    return False
                else:
                    self._end(self._never_resolves())
                    return True
        except (ScriptTimeout, ScriptOutOfMemory, ScriptCrash) as stop:
            self._end(self._stopped(stop))
        except ConvexTestError as error:
            self._end(error)
        except BaseException:
            self.abandon()
            raise
        return True

    def warn(self, message: str) -> None:
        """Adds a line of the backend's own to the log of a function that has ended."""
        self._console.warn_at_the_end(message, self.now)

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        return self._context is None

    def fulfil(self, request_id: str, text: str) -> None:
        """The action that the function waited for has returned."""
        del self._actions[request_id]
        self._waiting -= 1
        self._live_context().resolve(request_id, text)

    def wake(self, request_id: str) -> None:
        """The time of a timer has come."""
        self._waiting -= 1
        self._live_context().resolve(request_id, "null")

    def refuse(self, request_id: str, error: FunctionError) -> None:
        """The action that the function waited for has failed."""
        del self._actions[request_id]
        self._waiting -= 1
        self._reject(self._live_context(), request_id, error, from_function=True)

    def tick(self, now: int) -> None:
        """Time has moved; in nanoseconds."""
        self.now = now
        self._live_context().call("tick", str(now // 1_000_000))

    def abandon(self) -> None:
        """Ends the execution from outside: nobody wants its result any more."""
        if self._context is not None:
            self._release(self._context)
            self._context = None

    # What the two engines do differently: see `NodeExecution`

    def _acquire(self) -> Context:
        return self._component.acquire()

    def _release(self, context: Context) -> None:
        self._component.release(cast("JavaScriptContext", context))

    def _begin_settings(self, context: Context, seed: int) -> str:
        return self._deployment.begin_settings(self._component, context, self.scope.kind, self.now, seed)

    def _pump(self, context: Context) -> Outbox:
        return context.pump()

    def _ask_for_timer(self, request_id: str, milliseconds: float) -> None:
        """The function waits for so long."""

    def _never_resolves(self) -> FunctionError:
        return FunctionError("Returned promise will never resolve", **self._details())

    def _stopped(self, stop: Exception) -> FunctionError:
        """What a function is told that was stopped from outside."""
        if isinstance(stop, ScriptTimeout):
            return timed_out(self._deployment.time_limit(self.scope.kind), **self._details())
        if isinstance(stop, ScriptOutOfMemory):
            return out_of_memory(**self._details())
        raise InternalError("QuickJS has ended by itself.") from stop

    def _warnings(self) -> Iterator[str]:
        """What the backend says itself when an action has ended."""
        operations = [request.op for request in self._left_behind()]
        # What has no arguments is no registered function, and what it returns is not limited.
        result = self.result if self.result is not None and self.args_size and self.error is None else ""
        return action_warnings(self.args_size, operations, result)

    # One turn

    def _settled(self, outbox: Outbox) -> bool:
        """Takes in what a pump brought. True when the function is done."""
        for line in outbox.logs:
            self._console.write(read_json(line), self.now)
        for op, argument in outbox.notices:
            self._notice(op, argument)
        self._queue.extend(outbox.requests)
        if outbox.result is not None:
            self.result = outbox.result
            self._unawaited = self._left_behind()
        if outbox.failure is not None:
            self._end(self._thrown(read_json(outbox.failure)))
            return True
        if self.result is not None and (self.scope.kind == "action" or not self._queue):
            self._end(None)
            return True
        return False

    def _answer_batch(self, context: Context) -> None:
        queue = self._queue
        for _ in range(BATCH_SIZE):
            request = queue.popleft()
            self._answer(context, request)
            sort = BATCHED.get(request.op)
            if sort is None or not queue or BATCHED.get(queue[0].op) != sort:
                return

    def _answer_any(self, context: Context) -> None:
        at = self._deployment.order.pick(len(self._queue))
        request = self._queue[at]
        del self._queue[at]
        self._answer(context, request)

    def _answer(self, context: Context, request: Request) -> None:
        if request.op == TIMER:
            self._waiting += 1
            milliseconds = orjson.loads(request.args)["milliseconds"]
            self._ask_for_timer(request.id, milliseconds)
            self.timers.append((request.id, milliseconds))
            return
        self.scope.alone = not self._queue and not self._waiting
        try:
            found = answer(OPS, self.scope, request.op, arguments_of(request))
        except (FunctionTimeoutError, OutOfMemoryError) as error:
            # No `catch` stops these, except that of an action: what it runs has a transaction of its own.
            if self.scope.kind != "action":
                raise
            self._reject(context, request.id, error, from_function=True)
        except UnsupportedError:
            raise
        except FunctionError as error:
            self._reject(context, request.id, error, from_function=request.op in NESTED_CALLS)
        else:
            if isinstance(found, str):
                context.resolve(request.id, found)
            else:
                self._waiting += 1
                self._actions[request.id] = request
                self.started.append((request.id, found))
        if request.op in MAY_MAKE_TABLES:
            self._tell_tables(context)
        elif request.op == FETCH:
            # An HTTP action of this deployment may have waited for timers.
            self.tick(self._deployment.clock.read())

    def _reject(self, context: Context, request_id: str, error: FunctionError, *, from_function: bool) -> None:
        # It goes on as a new error; the frames of this library behind it are of no use.
        error.with_traceback(None)
        text = rejection(error)
        self._delivered[orjson.loads(text)["message"]] = (error, from_function)
        context.reject(request_id, text)

    def _tell_tables(self, context: Context) -> None:
        """`db.normalizeId` is answered in JavaScript, from the numbers of the tables."""
        if self.scope.database is None:
            return
        numbers = self.scope.database.namespace.table_numbers()
        if context.tables != numbers:
            context.call("setTables", orjson.dumps(numbers).decode())
            context.tables = dict(numbers)

    def _notice(self, op: str, argument: str) -> None:
        if op == "stream/close":
            close_stream(self.scope, int(argument))
        elif op == "module/failed":
            self._failed_module = orjson.loads(argument)
        else:
            raise InternalError(f"The prelude sent a notice that the host does not know: {op!r}")

    # Its end

    def _thrown(self, failure: dict[str, Any]) -> ConvexTestError:
        if self._failed_module is not None:
            self._live_context().owner = None
            return load_failure(self._component.runtime, self._failed_module, failure)
        if failure.get("syntax"):
            return UsageError(
                f"js({failure['syntax']!r:.100}): {failure['text']}. A snippet is a JavaScript function, without types."
            )
        context = self._live_context()
        error = thrown_error(self._component.runtime, failure, self._delivered, self._details(), context.running_time)
        context.broken |= isinstance(error, OutOfMemoryError)
        return error

    def _details(self) -> dict[str, Any]:
        return {"function": self._name, "logs": self._console.lines}

    def _left_behind(self) -> list[Request]:
        """What was begun and is not done. An action leaves it behind; a query or mutation still does it."""
        return [request for request in (*self._queue, *self._actions.values()) if may_dangle(request.op)]

    def _note_unawaited(self) -> None:
        """For the report of the test."""
        calls = tuple(dict.fromkeys(map(describe, self._unawaited)))
        name = self._name.removeprefix(f"{self._component.path}/")
        place = self._component.runtime.place_of(name)
        self._deployment.unawaited.append(Unawaited(self._name, self.scope.kind, calls, place))

    def _end(self, error: ConvexTestError | None) -> None:
        self.error = error
        if error is None and self._unawaited:
            self._note_unawaited()
        if self.scope.kind == "action":
            for message in self._warnings():
                self.warn(message)
        self.abandon()

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except (ScriptTimeout, ScriptOutOfMemory) as stop:
            self._end(self._stopped(stop))

    def _live_context(self) -> Context:
        if self._context is None:
            raise InternalError("An execution goes on after its end.")
        return self._context
