"""State as a value: `t.snapshot()`, `t.restore(s)` and `t.fork()`.

A snapshot holds documents, files and scheduled functions of all components, which is what is in the store, and when
each cron runs next. It copies no document: stores share tables until somebody writes to them. It does not hold the
clock, `t.env`, `t.logs` and `t.calls`; a fork has the environment that its parent began with, and a clock of its own
that is not behind what has happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convex_test.errors import UsageError
from convex_test.functions.crons import crons_of
from convex_test.harness.outbound import Outbound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend.store.store import StoreSnapshot
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.runtime import ProjectRuntime


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The state of a `t` at one moment, made by `t.snapshot()`. Any number of `t` of its project may restore it."""

    _runtime: ProjectRuntime = field(repr=False)
    _store: StoreSnapshot = field(repr=False)
    _began: int = field(repr=False)
    _next_runs: Mapping[tuple[str, str], int] | None = field(repr=False)
    """When each cron runs next, in nanoseconds; None when nobody has asked for crons since `_began`."""

    @classmethod
    def of(cls, deployment: Deployment) -> Snapshot:
        """What `t.snapshot` does. Raises `UsageError` while a transaction is open."""
        crons = deployment.crons
        next_runs = None if crons is None else crons.next_runs()
        return cls(deployment.runtime, deployment.store.snapshot(), deployment.began, next_runs)

    def restore(self, deployment: Deployment) -> None:
        """What `t.restore` does. Raises `UsageError` for a `t` of another project, and while a transaction is open."""
        if self._runtime is not deployment.runtime:
            root = deployment.runtime.layout.root
            raise UsageError(f"t.restore({self!r}): this is a snapshot of another project than that of t, {root}.")
        deployment.store.restore(self._store)
        # A `t` whose time was moved further may have made it; what is due after that is not due before it.
        deployment.clock.catch_up(self._store.last_commit)
        if self._next_runs is None:
            deployment.began, deployment.crons = self._began, None
        else:
            crons_of(deployment).restore(self._next_runs)

    def __repr__(self) -> str:
        tables = [table for namespace in self._store.namespaces.values() for table in namespace.tables()]
        count = sum(len(table.documents) for table in tables if not table.is_system)
        return f"<Snapshot of {count} document{'' if count == 1 else 's'} of {self._runtime.layout.root}>"


def restore_snapshot(deployment: Deployment, snapshot: object) -> None:
    """`snapshot.restore`, once it is known to be one."""
    if not isinstance(snapshot, Snapshot):
        raise UsageError(f"t.restore({snapshot!r:.200}): expected what t.snapshot() returned.")
    snapshot.restore(deployment)


def fork(deployment: Deployment) -> Deployment:
    """What `t.fork` does. Raises `UsageError` while a transaction is open."""
    snapshot = Snapshot.of(deployment)
    twin = deployment.fork()
    snapshot.restore(twin)
    if isinstance(deployment.world, Outbound):
        twin.world = deployment.world.fork()
    return twin
