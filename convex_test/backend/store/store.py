"""The whole deployment's data: the tables of all components, and what makes the next transaction.

Imitates what `crates/database/src/database.rs` hands to a transaction when it begins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from convex_test.backend.clock import Clock
from convex_test.backend.ids import IdGenerator
from convex_test.backend.limits import Limits
from convex_test.backend.store.files import Files
from convex_test.backend.store.tables import Namespace
from convex_test.backend.store.transactions import Transaction
from convex_test.errors import InternalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend.schema.definition import SchemaDefinition
    from convex_test.backend.store.tables import Table


@dataclass(frozen=True, slots=True, eq=False)
class StoreSnapshot:
    """All documents and files of all components at one moment. Any number of stores may be restored from it."""

    namespaces: Mapping[str, Namespace]
    last_commit: int
    last_creation_time: float
    files: Files
    job_targets: Mapping[str, str]


class Store:
    """The data of a deployment.

    Attributes:
        clock: where transactions get their time from.
        ids: where they get new ids from.
        files: the bytes of stored files.
        last_commit: timestamp of the last commit, in nanoseconds; 0 before the first.
        last_creation_time: the last creation time that a commit used, in milliseconds.
        job_targets: the components of scheduled functions that another component has scheduled, by the jobs' ids. It
            only grows.
        jobs_were_read: whether a function has read `_scheduled_functions`, until somebody resets it.
    """

    def __init__(
        self,
        schemas: Mapping[str, SchemaDefinition],
        *,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> None:
        """Make the tables of each component's schema; the app's component is `""`.

        Ids come from `random`. Stores that exchange snapshots want seeds of their own, or they make the same ids.
        """
        self.clock = clock or Clock()
        random = random or Random()  # noqa: S311 - ids are no secrets, and a seed must repeat them
        self.ids = IdGenerator(random)
        self.files = Files(random)
        self.last_commit = 0
        self.last_creation_time = 0.0
        self.job_targets: dict[str, str] = {}
        self.jobs_were_read = False
        self._namespaces: dict[str, Namespace] = {}
        self._open: Transaction | None = None
        for component, schema in schemas.items():
            self.open_namespace(component, schema)

    def open_namespace(self, component: str, schema: SchemaDefinition) -> Namespace:
        """Make the tables of one more component."""
        if component in self._namespaces:
            raise InternalError(f"Component {component!r} was opened twice.")
        namespace = self._namespaces[component] = Namespace(component, schema)
        return namespace

    def namespace(self, component: str) -> Namespace:
        try:
            return self._namespaces[component]
        except KeyError:
            raise InternalError(f"Component {component!r} was never opened.") from None

    def namespaces(self) -> dict[str, Namespace]:
        """All components with their tables."""
        return self._namespaces.copy()

    def user_table_count(self) -> int:
        return sum(map(len, self._namespaces.values()))

    def begin(self, *, read_only: bool = False, limits: Limits | None = None) -> Transaction:
        """Begin the one transaction that may be open.

        Raises:
            UsageError: another one is open.
        """
        self._require_no_transaction("begin a transaction")
        self._open = Transaction(self, read_only=read_only, limits=limits or Limits())
        return self._open

    def finish(self, transaction: Transaction) -> None:
        """Called by a transaction at its end."""
        if self._open is not transaction:
            raise InternalError("A transaction was finished twice.")
        self._open = None

    def adopt_tables(
        self, transaction: Transaction, tables: Mapping[tuple[str, str], Table], *, replace_all: bool = False
    ) -> None:
        """Commit whole tables, by component and name, that take the place of those with the same names.

        The open `transaction` gives the time; it must not have written anything. With `replace_all` all other user
        tables are dropped, so those of the schema must be among the new ones.
        """
        if self._open is not transaction or transaction.has_writes:
            raise InternalError("Tables are adopted in a transaction of their own.")
        for component, namespace in self._namespaces.items():
            own = [table for (owner, _), table in tables.items() if owner == component]
            namespace.adopt(own, replace_all=replace_all)
        self.last_commit = transaction.now
        self.last_creation_time = math.nextafter(transaction.next_creation_time(), -math.inf)

    def snapshot(self) -> StoreSnapshot:
        """All data as it is now.

        Raises:
            UsageError: a transaction is open.
        """
        self._require_no_transaction("take a snapshot")
        frozen = {component: namespace.frozen_copy() for component, namespace in self._namespaces.items()}
        return StoreSnapshot(
            frozen, self.last_commit, self.last_creation_time, self.files.copy(), dict(self.job_targets)
        )

    def restore(self, snapshot: StoreSnapshot) -> None:
        """All data as it was then, in this store or in another one of the same components.

        Components that the snapshot does not know become empty. Time does not go back: later commits are still later
        than those that are undone by this.

        Raises:
            UsageError: a transaction is open.
        """
        self._require_no_transaction("restore a snapshot")
        for component, namespace in self._namespaces.items():
            saved = snapshot.namespaces.get(component)
            fresh = Namespace(component, namespace.schema) if saved is None else saved.frozen_copy()
            self._namespaces[component] = fresh
        self.files.include(snapshot.files)
        self.job_targets |= snapshot.job_targets
        self.last_commit = max(self.last_commit, snapshot.last_commit)
        self.last_creation_time = max(self.last_creation_time, snapshot.last_creation_time)

    def _require_no_transaction(self, wish: str) -> None:
        if self._open is not None:
            raise UsageError(
                f"Cannot {wish} while a transaction is open: finish the function, or leave the `with` block, first."
            )
