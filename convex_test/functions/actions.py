"""Actions: several may be in flight, each waiting for timers or for actions that it started.

Who goes on next is defined: the actions that can go on, in the order in which they became able to; when none can, the
earliest timer, ties in the order of their start. Time then jumps to that timer; nothing sleeps. (The backend runs
actions in parallel, so any order is one of its own.)
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from convex_test.errors import ConvexTestError, FunctionError, InternalError
from convex_test.functions.calls import (
    Result,
    check_arguments,
    check_result,
    entering,
    resolve_address,
    value_of,
)
from convex_test.functions.execution import Execution
from convex_test.functions.recording import recorded
from convex_test.functions.resolve import find_function

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from convex_test.engine.context import JavaScriptContext
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.registered import RegisteredFunction
    from convex_test.records import CallRecord
    from convex_test.references import FunctionPath
    from convex_test.syscalls.scope import Address, Scope
    from convex_test.values.types import Value

NANOSECONDS_PER_MILLISECOND = 1_000_000


class ActionTask:
    """An action in flight, and who waits for it."""

    def __init__(
        self,
        loop: ActionLoop,
        scope: Scope,
        name: str,
        *,
        function: RegisteredFunction | None,
        recording: AbstractContextManager[CallRecord],
        record: CallRecord,
    ) -> None:
        self.loop = loop
        self.function = function
        self.scope = scope
        self.execution = Execution(loop.deployment, scope, now=loop.deployment.clock.read(), name=name)
        self.parent: tuple[ActionTask, str] | None = None
        self.record = record
        self._recording = recording

    def outcome(self) -> Result:
        """Its result, checked; raises what it failed with."""
        error = self.execution.error
        try:
            if error is not None:
                raise error
            text = self.execution.result
            if text is None:
                raise InternalError(f"{self.record.function} ended without a result.")
            value = (
                value_of(self.record.function, text)
                if self.function is None
                else check_result(self.function, text, self.scope)
            )
            self.record.result = value
        except ConvexTestError as failure:
            self._recording.__exit__(type(failure), failure, None)
            raise
        self._recording.__exit__(None, None, None)
        return Result(text, value)


class ActionLoop:
    """Runs one top-level action and everything that it starts."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._ready: deque[ActionTask] = deque()
        self._timers: list[tuple[int, int, ActionTask, str]] = []
        self._order = itertools.count()
        self._tasks: list[ActionTask] = []

    def start_function(self, scope: Scope, path: FunctionPath, args: Value, *, public_only: bool) -> ActionTask:
        """Begins a registered action.

        Raises:
            FunctionError: there is no such action, or the arguments do not fit.
        """
        recording = recorded(scope.calls, str(path), "action", args)
        record = recording.__enter__()
        try:
            function = find_function(self.deployment, path, "action", public_only=public_only)
            check_arguments(function, args, scope)
        except BaseException as error:
            recording.__exit__(type(error), error, error.__traceback__)
            raise
        inner = replace(scope, kind="action", function=path, streams={}, calls=record.children, database=None)
        task = ActionTask(self, inner, str(path), function=function, recording=recording, record=record)
        self._begin(task, entering(function, args))
        return task

    def start_handler(self, scope: Scope, name: str, enter: Callable[[JavaScriptContext], object]) -> ActionTask:
        """Begins a helper or a snippet as an action."""
        recording = recorded(scope.calls, name, "action", None)
        record = recording.__enter__()
        inner = replace(scope, calls=record.children)
        task = ActionTask(self, inner, name, function=None, recording=recording, record=record)
        self._begin(task, enter)
        return task

    def start_child(self, scope: Scope, address: Address, args: Value) -> ActionTask:
        """`ctx.runAction`."""
        return self.start_function(scope, resolve_address(address, scope.component), args, public_only=False)

    def run(self, root: ActionTask) -> Result:
        """Runs until the root action is done; its result. Raises what it failed with."""
        try:
            while True:
                if self._ready:
                    task = self._ready.popleft()
                    if self._advance(task) and task is root:
                        return root.outcome()
                elif self._timers:
                    self._fire_timer()
                else:
                    raise InternalError("Actions wait for each other, and nothing is left that could wake them.")
        finally:
            # The others are cancelled, as in production when the root action returns.
            for task in self._tasks:
                task.execution.abandon()

    def _begin(self, task: ActionTask, enter: Callable[[JavaScriptContext], object]) -> None:
        self._tasks.append(task)
        task.execution.start(enter)
        self._ready.append(task)

    def _advance(self, task: ActionTask) -> bool:
        execution = task.execution
        done = execution.advance()
        for request_id, milliseconds in execution.timers:
            due = self.deployment.clock.read() + round(milliseconds * NANOSECONDS_PER_MILLISECOND)
            heapq.heappush(self._timers, (due, next(self._order), task, request_id))
        execution.timers.clear()
        for request_id, child in execution.started:
            child.parent = (task, request_id)
        execution.started.clear()
        if done and task.parent is not None:
            self._tell_parent(task, *task.parent)
        return done

    def _tell_parent(self, task: ActionTask, parent: ActionTask, request_id: str) -> None:
        if parent.execution.done:
            return
        # Time may have passed while the parent waited.
        parent.execution.tick(self.deployment.clock.read())
        try:
            result = task.outcome()
        except FunctionError as error:
            parent.execution.refuse(request_id, error)
        else:
            parent.execution.fulfil(request_id, result.text)
        self._ready.append(parent)

    def _fire_timer(self) -> None:
        due, _, task, request_id = heapq.heappop(self._timers)
        if task.execution.done:
            return
        self.deployment.advance_to(due)
        task.execution.tick(self.deployment.clock.read())
        task.execution.wake(request_id)
        self._ready.append(task)
