"""Finding a search index or a vector index among those that a table declares.

Imitates `require_enabled` in `crates/indexing/src/index_registry.rs`, and the checks of the kind of an index in
`crates/search/src/lib.rs` and `crates/vector/src/vector_index_manager.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from convex_test.backend.schema.definition import SearchIndexDefinition, VectorIndexDefinition
from convex_test.errors import FunctionError

if TYPE_CHECKING:
    from convex_test.backend.schema.definition import IndexDefinition
    from convex_test.backend.store.tables import Table

_Wanted = TypeVar("_Wanted", SearchIndexDefinition, VectorIndexDefinition)

_KINDS: Final[dict[type, str]] = {SearchIndexDefinition: "search", VectorIndexDefinition: "vector"}


def declared_index(table: Table, name: str, kind: type[_Wanted]) -> _Wanted:
    """The index of that name and kind.

    Raises:
        FunctionError: there is none, it is staged, or it is of another kind.
    """
    label = f"{table.name}.{name}"
    found = _declared(table).get(name)
    if found is not None and found.staged:
        raise FunctionError(f"Index {label} is currently staged and not available to query until it is enabled.")
    if isinstance(found, kind):
        return found
    if found is not None or name in table.indexes:
        raise FunctionError(f"Index {label} is not a {_KINDS[kind]} index")
    raise index_not_found(label)


def index_not_found(label: str) -> FunctionError:
    return FunctionError(f"Index {label} not found.")


def _declared(table: Table) -> dict[str, IndexDefinition | SearchIndexDefinition | VectorIndexDefinition]:
    definition = table.definition
    if definition is None:
        return {}
    declared: dict[str, IndexDefinition | SearchIndexDefinition | VectorIndexDefinition] = {}
    declared |= {index.name: index for index in definition.indexes}
    declared |= {index.name: index for index in definition.search_indexes}
    declared |= {index.name: index for index in definition.vector_indexes}
    return declared
