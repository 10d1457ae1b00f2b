"""What validators say about tables and fields, for imports.

Imitates `foreign_keys` and `optional_top_level_fields` in `crates/common/src/schemas/{mod,validator}.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convex_test.backend.schema.compound import ArrayValidator, ObjectValidator, RecordValidator, UnionValidator
from convex_test.backend.schema.kinds import IdValidator

if TYPE_CHECKING:
    from convex_test.backend.schema.kinds import Validator


def referenced_tables(validator: Validator) -> set[str]:
    """The tables whose ids a validator asks for anywhere."""
    if isinstance(validator, IdValidator):
        return {validator.table}
    return set().union(*map(referenced_tables, _parts(validator)))


def _parts(validator: Validator) -> list[Validator]:
    if isinstance(validator, ArrayValidator):
        return [validator.element]
    if isinstance(validator, RecordValidator):
        return [validator.keys, validator.values]
    if isinstance(validator, ObjectValidator):
        return [field.validator for field in validator.fields.values()]
    return list(validator.members) if isinstance(validator, UnionValidator) else []


def optional_fields(validator: Validator) -> set[str]:
    """The optional fields of a document; of a union those that are optional in one of the members."""
    if isinstance(validator, UnionValidator):
        return set().union(*map(optional_fields, validator.members))
    if isinstance(validator, ObjectValidator):
        return {name for name, field in validator.fields.items() if field.optional}
    return set()
