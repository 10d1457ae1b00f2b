"""How large and how deep a value is, by the backend's own measure, and how it prints sizes.

Read in `crates/value/src/size.rs` (the same formula is `getConvexSize` of the npm package, `src/values/size.ts`)
and `crates/common/src/document.rs`. Sizes are bytes. Printing follows the crate `humansize` 2, option `BINARY`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from convex_test.values.invalid import InvalidValueError
from convex_test.values.types import CommitTsPlaceholder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convex_test.values.types import Undefined, Value

MAX_VALUE_SIZE: Final = 1 << 25
MAX_DOCUMENT_SIZE: Final = 1 << 20
MAX_VALUE_NESTING: Final = 64
MAX_DOCUMENT_NESTING: Final = 16
MAX_ARRAY_LENGTH: Final = 8192
MAX_OBJECT_FIELDS: Final = 1024

ID_FIELD_SIZE: Final = 38
"""What `_id` adds to a document whose id has 32 characters, as those of user tables have."""
CREATION_TIME_FIELD_SIZE: Final = 23
"""What `_creationTime` adds to a document."""

_TYPES_OF_9_BYTES: Final = (int, float, CommitTsPlaceholder)

_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def size_of(value: Value | Undefined) -> int:
    """The size of a canonical value in bytes; that of `undefined` is 0."""
    kind = type(value)
    if kind is str:
        return _string_size(value)
    if kind is dict:
        size = 2
        for name, item in value.items():  # type: ignore[union-attr]
            size += len(name) + 1
            item_kind = type(item)
            if item_kind is str:
                size += _string_size(item)
            elif item_kind is int or item_kind is float:
                size += 9
            else:
                size += size_of(item)
        return size
    if kind is list:
        size = 2
        for item in value:  # type: ignore[union-attr]
            size += _string_size(item) if type(item) is str else size_of(item)
        return size
    if kind is bytes:
        return 2 + len(value)  # type: ignore[arg-type]
    if value is None or kind is bool:
        return 1
    return 9 if isinstance(value, _TYPES_OF_9_BYTES) else 0


def _string_size(text: Any) -> int:
    return 2 + (len(text) if text.isascii() else len(text.encode()))


def nesting_of(value: Value | Undefined) -> int:
    """How deep the value is: 0 for primitives, 1 for `[]` and `{}`, one more for each level inside."""
    kind = type(value)
    if kind is dict:
        items: Iterable[Any] = value.values()  # type: ignore[union-attr]
    elif kind is list:
        items = value  # type: ignore[assignment]
    else:
        return 0
    deepest = 0
    for item in items:
        kind = type(item)
        if kind is dict or kind is list:
            deepest = max(deepest, nesting_of(item))
    return 1 + deepest


def check_size(value: Value) -> None:
    """Raise `InvalidValueError` when the value exceeds the 32 MiB that any value may have."""
    # The backend builds values from the inside out, so it names the innermost one that is too large.
    if size_of(value) > MAX_VALUE_SIZE:
        for item in _items(value):
            check_size(item)
        raise InvalidValueError(
            f"Value is too large ({format_size(size_of(value))} > maximum size {format_size(MAX_VALUE_SIZE)})"
        )


def _items(value: Value) -> list[Any]:
    if isinstance(value, dict):
        return [value[name] for name in sorted(value)]
    return value if isinstance(value, list) else []


def format_size(size: int) -> str:
    """A number of bytes as the backend prints it: `512 B`, `1.50 MiB`, `16 MiB`."""
    number = float(size)
    unit = 0
    while number >= 1024:
        number /= 1024
        unit += 1
    return f"{number:.0f} {_UNITS[unit]}" if number.is_integer() else f"{number:.2f} {_UNITS[unit]}"
