"""The `ctx` of each kind of Python handler. Imitates `npm-packages/convex/src/server/impl/registration_impl.ts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convex_test.errors import UsageError
from convex_test.functions.calls import database_of, run_handler
from convex_test.functions.resolve import function_path
from convex_test.harness.arguments import call_arguments
from convex_test.harness.callees import callee_name, enter_helper
from convex_test.harness.ctx.database import DatabaseReader, DatabaseWriter
from convex_test.references import ModuleExport, Reference, Snippet
from convex_test.syscalls.scope import Address
from convex_test.values.codec import decode
from convex_test.values.python import to_python

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.functions.deployment import Deployment
    from convex_test.syscalls.scope import FunctionKind, Scope


class Auth:
    """`ctx.auth`."""

    def __init__(self, identity: Mapping[str, Any] | None) -> None:
        self._identity = identity

    def get_user_identity(self) -> dict[str, Any] | None:
        """Who is calling, as a dict with `subject`, `issuer`, `tokenIdentifier` and more; None for nobody."""
        return None if self._identity is None else dict(self._identity)


class Meta:
    """`ctx.meta`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get_function_metadata(self) -> dict[str, Any]:
        """`{"name", "componentPath"}` of the running function; handlers are called "inline"."""
        return {"name": "inline", "componentPath": self._scope.component}

    def get_transaction_metrics(self) -> dict[str, dict[str, int]]:
        """`{"bytesRead": {"used", "remaining"}, …}` of the transaction so far."""
        return database_of(self._scope).transaction.usage.metrics()


class Ctx:
    """What every `ctx` has."""

    def __init__(self, deployment: Deployment, scope: Scope) -> None:
        self._deployment = deployment
        self._scope = scope
        self._closed = False
        self.auth = Auth(scope.identity)

    def __getattr__(self, name: str) -> Any:
        if name in {"storage", "scheduler", "vector_search"}:
            raise UsageError(f"not supported: ctx.{name} in Python")
        raise AttributeError(f"the ctx of {article(self._scope.kind)} has no attribute {name!r}")

    def call(self, helper: ModuleExport | Snippet, *args: Any) -> Any:
        """Calls a TypeScript helper with this very `ctx`: `ctx.call(module("model/users").find, "Sarah")`."""
        self._require_open()
        if not isinstance(helper, ModuleExport | Snippet):
            raise UsageError(f'ctx.call({helper!r}, …): expected module("…").name or js("…").')
        name = callee_name(helper)
        entered = enter_helper(self._scope.kind, helper, args)
        return to_python(decode(run_handler(self._deployment, self._scope, name, entered)))

    def close(self) -> None:
        """Its transaction has ended."""
        self._closed = True

    def _require_open(self) -> None:
        if self._closed:
            raise UsageError(
                "This ctx belongs to a transaction that has ended: use it inside its handler or `with` block."
            )

    def _run(self, kind: str, reference: str | Reference, args: Any, keywords: dict[str, Any]) -> Any:
        self._require_open()
        name = str(function_path(self._deployment, reference))
        value = call_arguments(args, keywords, f"ctx.run_{kind}({name!r}, …)")
        result = self._scope.runner.run_in_transaction(self._scope, kind, Address(name=name), value, None)
        return to_python(decode(result))


class QueryCtx(Ctx):
    """The `ctx` of a query handler."""

    def __init__(self, deployment: Deployment, scope: Scope) -> None:
        super().__init__(deployment, scope)
        self.meta = Meta(scope)
        self._database = database_of(scope)

    @property
    def db(self) -> DatabaseReader:
        """The database, read-only."""
        self._require_open()
        return DatabaseReader(self._database)

    def run_query(self, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Any:
        """Runs a query of the project in this transaction."""
        return self._run("query", reference, args, kwargs)


class MutationCtx(QueryCtx):
    """The `ctx` of a mutation handler, and of `t.run` and `t.transaction()`."""

    @property
    def db(self) -> DatabaseWriter:
        """The database."""
        self._require_open()
        return DatabaseWriter(self._database)

    def run_mutation(self, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Any:
        """Runs a mutation of the project in this transaction; if it fails, only its own writes are undone."""
        return self._run("mutation", reference, args, kwargs)


class ActionCtx(Ctx):
    """The `ctx` of an action handler: every call is a transaction of its own."""

    def run_query(self, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Any:
        """Runs a query of the project."""
        return self._run_from_action("query", reference, args, kwargs)

    def run_mutation(self, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Any:
        """Runs a mutation of the project."""
        return self._run_from_action("mutation", reference, args, kwargs)

    def run_action(self, reference: str | Reference, args: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Any:
        """Runs an action of the project to its end."""
        return self._run_from_action("action", reference, args, kwargs)

    def _run_from_action(
        self, kind: FunctionKind, reference: str | Reference, args: Any, keywords: dict[str, Any]
    ) -> Any:
        name = str(function_path(self._deployment, reference))
        value = call_arguments(args, keywords, f"ctx.run_{kind}({name!r}, …)")
        return to_python(decode(self._scope.runner.run_to_end(self._scope, kind, Address(name=name), value)))


def article(kind: str) -> str:
    """ "a query", "an action"."""
    return f"{'an' if kind == 'action' else 'a'} {kind}"
