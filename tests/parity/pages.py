"""Documents to page through, pages of them, and what is said of wrong cursors."""

from __future__ import annotations

from convex_test import js

TWICE = (
    "This query or mutation function ran multiple paginated queries. "
    "Convex only supports a single paginated query in each function."
)
INVALID_CURSOR = (
    "InvalidCursor: Tried to run a query starting from a cursor, "
    "but it looks like this cursor is from a different query."
)
SCAN = "async (ctx, opts) => await ctx.db.query('items').paginate(opts)"


def fill(t, count, first=0):
    with t.transaction() as ctx:
        return [ctx.db.insert("items", {"n": n, "a": n % 10}) for n in range(first, first + count)]


def page(t, opts, snippet=SCAN, kind="query"):
    return getattr(t, kind)(js(snippet), {"cursor": None, **opts})


def numbers(result):
    return [item["n"] for item in result["page"]]
