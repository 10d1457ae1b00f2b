"""The indexes that a table declares: reading them, and the rules each kind has to keep.

Imitates `crates/common/src/schemas/json.rs`, `crates/common/src/bootstrap_model/index/` (`index_validation_error.rs`,
`database_index/indexed_fields.rs`, `vector_index/dimensions.rs`) and `_validate_user_defined_index_fields` of
`crates/application/src/lib.rs`. A field path is a tuple of names. The `fields` of an index are those that were
declared: the backend appends `_creationTime` to them, and so does the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_identifier, parse_field_path

if TYPE_CHECKING:
    from collections.abc import Iterable

FieldPath: TypeAlias = "tuple[str, ...]"

MAX_INDEX_FIELDS: Final = 16
MAX_FILTER_FIELDS: Final = 16
MIN_VECTOR_DIMENSIONS: Final = 2
MAX_VECTOR_DIMENSIONS: Final = 4096

_ID: Final = ("_id",)
_CREATION_TIME: Final = ("_creationTime",)


class InvalidSchemaError(ValueError):
    """A schema breaks a rule; the text is the backend's, without `Hit an error while evaluating your schema:`."""


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """An index that `.index()` declares. A staged one is kept up to date but cannot be queried."""

    name: str
    fields: tuple[FieldPath, ...]
    staged: bool = False


@dataclass(frozen=True, slots=True)
class SearchIndexDefinition:
    """An index that `.searchIndex()` declares; `filter_fields` are sorted and unique."""

    name: str
    search_field: FieldPath
    filter_fields: tuple[FieldPath, ...] = ()
    staged: bool = False


@dataclass(frozen=True, slots=True)
class VectorIndexDefinition:
    """An index that `.vectorIndex()` declares; `filter_fields` are sorted and unique."""

    name: str
    vector_field: FieldPath
    dimensions: int
    filter_fields: tuple[FieldPath, ...] = ()
    staged: bool = False


def parse_index(json: dict[str, Any], *, staged: bool) -> IndexDefinition:
    name = _index_name(json)
    fields = tuple(_field_path(name, field) for field in json["fields"])
    if len(fields) > MAX_INDEX_FIELDS:
        raise InvalidSchemaError(f'In index "{name}": Indexes may have up to {MAX_INDEX_FIELDS} fields.')
    if _ID in fields:
        raise InvalidSchemaError(
            f'In index "{name}": `_id` is not a valid index field. To load documents by ID, use `db.get(id)`.'
        )
    for position, field in enumerate(fields):
        if field in fields[:position]:
            raise InvalidSchemaError(
                f'In index "{name}": Duplicate field {show_path(field)}. Index fields must be unique within an index.'
            )
    return IndexDefinition(name, fields, staged)


def parse_search_index(json: dict[str, Any], *, staged: bool) -> SearchIndexDefinition:
    name = _index_name(json)
    search_field = _field_path(name, json["searchField"])
    filter_fields = {_field_path(name, field) for field in sorted(json["filterFields"])}
    return SearchIndexDefinition(name, search_field, _checked_filter_fields(filter_fields), staged)


def parse_vector_index(json: dict[str, Any], *, staged: bool) -> VectorIndexDefinition:
    name = _index_name(json)
    vector_field = _field_path(name, json["vectorField"])
    filter_fields = {_field_path(name, field) for field in json["filterFields"]}
    dimensions = json["dimensions"]
    if isinstance(dimensions, bool) or not isinstance(dimensions, int | float) or dimensions % 1 != 0:
        raise InvalidSchemaError(f"invalid dimensions {dimensions!r}: expected u32")
    dimensions = int(dimensions)
    if not MIN_VECTOR_DIMENSIONS <= dimensions <= MAX_VECTOR_DIMENSIONS:
        raise InvalidSchemaError(
            f"Dimensions {dimensions} must be between {MIN_VECTOR_DIMENSIONS} and {MAX_VECTOR_DIMENSIONS}."
        )
    return VectorIndexDefinition(name, vector_field, dimensions, _checked_filter_fields(filter_fields), staged)


def check_index_fields(index: IndexDefinition) -> None:
    """The rules that the backend applies after it has read the whole schema; their texts do not say which index."""
    if _CREATION_TIME in index.fields:
        raise InvalidSchemaError(
            "`_creationTime` is automatically added to the end of each index. It should not be added explicitly in the "
            "index definition. See https://docs.convex.dev/using/indexes for more details."
        )
    if any(part.startswith("_") for field in index.fields for part in field):
        raise InvalidSchemaError("Reserved fields (starting with `_`) are not allowed in indexes.")
    if len(index.fields) + 1 > MAX_INDEX_FIELDS:
        raise InvalidSchemaError(f"Indexes may have up to {MAX_INDEX_FIELDS} fields.")


def show_path(path: FieldPath) -> str:
    return f'"{".".join(path)}"'


def _checked_filter_fields(fields: Iterable[FieldPath]) -> tuple[FieldPath, ...]:
    checked = tuple(sorted(fields))
    if len(checked) > MAX_FILTER_FIELDS:
        raise InvalidSchemaError(f"Search indexes may have up to {MAX_FILTER_FIELDS} filter fields.")
    return checked


def _index_name(json: dict[str, Any]) -> str:
    name: str = json["indexDescriptor"]
    try:
        check_identifier(name)
    except InvalidValueError:
        raise InvalidSchemaError(
            f'Invalid index name: "{name}". Identifiers must be 64 characters or less, start with a letter, and only '
            "contain letters, digits, underscores."
        ) from None
    return name


def _field_path(index: str, field: str) -> FieldPath:
    try:
        return parse_field_path(field)
    except InvalidValueError:
        raise InvalidSchemaError(f'In index "{index}": Invalid index field: "{field}"') from None
