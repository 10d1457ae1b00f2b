"""Transactions: the only way to change a store.

Imitates `crates/database/src/transaction.rs` (`apply_validated_write`, sub-transactions, creation times) and
`crates/database/src/committer.rs` (commit timestamps, which take the place of `commit_ts` in documents).

By design: transactions run one at a time, so writes go straight into the tables and a log says how to undo them. A
nested call is a mark in that log. What a rollback to a mark does not bring back is what the backend does not bring
back either: what was read, the scheduled counters, creation times, random numbers, and the change of a table's
`count()`.

By design: creation times of one transaction come after those of all committed ones, even under a frozen clock, where
the backend (whose clock always moves) never comes. Otherwise documents of two transactions would be in random order
there.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from convex_test.backend.clock import NANOSECONDS_PER_MILLISECOND, NANOSECONDS_PER_SECOND, to_milliseconds
from convex_test.backend.ids import decode_id
from convex_test.backend.limits import Limits, Usage
from convex_test.backend.store.documents import Document, make_document
from convex_test.backend.store.tables import check_table_count
from convex_test.errors import FunctionError, InternalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convex_test.backend.clock import Clock
    from convex_test.backend.ids import IdGenerator
    from convex_test.backend.store.files import Files
    from convex_test.backend.store.tables import Namespace, Table

_Write = tuple["Table", "Document | None", "Document | None"]
_Creation = tuple["Namespace", str]


class TransactionStore(Protocol):
    """What a transaction needs of the store it belongs to."""

    clock: Clock
    ids: IdGenerator
    files: Files
    last_commit: int
    last_creation_time: float
    jobs_were_read: bool

    def namespace(self, component: str) -> Namespace: ...

    def user_table_count(self) -> int: ...

    def finish(self, transaction: Transaction) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Savepoint:
    """A point to come back to, given out by `Transaction.savepoint`."""

    log_length: int
    documents_written: int
    bytes_written: int


class Transaction:
    """One top-level query or mutation with everything it calls.

    Attributes:
        store: what it reads and writes.
        now: its timestamp in nanoseconds, which is also that of its commit, if it writes anything.
        read_only: whether this is a query's.
        usage: what it has read and written so far.
    """

    def __init__(self, store: TransactionStore, *, read_only: bool, limits: Limits) -> None:
        self.store = store
        self.now = store.clock.read_after(store.last_commit)
        self.read_only = read_only
        self.usage = Usage(limits)
        self._creation_time = max(to_milliseconds(self.now), math.nextafter(store.last_creation_time, math.inf))
        self._log: list[_Write | _Creation] = []
        self._has_pending = False
        self._savepoints: list[Savepoint] = []
        self._uncounted: dict[tuple[str, str], int] = {}

    @property
    def now_ms(self) -> int:
        """`Date.now()` of every function in it."""
        return self.now // NANOSECONDS_PER_MILLISECOND

    @property
    def snapshot_ts(self) -> int:
        """What `getSnapshotTs()` gives: not before any commit it can see, before its own."""
        return snapshot_before(self.now)

    @property
    def commit_ts(self) -> int:
        """What `commit_ts` would become if it committed now. A commit of nothing has the snapshot's timestamp."""
        return self.now if self._log else self.snapshot_ts

    @property
    def has_writes(self) -> bool:
        return bool(self._log)

    # Its end

    def commit(self) -> int:
        """Make all writes permanent and give the commit timestamp in nanoseconds."""
        if self._savepoints:
            raise InternalError("A transaction was committed in the middle of a nested call.")
        if self._has_pending:
            self._resolve_documents()
        self.store.finish(self)
        if self._log:
            self.store.last_commit = self.now
            self.store.last_creation_time = math.nextafter(self._creation_time, -math.inf)
        return self.now

    def _resolve_documents(self) -> None:
        """Put the commit's timestamp in the place of `commit_ts`, in documents and in the keys of indexes."""
        written = {new.id: (table, new) for table, _, new in _writes(self._log) if new is not None and new.is_pending}
        for table, document in written.values():
            # One that was replaced or deleted later on is gone.
            if table.documents.get(document.id) is document:
                table.swap(document, document.resolved(self.now))

    def rollback(self) -> None:
        """Undo all writes."""
        self._undo(0)
        self.store.finish(self)

    # Nested calls

    def savepoint(self) -> Savepoint:
        """Begin a nested call. It ends with `rollback_to` or `release`, the innermost first."""
        mark = Savepoint(len(self._log), self.usage.documents_written, self.usage.bytes_written)
        self._savepoints.append(mark)
        return mark

    def release(self, mark: Savepoint) -> None:
        """End a nested call and keep what it wrote."""
        if not self._savepoints or self._savepoints[-1] is not mark:
            raise InternalError("Nested calls must end in the opposite order of their beginning.")
        self._savepoints.pop()

    def rollback_to(self, mark: Savepoint) -> None:
        """End a nested call and undo its writes, created tables and write counters."""
        self.release(mark)
        self._undo(mark.log_length)
        self.usage.documents_written = mark.documents_written
        self.usage.bytes_written = mark.bytes_written

    @contextmanager
    def begin_snapshot(self) -> Iterator[None]:
        """The data as it was when the transaction began, for a query with `useStaleSnapshot`.

        Tables created since then are there, but empty. Nothing can be written, and what is read counts for nobody
        but the query itself.
        """
        usage, read_only, uncounted = self.usage, self.read_only, self._uncounted
        writes = _writes(self._log)
        self.usage, self.read_only, self._uncounted = Usage(usage.limits), True, {}
        for table, old, new in reversed(writes):
            table.swap(new, old)
        try:
            yield
        finally:
            for table, old, new in writes:
                table.swap(old, new)
            self.usage, self.read_only, self._uncounted = usage, read_only, uncounted

    def _undo(self, log_length: int) -> None:
        log = self._log
        while len(log) > log_length:
            entry = log.pop()
            if len(entry) == 2:
                namespace, name = entry
                namespace.drop_table(name)
                self._uncounted.pop((namespace.component, name), None)
            else:
                table, old, new = entry
                table.swap(new, old)
                key = table.indexes["by_id"].label[:2]
                self._uncounted[key] = self._uncounted.get(key, 0) + (old is None) - (new is None)

    # Reading and writing

    def count(self, namespace: Namespace, name: str) -> int:
        """How many documents a table has. A rollback to a savepoint does not undo what it counted."""
        table = namespace.table(name)
        return 0 if table is None else len(table.documents) + self._uncounted.get((namespace.component, name), 0)

    def next_creation_time(self) -> float:
        """A creation time, later than the one before, as a canonical number of milliseconds."""
        time = self._creation_time
        self._creation_time = math.nextafter(time, math.inf)
        return int(time) if time.is_integer() else time

    def next_id(self, table: Table) -> str:
        """A new id for that table."""
        seconds = self.now // NANOSECONDS_PER_SECOND
        new_id = self.store.ids.new(table.number, seconds)
        # Documents of a restored snapshot may come from a store with the same seed.
        while new_id in table.documents:
            new_id = self.store.ids.new(table.number, seconds)
        return new_id

    def table_for_insert(self, namespace: Namespace, name: str) -> Table:
        """The user table of that name, created if it does not exist."""
        table = namespace.table(name)
        if table is None:
            self.require_writable()
            check_table_count(self.store.user_table_count())
            table = namespace.create_table(name)
            self._log.append((namespace, name))
        return table

    def write(self, namespace: Namespace, table: Table, old: Document | None, new: Document | None) -> None:
        """Put `new` in the place of `old`; None is no document. Nothing is checked or counted."""
        self.require_writable()
        if table.frozen:
            table = namespace.writable(table)
        table.swap(old, new)
        self._log.append((table, old, new))
        if new is not None and new.is_pending:
            self._has_pending = True

    def require_writable(self) -> None:
        if self.read_only:
            raise FunctionError("Transaction isn't readonly")

    # System tables

    def insert_system(self, component: str, table_name: str, fields: dict[str, Any]) -> Document:
        """Insert into `_storage` or `_scheduled_functions`. Counts towards no limit."""
        namespace = self.store.namespace(component)
        table = namespace.table(table_name)
        if table is None or not table.is_system:
            raise InternalError(f"{table_name!r} is no system table.")
        new_id = self.next_id(table)
        document = make_document(new_id, self.next_creation_time(), fields)
        self.write(namespace, table, None, document)
        return document

    def get_system(self, component: str, document_id: str) -> Document | None:
        """A document of a system table, or None. Counts towards no limit."""
        table = self._system_table(component, document_id)
        return table.documents.get(document_id)

    def patch_system(self, component: str, document_id: str, fields: dict[str, Any]) -> Document:
        """Change fields of a document in a system table."""
        table = self._system_table(component, document_id)
        old = table.documents[document_id]
        new = old.with_fields({**old.value, **fields})
        self.write(self.store.namespace(component), table, old, new)
        return new

    def delete_system(self, component: str, document_id: str) -> None:
        """Delete a document of a system table."""
        table = self._system_table(component, document_id)
        self.write(self.store.namespace(component), table, table.documents[document_id], None)

    def _system_table(self, component: str, document_id: str) -> Table:
        table = self.store.namespace(component).table_numbered(decode_id(document_id).table_number)
        if table is None or not table.is_system:
            raise InternalError(f"{document_id!r} is no id of a system table.")
        return table


def snapshot_before(timestamp: int) -> int:
    """The timestamp of the data that a transaction of that timestamp reads, both in nanoseconds."""
    return timestamp - 1


def _writes(log: list[_Write | _Creation]) -> list[_Write]:
    return [entry for entry in log if len(entry) == 3]
