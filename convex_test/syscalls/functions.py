"""`ctx.runQuery`, `ctx.runMutation`, `ctx.runAction`, and `createFunctionHandle`.

Arguments are read as in `run_udf` of `crates/isolate/src/environment/udf/async_syscall.rs`: only a mutation has a
`commit_ts` to pass on. Those of an action's calls are read like a client's (`parse_udf_args` in
`crates/udf/src/helpers.rs`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from convex_test.backend.arguments import invalid_argument, invalid_arguments
from convex_test.errors import FunctionError
from convex_test.references import parse_function_path
from convex_test.syscalls.scope import Address
from convex_test.syscalls.table import ACTION, TRANSACTION, argument, syscall
from convex_test.values.codec import decode_parsed
from convex_test.values.invalid import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.syscalls.scope import Scope, Task
    from convex_test.values.types import Value

NESTED_KINDS = ("query", "mutation", "snapshotQuery")


@syscall("1.0/runUdf", TRANSACTION)
def run_udf(scope: Scope, args: Mapping[str, Any]) -> str:
    """A nested query or mutation: its result."""
    kind = argument(args, "udfType", "runUdf")
    if kind not in NESTED_KINDS:
        raise invalid_arguments(
            "runUdf", f"unknown variant `{kind}`, expected one of `query`, `mutation`, `snapshotQuery`"
        )
    try:
        value = decode_parsed(argument(args, "args", "runUdf"), pending=scope.kind == "mutation")
    except InvalidValueError as problem:
        raise invalid_argument("args", "runUdf", problem) from None
    return scope.runner.run_in_transaction(
        scope, kind, read_address(args, "runUdf"), value, args.get("transactionLimits")
    )


@syscall("1.0/actions/query", ACTION)
def action_query(scope: Scope, args: Mapping[str, Any]) -> str:
    """A query in a transaction of its own: its result."""
    address = read_address(args, "runQuery")
    return scope.runner.run_from_action(scope, "query", address, _decode(args, address, "runQuery"))


@syscall("1.0/actions/mutation", ACTION)
def action_mutation(scope: Scope, args: Mapping[str, Any]) -> str:
    """A mutation in a transaction of its own: its result."""
    address = read_address(args, "runMutation")
    return scope.runner.run_from_action(scope, "mutation", address, _decode(args, address, "runMutation"))


@syscall("1.0/actions/action", ACTION)
def action_action(scope: Scope, args: Mapping[str, Any]) -> Task:
    """An action beside this one; the answer is its result when it ends."""
    address = read_address(args, "runAction")
    return scope.runner.start_action(scope, address, _decode(args, address, "runAction"))


@syscall("1.0/createFunctionHandle")
def create_function_handle(scope: Scope, args: Mapping[str, Any]) -> str:
    """A string that stands for a function, in every component and for good."""
    handle = scope.runner.function_handle(scope, read_address(args, "createFunctionHandle"))
    return orjson.dumps(handle).decode()


def _decode(args: Mapping[str, Any], address: Address, function: str) -> Value:
    try:
        return decode_parsed(argument(args, "args", function))
    except InvalidValueError as problem:
        if address.name is None:
            raise invalid_arguments(function, problem) from None
        raise FunctionError(f"Invalid arguments for {parse_function_path(address.name).full}: {problem}") from None


def read_address(args: Mapping[str, Any], function: str) -> Address:
    """Which function the arguments of a syscall mean."""
    given = {key: args[key] for key in ("name", "reference", "functionHandle") if args.get(key) is not None}
    if len(given) != 1:
        raise invalid_arguments(function, "exactly one of `name`, `reference` and `functionHandle` is needed")
    return Address(name=given.get("name"), reference=given.get("reference"), handle=given.get("functionHandle"))
