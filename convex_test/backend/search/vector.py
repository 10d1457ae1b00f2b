"""Vector search: the documents whose vectors point in the direction of a given one.

Imitates `crates/vector/src/{memory_index,qdrant_index}.rs` and `vector_search_at_ts` in
`crates/database/src/database.rs`, in their order of checks, and `lib/segment/src/spaces/simple.rs` of
`get-convex/qdrant` (branch `qdrant/v184`; the revision that the backend pins, a5d1b7bc, could not be read): the cosine
of single-precision vectors. It sees what is committed and nothing else.

By design: the search is exact. Below 16 dimensions sums are rounded after each step as the backend rounds them; from 16
on, where the order of its sums depends on the processor, a sum is the single nearest to the true one.

Gaps: large indexes of the backend find neighbours only approximately. Vectors that hold infinities or NaN score NaN,
and where those are sorted depends on the backend's processor.
"""

from __future__ import annotations

from array import array
from heapq import nlargest
from math import fsum, sqrt
from operator import mul
from typing import TYPE_CHECKING, Final

from convex_test.backend.schema.definition import VectorIndexDefinition
from convex_test.backend.schema.indexes import MAX_VECTOR_DIMENSIONS
from convex_test.backend.search.declared import declared_index
from convex_test.backend.search.float32 import to_single, total_order
from convex_test.backend.search.mirror import Mirror
from convex_test.backend.store.indexes import field_at
from convex_test.errors import FunctionError
from convex_test.values.order import encode_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convex_test.backend.search.vector_query import VectorQuery
    from convex_test.backend.store.documents import Document
    from convex_test.backend.store.indexes import FieldPath
    from convex_test.backend.store.store import Store
    from convex_test.backend.store.tables import Table

MAX_RESULTS: Final = 256
DEFAULT_RESULTS: Final = 10
MAX_ALTERNATIVES: Final = 64

_EPSILON: Final = 2.0**-23
_SIMD_DIMENSIONS: Final = 16


def vector_search(store: Store, component: str, query: VectorQuery) -> list[tuple[str, float]]:
    """The ids of the most similar documents with their scores, best first.

    Ordered by score, then id, both descending. A table that does not exist has no documents.

    Raises:
        FunctionError: there is no such index, or the query does not fit it.
        UsageError: a transaction is open.
    """
    transaction = store.begin(read_only=True)
    try:
        table = store.namespace(component).table(query.table)
        if table is None or table.is_system:
            return []
        definition = declared_index(table, query.index, VectorIndexDefinition)
        limit = _check(query, definition)
        return _vector_index(table, definition).search(query, limit)
    finally:
        transaction.rollback()


class VectorIndex(Mirror):
    """The normalised vectors of the documents of a table, with the values to filter by."""

    __slots__ = ("_definition", "_filter_keys", "_vectors")

    def __init__(self, definition: VectorIndexDefinition) -> None:
        super().__init__()
        self._definition = definition
        self._vectors: dict[str, array[float]] = {}
        self._filter_keys: dict[str, dict[FieldPath, bytes]] = {}

    def add(self, document: Document) -> None:
        definition, value = self._definition, document.value
        numbers = field_at(value, definition.vector_field)
        if not isinstance(numbers, list) or len(numbers) != definition.dimensions:
            return
        # Int64 is a class of its own, and a boolean no number.
        if any(type(number) is not float and type(number) is not int for number in numbers):
            return
        self._vectors[document.id] = normalise(numbers)
        self._filter_keys[document.id] = {path: encode_key(field_at(value, path)) for path in definition.filter_fields}

    def remove(self, id: str) -> None:
        self._vectors.pop(id, None)
        self._filter_keys.pop(id, None)

    def search(self, query: VectorQuery, limit: int) -> list[tuple[str, float]]:
        """The best `limit` documents that one of the alternatives lets through."""
        direction = normalise(query.vector)
        scores = {
            id: dot(direction, vector) for id, vector in self._vectors.items() if self._passes(id, query.alternatives)
        }
        # Ids of one table sort as their internal bytes do.
        best = nlargest(limit, scores, key=lambda id: (total_order(scores[id]), id))
        return [(id, scores[id]) for id in best]

    def _passes(self, id: str, alternatives: Mapping[FieldPath, frozenset[bytes]]) -> bool:
        keys = self._filter_keys[id]
        return not alternatives or any(keys[path] in allowed for path, allowed in alternatives.items())


def normalise(numbers: Sequence[float]) -> array[float]:
    """The vector of length 1 in the same direction; one that is next to nothing stays as it is."""
    vector = array("f", numbers)
    squared = dot(vector, vector)
    if squared < _EPSILON:
        return vector
    length = to_single(sqrt(squared))
    return array("f", [number / length for number in vector])


def dot(left: array[float], right: array[float]) -> float:
    """The product of two vectors, a single."""
    if len(left) >= _SIMD_DIMENSIONS:
        return to_single(fsum(map(mul, left, right)))
    total = -0.0
    for product in map(mul, left, right):
        total = to_single(total + to_single(product))
    return total


def _vector_index(table: Table, definition: VectorIndexDefinition) -> VectorIndex:
    index = _kept_index(table, definition)
    index.refresh(table)
    return index


def _kept_index(table: Table, definition: VectorIndexDefinition) -> VectorIndex:
    index = table.derived.get(definition.name)
    if not isinstance(index, VectorIndex):
        index = table.derived[definition.name] = VectorIndex(definition)
    return index


def _check(query: VectorQuery, definition: VectorIndexDefinition) -> int:
    """How many results to give, if the query fits the index."""
    label = f"{query.table}.{query.index}"
    if len(query.vector) > MAX_VECTOR_DIMENSIONS:
        raise _wrong_dimensions(MAX_VECTOR_DIMENSIONS, query)
    limit = DEFAULT_RESULTS if query.limit is None else query.limit
    if limit > MAX_RESULTS:
        raise FunctionError(f"Vector queries can fetch at most {MAX_RESULTS} results, requested {limit}.")
    # Fields with a single value come first, as they do in the backend's set of conditions.
    for path in sorted(query.alternatives, key=lambda path: (len(query.alternatives[path]) > 1, path)):
        if path not in definition.filter_fields:
            raise FunctionError(
                f'Vector query against {label} contains a filter on "{".".join(path)}" but that field isn\'t indexed '
                "for filtering in `filterFields`."
            )
    count = sum(map(len, query.alternatives.values()))
    if count > MAX_ALTERNATIVES:
        raise FunctionError(
            f"Vector query against {label} has too many conditions. Max: {MAX_ALTERNATIVES} Actual: {count}"
        )
    if len(query.vector) != definition.dimensions:
        raise _wrong_dimensions(definition.dimensions, query)
    return limit


def _wrong_dimensions(expected: int, query: VectorQuery) -> FunctionError:
    return FunctionError(f"Expected a vector with dimensions {expected}, received {len(query.vector)}.")
