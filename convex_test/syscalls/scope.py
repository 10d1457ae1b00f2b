"""What a running function can reach. Made by `functions` for each execution and handed to every syscall."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from convex_test.backend.database import Database
    from convex_test.backend.query.streams import QueryStream
    from convex_test.backend.schema.validators import Tables
    from convex_test.backend.search.vector_query import VectorQuery
    from convex_test.backend.storage import Storage
    from convex_test.backend.web import WebRequest, WebResponse
    from convex_test.errors import FunctionError
    from convex_test.records import CallRecord, LogLine
    from convex_test.references import FunctionPath
    from convex_test.values.types import Value

FunctionKind: TypeAlias = Literal["query", "mutation", "action"]
Visibility: TypeAlias = Literal["public", "internal"]


@dataclass(frozen=True, slots=True)
class Address:
    """Which function is meant: exactly one of the four is given. Python handlers give the path itself."""

    name: str | None = None
    reference: str | None = None
    handle: str | None = None
    path: FunctionPath | None = None


class Task(Protocol):
    """A function that runs beside its caller; the answer comes when it ends."""


class Runner(Protocol):
    """Runs other functions for a syscall."""

    def run_in_transaction(
        self, scope: Scope, kind: str, address: Address, args: Value, limits: Mapping[str, int] | None
    ) -> str:
        """`ctx.runQuery`/`ctx.runMutation` of a query or mutation: in a sub-transaction. The result's JSON text."""

    def run_from_action(self, scope: Scope, kind: FunctionKind, address: Address, args: Value) -> str:
        """`ctx.runQuery`/`ctx.runMutation` of an action: a transaction of its own. The result's JSON text."""

    def start_action(self, scope: Scope, address: Address, args: Value) -> Task:
        """`ctx.runAction`: begins an action that runs beside the caller."""

    def run_to_end(self, scope: Scope, kind: FunctionKind, address: Address, args: Value) -> str:
        """The same for a Python handler, which waits for actions too."""

    def vector_search(self, scope: Scope, query: VectorQuery) -> list[tuple[str, float]]:
        """The ids and scores of the documents of the scope's component that are most similar."""

    def schedule(
        self, scope: Scope, address: Address, moment: int, args: Any, decode: Callable[[Any], Value] | None = None
    ) -> str:
        """`ctx.scheduler.runAfter`/`runAt`: the id of a job that is due at a moment in nanoseconds.

        `args` may be given undecoded with a `decode` function, because the time is looked at before they are.
        """

    def cancel_job(self, scope: Scope, job_id: str) -> None:
        """`ctx.scheduler.cancel`, of something that is an id."""

    def storage(self, scope: Scope) -> AbstractContextManager[Storage]:
        """The files, in the scope's transaction or, in an action, in one that ends with the block."""

    def fetch(self, scope: Scope, request: WebRequest) -> WebResponse:
        """One request of `fetch`."""

    def function_handle(self, scope: Scope, address: Address) -> str:
        """`createFunctionHandle`."""


class CallerConsole(Protocol):
    """The console of a running function, for the functions that run in its transaction."""

    def take(self, line: LogLine) -> None:
        """A line of theirs."""

    def warn(self, message: str, now: int) -> None:
        """A line of the backend's own; `now` is in nanoseconds."""


@dataclass(frozen=True, slots=True)
class RequestMetadata:
    """`ctx.meta.getRequestMetadata()`; inherited by nested calls."""

    request_id: str
    ip: str | None = None
    user_agent: str | None = None
    scheduled_function_id: str | None = None
    auth_token: str | None = None


@dataclass(slots=True)
class Scope:
    """One function execution, as its syscalls see it.

    `database` is None in actions; `tables` is the component's, for validators of ids. `identity` is the JSON of
    `getUserIdentity`, or None; `identity_problem` is what it throws in actions instead. `function` is None for inline
    handlers, helpers and snippets. `alone` says that no other request of this execution waits for an answer. `calls` is
    where the calls it makes are recorded, and `asked`, if anybody wants to know, what it asks of the backend and what
    they ask, by operation. `console` is None for Python handlers.
    """

    kind: FunctionKind
    runner: Runner
    request: RequestMetadata
    function: FunctionPath | None = None
    component: str = ""
    tables: Tables | None = None
    identity: Mapping[str, Any] | None = None
    database: Database | None = None
    depth: int = 0
    alone: bool = True
    identity_problem: FunctionError | None = None
    asked: list[str] | None = None
    calls: list[CallRecord] = field(default_factory=list)
    streams: dict[int, QueryStream] = field(default_factory=dict)
    console: CallerConsole | None = None
