"""Values that hold `commit_ts`, and what becomes of them at the commit.

Imitates `PendingValue::{is_pending, nesting, resolve}` in `crates/value/src/pending.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from convex_test.values.types import CommitTsPlaceholder, ConvexInt64

if TYPE_CHECKING:
    from collections.abc import Collection

    from convex_test.values.types import Value

_MANY: Final = 16


def is_pending(value: Value) -> bool:
    """Whether `commit_ts` is somewhere in the value."""
    if isinstance(value, dict | list):
        return shape_of(value)[1]
    return isinstance(value, CommitTsPlaceholder)


def shape_of(value: dict[str, Any] | list[Any]) -> tuple[int, bool]:
    """How deep an object or array is, as `nesting_of` says, and whether it is pending: both in one walk."""
    items: Collection[Any] = value.values() if type(value) is dict else value
    if len(items) > _MANY:
        # Long arrays, such as vectors, mostly hold no others; their types are collected in C.
        kinds = set(map(type, items))
        if dict not in kinds and list not in kinds:
            return 1, CommitTsPlaceholder in kinds
    deepest, pending = 0, False
    for item in items:
        kind = type(item)
        if kind is dict or kind is list:
            depth, inside = shape_of(item)
            deepest = max(deepest, depth)
            pending |= inside
        elif kind is CommitTsPlaceholder:
            pending = True
    return 1 + deepest, pending


def resolve(value: Value, timestamp: int) -> Value:
    """The value with the commit's timestamp, in nanoseconds, wherever `commit_ts` was. Shares what had none of it."""
    return _resolve(value, ConvexInt64(timestamp)) if is_pending(value) else value


def _resolve(value: Any, timestamp: ConvexInt64) -> Any:
    kind = type(value)
    if kind is CommitTsPlaceholder:
        return timestamp
    if kind is dict:
        return {name: _resolve(item, timestamp) for name, item in value.items()}
    if kind is list:
        return [_resolve(item, timestamp) for item in value]
    return value
