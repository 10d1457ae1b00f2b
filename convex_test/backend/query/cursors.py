"""Cursors: places in the results of a query, as text.

Imitates `Cursor` and `Query::fingerprint` in `crates/common/src/query.rs`, and what `crates/keybroker/src/broker.rs`
does with them: equal places of equal queries have equal texts, a text that was changed is refused, and a cursor fits
only the query that it came from.

By design: the backend encrypts its cursors; here they are base 64 of a version, a checksum, the query's fingerprint
and the index key. Cursors of one are none for the other.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from convex_test.backend.query.filters import Field, Literal
from convex_test.backend.query.plan import Filter, FullTableScan, IndexRange, SearchText
from convex_test.errors import ConvexError, FunctionError
from convex_test.values.order import encode_key

if TYPE_CHECKING:
    from convex_test.backend.query.filters import Expression
    from convex_test.backend.query.plan import Operator, Query, Source
    from convex_test.backend.store.indexes import FieldPath

_VERSION: Final = b"\x01"
_CHECKSUM_SIZE: Final = 4
_FINGERPRINT_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Position:
    """Right after the row with this index key; None is the end of the results."""

    key: bytes | None


END: Final = Position(None)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in the results of the query with that fingerprint."""

    position: Position
    fingerprint: bytes

    def __str__(self) -> str:
        """The text that functions pass around."""
        key = self.position.key
        content = self.fingerprint + (b"\x00" if key is None else b"\x01" + key)
        return urlsafe_b64encode(_VERSION + _checksum(content) + content).decode()


def parse_cursor(text: str) -> Cursor:
    """Read the text of a cursor. Raises `FunctionError` for any other text."""
    try:
        data = urlsafe_b64decode(text.encode("ascii"))
    except (Base64Error, ValueError):
        raise _unreadable() from None
    checksum, content = data[1 : 1 + _CHECKSUM_SIZE], data[1 + _CHECKSUM_SIZE :]
    fingerprint, place = content[:_FINGERPRINT_SIZE], content[_FINGERPRINT_SIZE:]
    if data[:1] != _VERSION or checksum != _checksum(content) or place[:1] not in (b"\x00", b"\x01"):
        raise _unreadable()
    cursor = Cursor(END if place[:1] == b"\x00" else Position(place[1:]), fingerprint)
    # Base 64 has several spellings of the same bytes; only ours is accepted.
    if str(cursor) != text:
        raise _unreadable()
    return cursor


def check_cursor(cursor: Cursor | None, fingerprint: bytes) -> None:
    """Raise `ConvexError` for a cursor of another query."""
    if cursor is not None and cursor.fingerprint != fingerprint:
        raise ConvexError(
            {"isConvexSystemError": True, "paginationError": "InvalidCursor"},
            "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a "
            "different query.",
        )


def fingerprint(query: Query, fields: tuple[FieldPath, ...]) -> bytes:
    """What tells queries apart, whichever way they were written. `fields` are those of the index that it reads."""
    described = repr((_describe_source(query.source), tuple(map(_describe_operator, query.operators)), fields))
    return sha256(described.encode()).digest()[:_FINGERPRINT_SIZE]


def _describe_source(source: Source) -> tuple[object, ...]:
    if isinstance(source, FullTableScan):
        return ("scan", source.table, source.order)
    if isinstance(source, IndexRange):
        bounds = [(bound.comparison.value, bound.field, encode_key(bound.value)) for bound in source.range]
        return ("index", source.table, source.index, bounds, source.order)
    filters = [
        ("search", condition.field, condition.text)
        if isinstance(condition, SearchText)
        else ("eq", condition.field, encode_key(condition.value))
        for condition in source.filters
    ]
    return ("search", source.table, source.index, filters)


def _describe_operator(operator: Operator) -> tuple[object, ...]:
    if isinstance(operator, Filter):
        return ("filter", _describe_expression(operator.expression))
    return ("limit", operator.count)


def _describe_expression(expression: Expression) -> tuple[object, ...]:
    if isinstance(expression, Field):
        return ("$field", expression.path)
    if isinstance(expression, Literal):
        return ("$literal", encode_key(expression.value))
    return (expression.operator, *map(_describe_expression, expression.operands))


def _checksum(content: bytes) -> bytes:
    return sha256(_VERSION + content).digest()[:_CHECKSUM_SIZE]


def _unreadable() -> FunctionError:
    return FunctionError("Failed to parse cursor")
