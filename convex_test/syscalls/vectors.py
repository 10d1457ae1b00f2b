"""`ctx.vectorSearch` of actions (`npm-packages/convex/src/server/impl/vector_search_impl.ts`)."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import orjson

from convex_test.backend.search.vector_query import parse_vector_query
from convex_test.syscalls.table import ACTION, argument, syscall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.syscalls.scope import Scope


@syscall("1.0/actions/vectorSearch", ACTION)
def vector_search(scope: Scope, args: Mapping[str, Any]) -> str:
    """`{results: [{_id, _score}]}`, best first."""
    query = parse_vector_query(argument(args, "query", "vectorSearch"))
    results = [
        {"_id": document_id, "_score": None if isnan(score) else score}
        for document_id, score in scope.runner.vector_search(scope, query)
    ]
    return orjson.dumps({"results": results}).decode()
