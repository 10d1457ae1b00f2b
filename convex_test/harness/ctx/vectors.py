"""`ctx.vector_search`. Imitates `npm-packages/convex/src/server/impl/vector_search_impl.ts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convex_test.backend.search.vector_query import parse_vector_query
from convex_test.errors import FunctionError, UsageError
from convex_test.values.codec import encode_parsed
from convex_test.values.python import from_python
from convex_test.values.types import Undefined

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.syscalls.scope import Scope


class VectorFilterBuilder:
    """Makes the filter of a vector search: `q.eq("author", "x")`, `q.or_(…)`."""

    def eq(self, field: str, value: Any) -> dict[str, Any]:
        """Documents in which a filter field is `value`."""
        if not isinstance(field, str):
            raise FunctionError("The first argument to `q.eq` must be a field name.")
        literal = {"$undefined": None} if isinstance(value, Undefined) else encode_parsed(from_python(value, "q.eq()"))
        return {"$eq": [{"$field": field}, {"$literal": literal}]}

    def or_(self, *filters: dict[str, Any]) -> dict[str, Any]:
        """Documents that one of the filters lets through."""
        return {"$or": list(filters)}


def vector_search(
    scope: Scope,
    table: str,
    index: str,
    vector: Sequence[float],
    limit: int | None,
    build_filter: Callable[[VectorFilterBuilder], dict[str, Any]] | None,
) -> list[dict[str, Any]]:
    """See `ActionCtx.vector_search`."""
    if isinstance(vector, str | bytes) or not isinstance(vector, Sequence) or not vector:
        raise FunctionError("`vector` must be a non-empty Array in vectorSearch")
    for number in vector:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise UsageError(f"ctx.vector_search(…, vector=…): a vector has numbers only, not {number!r}.")
    query = parse_vector_query(
        {
            "indexName": f"{table}.{index}",
            "vector": list(vector),
            "limit": limit,
            "expressions": None if build_filter is None else build_filter(VectorFilterBuilder()),
        }
    )
    return [{"_id": found, "_score": score} for found, score in scope.runner.vector_search(scope, query)]
