"""`ConvexTest`: the `t` of a test."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from convex_test.errors import FunctionError, UsageError
from convex_test.functions.calls import database_of, new_scope, run_handler, run_transaction_function, transaction
from convex_test.functions.drain import Timeline
from convex_test.functions.listing import list_functions
from convex_test.functions.recording import recorded
from convex_test.functions.resolve import function_path
from convex_test.functions.runner import DeploymentRunner
from convex_test.harness.arguments import call_arguments
from convex_test.harness.callees import callee_name, enter_helper, runs_in_node
from convex_test.harness.components import mounted_path, register_component
from convex_test.harness.ctx.contexts import ActionCtx, Ctx, MutationCtx, QueryCtx
from convex_test.harness.outbound import Outbound
from convex_test.harness.reachable import Reachable
from convex_test.harness.state import fork
from convex_test.harness.stateful import Stateful
from convex_test.harness.timed import Timed
from convex_test.harness.users import Users
from convex_test.references import ModuleExport, Reference, Snippet, reference_root
from convex_test.values.pending import resolve
from convex_test.values.python import to_python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from convex_test.backend.auth.validation import ValidToken
    from convex_test.functions.actions import ActionLoop
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.environment import Environment
    from convex_test.records import CallRecord, FunctionRecord, LogLine
    from convex_test.syscalls.scope import FunctionKind, Scope


class ConvexTest(Reachable, Stateful, Timed, Users):
    """A Convex backend of its own, with the project's functions in it.

    Made by the `t` fixture, or by `with project.test() as t:`.
    """

    def __init__(
        self,
        deployment: Deployment,
        identity: Mapping[str, Any] | None = None,
        timeline: Timeline | None = None,
        token: ValidToken | None = None,
    ) -> None:
        self._deployment = deployment
        self._identity = identity
        self._token = token
        self._timeline = timeline or Timeline(deployment)
        if deployment.world is None:
            deployment.world = Outbound()

    def query(self, callee: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Runs a query and returns its result: `t.query(api.messages.list, author="Sarah")`.

        Args:
            callee: a reference, a string such as "messages:list", a Python callable `f(ctx)`, `js("…")` or
                `module("…").name`.
            args: for a function of the project one mapping of arguments, or use keywords; for the others any number of
                positional arguments after `ctx`.

        Raises:
            FunctionError: what the function failed with.
            UsageError: an argument is no Convex value.
        """
        return self._call("query", callee, args, kwargs)

    def mutation(self, callee: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Runs a mutation and returns its result; if it fails, nothing it wrote stays. See `query`."""
        return self._call("mutation", callee, args, kwargs)

    def action(self, callee: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Runs an action and returns its result; what it wrote before it failed stays. See `query`."""
        return self._call("action", callee, args, kwargs)

    def run(
        self, handler: Callable[..., Any] | Snippet | ModuleExport, /, *args: Any, component: str | None = None
    ) -> Any:
        """Runs `handler(ctx, *args)` in one transaction: commits when it returns, rolls back when it raises.

        Args:
            handler: a Python callable, `js("…")` or `module("…").name`.
            args: what it takes after `ctx`.
            component: the path of the component whose tables, files and modules it sees, such as "counter" or
                "parent/child", if it is not the app.
        """
        return self._call("mutation", handler, args, {}, where="t.run", component=component)

    @contextmanager
    def transaction(self, *, component: str | None = None) -> Iterator[MutationCtx]:
        """`with t.transaction() as ctx:` commits at the end of the block, rolls back when the block raises.

        `component` is that of `run`.
        """
        scope = self._scope("mutation", component=mounted_path(self._deployment, "t.transaction", component))
        with transaction(self._deployment, scope) as scope:
            ctx = MutationCtx(self._deployment, scope)
            try:
                yield ctx
            finally:
                ctx.close()

    def fork(self) -> ConvexTest:
        """A new `t` with the same state that is independent from then on.

        It has the settings and the environment that this one began with, a seed of its own, and the same identity.
        """
        return ConvexTest(fork(self._deployment), self._identity, token=self._token)

    def register_component(self, path: str, directory: str | Path) -> None:
        """Mounts a component that `convex.config.ts` does not mount: `t.register_component("counter", "../counter")`.

        Args:
            path: its path, such as "counter", or "parent/child" in a component that is mounted.
            directory: the folder with its `convex.config.ts` or `.js`; relative ones count from the project's root.

        Raises:
            ProjectError: the component does not bundle or load, or a push would refuse it.
            UsageError: something is mounted there already, or this is no component.
        """
        register_component(self._deployment, path, directory)

    registerComponent = register_component

    @property
    def env(self) -> Environment:
        """The deployment's environment variables, a mutable mapping: `t.env["API_KEY"] = "x"`."""
        return self._deployment.env

    @property
    def logs(self) -> list[LogLine]:
        """The console lines of all functions so far."""
        return self._deployment.logs

    @property
    def calls(self) -> list[CallRecord]:
        """The calls so far, as trees."""
        return self._deployment.calls

    @property
    def functions(self) -> list[FunctionRecord]:
        """What the project exports, by path. Evaluates every module."""
        return list_functions(self._deployment)

    @property
    def root(self) -> Path:
        """The root folder of the project."""
        return self._deployment.runtime.layout.root

    @property
    def seed(self) -> int:
        """The seed of ids and `Math.random`; give it to the marker's `seed=` to repeat a test."""
        return self._deployment.seed

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"t has no attribute {name!r}")

    def __repr__(self) -> str:
        who = "" if self._identity is None else f" as {self._identity['tokenIdentifier']}"
        return f"<ConvexTest of {self._deployment.runtime.layout.root}{who}>"

    def _as(self, identity: Mapping[str, Any], token: ValidToken | None = None) -> ConvexTest:
        return ConvexTest(self._deployment, identity, self._timeline, token)

    def _scope(self, kind: FunctionKind, loop: ActionLoop | None = None, component: str = "") -> Scope:
        runner = DeploymentRunner(self._deployment, loop)
        identity = None if component else self._checked_identity()
        token = None if self._token is None else self._token.text
        return new_scope(self._deployment, runner, kind, identity=identity, token=token, component=component)

    def _call(
        self,
        kind: FunctionKind,
        callee: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        where: str | None = None,
        component: str | None = None,
    ) -> Any:
        path = mounted_path(self._deployment, "t.run", component)
        return self._with_logs(lambda: self._dispatch(kind, callee, args, kwargs, where or f"t.{kind}", path))

    def _with_logs(self, call: Callable[[], Any]) -> Any:
        before, calls = len(self.logs), self.calls
        known = len(calls)
        try:
            return call()
        except FunctionError as error:
            error.logs = self.logs[before:]
            error.root = self.root
            raise
        finally:
            if self._identity is not None:
                for record in calls[known:]:
                    record.identity = self._identity

    def _dispatch(
        self, kind: FunctionKind, callee: Any, args: tuple[Any, ...], kwargs: dict[str, Any], where: str, component: str
    ) -> Any:
        if isinstance(callee, str | Reference) and where != "t.run":
            return self._call_function(kind, callee, args, kwargs)
        if kwargs:
            raise UsageError(f"{where}({callee!r}, …): a handler takes positional arguments, not {', '.join(kwargs)}.")
        if isinstance(callee, Snippet | ModuleExport):
            return self._call_helper(kind, callee, args, component)
        if callable(callee) and not isinstance(callee, Reference):
            return self._call_python(kind, callee, args, where, component)
        raise UsageError(_not_callable(where, callee))

    def _call_function(
        self, kind: FunctionKind, callee: str | Reference, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        where = f"t.{kind}({callee!r}, …)"
        if len(args) > 1:
            raise UsageError(
                f"{where}: a function takes one mapping of arguments, or keywords, but got {len(args)} values."
            )
        deployment = self._deployment
        path = function_path(deployment, callee)
        value = call_arguments(args[0] if args else None, kwargs, where)
        public_only = isinstance(callee, Reference) and reference_root(callee) == "api"
        if kind == "action":
            loop = self._timeline.loop
            task = loop.start_function(self._scope(kind, loop, path.component), path, value, public_only=public_only)
            return to_python(loop.run(task).value)
        result = run_transaction_function(
            deployment, self._scope(kind, component=path.component), path, value, public_only=public_only
        )
        return to_python(result.value)

    def _call_helper(
        self, kind: FunctionKind, helper: Snippet | ModuleExport, args: tuple[Any, ...], component: str
    ) -> Any:
        deployment = self._deployment
        name = callee_name(helper)
        enter = enter_helper(kind, helper, args)
        in_node = runs_in_node(deployment, kind, helper)
        if kind == "action":
            loop = self._timeline.loop
            return to_python(loop.run(loop.start_handler(self._scope(kind, loop), name, enter, in_node=in_node)).value)
        with (
            recorded(deployment.calls, name, kind, args) as record,
            transaction(deployment, self._scope(kind, component=component)) as scope,
        ):
            scope.calls = record.children
            record.result = run_handler(deployment, scope, name, enter)
        return to_python(record.result)

    def _call_python(
        self, kind: FunctionKind, handler: Callable[..., Any], args: tuple[Any, ...], where: str, component: str
    ) -> Any:
        deployment = self._deployment
        with recorded(deployment.calls, "inline", kind, args) as record:
            if kind == "action":
                loop = self._timeline.loop
                scope = self._scope(kind, loop)
                scope.calls = record.children
                record.result = _run_python(ActionCtx(deployment, scope), handler, args, where)
                return record.result
            with transaction(deployment, self._scope(kind, component=component)) as scope:
                scope.calls = record.children
                ctx = QueryCtx(deployment, scope) if kind == "query" else MutationCtx(deployment, scope)
                record.result = _run_python(ctx, handler, args, where)
        if kind == "mutation":
            record.result = resolve(record.result, database_of(scope).transaction.commit_ts)
        return record.result


def _run_python(ctx: Ctx, handler: Callable[..., Any], args: tuple[Any, ...], where: str) -> Any:
    try:
        result = handler(ctx, *args)
    finally:
        ctx.close()
    if inspect.iscoroutine(result) or inspect.isgenerator(result) or inspect.isasyncgen(result):
        # Nothing of it has run, and nobody would run it.
        if not inspect.isasyncgen(result):
            result.close()
        keyword = "yield" if inspect.isgenerator(result) else "async"
        raise UsageError(f"{where}({handler!r}): a handler is a plain function of ctx: leave out `{keyword}`.")
    return result


def _not_callable(where: str, callee: object) -> str:
    if where == "t.run":
        expected = 'a Python function f(ctx), js("…") or module("…").name'
        if isinstance(callee, str | Reference):
            return (
                f"t.run({callee!r}): expected {expected}; "
                "to call a function of the project use t.query, t.mutation or t.action."
            )
    else:
        expected = (
            'api.module.function, a string such as "module:function", a Python function f(ctx), js("…") '
            'or module("…").name'
        )
    return f"{where}({callee!r}): expected {expected}, but got {type(callee).__name__}."
