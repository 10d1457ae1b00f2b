"""Moving time: runs scheduled functions, crons and timers that fall due, each at its own moment, in order.

Follows `crates/application/src/scheduled_jobs/mod.rs`: a mutation commits together with the success of its job, and
sees itself in progress; an action is marked as in progress first, and never runs twice. No identity, no retries of what
a function throws.

By design: one clock and one loop for everything, and time stands still while something runs. What fell due while
nobody looked (time moved by other means) runs late, at the present moment. Crons run only when time is moved by
`advance`.

Gap: the backend retries on errors of its own, which do not occur here.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from convex_test.errors import ConvexTestError, FunctionError, UnsupportedError, UsageError
from convex_test.functions.actions import ActionLoop
from convex_test.functions.calls import (
    committed,
    database_of,
    new_scope,
    run_in,
    run_transaction_function,
    transaction,
)
from convex_test.functions.chains import Chains
from convex_test.functions.crons import crons_of
from convex_test.functions.failures import display
from convex_test.functions.recording import recorded
from convex_test.functions.resolve import find_function, kind_of
from convex_test.functions.runner import DeploymentRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convex_test.backend.crons import Cron, Crons
    from convex_test.backend.scheduler import Job
    from convex_test.functions.actions import ActionTask
    from convex_test.functions.deployment import Deployment
    from convex_test.references import FunctionPath
    from convex_test.syscalls.scope import FunctionKind, Scope
    from convex_test.values.types import Value

AT_ONCE: Final = 8
"""So many scheduled functions the backend runs beside each other (`SCHEDULED_JOB_EXECUTION_PARALLELISM`)."""
SUCCESS: Final[dict[str, Any]] = {"kind": "success"}


class Timeline:
    """What happens in a deployment as time goes by.

    Attributes:
        loop: where all actions of the deployment run.
    """

    def __init__(self, deployment: Deployment) -> None:
        self.loop = ActionLoop(deployment, self)
        self._deployment = deployment
        self._chains = Chains(deployment.scheduler, "An action that waits", forgets=True)
        self._crons: Crons | None = None
        self._is_moving = False

    # Moving time

    def advance(self, nanoseconds: int) -> None:
        """Moves time forward; what falls due on the way runs."""
        deployment = self._deployment
        with self._moving("t.advance(…)", forgets=True), self._with_crons():
            end = deployment.clock.read() + nanoseconds
            while self.loop.step(end):
                pass
            deployment.advance_to(end)

    def finish_in_progress(self) -> None:
        """Runs what is due now to its end, and the actions that are in flight."""
        with self._moving("t.finish_in_progress_scheduled_functions()"):
            while self.loop.step(self.loop.next_timer() or self._deployment.clock.read()):
                pass

    def finish_all(self) -> None:
        """The same until no job is pending, whenever it is due."""
        with self._moving("t.finish_all_scheduled_functions()"):
            while self.loop.step(None):
                pass

    @contextmanager
    def _moving(self, call: str, *, forgets: bool = False) -> Iterator[None]:
        usual, was_moving = self._chains, self._is_moving
        self._chains, self._is_moving = Chains(self._deployment.scheduler, call, forgets=forgets), True
        try:
            with self._deployment.clock.held():
                yield
        finally:
            self._chains, self._is_moving = usual, was_moving

    @contextmanager
    def _with_crons(self) -> Iterator[None]:
        usual, self._crons = self._crons, crons_of(self._deployment)
        try:
            yield
        finally:
            self._crons = usual

    # The agenda of the loop

    def next_moment(self) -> int | None:
        """See `Agenda`."""
        job, cron = self._next()
        moments = [*([] if job is None else [job.due]), *([] if cron is None else [cron.next_run])]
        return min(moments, default=None)

    def run_next(self) -> None:
        """See `Agenda`."""
        order = self._deployment.order
        job, cron = self._next()
        if job is not None and cron is not None and job.due == cron.next_run and order.pick(2) == 1:
            job = None
        if cron is not None and (job is None or cron.next_run < job.due):
            tied = [cron] if self._crons is None or not order.shuffles else self._crons.tied(cron)
            self._run_cron(tied[order.pick(len(tied))])
        elif job is not None:
            tied_jobs = self._deployment.scheduler.tied(AT_ONCE) if order.shuffles else [job]
            self._run_job(tied_jobs[order.pick(len(tied_jobs))])

    @property
    def is_asked_for(self) -> bool:
        """See `Agenda`."""
        return self._is_moving

    def _next(self) -> tuple[Job | None, Cron | None]:
        cron = None if self._crons is None else self._crons.next_cron()
        return self._deployment.scheduler.next_job(), cron

    # Crons

    def run_cron(self, name: str, component: str) -> Value:
        """Runs a cron of a component out of turn; its result.

        Raises:
            FunctionError: what the function failed with.
            UsageError: there is no such cron.
        """
        deployment = self._deployment
        crons = crons_of(deployment)
        cron = crons.get(component, name)
        if cron is None:
            which = f"{name!r}, component={component!r}" if component else repr(name)
            raise UsageError(f"t.run_cron({which}): there is no such cron; {_known(crons)}")
        path, args = cron.spec.path, cron.spec.args
        if kind_of(deployment, path) == "mutation":
            return run_transaction_function(deployment, self._new_scope("mutation", path), path, args).value
        task = self.loop.start_function(self._new_scope("action", path), path, args, public_only=False)
        return self.loop.run(task).value

    def _run_cron(self, cron: Cron) -> None:
        deployment = self._deployment
        crons = crons_of(deployment)
        path, args = cron.spec.path, cron.spec.args
        try:
            if kind_of(deployment, path) == "mutation":
                run_transaction_function(deployment, self._new_scope("mutation", path), path, args)
            else:
                crons.begin(cron)
                task = self.loop.start_function(self._new_scope("action", path), path, args, public_only=False)
                task.when_done = lambda ended: self._end_cron(cron, ended)
                return
        except UnsupportedError:
            raise
        except FunctionError as error:
            deployment.failed_crons.append((cron.spec, error))
        crons.complete(cron, deployment.clock.read())

    def _end_cron(self, cron: Cron, task: ActionTask) -> None:
        deployment = self._deployment
        crons_of(deployment).complete(cron, deployment.clock.read())
        try:
            task.outcome()
        except UnsupportedError:
            raise
        except FunctionError as error:
            deployment.failed_crons.append((cron.spec, error))

    # One job

    def run_job(self, job_id: str) -> None:
        """Runs a pending job to its end, whenever it is due; one that is not pending is left alone."""
        deployment = self._deployment
        job = deployment.scheduler.pending_job(job_id)
        if job is None:
            return
        self._run_job(job)
        while deployment.scheduler.is_running(job_id):
            if not self.loop.step(self.loop.next_timer() or deployment.clock.read()):
                break

    def _run_job(self, job: Job) -> None:
        deployment = self._deployment
        self._chains.enter(job, deployment.clock.read())
        kind = kind_of(deployment, job.path)
        if kind == "mutation":
            self._run_mutation(job)
        elif kind == "action":
            self._start_action(job)
        else:
            self._complete(job, _failed(_unsupported_kind(job.path, kind)))

    def _run_mutation(self, job: Job) -> None:
        deployment = self._deployment
        scope = self._scope("mutation", job)
        try:
            with recorded(deployment.calls, job.path.shown, "mutation", job.args) as record:
                function = find_function(deployment, job.path, "mutation", public_only=False)
                with transaction(deployment, scope) as inner:
                    opened = database_of(inner).transaction
                    deployment.scheduler.start(
                        opened, job.component, job.id, scope.request.request_id, self._execution_id()
                    )
                    result = run_in(deployment, inner, function, job.args, record)
                    deployment.scheduler.complete(opened, job.component, job.id, SUCCESS)
                record.result = committed(inner, *result).value
        except UnsupportedError:
            raise
        except FunctionError as error:
            self._complete(job, _failed(display_of(error)))

    def _start_action(self, job: Job) -> None:
        deployment = self._deployment
        scope = self._scope("action", job)
        with transaction(deployment, replace(scope, kind="mutation")) as inner:
            opened = database_of(inner).transaction
            deployment.scheduler.start(opened, job.component, job.id, scope.request.request_id, self._execution_id())
        try:
            task = self.loop.start_function(scope, job.path, job.args, public_only=False)
        except ConvexTestError as error:
            self._end_action(job, error)
        else:
            task.when_done = lambda ended: self._take_outcome(job, ended)

    def _take_outcome(self, job: Job, task: ActionTask) -> None:
        try:
            task.outcome()
        except ConvexTestError as error:
            self._end_action(job, error)
        else:
            self._complete(job, SUCCESS)

    def _end_action(self, job: Job, error: ConvexTestError) -> None:
        is_own = isinstance(error, FunctionError) and not isinstance(error, UnsupportedError)
        self._complete(job, _failed(display_of(error) if isinstance(error, FunctionError) else str(error)))
        if not is_own:
            raise error

    def _complete(self, job: Job, state: dict[str, Any]) -> None:
        deployment = self._deployment
        with transaction(deployment, self._scope("mutation", job)) as inner:
            deployment.scheduler.complete(database_of(inner).transaction, job.component, job.id, state)

    def _scope(self, kind: FunctionKind, job: Job) -> Scope:
        scope = self._new_scope(kind, job.path)
        return replace(scope, request=replace(scope.request, scheduled_function_id=job.id))

    def _new_scope(self, kind: FunctionKind, path: FunctionPath) -> Scope:
        runner = DeploymentRunner(self._deployment, self.loop)
        return new_scope(self._deployment, runner, kind, component=path.component)

    def _execution_id(self) -> str:
        return str(uuid.UUID(int=self._deployment.random.getrandbits(128), version=4))


def _known(crons: Crons) -> str:
    known = ", ".join(
        repr(each.spec.name) + (f" of {each.spec.path.component!r}" if each.spec.path.component else "")
        for each in crons.all()
    )
    return f"there are {known}." if known else "the project has none."


def display_of(error: FunctionError) -> str:
    """The error as a failed job keeps it: its text, then its frames, each line with its end."""
    shown = display(error)
    return shown if shown.endswith("\n") else f"{shown}\n"


def _failed(error: str) -> dict[str, Any]:
    return {"kind": "failed", "error": error}


def _unsupported_kind(path: FunctionPath, kind: str) -> str:
    shown = {"query": "Query", "httpAction": "HttpAction"}[kind]
    # Quotes and line feed are there in the backend's text.
    return (
        f'Unsupported function type. FunctionName("{path.name}") in module "{path.module}"{path.inside} is defined '
        f'as a {shown}. "\n                            "Only Mutation and Action can be scheduled.'
    )
