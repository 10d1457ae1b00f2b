"""The user's Python values: what a test passes in, and what it gets back.

In: a `tuple` is a list, `bytearray` and `memoryview` are bytes, subclasses of `str`, `int`, `float` and `dict` are
what they derive from, and the `ConvexInt64` of the PyPI package `convex` is known by its name. `undefined` drops the
field it stands in; `commit_ts` is for documents and index ranges alone (`pending=True`). Whatever has no counterpart in
Convex is refused on the spot, with its place and a remedy.

Out: a number that is integral and below 1e21 in size (where JavaScript, too, begins to write exponents) is an `int`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from convex_test.errors import UsageError
from convex_test.values.codec import canonical_number
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_field_name
from convex_test.values.size import MAX_ARRAY_LENGTH, MAX_OBJECT_FIELDS, MAX_VALUE_NESTING
from convex_test.values.types import (
    MAX_INT64,
    MAX_SAFE_INTEGER,
    MIN_INT64,
    CommitTsPlaceholder,
    ConvexInt64,
    Undefined,
    Value,
    commit_ts,
)

_INTEGRAL_FLOATS_BELOW: Final = 1e21

_REMEDIES: Final = {
    "set": "pass a list",
    "frozenset": "pass a list",
    "generator": "pass a list",
    "range": "pass a list",
    "datetime": "pass a number, such as `value.timestamp() * 1000` for the milliseconds that Date.now() counts",
    "date": "pass a string, such as `value.isoformat()`",
    "timedelta": "pass a number, such as `value.total_seconds()`",
    "Decimal": "pass `float(value)` or `str(value)`",
    "Fraction": "pass `float(value)` or `str(value)`",
    "complex": "pass two numbers",
    "UUID": "pass `str(value)`",
}
_REMEDIES_BY_ATTRIBUTE: Final = {
    "model_dump": "pass `value.model_dump()`",
    "__dataclass_fields__": "pass `dataclasses.asdict(value)`",
    "__fspath__": "pass `str(value)`",
    "tolist": "pass `value.tolist()`",
    "_name_": "pass `value.value`",
}
_CONVEX_TYPES: Final = "pass None, a bool, an int, a float, a ConvexInt64, a str, bytes, a list, or a dict"


class _NotConvexError(Exception):
    """Carries a complaint from the place where it arose up to the caller, collecting the path on its way."""

    def __init__(self, complaint: str) -> None:
        super().__init__(complaint)
        self.reversed_path: list[str] = []


def from_python(value: Any, where: str, *, pending: bool = False) -> Value:
    """The canonical form of a user's value; `where` names it in errors, such as `args` or `the value of insert`.

    Lists and dicts are copied. The 32 MiB limit is left to the caller.

    Args:
        value: what the user gave.
        where: what errors call it.
        pending: whether `commit_ts` may be in it.

    Raises:
        UsageError: it cannot be a Convex value, or not here.
    """
    try:
        converted: Value = _convert(value, 1, pending)
    except _NotConvexError as error:
        raise _usage_error(error, value, where) from None
    return converted


def from_python_fields(value: Any, where: str) -> dict[str, Value | Undefined]:
    """The same for the body of a patch: a mapping whose own fields, but no deeper ones, may be `undefined`.

    `commit_ts` may be anywhere in it.
    """
    if not isinstance(value, Mapping):
        raise UsageError(f"{where} is {_show(value)} (type={type(value).__name__}): pass a dict of fields.")
    try:
        converted: dict[str, Value | Undefined] = _convert_mapping(value, 1, True, keep_undefined=True)
    except _NotConvexError as error:
        raise _usage_error(error, value, where) from None
    return converted


_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})


def to_python(value: Value) -> Any:
    """A copy of a canonical value for the user: integral numbers below 1e21 as `int`, names of objects sorted."""
    kind = type(value)
    if kind is dict:
        items: dict[str, Any] = value  # type: ignore[assignment]
        # Most items are of a type that needs no look.
        return {name: item if type(item := items[name]) in _AS_THEY_ARE else to_python(item) for name in sorted(items)}
    if kind is list:
        return [item if type(item) in _AS_THEY_ARE else to_python(item) for item in value]  # type: ignore[union-attr]
    # A canonical float that is integral is −0.0 or beyond 2**53.
    if isinstance(value, float) and value and abs(value) < _INTEGRAL_FLOATS_BELOW and value.is_integer():
        return int(value)
    return value


def _convert(value: Any, depth: int, pending: bool) -> Any:
    kind = type(value)
    if value is None or kind is bool or kind is ConvexInt64 or kind is bytes:
        return value
    if kind is str:
        return _string(value)
    if kind is int:
        return _integer(value)
    if kind is float:
        return canonical_number(value)
    if kind is dict:
        return _convert_mapping(value, depth, pending)
    if kind is list or kind is tuple:
        return _convert_sequence(value, depth, pending)
    if value is commit_ts and pending:
        return value
    return _convert_other(value, depth, pending)


def _convert_other(value: Any, depth: int, pending: bool) -> Any:
    if isinstance(value, str):
        return _string(str.__str__(value))
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, float):
        return canonical_number(float(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, list | tuple):
        return _convert_sequence(value, depth, pending)
    if isinstance(value, Mapping):
        return _convert_mapping(value, depth, pending)
    if type(value).__name__ == "ConvexInt64" and isinstance(getattr(value, "value", None), int):
        return _foreign_int64(value.value)
    raise _refusal(value)


def _convert_mapping(
    mapping: Mapping[Any, Any],
    depth: int,
    pending: bool,
    *,
    keep_undefined: bool = False,
) -> dict[str, Any]:
    if depth > MAX_VALUE_NESTING:
        raise _NotConvexError(_TOO_NESTED)
    converted = {}
    for name, item in mapping.items():
        is_undefined = type(item) is Undefined
        if is_undefined and not keep_undefined:
            continue
        try:
            converted[_field_name(name)] = item if is_undefined else _convert(item, depth + 1, pending)
        except _NotConvexError as error:
            error.reversed_path.append(f".{name}" if isinstance(name, str) and name.isidentifier() else f"[{name!r}]")
            raise
    if len(converted) > MAX_OBJECT_FIELDS:
        raise _NotConvexError(f"Object has too many fields ({len(converted)} > maximum number {MAX_OBJECT_FIELDS})")
    return converted


def _convert_sequence(sequence: list[Any] | tuple[Any, ...], depth: int, pending: bool) -> list[Any]:
    if depth > MAX_VALUE_NESTING:
        raise _NotConvexError(_TOO_NESTED)
    if len(sequence) > MAX_ARRAY_LENGTH:
        raise _NotConvexError(f"Array length is too long ({len(sequence)} > maximum length {MAX_ARRAY_LENGTH})")
    converted: list[Any] = []
    for index, item in enumerate(sequence):
        try:
            converted.append(_convert(item, depth + 1, pending))
        except _NotConvexError as error:
            error.reversed_path.append(f"[{index}]")
            raise
    return converted


def _field_name(name: Any) -> str:
    if not isinstance(name, str):
        raise _NotConvexError(
            f"the key {_show(name)} (type={type(name).__name__}) is not a string; field names are: use {str(name)!r}"
        )
    try:
        check_field_name(name)
    except InvalidValueError as error:
        raise _NotConvexError(str(error)) from None
    return str.__str__(name)


def _string(text: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise _NotConvexError(
                f"{_show(text)} has a lone surrogate at index {error.start}, which is no text: pass bytes for binary "
                "data, or replace it"
            ) from None
    return text


def _integer(number: int) -> int:
    if -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER:
        return number
    remedies = f"float({number}) for the nearest number"
    if MIN_INT64 <= number <= MAX_INT64:
        remedies = f"ConvexInt64({number}) for a bigint, or {remedies}"
    raise _NotConvexError(f"{number} is beyond 2**53, so a JavaScript number cannot hold it exactly: pass {remedies}")


def _foreign_int64(number: int) -> ConvexInt64:
    if not MIN_INT64 <= number <= MAX_INT64:
        raise _NotConvexError(f"ConvexInt64({number}) does not fit into 64 bits: use a value from -2**63 to 2**63-1")
    return ConvexInt64(number)


def _refusal(value: Any) -> _NotConvexError:
    if isinstance(value, Undefined):
        return _NotConvexError("undefined is only allowed as the value of a field: pass None for null")
    if isinstance(value, CommitTsPlaceholder):
        return _NotConvexError(
            "commit_ts is only allowed in the documents that a mutation writes and in index ranges: pass a ConvexInt64 "
            "of nanoseconds"
        )
    name = type(value).__name__
    # What answers every attribute, such as a reference, has none of these.
    knows_all = hasattr(type(value), "__getattr__") and not isinstance(value, Enum)
    remedies = (remedy for name, remedy in _REMEDIES_BY_ATTRIBUTE.items() if not knows_all and hasattr(value, name))
    remedy = _REMEDIES.get(name) or next(remedies, _CONVEX_TYPES)
    return _NotConvexError(f"{_show(value)} (type={name}) is not of a Convex type: {remedy}")


_TOO_NESTED: Final = (
    f"Value is too nested (nested {MAX_VALUE_NESTING + 1} levels deep > maximum nesting {MAX_VALUE_NESTING})"
)


def _usage_error(error: _NotConvexError, value: Any, where: str) -> UsageError:
    if error.args[0] == _TOO_NESTED:
        path = _path_of_cycle(value, set(), set())
        if path is None:
            return UsageError(f"{where}: {_TOO_NESTED}.")
        return UsageError(f"{where}{path}: the value contains itself here; a Convex value is a tree.")
    return UsageError(f"{where}{''.join(reversed(error.reversed_path))}: {error.args[0].removesuffix('.')}.")


def _path_of_cycle(value: Any, ancestors: set[int], finished: set[int]) -> str | None:
    """Where a value meets one that it is inside of, or None; `finished` are the ids of those without a cycle."""
    if id(value) in ancestors:
        return ""
    if isinstance(value, Mapping):
        items = [(f".{name}", item) for name, item in value.items()]
    elif isinstance(value, list | tuple):
        items = [(f"[{index}]", item) for index, item in enumerate(value)]
    else:
        return None
    # Cycles are short; the bound keeps a deep value that has none from exhausting the stack.
    if id(value) in finished or len(ancestors) > 4 * MAX_VALUE_NESTING:
        return None
    ancestors.add(id(value))
    for step, item in items:
        path = _path_of_cycle(item, ancestors, finished)
        if path is not None:
            return step + path
    ancestors.remove(id(value))
    finished.add(id(value))
    return None


def _show(value: Any) -> str:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - the user's own code, and this is for an error text
        text = f"<{type(value).__name__} whose repr() raises {type(error).__name__}>"
    return text if len(text) <= 80 else f"{text[:77]}..."
