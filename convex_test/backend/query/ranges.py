"""From the steps of an index range to one interval of keys.

Imitates `IndexRange::{split, compile}` in `crates/common/src/query.rs`, its order of checks included: any number of
equalities and bounds on one more field, which together, in any order of calls, are a prefix of the index's fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convex_test.backend.intervals import Interval, increment
from convex_test.backend.query.plan import Comparison
from convex_test.backend.store.indexes import ID_FIELD
from convex_test.errors import FunctionError
from convex_test.values.order import encode_key
from convex_test.values.render import quote, render

if TYPE_CHECKING:
    from convex_test.backend.query.plan import Bound, IndexRange
    from convex_test.backend.store.indexes import FieldPath
    from convex_test.values.types import Undefined, Value

_LOWER: Final = (Comparison.GT, Comparison.GTE)
_HELP: Final = "For more information see https://docs.convex.dev/using/indexes."


def compile_range(query: IndexRange, fields: tuple[FieldPath, ...]) -> Interval:
    """The keys that an index over `fields` (its trailing `_id` left out) has in the range. It may be empty.

    Raises:
        FunctionError: the range does not fit the index.
    """
    name = f"{query.table}.{query.index}"
    equalities, lower, upper = _split(query.range, name)
    bounded = (lower or upper).field if lower or upper else None  # type: ignore[union-attr]
    all_fields = (*fields, ID_FIELD)
    for field in [*sorted(equalities), *([bounded] if bounded else [])]:
        if field not in all_fields:
            raise FunctionError(
                f"The index range included a comparison with {show_path(field)}, but {name} with fields "
                f"{_show_paths(fields)} doesn't index this field. {_HELP}"
            )
    used = [*sorted(equalities, key=all_fields.index), *([bounded] if bounded else [])]
    for field, expected in zip(used, all_fields, strict=False):
        if field != expected:
            raise FunctionError(
                f"Tried to query index {name} but the query didn't use the index fields in order.\n"
                f"Index fields: {_show_paths(fields)}\nQuery fields: {_show_paths(used)}\n"
                f"First incorrect field: {show_path(field)}\n{_HELP}"
            )
    prefix = b"".join(encode_key(equalities[field]) for field in used if field != bounded)
    # A lower bound on the last field leaves the end open.
    complete = len(used) == len(all_fields) and (upper is not None or lower is None)
    return Interval(_start(prefix, lower), _end(prefix, upper, complete=complete))


def show_path(field: FieldPath) -> str:
    """A field path as error texts show it: `"a.b"`."""
    return quote(".".join(field))


def _split(
    bounds: tuple[Bound, ...], name: str
) -> tuple[dict[FieldPath, Value | Undefined], Bound | None, Bound | None]:
    """Equalities, lower bound and upper bound."""
    equalities: dict[FieldPath, Value | Undefined] = {}
    lower: Bound | None = None
    upper: Bound | None = None
    for bound in bounds:
        if bound.comparison is Comparison.EQ:
            if bound.field in equalities:
                raise _already_defined("equality", bound.field, Comparison.EQ, equalities[bound.field])
            equalities[bound.field] = bound.value
            continue
        is_lower = bound.comparison in _LOWER
        if (lower if is_lower else upper) is not None:
            raise _already_defined("lower" if is_lower else "upper", bound.field, bound.comparison, bound.value)
        other = upper if is_lower else lower
        if other is not None and other.field != bound.field:
            raise FunctionError(
                "Upper and lower bounds in `range` can only be applied to a single index field. This query against "
                f"index {name} attempted to set a range bound on both {show_path(other.field)} and "
                f"{show_path(bound.field)}. Consider using `filter` instead. See "
                "https://docs.convex.dev/using/indexes for more info."
            )
        lower, upper = (bound, upper) if is_lower else (lower, bound)
    bounded = lower or upper
    if bounded is not None and bounded.field in equalities:
        raise _already_defined("inequality", bounded.field, Comparison.EQ, equalities[bounded.field])
    return equalities, lower, upper


def _already_defined(kind: str, field: FieldPath, comparison: Comparison, value: Value | Undefined) -> FunctionError:
    return FunctionError(
        f"Already defined {kind} bound in index range. Can't add {show_path(field)} {comparison.value} {render(value)}."
    )


def _start(prefix: bytes, lower: Bound | None) -> bytes:
    if lower is None:
        return prefix
    key = prefix + encode_key(lower.value)
    return key if lower.comparison is Comparison.GTE else increment(key) or key


def _end(prefix: bytes, upper: Bound | None, *, complete: bool) -> bytes | None:
    key = prefix if upper is None else prefix + encode_key(upper.value)
    if upper is not None and upper.comparison is Comparison.LT:
        return key
    # When all fields are given, only one key is meant, not all that begin with it.
    return key + b"\x00" if complete else increment(key)


def _show_paths(fields: tuple[FieldPath, ...] | list[FieldPath]) -> str:
    return f"[{', '.join(map(show_path, fields))}]"
