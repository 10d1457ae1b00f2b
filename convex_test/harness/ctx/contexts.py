"""The `ctx` of each kind of Python handler. Imitates `npm-packages/convex/src/server/impl/registration_impl.ts`."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import orjson

from convex_test.backend.components.handles import PREFIX as HANDLE_PREFIX
from convex_test.errors import UsageError
from convex_test.functions.addresses import create_handle, resolve_address
from convex_test.functions.calls import run_handler
from convex_test.functions.resolve import function_path
from convex_test.harness.arguments import call_arguments
from convex_test.harness.callees import callee_name, enter_helper, runs_in_node
from convex_test.harness.ctx.database import DatabaseReader, DatabaseWriter
from convex_test.harness.ctx.lease import Lease, no_attribute
from convex_test.harness.ctx.scheduler import Scheduler
from convex_test.harness.ctx.storage import StorageReader, StorageWriter
from convex_test.harness.ctx.vectors import vector_search
from convex_test.references import ModuleExport, Snippet
from convex_test.syscalls.identity import sign_jwt
from convex_test.syscalls.metadata import get_deployment_metadata, get_request_metadata
from convex_test.syscalls.scope import Address
from convex_test.values.codec import decode
from convex_test.values.python import to_python
from convex_test.values.types import ConvexInt64

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convex_test.functions.deployment import Deployment
    from convex_test.harness.ctx.vectors import VectorFilterBuilder
    from convex_test.references import FunctionPath, Reference
    from convex_test.syscalls.scope import FunctionKind, Scope


class Auth:
    """`ctx.auth`."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    def get_user_identity(self) -> dict[str, Any] | None:
        """Who is calling, as a dict with `subject`, `issuer`, `tokenIdentifier` and more; None for nobody."""
        identity = self._lease.scope.identity
        return None if identity is None else copy.deepcopy(dict(identity))

    def __getattr__(self, name: str) -> Any:
        raise no_attribute("ctx.auth", self, name)


class MutationAuth(Auth):
    """`ctx.auth` of a mutation."""

    def sign_jwt(self, *, expires_in_seconds: int, claims: Mapping[str, Any] | None = None) -> str:
        """A JWT signed with the deployment's key; who checks it finds the public one at `/.well-known/jwks.json`.

        Args:
            expires_in_seconds: how long it is valid, from 1 to 3600.
            claims: JSON values; `iss`, `iat` and `exp` are set by Convex.

        Raises:
            FunctionError: a claim is reserved, or the time is too long or too short.
            UsageError: a claim is no JSON value.
        """
        try:
            given = None if claims is None else orjson.loads(json.dumps(claims, allow_nan=False))
        except (TypeError, ValueError) as problem:
            raise UsageError(f"ctx.auth.sign_jwt(claims={claims!r:.200}): claims are JSON values: {problem}.") from None
        args = {"expiresInSeconds": expires_in_seconds, "claims": given}
        token: str = orjson.loads(str(sign_jwt.handler(self._lease.scope, args)))
        return token


class Meta:
    """`ctx.meta` of an action."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    def get_function_metadata(self) -> dict[str, Any]:
        """`{"name", "componentPath", "type", "visibility"}` of the running function; handlers are called "inline"."""
        scope = self._lease.scope
        return {
            "name": "inline",
            "componentPath": scope.component,
            "type": scope.kind,
            "visibility": "public",
        }

    def get_deployment_metadata(self) -> dict[str, Any]:
        """`{"name", "region", "class"}` of the deployment."""
        return _json(get_deployment_metadata.handler(self._lease.scope, {}))

    def get_request_metadata(self) -> dict[str, Any]:
        """`{"ip", "userAgent", "requestId", "scheduledFunctionId", "authToken"}` of the request; not in queries."""
        return _json(get_request_metadata.handler(self._lease.scope, {}))

    def __getattr__(self, name: str) -> Any:
        raise no_attribute("ctx.meta", self, name)


class TransactionMeta(Meta):
    """`ctx.meta` of a query or mutation."""

    def get_transaction_metrics(self) -> dict[str, dict[str, int]]:
        """`{"bytesRead": {"used", "remaining"}, …}` of the transaction so far."""
        return self._lease.database.transaction.usage.metrics()

    def get_snapshot_ts(self) -> ConvexInt64:
        """When the data was as this transaction reads it, in nanoseconds; any `commit_ts` that it sees is not later."""
        return ConvexInt64(self._lease.database.transaction.snapshot_ts)


class Ctx:
    """What every `ctx` has."""

    def __init__(self, deployment: Deployment, scope: Scope) -> None:
        self._deployment = deployment
        self._lease = Lease(scope)
        self.auth = Auth(self._lease)

    def __getattr__(self, name: str) -> Any:
        kind = self.__dict__["_lease"].scope.kind
        raise no_attribute(f"the ctx of {'an' if kind == 'action' else 'a'} {kind}", self, name)

    def close(self) -> None:
        """The handler has returned, or the block has ended."""
        self._lease.end()

    def _address(
        self, method: str, reference: str | Reference, args: Any, keywords: dict[str, Any]
    ) -> tuple[Address, Any]:
        path = self._path(reference)
        return Address(path=path), call_arguments(args, keywords, f"ctx.{method}({path.shown!r}, …)")

    def _path(self, reference: str | Reference) -> FunctionPath:
        component = self._lease.scope.component
        if isinstance(reference, str) and reference.startswith(HANDLE_PREFIX):
            return resolve_address(self._deployment, self._lease.scope, Address(handle=reference), "runUdf")
        return function_path(self._deployment, reference, component)

    def create_function_handle(self, reference: str | Reference) -> str:
        """`createFunctionHandle`: a string that stands for a function, in every component and for good."""
        return create_handle(self._deployment, self._lease.scope, Address(path=self._path(reference)))

    def _scheduler(self) -> Scheduler:
        scope = self._lease.scope
        if scope.database is None:
            return Scheduler(self._lease, self._deployment.clock.read, self._address)
        now = scope.database.transaction.now
        return Scheduler(self._lease, lambda: now, self._address)


class QueryCtx(Ctx):
    """The `ctx` of a query handler."""

    def __init__(self, deployment: Deployment, scope: Scope) -> None:
        super().__init__(deployment, scope)
        self.meta = TransactionMeta(self._lease)

    @property
    def storage(self) -> StorageReader:
        """The stored files, read-only."""
        return StorageReader(self._lease)

    @property
    def db(self) -> DatabaseReader:
        """The database, read-only."""
        self._lease.require()
        return DatabaseReader(self._lease)

    def run_query(self, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Any:
        """Runs a query of the project in this transaction."""
        return self._run("query", reference, args, kwargs)

    def call(self, helper: ModuleExport | Snippet, *args: Any) -> Any:
        """Calls a TypeScript helper with this very `ctx`: `ctx.call(module("model/users").find, "Sarah")`."""
        scope = self._lease.scope
        if not isinstance(helper, ModuleExport | Snippet):
            raise UsageError(f'ctx.call({helper!r}, …): expected module("…").name or js("…").')
        runs_in_node(self._deployment, scope.kind, helper)
        entered = enter_helper(scope.kind, helper, args)
        return to_python(run_handler(self._deployment, scope, callee_name(helper), entered, nested=True))

    def _run(self, kind: str, reference: str | Reference, args: Any, keywords: dict[str, Any]) -> Any:
        scope = self._lease.scope
        address, value = self._address(f"run_{kind}", reference, args, keywords)
        return to_python(decode(scope.runner.run_in_transaction(scope, kind, address, value, None), pending=True))


class MutationCtx(QueryCtx):
    """The `ctx` of a mutation handler, and of `t.run` and `t.transaction()`."""

    def __init__(self, deployment: Deployment, scope: Scope) -> None:
        super().__init__(deployment, scope)
        self.auth: MutationAuth = MutationAuth(self._lease)

    @property
    def db(self) -> DatabaseWriter:
        """The database."""
        self._lease.require()
        return DatabaseWriter(self._lease)

    @property
    def storage(self) -> StorageWriter:
        """The stored files."""
        return StorageWriter(self._lease)

    @property
    def scheduler(self) -> Scheduler:
        """Schedules functions: `run_after(seconds, …)`, `run_at(datetime, …)`, `cancel(id)`."""
        return self._scheduler()

    def run_mutation(self, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Any:
        """Runs a mutation of the project in this transaction; if it fails, only its own writes are undone."""
        return self._run("mutation", reference, args, kwargs)


class ActionCtx(Ctx):
    """The `ctx` of an action handler: every call is a transaction of its own."""

    def __init__(self, deployment: Deployment, scope: Scope) -> None:
        super().__init__(deployment, scope)
        self.meta = Meta(self._lease)

    @property
    def storage(self) -> StorageWriter:
        """The stored files."""
        return StorageWriter(self._lease)

    @property
    def scheduler(self) -> Scheduler:
        """Schedules functions: `run_after(seconds, …)`, `run_at(datetime, …)`, `cancel(id)`."""
        return self._scheduler()

    def run_query(self, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Any:
        """Runs a query of the project."""
        return self._run("query", reference, args, kwargs)

    def run_mutation(self, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Any:
        """Runs a mutation of the project."""
        return self._run("mutation", reference, args, kwargs)

    def run_action(self, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Any:
        """Runs an action of the project to its end."""
        return self._run("action", reference, args, kwargs)

    def vector_search(
        self,
        table: str,
        index: str,
        *,
        vector: Sequence[float],
        limit: int | None = None,
        filter: Callable[[VectorFilterBuilder], dict[str, Any]] | None = None,
    ) -> list[dict[str, Any]]:
        """The most similar documents, best first, as `{"_id", "_score"}`.

        `filter=lambda q: q.or_(q.eq("author", "x"), …)` knows `eq` of a filter field, and `or_`.
        """
        return vector_search(self._lease.scope, table, index, vector, limit, filter)

    def _run(self, kind: FunctionKind, reference: str | Reference, args: Any, keywords: dict[str, Any]) -> Any:
        scope = self._lease.scope
        address, value = self._address(f"run_{kind}", reference, args, keywords)
        return to_python(decode(scope.runner.run_to_end(scope, kind, address, value)))


def _json(answer: object) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(str(answer))
    return parsed
