"""Runs the functions that a running function calls. Handed to every syscall as `scope.runner`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from convex_test.backend.search.vector import vector_search
from convex_test.backend.storage import Storage
from convex_test.errors import FunctionError
from convex_test.functions.actions import ActionLoop, ActionTask
from convex_test.functions.addresses import create_handle, resolve_address
from convex_test.functions.calls import entering_component, run_nested_function, run_transaction_function
from convex_test.functions.fetching import fetch
from convex_test.functions.jobs import cancel_job, schedule_function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from convex_test.backend.search.vector_query import VectorQuery
    from convex_test.backend.web import WebRequest, WebResponse
    from convex_test.functions.deployment import Deployment
    from convex_test.syscalls.scope import Address, FunctionKind, Scope
    from convex_test.values.types import Value


class DeploymentRunner:
    """The runner of one top-level call. `loop` is there when that call is an action."""

    def __init__(self, deployment: Deployment, loop: ActionLoop | None = None) -> None:
        self._deployment = deployment
        self._loop = loop

    def run_in_transaction(
        self, scope: Scope, kind: str, address: Address, args: Value, limits: Mapping[str, int] | None
    ) -> str:
        """See `Runner`."""
        return run_nested_function(self._deployment, scope, kind, address, args, limits)

    def run_from_action(self, scope: Scope, kind: FunctionKind, address: Address, args: Value) -> str:
        """See `Runner`."""
        path = resolve_address(self._deployment, scope, address, f"run{kind.capitalize()}")
        inner = replace(entering_component(self._deployment, scope, path), kind=kind, streams={})
        return run_transaction_function(self._deployment, inner, path, args).text

    def start_action(self, scope: Scope, address: Address, args: Value) -> ActionTask:
        """See `Runner`."""
        if self._loop is None:
            raise FunctionError("Unknown async operation 1.0/actions/action")
        return self._loop.start_child(scope, address, args)

    def run_to_end(self, scope: Scope, kind: FunctionKind, address: Address, args: Value) -> str:
        """See `Runner`."""
        if kind != "action":
            return self.run_from_action(scope, kind, address, args)
        loop = self._loop or ActionLoop(self._deployment)
        inner = replace(scope, runner=DeploymentRunner(self._deployment, loop))
        return loop.run(loop.start_child(inner, address, args)).text

    def vector_search(self, scope: Scope, query: VectorQuery) -> list[tuple[str, float]]:
        """See `Runner`."""
        return vector_search(self._deployment.store, scope.component, query)

    def schedule(
        self, scope: Scope, address: Address, moment: int, args: Any, decode: Callable[[Any], Value] | None = None
    ) -> str:
        """See `Runner`."""
        return schedule_function(self._deployment, scope, address, moment, args, decode)

    def cancel_job(self, scope: Scope, job_id: str) -> None:
        """See `Runner`."""
        cancel_job(self._deployment, scope, job_id)

    @contextmanager
    def storage(self, scope: Scope) -> Iterator[Storage]:
        """See `Runner`."""
        if scope.database is not None:
            yield Storage(scope.database.transaction, scope.component)
            return
        opened = self._deployment.store.begin(limits=self._deployment.limits)
        try:
            yield Storage(opened, scope.component)
        except BaseException:
            opened.rollback()
            raise
        opened.commit()

    def fetch(self, scope: Scope, request: WebRequest) -> WebResponse:
        """See `Runner`."""
        return fetch(self._deployment, request, scope.runner, self._loop)

    def function_handle(self, scope: Scope, address: Address) -> str:
        """See `Runner`."""
        return create_handle(self._deployment, scope, address)
