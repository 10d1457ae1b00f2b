"""Convex JSON: the encoding in which values travel between functions, backend and clients.

Read in `crates/value/src/json/*.rs` and `crates/value/src/{array,object}.rs`; the npm package's side is
`src/values/value.ts` (`convexToJson`, `jsonToConvex`). An int64 is `{"$integer": base64}`, bytes `{"$bytes": base64}`,
the floats that JSON lacks (NaN, ±∞, −0) `{"$float": base64}`. Inputs are parsed and outputs written by `orjson`.

`commit_ts` is `{"$commitTs": null}` (`PendingValue::from_uncommitted_json` in `crates/value/src/pending.rs`). Only
callers that say `pending=True` get it; for the others it is an object with a bad field name.

Gaps: the bare integer `-0`, which JavaScript never writes, is read as 0; the wording is not the backend's for broken
base64, for broken JSON, and for very large or very small numbers that hide in a `$float`.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from math import copysign, isfinite
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import orjson

from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import MAX_FIELD_NAME_LENGTH, check_field_name
from convex_test.values.render import render_float
from convex_test.values.size import MAX_ARRAY_LENGTH, MAX_OBJECT_FIELDS, MAX_VALUE_NESTING, MAX_VALUE_SIZE, check_size
from convex_test.values.types import (
    MAX_SAFE_INTEGER,
    CommitTsPlaceholder,
    ConvexInt64,
    Undefined,
    Value,
    commit_ts,
    undefined,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_INT64: Final = Struct("<q")
_FLOAT64: Final = Struct("<d")

# A number weighs 9 bytes and may take two characters of JSON (`1,`); nothing else grows as much when it is parsed.
_TEXT_THAT_MAY_BE_TOO_LARGE: Final = MAX_VALUE_SIZE * 2 // 9

_DUMP_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS

_Decoders: TypeAlias = "Mapping[str, Callable[[Any], Any]]"


def decode(text: str | bytes, *, pending: bool = False) -> Value:
    """Read the Convex JSON `text` into a canonical value. With `pending` it may hold `commit_ts`.

    Raises:
        InvalidValueError: it is no value.
    """
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidValueError(f"Invalid JSON: {error}") from error
    value = decode_parsed(parsed, pending=pending)
    if len(text) > _TEXT_THAT_MAY_BE_TOO_LARGE:
        check_size(value)
    return value


def decode_parsed(parsed: Any, *, pending: bool = False) -> Value:
    """Turn Convex JSON that is parsed already into a canonical value; `parsed` is changed and must not be used again.

    Raises `InvalidValueError` for what is no value. The 32 MiB limit is left to the caller, who knows whether the
    text was long enough to bother (`size.check_size`).
    """
    value: Value = _decode(parsed, 1, _PENDING_DECODERS if pending else _DECODERS)
    return value


def decode_or_undefined(parsed: Any, *, pending: bool = False) -> Value | Undefined:
    """The same for literals of filters and index ranges, where `{"$undefined": null}` stands for undefined."""
    return undefined if parsed == {"$undefined": None} else decode_parsed(parsed, pending=pending)


def decode_fields(parsed: Any) -> dict[str, Value | Undefined]:
    """The same for the body of a patch: an object whose fields may be undefined, and may hold `commit_ts`.

    Nothing deeper may be undefined.
    """
    if not isinstance(parsed, dict):
        raise InvalidValueError("Value must be an Object")
    fields: dict[str, Value | Undefined] = {}
    for name, item in parsed.items():
        value = decode_or_undefined(item, pending=True)
        check_field_name(name)
        fields[name] = value
    return fields


def _decode(parsed: Any, depth: int, decoders: _Decoders) -> Any:
    kind = type(parsed)
    if kind is dict:
        return _decode_object(parsed, depth, decoders)
    if kind is list:
        return _decode_array(parsed, depth, decoders)
    if kind is int or kind is float:
        return canonical_number(parsed)
    return parsed


def _decode_object(parsed: dict[str, Any], depth: int, decoders: _Decoders) -> Any:
    names = "".join(parsed)
    if len(parsed) == 1 and names in decoders:
        return decoders[names](parsed[names])
    if depth > MAX_VALUE_NESTING:
        raise _too_nested(depth)
    if "$" not in names and names.isascii() and names.isprintable() and len(names) <= MAX_FIELD_NAME_LENGTH:
        _decode_items(parsed, depth, decoders)
    else:
        # Some name may be bad: one field after the other, so that the first fault is the one reported.
        for name, item in parsed.items():
            check_field_name(name)
            parsed[name] = _decode(item, depth + 1, decoders)
    if len(parsed) > MAX_OBJECT_FIELDS:
        raise InvalidValueError(f"Object has too many fields ({len(parsed)} > maximum number {MAX_OBJECT_FIELDS})")
    return parsed


def _decode_items(parsed: dict[str, Any], depth: int, decoders: _Decoders) -> None:
    for name, item in parsed.items():
        kind = type(item)
        if kind is str or (kind is int and -MAX_SAFE_INTEGER <= item <= MAX_SAFE_INTEGER):
            continue
        if kind is float or kind is int:
            parsed[name] = canonical_number(item)
        elif kind is dict:
            parsed[name] = _decode_object(item, depth + 1, decoders)
        elif kind is list:
            parsed[name] = _decode_array(item, depth + 1, decoders)


def _decode_array(parsed: list[Any], depth: int, decoders: _Decoders) -> list[Any]:
    if depth > MAX_VALUE_NESTING:
        raise _too_nested(depth)
    decoded = [item if type(item) is str else _decode(item, depth + 1, decoders) for item in parsed]
    if len(decoded) > MAX_ARRAY_LENGTH:
        raise InvalidValueError(f"Array length is too long ({len(decoded)} > maximum length {MAX_ARRAY_LENGTH})")
    return decoded


def _too_nested(depth: int) -> InvalidValueError:
    return InvalidValueError(f"Value is too nested (nested {depth} levels deep > maximum nesting {MAX_VALUE_NESTING})")


def canonical_number(number: int | float) -> int | float:  # noqa: PYI041 - which of the two it is matters
    """The one spelling a Float64 has in this library: `int` if integral, at most 2**53 in size and not −0.0."""
    if isinstance(number, float):
        if -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER and number.is_integer():
            return number if number == 0 and copysign(1, number) < 0 else int(number)
        return number
    # 2**53 + 1 rounds to 2**53, which is an `int` again.
    return number if -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER else canonical_number(float(number))


def _decode_integer(encoded: Any) -> ConvexInt64:
    raw = _from_base64(encoded)
    if len(raw) != 8:
        raise InvalidValueError("Int64 must be exactly eight bytes")
    return int.__new__(ConvexInt64, _INT64.unpack(raw)[0])


def _decode_float(encoded: Any) -> int | float:
    raw = _from_base64(encoded)
    if len(raw) != 8:
        raise InvalidValueError("Float64 must be exactly eight bytes")
    number: float = _FLOAT64.unpack(raw)[0]
    if number != 0 and isfinite(number):
        raise InvalidValueError(f"Float64 {render_float(number).removesuffix('.0')} should be encoded as a number")
    return canonical_number(number)


def _from_base64(encoded: Any) -> bytes:
    if not isinstance(encoded, str):
        raise InvalidValueError(f"invalid type: {_json_type(encoded)}, expected a string")
    try:
        # The backend takes text without padding too.
        raw = a2b_base64(encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4), strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise InvalidValueError(f'Invalid base64 "{encoded}": {error}') from error
    if b2a_base64(raw, newline=False).rstrip(b"=").decode() != encoded.rstrip("="):
        raise InvalidValueError(f'Invalid base64 "{encoded}": unused bits of the last character are not zero')
    return raw


def _json_type(parsed: Any) -> str:
    if parsed is None:
        return "null"
    if isinstance(parsed, bool):
        return f"boolean `{str(parsed).lower()}`"
    if isinstance(parsed, int):
        return f"integer `{parsed}`"
    if isinstance(parsed, float):
        return f"floating point `{parsed}`"
    return "sequence" if isinstance(parsed, list) else "map"


def _decode_commit_ts(encoded: Any) -> CommitTsPlaceholder:
    if encoded is not None:
        raise InvalidValueError("$commitTs value must be null")
    return commit_ts


_DECODERS: Final[_Decoders] = {"$integer": _decode_integer, "$float": _decode_float, "$bytes": _from_base64}
_PENDING_DECODERS: Final[_Decoders] = {**_DECODERS, "$commitTs": _decode_commit_ts}


def encode(value: Value) -> str:
    """The canonical Convex JSON text of a canonical value: names sorted, no spaces, numbers as `orjson` writes them."""
    text = orjson.dumps(value, default=_encode_special, option=_DUMP_OPTIONS)
    # orjson writes NaN and infinities as null and keeps -0.0: look twice when the text holds one of these.
    if (b"null" in text or b"-0.0" in text) and _holds_special_float(value):
        text = orjson.dumps(encode_parsed(value), option=_DUMP_OPTIONS)
    return text.decode()


def encode_parsed(value: Value) -> Any:
    """The Convex JSON of a canonical value as Python's dicts, lists, strings and numbers; shares nothing with it."""
    kind = type(value)
    if kind is dict:
        return {name: encode_parsed(item) for name, item in value.items()}  # type: ignore[union-attr]
    if kind is list:
        return [encode_parsed(item) for item in value]  # type: ignore[union-attr]
    if isinstance(value, float):
        return {"$float": _to_base64(_FLOAT64.pack(value))} if _is_special(value) else value
    if value is None or kind is str or kind is int or kind is bool:
        return value
    return _encode_special(value)


def _encode_special(value: Any) -> dict[str, str | None]:
    if isinstance(value, ConvexInt64):
        return {"$integer": _to_base64(_INT64.pack(value))}
    if isinstance(value, bytes):
        return {"$bytes": _to_base64(value)}
    if value is commit_ts:
        return {"$commitTs": None}
    raise TypeError(f"not a canonical Convex value: {value!r} (type={type(value).__name__})")


def _to_base64(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).decode()


def _is_special(number: float) -> bool:
    return not isfinite(number) or (number == 0 and copysign(1, number) < 0)


def _holds_special_float(value: Any) -> bool:
    if isinstance(value, float):
        return _is_special(value)
    if isinstance(value, dict):
        return any(map(_holds_special_float, value.values()))
    return isinstance(value, list) and any(map(_holds_special_float, value))
