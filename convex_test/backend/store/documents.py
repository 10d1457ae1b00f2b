"""Documents: immutable, with what reads and indexes need kept at hand.

Imitates `ResolvedDocument::{new, validate, check_user_size}` and `PendingDocument` in `crates/common/src/document.rs`.

By design: the JSON text is written when it is first wanted and then kept, so a document that is only written costs
no encoding and one that is read often costs one.
"""

from __future__ import annotations

from typing import Any, Final

from convex_test.errors import FunctionError
from convex_test.values.codec import encode
from convex_test.values.order import encode_key
from convex_test.values.pending import is_pending, resolve, shape_of
from convex_test.values.render import quote, render
from convex_test.values.size import (
    MAX_DOCUMENT_NESTING,
    MAX_DOCUMENT_SIZE,
    MAX_OBJECT_FIELDS,
    format_size,
    size_of,
)
from convex_test.values.types import CommitTsPlaceholder

SYSTEM_FIELDS: Final = ("_creationTime", "_id")


class Document:
    """A document. Nobody changes its `value`, not even deep inside.

    Attributes:
        id: its encoded id.
        creation_time: `_creationTime`, a canonical number of milliseconds.
        value: all fields, the two system fields included, in the order of their names.
        size: in bytes, as limits count them.
        is_pending: whether `commit_ts` is in it. Only the transaction that wrote it sees it so.
    """

    __slots__ = ("_json", "_tail", "creation_time", "id", "is_pending", "size", "value")

    def __init__(
        self,
        id: str,
        creation_time: float,
        value: dict[str, Any],
        size: int,
        tail: bytes = b"",
        *,
        is_pending: bool = False,
    ) -> None:
        self.id = id
        self.creation_time = creation_time
        self.value = value
        self.size = size
        self.is_pending = is_pending
        self._tail = tail
        self._json: str | None = None

    def __repr__(self) -> str:
        return f"Document({self.json})"

    @property
    def json(self) -> str:
        """The canonical Convex JSON text of `value`."""
        if self._json is None:
            self._json = encode(self.value)
        return self._json

    @property
    def tail(self) -> bytes:
        """What this document's keys end with in all indexes but `by_id`: creation time, then id."""
        if not self._tail:
            self._tail = encode_key(self.creation_time) + encode_key(self.id)
        return self._tail

    def body(self) -> dict[str, Any]:
        """The fields that are not the system's: what a schema validates."""
        return {name: item for name, item in self.value.items() if name not in SYSTEM_FIELDS}

    def with_fields(self, fields: dict[str, Any]) -> Document:
        """This document with all other fields replaced by `fields`.

        Raises:
            FunctionError: as `make_document`.
        """
        return make_document(self.id, self.creation_time, fields, self._tail)

    def resolved(self, timestamp: int) -> Document:
        """This document after a commit at that time, in nanoseconds: `commit_ts` is an Int64, of the same size."""
        value = {name: resolve(item, timestamp) for name, item in self.value.items()}
        return Document(self.id, self.creation_time, value, self.size, self._tail)


def make_document(id: str, creation_time: float, fields: dict[str, Any], tail: bytes = b"") -> Document:
    """A document of canonical `fields`, which may include the right `_id` and `_creationTime`.

    Its size is not checked: in the backend, that comes after the schema.

    Raises:
        FunctionError: wrong system fields, other fields with an underscore, too many fields, nested too deep.
    """
    if len(fields) > MAX_OBJECT_FIELDS - len(SYSTEM_FIELDS):
        _check_field_count(fields)
    value = {**fields, "_creationTime": creation_time, "_id": id}
    if len(value) != len(fields) + len(SYSTEM_FIELDS):
        _check_system_fields(id, creation_time, fields)
    value = {name: value[name] for name in sorted(value)}
    may_be_invalid = pending = False
    for name, item in value.items():
        kind = type(item)
        if kind is dict or kind is list or (name[:1] == "_" and name not in SYSTEM_FIELDS):
            may_be_invalid = True
        elif kind is CommitTsPlaceholder:
            pending = True
    if may_be_invalid:
        pending = _check_shape(value)
    return Document(id, creation_time, value, size_of(value), tail, is_pending=pending)


def check_document_size(document: Document) -> None:
    """Raise `FunctionError` for a document of more than 1 MiB."""
    if document.size > MAX_DOCUMENT_SIZE:
        raise FunctionError(
            f"Value is too large ({format_size(document.size)} > maximum size {format_size(MAX_DOCUMENT_SIZE)})"
        )


def _check_field_count(fields: dict[str, Any]) -> None:
    # The backend adds the system fields one by one, so one more than allowed is as far as it gets.
    missing = sum(name not in fields for name in SYSTEM_FIELDS)
    count = len(fields) if len(fields) > MAX_OBJECT_FIELDS else min(len(fields) + missing, MAX_OBJECT_FIELDS + 1)
    if count > MAX_OBJECT_FIELDS:
        raise FunctionError(f"Object has too many fields ({count} > maximum number {MAX_OBJECT_FIELDS})")


def _check_shape(value: dict[str, Any]) -> bool:
    """Whether the document is pending, if it is one at all."""
    violations = [
        f"Field '{name}' starts with an underscore, which is only allowed for system fields like '_id'"
        for name in value
        if name[:1] == "_" and name not in SYSTEM_FIELDS
    ]
    depth, pending = shape_of(value)
    if depth > MAX_DOCUMENT_NESTING:
        violations.insert(
            0, f"Document is too nested (nested {depth} levels deep > maximum nesting {MAX_DOCUMENT_NESTING})"
        )
    if violations:
        joined = "\n ".join(violations)
        raise FunctionError(f"Document(value: {render(value)}) isn't a valid document: {joined}")
    return pending


def _check_system_fields(id: str, creation_time: float, fields: dict[str, Any]) -> None:
    if is_pending(fields):
        _check_pending_system_fields(id, creation_time, fields)
    if "_id" in fields and encode_key(fields["_id"]) != encode_key(id):
        raise FunctionError(f"Provided document ID {quote(id)} doesn't match '_id' field {render(fields['_id'])}")
    given = fields.get("_creationTime", creation_time)
    if encode_key(given) != encode_key(creation_time):
        shown = render({**fields, "_id": id})
        raise FunctionError(f"Provided creation time {creation_time} doesn't match '_creationTime' field in {shown}")


def _check_pending_system_fields(id: str, creation_time: float, fields: dict[str, Any]) -> None:
    # A `commit_ts` is no value yet, so it equals nothing but itself.
    for name, expected in (("_id", id), ("_creationTime", creation_time)):
        given = fields.get(name, expected)
        if isinstance(given, CommitTsPlaceholder) or encode_key(given) != encode_key(expected):
            raise FunctionError(f"Document's {name} field doesn't match")
