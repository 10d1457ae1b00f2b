"""Schemas: what `schema.ts` exports, read and checked as a push does.

Imitates `crates/common/src/schemas/{json,mod}.rs` and `_evaluate_schema` of `crates/application/src/lib.rs`, the order
of the checks included. The JSON is made by the npm package, `src/server/schema.ts`.

Gaps: JSON that the npm package cannot have made is refused in words that only resemble the backend's. Staged validators
(npm package 1.47) are ignored: they never reject a document.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from convex_test.backend.schema.compound import ObjectValidator, UnionValidator
from convex_test.backend.schema.indexes import (
    FieldPath,
    IndexDefinition,
    InvalidSchemaError,
    SearchIndexDefinition,
    VectorIndexDefinition,
    check_index_fields,
    parse_index,
    parse_search_index,
    parse_vector_index,
    show_path,
)
from convex_test.backend.schema.kinds import ANY, AnyValidator, Validator
from convex_test.backend.schema.shapes import can_contain_field, can_hold_vector
from convex_test.backend.schema.validators import InvalidValidatorError, parse_validator
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "EMPTY_SCHEMA",
    "FieldPath",
    "IndexDefinition",
    "InvalidSchemaError",
    "SchemaDefinition",
    "SearchIndexDefinition",
    "TableDefinition",
    "VectorIndexDefinition",
    "parse_schema",
]

MAX_INDEXES_PER_TABLE: Final = 64

_SEE_DOCS: Final = "To learn more, see the schema documentation at https://docs.convex.dev/database/schemas."

_Index = TypeVar("_Index", IndexDefinition, SearchIndexDefinition, VectorIndexDefinition)


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """One table of a schema. Indexes of each kind are sorted by name; those that are staged come last.

    `document_validator` is for documents without their system fields, and takes no account of `schemaValidation`.
    """

    name: str
    indexes: tuple[IndexDefinition, ...] = ()
    search_indexes: tuple[SearchIndexDefinition, ...] = ()
    vector_indexes: tuple[VectorIndexDefinition, ...] = ()
    document_validator: Validator = ANY


@dataclass(frozen=True, slots=True)
class SchemaDefinition:
    """A schema: its tables by name, in alphabetical order."""

    tables: Mapping[str, TableDefinition] = field(default_factory=dict)
    schema_validation: bool = False

    def enforced_validator(self, table: str) -> Validator | None:
        """What documents of `table`, without their system fields, have to match; None if all do."""
        definition = self.tables.get(table) if self.schema_validation else None
        if definition is None or isinstance(definition.document_validator, AnyValidator):
            return None
        return definition.document_validator


EMPTY_SCHEMA: Final = SchemaDefinition()
"""The schema of a project that has none: any table, any document, no indexes."""


def parse_schema(export_json: dict[str, Any]) -> SchemaDefinition:
    """Read what `schema.export()` returns. Raises `InvalidSchemaError`."""
    try:
        tables = [_parse_table(table) for table in export_json["tables"]]
    except KeyError as error:
        raise InvalidSchemaError(f"missing field `{error.args[0]}`") from None
    by_name = {table.name: table for table in sorted(tables, key=lambda table: table.name)}
    schema = SchemaDefinition(by_name, bool(export_json.get("schemaValidation") or False))
    for table in by_name.values():
        for index in table.indexes:
            check_index_fields(index)
    if schema.schema_validation:
        for table in by_name.values():
            _check_index_references(table)
    return schema


def _parse_table(json: dict[str, Any]) -> TableDefinition:
    validator = _parse_document_validator(json.get("documentType"))
    name = _table_name(json["tableName"])
    declared = {kind: json.get(kind) or [] for kind in _INDEX_KINDS}
    if sum(map(len, declared.values())) > MAX_INDEXES_PER_TABLE:
        raise InvalidSchemaError(f'Table "{name}" cannot have more than {MAX_INDEXES_PER_TABLE} indexes.')
    indexes = _read(name, declared["indexes"], parse_index, staged=False)
    _require_fields(name, indexes, "index")
    staged = _read(name, declared["stagedDbIndexes"], parse_index, staged=True)
    _require_fields(name, staged, "staged index")
    indexes += staged
    _require_unique(name, indexes, lambda index: index.fields, _SAME_FIELDS)
    search = _read(name, declared["searchIndexes"], parse_search_index, staged=False)
    search += _read(name, declared["stagedSearchIndexes"], parse_search_index, staged=True)
    _require_unique(name, search, lambda index: (index.search_field, index.filter_fields), _SAME_SEARCH_FIELD)
    vector = _read(name, declared["vectorIndexes"], parse_vector_index, staged=False)
    staged_vector = _read(name, declared["stagedVectorIndexes"], parse_vector_index, staged=True)
    _require_unique(
        name, vector + staged_vector, lambda index: (index.vector_field, index.dimensions), _SAME_VECTOR_FIELD
    )
    _check_names(name, [*_names(indexes), *_names(search), *_names(staged_vector), *_names(vector)])
    return TableDefinition(name, _sorted(indexes), _sorted(search), _sorted(vector + staged_vector), validator)


_INDEX_KINDS: Final = (
    "indexes",
    "stagedDbIndexes",
    "searchIndexes",
    "stagedSearchIndexes",
    "vectorIndexes",
    "stagedVectorIndexes",
)

_SAME_FIELDS: Final = (
    'In table "{table}" index "{name}" and index "{other}" have the same fields. Indexes must be unique within a table.'
)
# The line break and the spaces after it are the backend's.
_SAME_SEARCH_FIELD: Final = (
    'In table "{table}" search index "{name}" and search index "{other}" have the same `searchField`. '
    "Search index fields must be unique within a table. You should combine the\n             indexes with the same "
    "`searchField` into one index containing all `filterField`s and then use different subsets of the `filterField`s "
    "at query time."
)
_SAME_VECTOR_FIELD: Final = (
    'In table "{table}" vector index "{name}" and vector index "{other}" have the same `vectorField`. '
    "Vector index fields must be unique within a table. You should combine the\n             indexes with the same "
    "`vectorField` into one index containing all `filterField`s and then use different subsets of the `filterField`s "
    "at query time."
)


def _parse_document_validator(json: Any) -> Validator:
    if json is None:
        return ANY
    try:
        validator = parse_validator(json)
    except InvalidValidatorError as error:
        raise InvalidSchemaError(str(error)) from None
    if isinstance(validator, UnionValidator):
        return UnionValidator([_document_member(member) for member in validator.members])
    return validator if isinstance(validator, AnyValidator) else _document_member(validator)


def _document_member(validator: Validator) -> ObjectValidator:
    if not isinstance(validator, ObjectValidator):
        raise InvalidSchemaError(
            "The document validator in a schema must be an object, a union of objects, or `v.any()`. "
            f"Found {validator}. {_SEE_DOCS}"
        )
    return validator.without_system_fields()


def _table_name(name: str) -> str:
    try:
        check_identifier(name)
    except InvalidValueError:
        raise InvalidSchemaError(
            f'Invalid table name: "{name}". Identifiers must start with a letter and can only contain letters, digits, '
            "and underscores."
        ) from None
    if name.startswith("_"):
        raise InvalidSchemaError(f"{name} is a reserved table name.")
    return name


def _read(table: str, declared: Iterable[Any], parse: Callable[..., _Index], *, staged: bool) -> list[_Index]:
    try:
        return [parse(json, staged=staged) for json in declared]
    except InvalidSchemaError as error:
        raise InvalidSchemaError(f'In table "{table}": {error}') from None


def _by_name(indexes: Iterable[_Index]) -> dict[str, _Index]:
    """In alphabetical order; of two that have the same name the later one, as in the backend's maps."""
    latest = {index.name: index for index in indexes}
    return {name: latest[name] for name in sorted(latest)}


def _require_fields(table: str, indexes: list[IndexDefinition], kind: str) -> None:
    for index in _by_name(indexes).values():
        if not index.fields:
            raise InvalidSchemaError(f'In table "{table}" {kind} "{index.name}" must have at least one field.')


def _require_unique(table: str, indexes: list[_Index], identity: Callable[[_Index], object], message: str) -> None:
    seen: dict[object, str] = {}
    for name, index in _by_name(indexes).items():
        other = seen.setdefault(identity(index), name)
        if other != name:
            raise InvalidSchemaError(message.format(table=table, name=name, other=other))


def _check_names(table: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        reserved = name in {"by_id", "by_creation_time"} or name.startswith("_")
        if reserved and not name.startswith("_fivetran"):
            raise InvalidSchemaError(
                f'In table "{table}" cannot name an index "{name}" because the name is reserved. Indexes may not start '
                'with an underscore or be named "by_id" or "by_creation_time".'
            )
        if name in seen:
            raise InvalidSchemaError(f'Table "{table}" has two or more definitions of index "{name}".')
        seen.add(name)


def _names(indexes: list[_Index]) -> list[str]:
    return [index.name for index in indexes]


def _sorted(indexes: list[_Index]) -> tuple[_Index, ...]:
    return tuple(sorted(indexes, key=lambda index: (index.staged, index.name)))


def _check_index_references(table: TableDefinition) -> None:
    """Whether the fields of indexes can exist. The filter fields of vector indexes are not looked at."""
    for name, path in _referenced_fields(table):
        is_system = len(path) == 1 and path[0].startswith("_")
        if not is_system and not can_contain_field(table.document_validator, path):
            raise InvalidSchemaError(
                f'In table "{table.name}" the index "{name}" is invalid because it references the field '
                f"{show_path(path)} that does not exist."
            )
    for index in table.vector_indexes:
        if not can_hold_vector(table.document_validator, index.vector_field):
            raise InvalidSchemaError(
                f'In table "{table.name}" the vector index "{index.name}" is invalid because it references the field '
                f"{show_path(index.vector_field)} that is neither an array of float64 or optional array of float64."
            )


def _referenced_fields(table: TableDefinition) -> Iterable[tuple[str, FieldPath]]:
    yield from ((index.name, path) for index in table.indexes for path in index.fields)
    yield from ((index.name, index.search_field) for index in table.search_indexes)
    yield from ((index.name, path) for index in table.search_indexes for path in index.filter_fields)
    yield from ((index.name, index.vector_field) for index in table.vector_indexes)
