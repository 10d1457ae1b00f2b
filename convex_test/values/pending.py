"""Values that hold `commit_ts`, and what becomes of them at the commit.

Imitates `PendingValue::{is_pending, resolve}` in `crates/value/src/pending.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convex_test.values.types import CommitTsPlaceholder, ConvexInt64

if TYPE_CHECKING:
    from collections.abc import Collection

    from convex_test.values.types import Value


def is_pending(value: Value) -> bool:
    """Whether `commit_ts` is somewhere in the value."""
    if isinstance(value, dict):
        return any_pending(value.values())
    if isinstance(value, list):
        return any_pending(value)
    return isinstance(value, CommitTsPlaceholder)


def any_pending(items: Collection[Any]) -> bool:
    """The same for several values at once."""
    # One pass in C does for the long lists of numbers that vectors are.
    kinds = set(map(type, items))
    if CommitTsPlaceholder in kinds:
        return True
    if dict in kinds or list in kinds:
        return any(map(is_pending, items))
    return False


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
