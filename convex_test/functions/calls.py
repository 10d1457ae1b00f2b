"""The life of one call: find the function, check its arguments, run it in a transaction, check its result, commit.

Follows `crates/udf/src/validation.rs` (order and texts of the checks),
`crates/isolate/src/environment/udf/async_syscall.rs` (`run_udf`: nested calls) and
`crates/application/src/application_function_runner` (calls of actions).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from convex_test.backend.database import Database
from convex_test.backend.schema.validators import ValidationFailure
from convex_test.errors import ArgumentValidationError, FunctionError, ReturnsValidationError, UsageError
from convex_test.functions.addresses import resolve_address
from convex_test.functions.execution import Execution
from convex_test.functions.recording import recorded
from convex_test.functions.resolve import find_function
from convex_test.functions.warnings import MAXIMUM_SIZE, may_be_large, transaction_warnings
from convex_test.syscalls.scope import RequestMetadata, Scope
from convex_test.values.codec import decode, encode
from convex_test.values.invalid import InvalidValueError
from convex_test.values.pending import is_pending, resolve
from convex_test.values.size import format_size, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from convex_test.backend.schema.validators import Tables
    from convex_test.backend.store.transactions import Transaction
    from convex_test.engine.protocol import Context
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.registered import RegisteredFunction
    from convex_test.records import CallRecord
    from convex_test.references import FunctionPath
    from convex_test.syscalls.scope import Address, FunctionKind, Runner
    from convex_test.values.types import Value

MAXIMUM_DEPTH: Final = 8
ARRAY_OVERHEAD: Final = 2
COMMIT_TS_NAME: Final = '"$commitTs"'


class Result(NamedTuple):
    """What a function returned: its JSON text, for JavaScript, and the value, for Python."""

    text: str
    value: Value


def run_transaction_function(
    deployment: Deployment, scope: Scope, path: FunctionPath, args: Value, *, public_only: bool = False
) -> Result:
    """Runs a query or mutation as a transaction of its own."""
    with recorded(scope.calls, path.shown, scope.kind, args) as record:
        function = find_function(deployment, path, scope.kind, public_only=public_only)
        with transaction(deployment, scope) as inner:
            text, value = run_in(deployment, inner, function, args, record)
        result = committed(inner, text, value)
        record.result = result.value
        return result


def run_in(
    deployment: Deployment, scope: Scope, function: RegisteredFunction, args: Value, record: CallRecord
) -> Result:
    """Runs a query or mutation in the transaction that the scope has; its result, which may hold `commit_ts`."""
    check_arguments(function, args, tables_of(scope))
    scope.function = function.path
    scope.calls = record.children
    record.usage = database_of(scope).transaction.usage
    name, size = function.path.shown, size_of(args) + ARRAY_OVERHEAD
    text = _execute(deployment, scope, name, entering(function, args), size)
    return Result(text, check_result(function, text, scope))


def run_nested_function(
    deployment: Deployment,
    scope: Scope,
    kind: str,
    address: Address,
    args: Value,
    limits: Mapping[str, int] | None,
) -> str:
    """`ctx.runQuery` and `ctx.runMutation` of a query or mutation: runs in a part of the caller's transaction."""
    if scope.kind == "query" and kind != "query":
        raise FunctionError(f"Cannot call a {kind[0].upper()}{kind[1:]} function from a Query function")
    nested_kind: FunctionKind = "mutation" if kind == "mutation" else "query"
    path = resolve_address(deployment, scope, address, "runUdf")
    with recorded(scope.calls, path.shown, nested_kind, args) as record:
        function = find_function(deployment, path, nested_kind, public_only=False)
        tables = deployment.store.namespace(path.component)
        check_arguments(function, args, tables)
        if scope.depth >= MAXIMUM_DEPTH:
            raise FunctionError("Cross component call depth limit exceeded. Do you have an infinite loop in your app?")
        inner = replace(
            scope,
            kind=nested_kind,
            function=path,
            component=path.component,
            tables=tables,
            depth=scope.depth + 1,
            streams={},
            calls=record.children,
            database=Database(database_of(scope).transaction, path.component),
        )
        name = path.shown
        with _nested(inner, kind, limits):
            text = _execute(deployment, inner, name, entering(function, args), size_of(args) + ARRAY_OVERHEAD)
        # The child's writes are merged by now: a parent that catches this error keeps them.
        record.result = check_result(function, text, inner)
        return text


@contextmanager
def transaction(deployment: Deployment, scope: Scope) -> Iterator[Scope]:
    """A transaction around a block: commits at its end, rolls back when the block raises."""
    opened = deployment.store.begin(read_only=scope.kind == "query", limits=deployment.limits)
    scope.database = Database(opened, scope.component)
    try:
        yield scope
    except BaseException:
        opened.rollback()
        raise
    opened.commit()


@contextmanager
def _nested(scope: Scope, kind: str, limits: Mapping[str, int] | None) -> Iterator[None]:
    opened = database_of(scope).transaction
    if kind == "snapshotQuery":
        with opened.begin_snapshot(), _ceilings(opened, limits):
            yield
        return
    mark = opened.savepoint()
    try:
        with _ceilings(opened, limits):
            yield
    except BaseException:
        opened.rollback_to(mark)
        raise
    opened.release(mark)


@contextmanager
def _ceilings(opened: Transaction, limits: Mapping[str, int] | None) -> Iterator[None]:
    if limits is None:
        yield
        return
    opened.usage.push(limits)
    try:
        yield
    finally:
        opened.usage.pop()


def run_handler(
    deployment: Deployment,
    scope: Scope,
    name: str,
    enter: Callable[[Context], object],
    *,
    nested: bool = False,
) -> Value:
    """Runs a helper or a snippet in the scope's transaction; its result. `nested` says that more will happen there."""
    text = _execute(deployment, scope, name, enter)
    value = value_of(name, text, pending=True)
    if nested:
        return value
    _check_is_settled(name, text, value, scope)
    return committed(scope, text, value).value


def committed(scope: Scope, text: str, value: Value) -> Result:
    """A result as it leaves the transaction: with the timestamp of the commit in the place of `commit_ts`."""
    if COMMIT_TS_NAME not in text:
        return Result(text, value)
    resolved = resolve(value, database_of(scope).transaction.commit_ts)
    return Result(encode(resolved), resolved)


def _check_is_settled(name: str, text: str, value: Value, scope: Scope) -> None:
    """Queries do not commit. Those that a function calls may be part of a mutation."""
    if scope.kind == "query" and scope.depth == 0 and COMMIT_TS_NAME in text and is_pending(value):
        raise FunctionError(
            f"Function {name} return value invalid: queries cannot return an unresolved commit timestamp", function=name
        )


def value_of(name: str, result: str, *, pending: bool = False) -> Value:
    """The value of a result, which may hold `commit_ts` if it is `pending`. Raises `FunctionError` when it is none."""
    try:
        return decode(result, pending=pending)
    except InvalidValueError as problem:
        raise FunctionError(f"Function {name} return value invalid: {problem}", function=name) from None


def _execute(
    deployment: Deployment, scope: Scope, name: str, enter: Callable[[Context], object], args_size: int = 0
) -> str:
    opened = database_of(scope).transaction
    execution = Execution(deployment, scope, now=opened.now, name=name)
    execution.start(enter)
    text = ""
    try:
        text = execution.run()
    finally:
        for message in transaction_warnings(opened.usage, deployment.limits, args_size, text):
            execution.warn(message)
    return text


def entering(function: RegisteredFunction, args: Value) -> Callable[[Context], object]:
    """How a registered function is entered."""
    text = f"[{encode(args)}]"
    return lambda context: context.call("invoke", function.kind, function.path.module, function.path.name, text)


def check_arguments(function: RegisteredFunction, args: Value, tables: Tables) -> None:
    """Size and validator of the arguments; in the callee's component."""
    size = size_of(args) + ARRAY_OVERHEAD
    path = function.path.full
    if size > MAXIMUM_SIZE:
        raise FunctionError(
            f"Arguments for {path} are too large (actual: {format_size(size)}, limit: {format_size(MAXIMUM_SIZE)})"
        )
    if function.args is None:
        return
    try:
        function.args.check([args], tables)
    except ValidationFailure as failure:
        raise ArgumentValidationError(f"ArgumentValidationError: {failure}", function=function.path.shown) from None


def check_result(function: RegisteredFunction, result: str, scope: Scope) -> Value:
    """The value of a result, which is not too large and matches the validator."""
    path = function.path.full
    value = value_of(path, result, pending=scope.kind != "action")
    size = size_of(value) if may_be_large(result) else 0
    if size > MAXIMUM_SIZE:
        raise FunctionError(
            f"Function {path} return value is too large "
            f"(actual: {format_size(size)}, limit: {format_size(MAXIMUM_SIZE)})",
            function=function.path.shown,
        )
    _check_is_settled(path, result, value, scope)
    if function.returns is None:
        return value
    try:
        function.returns.check(value, tables_of(scope))
    except ValidationFailure as failure:
        raise ReturnsValidationError(f"ReturnsValidationError: {failure}", function=function.path.shown) from None
    return value


def database_of(scope: Scope) -> Database:
    """The database of a scope that has one."""
    if scope.database is None:
        raise UsageError("There is no database outside of a query or mutation.")
    return scope.database


def tables_of(scope: Scope) -> Tables:
    """The tables by number, for validators of ids."""
    if scope.tables is None:
        raise UsageError("There are no tables outside of a deployment.")
    return scope.tables


def entering_component(deployment: Deployment, scope: Scope, path: FunctionPath) -> Scope:
    """The scope of what an action calls.

    The identity stays in the app (`propagate_component_auth` of `crates/model/src/components/auth.rs`).
    """
    if not path.component and not scope.component:
        return scope
    return replace(
        scope,
        component=path.component,
        tables=deployment.store.namespace(path.component),
        identity=None,
        identity_problem=None,
        request=replace(scope.request, auth_token=None),
    )


def new_scope(
    deployment: Deployment,
    runner: Runner,
    kind: FunctionKind,
    *,
    identity: Mapping[str, Any] | None = None,
    token: str | None = None,
    component: str = "",
) -> Scope:
    """The scope of a top-level call."""
    return Scope(
        kind=kind,
        runner=runner,
        request=RequestMetadata(deployment.next_request_id(), auth_token=token),
        component=component,
        identity=identity,
        calls=deployment.calls,
        tables=deployment.store.namespace(component),
    )
