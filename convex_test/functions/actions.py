"""Actions: several may be in flight, each waiting for timers or for actions that it started.

One loop serves a deployment: actions that a test calls, and those that were scheduled, which may go on when the call
that began them has returned.

Who goes on next is defined: the actions that can go on, in the order in which they became able to, each until it waits
for a timer or for another action; when none can, the earliest timer, ties in the order of their start. Time then jumps
to that timer; nothing sleeps. Timers of an action that a test calls, and of what it started, are compared by when the
action began and what it waited for, so that it does not matter how fast the machine is; where time is moved by the
test, the clock stands still meanwhile. (The backend runs actions in parallel, so any order is one of its own.)

A shuffled order (`Order`) lets any other action go on after each operation, answers the operations of one action in any
order, and, while a test asks for what is due, begins what is due now before or after what is under way.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from convex_test.errors import ConvexTestError, FunctionError, InternalError
from convex_test.functions.addresses import resolve_address
from convex_test.functions.calls import (
    ARRAY_OVERHEAD,
    Result,
    check_arguments,
    check_result,
    entering,
    entering_component,
    tables_of,
    value_of,
)
from convex_test.functions.execution import Execution
from convex_test.functions.node_execution import NodeExecution, check_size
from convex_test.functions.recording import recorded
from convex_test.functions.resolve import find_function
from convex_test.values.size import size_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from convex_test.engine.protocol import Context
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.registered import RegisteredFunction
    from convex_test.records import CallRecord
    from convex_test.references import FunctionPath
    from convex_test.syscalls.scope import Address, Scope
    from convex_test.values.types import Value

NANOSECONDS_PER_MILLISECOND = 1_000_000


class ActionTask:
    """An action in flight, and who waits for it.

    Attributes:
        root: the action that was called or scheduled and led to this one. When it ends, all that it led to does.
        ended: whether it has returned or failed.
        when_done: is told when it has ended, if it is a root that nobody waits for.
        time: the moment that it has come to by its own timers and those of its children, in nanoseconds; it counts for
            what a test has called.
    """

    def __init__(
        self,
        loop: ActionLoop,
        scope: Scope,
        name: str,
        *,
        function: RegisteredFunction | None,
        recording: AbstractContextManager[CallRecord],
        record: CallRecord,
        in_node: bool = False,
    ) -> None:
        self.loop = loop
        self.function = function
        self.scope = scope
        now = loop.deployment.clock.read()
        self.time = now
        execution = NodeExecution if in_node else Execution
        self.execution = execution(loop.deployment, scope, now=now, name=name)
        self.parent: tuple[ActionTask, str] | None = None
        self.root: ActionTask = self
        self.ended = False
        self.when_done: Callable[[ActionTask], None] | None = None
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


class _Timer(NamedTuple):
    """Compared by `order`: the moment that it is for as its action knows it, then the order of their start."""

    order: tuple[int, int]
    due: int
    task: ActionTask
    request_id: str


class Agenda(Protocol):
    """What falls due besides timers: scheduled functions and crons."""

    def next_moment(self) -> int | None:
        """When the next of them is due, in nanoseconds; None when there is none."""

    def run_next(self) -> None:
        """Runs it, or begins it if it is an action."""

    @property
    def is_asked_for(self) -> bool:
        """Whether the test asks for what is due, rather than for the result of an action."""


class ActionLoop:
    """Runs actions and everything that they start, and while they wait, what falls due meanwhile.

    Attributes:
        agenda: what falls due besides the timers of actions.
    """

    def __init__(self, deployment: Deployment, agenda: Agenda | None = None) -> None:
        self.deployment = deployment
        self.agenda = agenda
        self._ready: deque[ActionTask] = deque()
        self._timers: list[_Timer] = []
        self._order = itertools.count()
        self._moment = 0
        self._called: list[ActionTask] = []
        self._tasks: list[ActionTask] = []
        self._current: ActionTask | None = None

    def start_function(self, scope: Scope, path: FunctionPath, args: Value, *, public_only: bool) -> ActionTask:
        """Begins a registered action.

        Raises:
            FunctionError: there is no such action, or the arguments do not fit.
        """
        recording = recorded(scope.calls, path.shown, "action", args)
        record = recording.__enter__()
        try:
            function = find_function(self.deployment, path, "action", public_only=public_only)
            check_arguments(function, args, tables_of(scope))
            enter = entering(function, args)
            in_node = self.deployment.component(path.component).runtime.runs_in_node(path.module)
            if in_node:
                check_size(args)
        except BaseException as error:
            recording.__exit__(type(error), error, error.__traceback__)
            raise
        inner = replace(scope, kind="action", function=path, streams={}, calls=record.children, database=None)
        if in_node:
            # It is told who calls (`ExecuteRequest` in `application_function_runner/mod.rs`), but not what is wrong.
            inner.identity_problem = None
        task = ActionTask(
            self, inner, path.shown, function=function, recording=recording, record=record, in_node=in_node
        )
        task.execution.args_size = size_of(args) + ARRAY_OVERHEAD
        self._begin(task, enter)
        return task

    def start_handler(
        self,
        scope: Scope,
        name: str,
        enter: Callable[[Context], object],
        *,
        kind: str = "action",
        in_node: bool = False,
    ) -> ActionTask:
        """Begins a helper, a snippet or an HTTP action as an action; `kind` is what the record says."""
        recording = recorded(scope.calls, name, kind, None)
        record = recording.__enter__()
        inner = replace(scope, calls=record.children)
        task = ActionTask(self, inner, name, function=None, recording=recording, record=record, in_node=in_node)
        self._begin(task, enter)
        return task

    def start_child(self, scope: Scope, address: Address, args: Value) -> ActionTask:
        """`ctx.runAction`."""
        path = resolve_address(self.deployment, scope, address, "runAction")
        return self.start_function(entering_component(self.deployment, scope, path), path, args, public_only=False)

    @property
    def is_busy(self) -> bool:
        """Whether an action is in flight."""
        return bool(self._tasks)

    def run(self, root: ActionTask) -> Result:
        """Runs until the root action is done; its result. Raises what it failed with."""
        self._called.append(root)
        try:
            while not root.ended:
                if not self.step(self.next_timer()):
                    raise InternalError("Actions wait for each other, and nothing is left that could wake them.")
            return root.outcome()
        finally:
            self._called.remove(root)
            self._abandon(root)

    def step(self, until: int | None) -> bool:
        """Does what comes next, but nothing that is due later than `until`, in nanoseconds. False: there is nothing.

        What is due at one moment comes in this order: scheduled functions, crons, timers.
        """
        order = self.deployment.order
        if self._ready and not (order.shuffles and self._begins_another()):
            at = order.pick(len(self._ready))
            task = self._ready[at]
            del self._ready[at]
            self._advance(task)
            return True
        timer = self.next_timer()
        moment = None if self.agenda is None else self.agenda.next_moment()
        if self.agenda is not None and moment is not None and self._comes_first(moment, timer):
            if until is not None and moment > until:
                return False
            self.deployment.advance_to(moment)
            self.agenda.run_next()
            return True
        if timer is None or (until is not None and timer > until):
            return False
        self._fire_timer()
        while order.shuffles and self._timers and self._timers[0].order[0] == self._moment:
            self._fire_timer()
        return True

    def _begins_another(self) -> bool:
        """Whether a scheduled function or cron that is due goes before the actions that can go on; by lot."""
        agenda = self.agenda
        if agenda is None or not agenda.is_asked_for:
            return False
        moment = agenda.next_moment()
        if moment is None or moment > self.deployment.clock.read():
            return False
        return self.deployment.order.pick(len(self._ready) + 1) == 0

    def _comes_first(self, moment: int, timer: int | None) -> bool:
        """Whether what is due at a moment goes before the next timer."""
        if moment == timer:
            return self.deployment.order.pick(2) == 0
        return timer is None or moment < timer

    def next_timer(self) -> int | None:
        """When the next timer of an action is due, in nanoseconds."""
        while self._timers and self._timers[0].task.execution.done:
            heapq.heappop(self._timers)
        return self._timers[0].due if self._timers else None

    def _begin(self, task: ActionTask, enter: Callable[[Context], object]) -> None:
        if self._current is not None:
            task.root, task.time = self._current.root, self._current.time
        self._tasks.append(task)
        task.execution.start(enter)
        self._ready.append(task)

    def _advance(self, task: ActionTask) -> None:
        execution = task.execution
        outer, self._current = self._current, task
        try:
            task.ended = execution.advance()
        finally:
            self._current = outer
        for request_id, milliseconds in execution.timers:
            delay = round(milliseconds * NANOSECONDS_PER_MILLISECOND)
            now = self.deployment.clock.read()
            moment = task.time if task.root in self._called else now
            heapq.heappush(self._timers, _Timer((moment + delay, next(self._order)), now + delay, task, request_id))
        execution.timers.clear()
        for request_id, child in execution.started:
            child.parent = (task, request_id)
        execution.started.clear()
        if not task.ended:
            if execution.can_go_on:
                self._ready.append(task)
            return
        if task.parent is not None:
            self._tell_parent(task, *task.parent)
        if task.when_done is not None:
            self._abandon(task)
            task.when_done(task)

    def _abandon(self, root: ActionTask) -> None:
        """Cancels what a root action has left behind, as in production when it returns."""
        for task in self._tasks:
            if task.root is root:
                task.execution.abandon()
        self._tasks = [task for task in self._tasks if task.root is not root]
        self._ready = deque(task for task in self._ready if task.root is not root)
        self._timers = [timer for timer in self._timers if timer.task.root is not root]
        heapq.heapify(self._timers)

    def _tell_parent(self, task: ActionTask, parent: ActionTask, request_id: str) -> None:
        if parent.execution.done:
            return
        # Time may have passed while the parent waited.
        parent.time = max(parent.time, task.time)
        parent.execution.tick(self.deployment.clock.read())
        try:
            result = task.outcome()
        except FunctionError as error:
            parent.execution.refuse(request_id, error)
        else:
            parent.execution.fulfil(request_id, result.text)
        self._ready.append(parent)

    def _fire_timer(self) -> None:
        (moment, _), due, task, request_id = heapq.heappop(self._timers)
        if task.execution.done:
            return
        self._moment = moment
        task.time = max(task.time, moment)
        self.deployment.advance_to(due)
        task.execution.tick(self.deployment.clock.read())
        task.execution.wake(request_id)
        self._ready.append(task)
