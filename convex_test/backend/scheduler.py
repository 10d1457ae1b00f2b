"""Scheduled functions: documents of `_scheduled_functions`, which of them is next, and their states.

Imitates `crates/model/src/scheduled_jobs/{mod,types,virtual_table}.rs`. A job that is scheduled for the past is due at
once, but keeps the time that was asked for. Jobs that a canceled job schedules are canceled from the start.

By design: it never runs anything, see `convex_test.functions.drain`. Jobs run one after the other, by time, those of
one moment in the order in which they were scheduled; the backend runs up to eight at once.

A job's document lies in the component that scheduled it, also when its function is in another one.

Gap: finished jobs stay for good (the backend deletes them after seven days).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.clock import to_milliseconds
from convex_test.backend.ids import InvalidIdError, decode_id
from convex_test.errors import FunctionError
from convex_test.references import FunctionPath, parse_function_path
from convex_test.values.size import size_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.backend.store.documents import Document
    from convex_test.backend.store.store import Store
    from convex_test.backend.store.tables import Namespace
    from convex_test.backend.store.transactions import Transaction
    from convex_test.values.types import Value

TABLE: Final = "_scheduled_functions"
UNFINISHED: Final = frozenset({"pending", "inProgress"})
_MICROSECOND: Final = 1_000
_MICROSECONDS_PER_MILLISECOND: Final = 1_000


@dataclass(frozen=True, slots=True)
class Job:
    """A job that waits.

    Attributes:
        component: the component that scheduled it and has its document; the function may be in another one.
        due: when it may run, in nanoseconds. Scheduled times come as floats of seconds, which are good for
            microseconds.
    """

    id: str
    component: str
    path: FunctionPath
    args: Value
    due: int


class Scheduler:
    """The jobs of one store, of all its components."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._heaps: dict[str, tuple[Namespace, list[tuple[int, float, str]]]] = {}
        self._parents: dict[str, str] = {}
        self._unseen: list[str] = []

    # In transactions

    def schedule(
        self, transaction: Transaction, component: str, path: FunctionPath, args: Value, moment: int, parent: str | None
    ) -> str:
        """Writes a job that is to run at a moment in nanoseconds; its id.

        Args:
            parent: the scheduled function that schedules it.

        Raises:
            LimitError: too many of them, or too large, in this transaction.
        """
        transaction.usage.schedule_function(size_of([args]))
        fields: dict[str, Any] = {
            "name": path.full,
            "args": [args],
            "scheduledTime": _milliseconds(moment),
            "state": {"kind": "pending"},
        }
        if parent is not None and self._is_canceled(parent):
            now = _milliseconds(transaction.now)
            fields |= {"scheduledTime": now, "completedTime": now, "state": {"kind": "canceled"}}
        # The backend keeps the arguments in a document of their own, which takes a creation time as well.
        transaction.next_creation_time()
        heap = self._heap(component)
        document = transaction.insert_system(component, TABLE, fields)
        if path.component != component:
            self._store.job_targets[document.id] = path.component
        heapq.heappush(heap, _heap_entry(document))
        if parent is not None:
            self._parents[document.id] = parent
        return document.id

    def cancel(self, transaction: Transaction, component: str, job_id: str) -> None:
        """Cancels a job that has not ended; one that has is left alone.

        Raises:
            FunctionError: this is no id of a job.
        """
        namespace = transaction.store.namespace(component)
        table = namespace.table_numbered(decode_id(job_id).table_number)
        if table is None or table.name != TABLE:
            raise FunctionError(
                "Invalid scheduled function ID. The ID must be an ID on the '_scheduled_functions' table."
            )
        self.complete(transaction, component, job_id, {"kind": "canceled"})

    def start(self, transaction: Transaction, component: str, job_id: str, request_id: str, execution_id: str) -> None:
        """Marks a job as in progress."""
        state = {"kind": "inProgress", "request_id": request_id, "execution_id": execution_id}
        transaction.patch_system(component, job_id, {"state": state})

    def complete(self, transaction: Transaction, component: str, job_id: str, state: dict[str, Any]) -> None:
        """Gives a job its last state, unless it has one: what was canceled while it ran stays canceled."""
        document = transaction.get_system(component, job_id)
        if document is not None and document.value["state"]["kind"] in UNFINISHED:
            fields = {"state": state, "completedTime": _milliseconds(transaction.now)}
            transaction.patch_system(component, job_id, fields)
            if state["kind"] == "failed":
                self._unseen = [*self.unseen_failures(), job_id]

    def _is_canceled(self, job_id: str) -> bool:
        document = self.document(job_id)
        return document is not None and document.value["state"]["kind"] == "canceled"

    # Between transactions

    def next_job(self) -> Job | None:
        """The pending job that is due first."""
        heads = [
            (heap[0], component)
            for component in self._store.namespaces()
            if (heap := self._heap(component)) and self._drop_finished(component, heap)
        ]
        if not heads:
            return None
        (_, _, job_id), component = min(heads)
        return self._job(job_id, component)

    def tied(self, most: int) -> list[Job]:
        """The pending jobs that are due in the millisecond of the first one, in order, not more than `most`."""
        entries = [
            (entry, component)
            for component in self._store.namespaces()
            for entry in heapq.nsmallest(most, filter(self._is_pending(component), self._heap(component)))
        ]
        entries.sort()
        first = entries[0][0][0] // _MICROSECONDS_PER_MILLISECOND
        return [
            self._job(job_id, component)
            for (moment, _, job_id), component in entries[:most]
            if moment // _MICROSECONDS_PER_MILLISECOND == first
        ]

    def pending_job(self, job_id: str) -> Job | None:
        """The job of that id, if it is pending."""
        for component, namespace in self._store.namespaces().items():
            document = namespace.require_table(TABLE).documents.get(job_id)
            if document is not None and document.value["state"]["kind"] == "pending":
                return self._job(job_id, component)
        return None

    def is_running(self, job_id: str) -> bool:
        """Whether the job of that id is in progress."""
        document = self.document(job_id)
        return document is not None and document.value["state"]["kind"] == "inProgress"

    def documents(self) -> list[tuple[str, Document]]:
        """All jobs with the components that scheduled them, in the order in which they were scheduled."""
        found = [
            (component, document)
            for component, namespace in self._store.namespaces().items()
            for document in namespace.require_table(TABLE).documents.values()
        ]
        return sorted(found, key=lambda job: job[1].creation_time)

    def document(self, job_id: str) -> Document | None:
        """The job of that id."""
        for namespace in self._store.namespaces().values():
            document = namespace.require_table(TABLE).documents.get(job_id)
            if document is not None:
                return document
        return None

    def parent(self, job_id: str) -> str | None:
        """The job that scheduled this one."""
        return self._parents.get(job_id)

    def unseen_failures(self) -> list[str]:
        """The jobs that failed since anybody read the table."""
        if self._store.jobs_were_read:
            self._store.jobs_were_read = False
            self._unseen = []
        return self._unseen

    def _job(self, job_id: str, component: str) -> Job:
        document = self._store.namespace(component).require_table(TABLE).documents[job_id]
        path = parse_function_path(document.value["name"], self._store.job_targets.get(job_id, component))
        return Job(job_id, component, path, document.value["args"][0], due_time(document))

    def _is_pending(self, component: str) -> Callable[[tuple[int, float, str]], bool]:
        documents = self._store.namespace(component).require_table(TABLE).documents

        def check(entry: tuple[int, float, str]) -> bool:
            document = documents.get(entry[2])
            return document is not None and document.value["state"]["kind"] == "pending"

        return check

    def _heap(self, component: str) -> list[tuple[int, float, str]]:
        namespace = self._store.namespace(component)
        known = self._heaps.get(component)
        if known is None or known[0] is not namespace:
            # Another namespace in the same place: a snapshot was restored.
            heap = [_heap_entry(document) for document in namespace.require_table(TABLE).documents.values()]
            heapq.heapify(heap)
            known = self._heaps[component] = namespace, heap
        return known[1]

    def _drop_finished(self, component: str, heap: list[tuple[int, float, str]]) -> bool:
        """Whether a pending job is left, which is then at the head."""
        is_pending = self._is_pending(component)
        while heap:
            if is_pending(heap[0]):
                return True
            heapq.heappop(heap)
        return False


def check_job_id(job_id: str) -> None:
    """Raise `FunctionError` for a text that is no id at all."""
    try:
        decode_id(job_id)
    except InvalidIdError as problem:
        raise FunctionError(f"Invalid argument `id` for `db.cancel_job`: {problem}") from None


def due_time(document: Document) -> int:
    """When a job may run, in nanoseconds."""
    return _microseconds(document.value["scheduledTime"]) * _MICROSECOND


def _heap_entry(document: Document) -> tuple[int, float, str]:
    # What is scheduled for the past is due when it is scheduled.
    moment = max(_microseconds(document.value["scheduledTime"]), _microseconds(document.creation_time))
    return moment, document.creation_time, document.id


def _microseconds(milliseconds: float) -> int:
    return round(milliseconds * 1_000)


def _milliseconds(moment: int) -> float:
    time = to_milliseconds(moment)
    return int(time) if time.is_integer() else time
