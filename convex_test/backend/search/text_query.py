"""From a query's plan to a search in a text index.

Imitates `Transaction::text_search` in `crates/database/src/transaction.rs`, `Search::is_empty` in
`crates/common/src/query.rs` and `compile` in `crates/search/src/lib.rs`, in their order of checks: an empty text finds
nothing whatever else is wrong, and words beyond the sixteenth are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convex_test.backend.query.plan import SearchText
from convex_test.backend.schema.definition import SearchIndexDefinition
from convex_test.backend.search.declared import declared_index, index_not_found
from convex_test.backend.search.text import text_index
from convex_test.backend.search.tokens import tokenize
from convex_test.errors import FunctionError
from convex_test.values.order import encode_key

if TYPE_CHECKING:
    from convex_test.backend.query.plan import Search
    from convex_test.backend.search.text import Condition, Hit
    from convex_test.backend.store.indexes import FieldPath
    from convex_test.backend.store.tables import Namespace

MAX_QUERY_TERMS: Final = 16
MAX_CONDITIONS: Final = 8


def find(namespace: Namespace, plan: Search) -> list[Hit]:
    """All that a text search finds, best first.

    Raises:
        FunctionError: there is no such index, or the search does not fit it.
    """
    label = f"{plan.table}.{plan.index}"
    table = namespace.table(plan.table)
    if table is None:
        raise index_not_found(label)
    if _is_empty(plan, label):
        return []
    definition = declared_index(table, plan.index, SearchIndexDefinition)
    tokens, conditions = _compile(plan, definition, label)
    return text_index(table, definition).search(tokens, conditions) if tokens else []


def _is_empty(plan: Search, label: str) -> bool:
    for condition in plan.filters:
        if isinstance(condition, SearchText):
            return not condition.text
    raise FunctionError(
        f"Search query against {label} does not contain any search filters. You must include a search filter like "
        '`q.search("field", searchText)`.'
    )


def _compile(plan: Search, definition: SearchIndexDefinition, label: str) -> tuple[list[str], list[Condition]]:
    text: str | None = None
    conditions: list[Condition] = []
    for condition in plan.filters:
        if isinstance(condition, SearchText):
            if condition.field != definition.search_field:
                raise FunctionError(
                    f"Search query against {label} contains a search filter against {_show(condition.field)}, which "
                    f"doesn't match the indexed `searchField` {_show(definition.search_field)}."
                )
            if text is not None:
                raise FunctionError(
                    f"Search query against {label} contains multiple search filters against {_show(condition.field)}. "
                    "Only one is allowed."
                )
            text = condition.text
        else:
            if condition.field not in definition.filter_fields:
                raise FunctionError(
                    f"Search query against {label} contains an equality filter on {_show(condition.field)} but that "
                    "field isn't indexed for filtering in `filterFields`."
                )
            conditions.append((condition.field, encode_key(condition.value)))
    if len(conditions) > MAX_CONDITIONS:
        raise FunctionError(
            f"Search query against {label} has too many filter conditions. Max: {MAX_CONDITIONS} "
            f"Actual: {len(conditions)}"
        )
    return tokenize(text or "")[:MAX_QUERY_TERMS], conditions


def _show(field: FieldPath) -> str:
    return f'"{".".join(field)}"'
