"""Names inside values and schemas: field names, identifiers, field paths.

A field name is the key of an object: ASCII without control characters, at most 1024 bytes, no `$` at the start.
An identifier (tables, indexes, the fields of `v.object`, each part of a field path) is a C-like name of at most
64 bytes. Read in `crates/convex/sync_types/src/identifier.rs` and `crates/value/src/field_path.rs`.
"""

from __future__ import annotations

import re
from typing import Final

from convex_test.values.invalid import InvalidValueError
from convex_test.values.render import quote_character

MAX_FIELD_NAME_LENGTH: Final = 1024
MAX_IDENTIFIER_LENGTH: Final = 64

_IDENTIFIER: Final = re.compile(r"(?=_*[A-Za-z0-9])[A-Za-z_][A-Za-z0-9_]{0,63}")
_IDENTIFIER_START: Final = re.compile(r"[A-Za-z_]")
_NOT_IDENTIFIER_PART: Final = re.compile(r"[^A-Za-z0-9_]")
_NOT_FIELD_NAME_PART: Final = re.compile(r"[^ -~]")


def check_field_name(name: str) -> None:
    """Raise `InvalidValueError` unless `name` may be the key of an object. The empty name may."""
    if name.startswith("$"):
        raise InvalidValueError(f"Field name {name} starts with '$', which is reserved.")
    if bad := _NOT_FIELD_NAME_PART.search(name):
        raise InvalidValueError(
            f"Field name {name} has invalid character {quote_character(bad[0])}: "
            "Field names can only contain non-control ASCII characters"
        )
    if len(name) > MAX_FIELD_NAME_LENGTH:
        raise InvalidValueError(f"Field name is too long ({len(name)} > maximum {MAX_FIELD_NAME_LENGTH})")


def check_identifier(name: str) -> None:
    """Raise `InvalidValueError` unless `name` may name a table, an index or a field of a validator."""
    if _IDENTIFIER.fullmatch(name):
        return
    if not name:
        raise InvalidValueError("Identifier cannot be empty")
    if not _IDENTIFIER_START.match(name):
        raise InvalidValueError(
            f"Invalid first character {quote_character(name[0])} in {name}: "
            "Identifiers must start with an alphabetic character or underscore"
        )
    if bad := _NOT_IDENTIFIER_PART.search(name):
        raise InvalidValueError(
            f"Identifier {name} has invalid character {quote_character(bad[0])}: "
            "Identifiers can only contain alphanumeric characters or underscores"
        )
    if len(name) > MAX_IDENTIFIER_LENGTH:
        raise InvalidValueError(f"Identifier is too long ({len(name)} > maximum {MAX_IDENTIFIER_LENGTH})")
    raise InvalidValueError(f"Identifier {name} cannot have exclusively underscores")


def parse_field_path(path: str) -> tuple[str, ...]:
    """Split `"a.b"` into `("a", "b")`; dots around the path are ignored. Raises `InvalidValueError`."""
    trimmed = path.strip(".")
    if not trimmed:
        raise InvalidValueError(f"Empty path {path}")
    parts = tuple(trimmed.split("."))
    for part in parts:
        check_field_name(part)
        check_identifier(part)
    return parts
