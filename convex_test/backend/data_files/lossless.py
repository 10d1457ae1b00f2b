"""The encoding of documents in archives: JSON that keeps all values apart and is good to read.

Imitates `export_clean_lossless` and `from_clean_lossless` in `crates/value/src/export.rs`: an int64 is a number
without a point, a float64 one with a point or an exponent; bytes, NaN and infinities are as in Convex JSON.

Gap: the bare integer `-0`, which no export has, is read as the int64 0.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

import orjson

from convex_test.values.codec import canonical_number, decode_parsed, encode_parsed
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_field_name
from convex_test.values.size import MAX_ARRAY_LENGTH, MAX_OBJECT_FIELDS, MAX_VALUE_NESTING
from convex_test.values.types import MAX_INT64, MIN_INT64, ConvexInt64, Value


def encode_lossless(value: Value) -> bytes:
    """The JSON of a canonical value, names sorted."""
    return orjson.dumps(_export(value), option=orjson.OPT_SORT_KEYS)


def _export(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return float(value)
    if kind is dict:
        return {name: _export(item) for name, item in value.items()}
    if kind is list:
        return [_export(item) for item in value]
    if kind is ConvexInt64:
        return int(value)
    if kind is float and isfinite(value):
        return value
    return encode_parsed(value)


def decode_lossless(parsed: Any) -> Value:
    """The canonical value of JSON that is parsed already; `parsed` must not be used again.

    Raises:
        InvalidValueError: it is no value.
    """
    value: Value = _import(parsed, 1)
    return value


_PLAIN: Final = frozenset({str, bool, type(None)})


def _import(parsed: Any, depth: int) -> Any:
    kind = type(parsed)
    if kind in _PLAIN:
        return parsed
    if kind is int:
        return ConvexInt64(parsed) if MIN_INT64 <= parsed <= MAX_INT64 else canonical_number(float(parsed))
    if kind is float:
        return canonical_number(parsed)
    if kind is dict and parsed and min(parsed).startswith("$"):
        return decode_parsed(parsed)
    if depth > MAX_VALUE_NESTING:
        raise InvalidValueError(
            f"Value is too nested (nested {depth} levels deep > maximum nesting {MAX_VALUE_NESTING})"
        )
    return _import_list(parsed, depth) if kind is list else _import_object(parsed, depth)


def _import_list(parsed: list[Any], depth: int) -> list[Any]:
    if len(parsed) > MAX_ARRAY_LENGTH:
        raise InvalidValueError(f"Array length is too long ({len(parsed)} > maximum length {MAX_ARRAY_LENGTH})")
    return [_import(item, depth + 1) for item in parsed]


def _import_object(parsed: dict[str, Any], depth: int) -> dict[str, Any]:
    for name, item in parsed.items():
        if not name.isidentifier() or not name.isascii():
            check_field_name(name)
        if type(item) not in _PLAIN:
            parsed[name] = _import(item, depth + 1)
    if len(parsed) > MAX_OBJECT_FIELDS:
        raise InvalidValueError(f"Object has too many fields ({len(parsed)} > maximum number {MAX_OBJECT_FIELDS})")
    return parsed
