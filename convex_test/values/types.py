"""The types of Convex values in Python, and the values that Python has no type for.

A Convex value is `None`, `bool`, a number (`int` or `float`: both are Convex's Float64), `ConvexInt64`,
`str`, `bytes`, `list`, or `dict` with string keys. Source: `crates/value/src/lib.rs` of the backend.

Inside a mutation there is one more, `commit_ts`: the time of its commit, which is not known yet
(`crates/value/src/pending.rs`).

Inside this library values are *canonical*: a Float64 is an `int` when it is integral and at most 2**53 in
size and is not −0.0, otherwise a `float`. So each value has one spelling, and JSON texts can be compared.
"""

from __future__ import annotations

from typing import Any, Final, Self, TypeAlias, final

from convex_test.errors import UsageError

Value: TypeAlias = "bool | int | float | str | bytes | list[Any] | dict[str, Any] | CommitTsPlaceholder | None"
"""A Convex value. `ConvexInt64` is an `int`, so it is in here too."""

MAX_SAFE_INTEGER: Final = 2**53
MIN_INT64: Final = -(2**63)
MAX_INT64: Final = 2**63 - 1


class ConvexInt64(int):
    """A 64-bit integer: Convex's Int64, JavaScript's `bigint`. A plain `int` is a JavaScript `number`.

    Arithmetic gives a plain `int`; wrap the result again to store it as Int64.
    """

    __slots__ = ()

    def __new__(cls, value: int = 0) -> Self:
        self = super().__new__(cls, value)
        if not MIN_INT64 <= self <= MAX_INT64:
            raise UsageError(
                f"ConvexInt64({int(value)}) does not fit into 64 bits: use a value from -2**63 to 2**63-1."
            )
        return self

    def __repr__(self) -> str:
        return f"ConvexInt64({int(self)})"

    __str__ = int.__repr__


@final
class Undefined:
    """The type of `undefined`, JavaScript's value for a field that is not there."""

    __slots__ = ()
    _instance: Undefined | None = None

    def __new__(cls) -> Undefined:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "undefined"


undefined: Final = Undefined()
"""JavaScript's undefined: `q.eq("field", undefined)` matches documents without the field, and
`db.patch(id, {"field": undefined})` removes it."""


@final
class CommitTsPlaceholder:
    """The type of `commit_ts`, npm's `CommitTsPlaceholder`."""

    __slots__ = ()
    _instance: CommitTsPlaceholder | None = None

    def __new__(cls) -> CommitTsPlaceholder:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "commit_ts"

    def __reduce__(self) -> str:
        return "commit_ts"


commit_ts: Final = CommitTsPlaceholder()
"""The timestamp of the running mutation's commit, `ctx.db.vars.commitTs`: an Int64 of nanoseconds once it has
committed. Until then it sorts, and is validated and shown, as `MAX_COMMIT_TS`."""

MAX_COMMIT_TS: Final = int.__new__(ConvexInt64, MAX_INT64)
