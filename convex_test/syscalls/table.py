"""The table of syscalls: `@syscall` says an operation's name, who may call it, and which arguments it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from convex_test.backend.arguments import describe_json, invalid_argument, invalid_arguments
from convex_test.errors import FunctionError, InternalError, UnsupportedError
from convex_test.syscalls.gaps import GAPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from convex_test.syscalls.scope import FunctionKind, Scope, Task

Answer: TypeAlias = "str | Task"
"""The answer's JSON text, or a task that brings it later."""

Handler: TypeAlias = "Callable[[Scope, Mapping[str, Any]], Answer]"

TRANSACTION: Final[frozenset[FunctionKind]] = frozenset({"query", "mutation"})
ACTION: Final[frozenset[FunctionKind]] = frozenset({"action"})
EVERYWHERE: Final = TRANSACTION | ACTION

ANSWERED_IN_PRELUDE: Final[dict[str, frozenset[FunctionKind]]] = {
    "1.0/queryStream": TRANSACTION,
    "1.0/queryCleanup": TRANSACTION,
    "1.0/db/normalizeId": TRANSACTION,
    "1.0/getSnapshotTs": TRANSACTION,
    "requestFromConvexJson": ACTION,
    "convexJsonFromResponse": ACTION,
}
"""Operations that JavaScript answers itself, from what it was handed at the start of the call."""


@dataclass(frozen=True, slots=True)
class Syscall:
    """An operation: its name, its handler and the kinds of function that have it."""

    op: str
    handler: Handler
    kinds: frozenset[FunctionKind]


def syscall(op: str, kinds: frozenset[FunctionKind] = EVERYWHERE) -> Callable[[Handler], Syscall]:
    """Makes a handler the one of an operation."""

    def register(handler: Handler) -> Syscall:
        return Syscall(op, handler, kinds)

    return register


def collect(*rooms: ModuleType) -> dict[str, Syscall]:
    """The table of all syscalls that the modules define, and the ones that the prelude answers."""
    table = {op: Syscall(op, _in_prelude, kinds) for op, kinds in ANSWERED_IN_PRELUDE.items()}
    for room in rooms:
        for member in vars(room).values():
            if isinstance(member, Syscall):
                table[member.op] = member
    return table


def answer(table: Mapping[str, Syscall], scope: Scope, op: str, args: Mapping[str, Any]) -> Answer:
    """Answers one request.

    Raises:
        FunctionError: what the function is told; it may catch it.
    """
    if scope.asked is not None:
        scope.asked.append(op)
    found = table.get(op)
    if found is None or scope.kind not in found.kinds:
        if op in GAPS:
            raise UnsupportedError(f"not supported: {GAPS[op]} (the operation {op} of the `convex` package)")
        raise FunctionError(f"Unknown async operation {op}")
    return found.handler(scope, args)


def argument(args: Mapping[str, Any], name: str, function: str) -> Any:
    """A required argument; npm's `convex` always sends it, a hand-made syscall may not."""
    try:
        return args[name]
    except KeyError:
        raise invalid_arguments(function, f"missing field `{name}`") from None


def text_argument(args: Mapping[str, Any], name: str, function: str) -> str:
    """A required string argument."""
    value = argument(args, name, function)
    if not isinstance(value, str):
        raise invalid_argument(name, function, f"invalid type: {describe_json(value)}, expected a string")
    return value


def _in_prelude(_scope: Scope, _args: Mapping[str, Any]) -> Answer:
    raise InternalError("An operation that the prelude answers has reached the host.")
