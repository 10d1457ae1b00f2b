"""From a query's source to what reads it.

Imitates `DeveloperQuery::new_bounded` in `crates/database/src/query/mod.rs`, and `stable_index_name` and
`indexed_fields` in `crates/database/src/bootstrap_model/index.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convex_test.backend.intervals import ALL
from convex_test.backend.query.plan import FullTableScan, IndexRange, Search
from convex_test.backend.query.ranges import compile_range
from convex_test.backend.query.scans import NO_BOUNDS, EmptyScan, IndexScan
from convex_test.backend.query.search import open_search
from convex_test.backend.store.indexes import CREATION_TIME_FIELD
from convex_test.errors import FunctionError

if TYPE_CHECKING:
    from convex_test.backend.query.plan import Source as SourcePlan
    from convex_test.backend.query.scans import PageBounds, Source
    from convex_test.backend.store.indexes import FieldPath, Index
    from convex_test.backend.store.tables import Namespace, Table
    from convex_test.backend.store.transactions import Transaction

_SCANNED_FIELDS: Final = (CREATION_TIME_FIELD,)


def indexed_fields(namespace: Namespace, plan: SourcePlan) -> tuple[FieldPath, ...]:
    """The fields of the index that a query will read.

    Raises:
        FunctionError: there is no such index.
    """
    if isinstance(plan, IndexRange):
        return _require_index(namespace, plan).fields
    return _SCANNED_FIELDS if isinstance(plan, FullTableScan) else ()


def open_source(
    transaction: Transaction, namespace: Namespace, plan: SourcePlan, bounds: PageBounds = NO_BOUNDS
) -> Source:
    """What reads a query's source, from its start or within the bounds of a page.

    Raises:
        FunctionError: there is no such index, or the range does not fit it.
    """
    if isinstance(plan, Search):
        return open_search(transaction, namespace, plan, bounds)
    if isinstance(plan, IndexRange):
        index = _require_index(namespace, plan)
        interval = compile_range(plan, index.fields)
    else:
        table = namespace.table(plan.table)
        if table is None:
            return EmptyScan(bounds)
        index, interval = table.indexes["by_creation_time"], ALL
    return IndexScan(transaction, namespace, index, interval, descending=plan.order == "desc", bounds=bounds)


def _require_index(namespace: Namespace, plan: IndexRange) -> Index:
    table = namespace.table(plan.table)
    index = None if table is None else table.indexes.get(plan.index)
    if index is None:
        raise _no_such_index(table, f"{plan.table}.{plan.index}", plan.index)
    return index


def _no_such_index(table: Table | None, name: str, index: str) -> FunctionError:
    if table is not None and table.is_system:
        return FunctionError(f"Could not find system index for virtual index {name}")
    definition = None if table is None else table.definition
    if definition is not None:
        staged = {declared.name: declared.staged for declared in definition.indexes}
        staged |= {declared.name: declared.staged for declared in definition.search_indexes}
        staged |= {declared.name: declared.staged for declared in definition.vector_indexes}
        if staged.get(index) is True:
            return FunctionError(f"Index {name} is currently staged and not available to query until it is enabled.")
        if staged.get(index) is False:
            return FunctionError(f"Index {name} is not a database index")
    return FunctionError(f"Index {name} not found.")
