"""What a validator leaves possible: may a document have this field, may a key be this string?

The push-time checks of schemas ask. Imitates `crates/common/src/schemas/validator.rs` (`can_contain_field`,
`overlaps_with_array_float64`, `is_subset` of strings).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convex_test.backend.schema.compound import ArrayValidator, ObjectValidator, UnionValidator
from convex_test.backend.schema.kinds import ANY, FLOAT64, STRING, IdValidator, LiteralValidator

if TYPE_CHECKING:
    from convex_test.backend.schema.kinds import Validator


def can_contain_field(validator: Validator, path: tuple[str, ...]) -> bool:
    """Whether some matching value has a field at `path`."""
    if not path or validator is ANY:
        return True
    if isinstance(validator, UnionValidator):
        return any(can_contain_field(member, path) for member in validator.members)
    if isinstance(validator, ObjectValidator):
        field = validator.fields.get(path[0])
        return field is not None and can_contain_field(field.validator, path[1:])
    return False


def can_hold_vector(validator: Validator, path: tuple[str, ...]) -> bool:
    """Whether some matching value has an array of numbers at `path`, or nothing is said about it."""
    if not path:
        return _is_vector(validator)
    if validator is ANY:
        return True
    if isinstance(validator, UnionValidator):
        return any(can_hold_vector(member, path) for member in validator.members)
    if isinstance(validator, ObjectValidator):
        field = validator.fields.get(path[0])
        return field is None or can_hold_vector(field.validator, path[1:])
    return False


def _is_vector(validator: Validator) -> bool:
    if isinstance(validator, ArrayValidator):
        return validator.element is FLOAT64 or validator.element is ANY
    if isinstance(validator, UnionValidator):
        return any(map(_is_vector, validator.members))
    return validator is ANY


def matches_only_strings(validator: Validator) -> bool:
    if isinstance(validator, UnionValidator):
        return all(map(matches_only_strings, validator.members))
    if isinstance(validator, LiteralValidator):
        return isinstance(validator.value, str)
    return validator is STRING or isinstance(validator, IdValidator)


def holds_string_literal(validator: Validator) -> bool:
    """Whether the validator is a string literal or a union with one in it."""
    if isinstance(validator, UnionValidator):
        return any(map(holds_string_literal, validator.members))
    return isinstance(validator, LiteralValidator) and isinstance(validator.value, str)
