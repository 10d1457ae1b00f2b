"""Where text search comes in: a source that yields the documents a search finds, best first.

It is not there yet. What is to come returns a `Source` (see `scans.py`); streams, filters, limits and pages need no
change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convex_test.errors import FunctionError

if TYPE_CHECKING:
    from convex_test.backend.query.plan import Search
    from convex_test.backend.query.scans import PageBounds, Source
    from convex_test.backend.store.tables import Namespace
    from convex_test.backend.store.transactions import Transaction


def open_search(
    transaction: Transaction,  # noqa: ARG001 - what a search will need
    namespace: Namespace,  # noqa: ARG001 - as above
    plan: Search,
    bounds: PageBounds,  # noqa: ARG001 - as above
) -> Source:
    """The source of a text search."""
    raise FunctionError(f"not supported: text search (index {plan.table}.{plan.index})")
