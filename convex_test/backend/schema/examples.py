"""A value that a validator takes: the same one every time, and as plain as possible.

By design it is not the smallest one. Texts are not empty and numbers not zero, because functions refuse those for
reasons of their own, and a page of zero documents or an empty cursor is nothing that the backend takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.schema.compound import ArrayValidator, ObjectValidator, RecordValidator, UnionValidator
from convex_test.backend.schema.kinds import (
    BOOLEAN,
    BYTES,
    COMMIT_TS,
    FLOAT64,
    INT64,
    NULL,
    STRING,
    AnyValidator,
    IdValidator,
    LiteralValidator,
    Validator,
)
from convex_test.errors import InternalError
from convex_test.values.types import ConvexInt64

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.values.types import Value

_SIMPLE: Final[dict[Validator, Any]] = {
    NULL: None,
    BOOLEAN: False,
    FLOAT64: 1,
    INT64: ConvexInt64(1),
    COMMIT_TS: ConvexInt64(1),
    STRING: "example",
    BYTES: b"example",
}


class NoExampleError(ValueError):
    """No value matches a validator; the text says why."""


def example(validator: Validator, an_id: Callable[[str], str | None]) -> Value:
    """A value that `validator` takes. Optional fields are left out, and lists are empty.

    Args:
        validator: which one.
        an_id: gives an id of a table, or None when there is no such table.

    Raises:
        NoExampleError: there is none, such as for an id of a table that does not exist.
    """
    if validator in _SIMPLE:
        simple: Value = _SIMPLE[validator]
        return simple
    match validator:
        case LiteralValidator():
            return validator.value
        case IdValidator():
            return _id(validator, an_id)
        case UnionValidator():
            return _member(validator, an_id)
        case ObjectValidator():
            fields = validator.fields.items()
            return {name: example(field.validator, an_id) for name, field in fields if not field.optional}
        case ArrayValidator():
            return []
        case RecordValidator() | AnyValidator():
            return {}
        case _:
            raise InternalError(f"There is no example for the validator {validator}.")


def _id(validator: IdValidator, an_id: Callable[[str], str | None]) -> str:
    found = an_id(validator.table)
    if found is None:
        raise NoExampleError(f"no id matches {validator}, because there is no table {validator.table!r}")
    return found


def _member(union: UnionValidator, an_id: Callable[[str], str | None]) -> Value:
    """That of `v.null()` if the union has it: for a cursor it is the beginning. Otherwise of the first that has one."""
    reason = f"no value matches {union}"
    for member in sorted(union.members, key=lambda each: each is not NULL):
        try:
            return example(member, an_id)
        except NoExampleError as problem:
            reason = str(problem)
    raise NoExampleError(reason)
