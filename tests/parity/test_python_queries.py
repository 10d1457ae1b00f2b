"""Queries of Python's `ctx.db`: each step of a chain, index ranges, filters, as in TypeScript."""

from __future__ import annotations

import pytest

from convex_test import ConvexInt64, FunctionError, js, undefined

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          items: defineTable(v.any()).index("by_n", ["n"]).index("by_name_and_n", ["name", "n"]),
        });
    """,
}


@pytest.fixture
def filled(t):
    """Five items."""
    with t.transaction() as ctx:
        for n, name in enumerate("abcab"):
            ctx.db.insert("items", {"n": n, "name": name})
    return t


def numbers(found):
    return [item["n"] for item in found]


def read(t, query):
    return t.query(lambda ctx: query(ctx.db.query("items")))


# Queries


def test_collect(filled):
    assert numbers(read(filled, lambda q: q.collect())) == [0, 1, 2, 3, 4]


def test_order(filled):
    assert numbers(read(filled, lambda q: q.order("desc").collect())) == [4, 3, 2, 1, 0]
    assert numbers(read(filled, lambda q: q.order("asc").collect())) == [0, 1, 2, 3, 4]


def test_take(filled):
    assert numbers(read(filled, lambda q: q.take(2))) == [0, 1]
    assert read(filled, lambda q: q.take(0)) == []


def test_first(filled, t):
    assert read(filled, lambda q: q.first())["n"] == 0
    assert read(filled, lambda q: q.order("desc").first())["n"] == 4
    assert t.query(lambda ctx: ctx.db.query("nothing").first()) is None


def test_unique(filled):
    assert read(filled, lambda q: q.with_index("by_n", lambda r: r.eq("n", 3)).unique())["name"] == "a"
    assert read(filled, lambda q: q.with_index("by_n", lambda r: r.eq("n", 30)).unique()) is None


def test_unique_of_several(filled):
    ids = [item["_id"] for item in read(filled, lambda q: q.take(2))]
    with pytest.raises(FunctionError) as caught:
        read(filled, lambda q: q.unique())
    assert str(caught.value) == (
        f"unique() query returned more than one result from table items:\n [{ids[0]}, {ids[1]}, ...]"
    )


def test_count(filled):
    assert read(filled, lambda q: q.count()) == 5


def test_iteration(filled):
    assert read(filled, lambda q: [item["n"] for item in q]) == [0, 1, 2, 3, 4]
    assert read(filled, lambda q: [item["n"] for item in q.order("desc")]) == [4, 3, 2, 1, 0]


def test_iteration_may_stop_early_and_counts_what_it_read(filled):
    def handler(ctx):
        for _ in ctx.db.query("items"):
            break
        return ctx.meta.get_transaction_metrics()["documentsRead"]["used"]

    assert filled.query(handler) == 1


def test_paginate_gives_convex_s_own_keys(filled):
    page = read(filled, lambda q: q.paginate(num_items=2))
    assert list(page) == ["page", "isDone", "continueCursor", "splitCursor", "pageStatus"]
    assert (numbers(page["page"]), page["isDone"], page["splitCursor"], page["pageStatus"]) == (
        [0, 1],
        False,
        None,
        None,
    )


def test_paginate_to_the_end(filled):
    seen, cursor, done = [], None, False
    while not done:
        page = read(filled, lambda q, cursor=cursor: q.paginate(num_items=2, cursor=cursor))
        seen += numbers(page["page"])
        cursor, done = page["continueCursor"], page["isDone"]
    assert seen == [0, 1, 2, 3, 4]


def test_a_cursor_of_typescript_goes_on_in_python(filled):
    source = "async (ctx) => (await ctx.db.query('items').paginate({ numItems: 2, cursor: null })).continueCursor"
    cursor = filled.query(js(source))
    assert numbers(read(filled, lambda q: q.paginate(num_items=2, cursor=cursor))["page"]) == [2, 3]


@pytest.mark.parametrize(
    ("num_items", "text"),
    [
        (0, "Must request at least 1 document while paginating"),
        (-1, "`options.numItems` must be a positive number. Received `-1`."),
        ("x", "`options.numItems` must be a positive number. Received `x`."),
        (1.5, "Invalid arguments for `queryPage`: invalid type: floating point `1.5`, expected usize"),
        (32001, "Requested too many items: 32001"),
    ],
)
def test_paginate_with_a_wrong_number(filled, num_items, text):
    with pytest.raises(FunctionError) as caught:
        read(filled, lambda q: q.paginate(num_items=num_items))
    assert str(caught.value) == text


# Index ranges

RANGES = {
    "eq": (lambda q: q.eq("n", 3), [3]),
    "gt": (lambda q: q.gt("n", 3), [4]),
    "gte": (lambda q: q.gte("n", 3), [3, 4]),
    "lt": (lambda q: q.lt("n", 1), [0]),
    "lte": (lambda q: q.lte("n", 1), [0, 1]),
    "between": (lambda q: q.gt("n", 0).lte("n", 2), [1, 2]),
    "undefined": (lambda q: q.eq("n", undefined), []),
    "above undefined": (lambda q: q.gt("n", undefined), [0, 1, 2, 3, 4]),
}


@pytest.mark.parametrize(("index_range", "found"), RANGES.values(), ids=list(RANGES))
def test_index_ranges(filled, index_range, found):
    assert numbers(read(filled, lambda q: q.with_index("by_n", index_range).collect())) == found


def test_with_index_without_a_range_is_the_whole_index(filled):
    found = read(filled, lambda q: q.with_index("by_name_and_n").collect())
    assert [(item["name"], item["n"]) for item in found] == [("a", 0), ("a", 3), ("b", 1), ("b", 4), ("c", 2)]


def test_an_index_of_two_fields(filled):
    def query(q):
        return q.with_index("by_name_and_n", lambda r: r.eq("name", "a").gt("n", 0)).order("desc").collect()

    assert numbers(read(filled, query)) == [3]


def test_an_unknown_index(filled):
    with pytest.raises(FunctionError) as caught:
        read(filled, lambda q: q.with_index("by_nothing").collect())
    assert str(caught.value) == "Index items.by_nothing not found."


def test_missing_fields_are_found_with_undefined(filled):
    filled.run(lambda ctx: ctx.db.insert("items", {"name": "without"}))
    without = read(filled, lambda q: q.with_index("by_n", lambda r: r.eq("n", undefined)).collect())
    assert [item["name"] for item in without] == ["without"]


# Filters

FILTERS = {
    "eq": (lambda q: q.eq(q.field("n"), 3), "q.eq(q.field('n'), 3)", [3]),
    "neq": (lambda q: q.neq(q.field("n"), 3), "q.neq(q.field('n'), 3)", [0, 1, 2, 4]),
    "lt": (lambda q: q.lt(q.field("n"), 2), "q.lt(q.field('n'), 2)", [0, 1]),
    "lte": (lambda q: q.lte(q.field("n"), 2), "q.lte(q.field('n'), 2)", [0, 1, 2]),
    "gt": (lambda q: q.gt(q.field("n"), 2), "q.gt(q.field('n'), 2)", [3, 4]),
    "gte": (lambda q: q.gte(q.field("n"), 2), "q.gte(q.field('n'), 2)", [2, 3, 4]),
    "add": (lambda q: q.eq(q.add(q.field("n"), 1), 3), "q.eq(q.add(q.field('n'), 1), 3)", [2]),
    "sub": (lambda q: q.eq(q.sub(q.field("n"), 1), 3), "q.eq(q.sub(q.field('n'), 1), 3)", [4]),
    "mul": (lambda q: q.eq(q.mul(q.field("n"), 2), 2), "q.eq(q.mul(q.field('n'), 2), 2)", [1]),
    "div": (lambda q: q.eq(q.div(q.field("n"), 2), 1.5), "q.eq(q.div(q.field('n'), 2), 1.5)", [3]),
    "mod": (lambda q: q.eq(q.mod(q.field("n"), 2), 0), "q.eq(q.mod(q.field('n'), 2), 0)", [0, 2, 4]),
    "neg": (lambda q: q.eq(q.neg(q.field("n")), -3), "q.eq(q.neg(q.field('n')), -3)", [3]),
    "and": (
        lambda q: q.and_(q.gt(q.field("n"), 0), q.eq(q.field("name"), "a")),
        "q.and(q.gt(q.field('n'), 0), q.eq(q.field('name'), 'a'))",
        [3],
    ),
    "or": (
        lambda q: q.or_(q.eq(q.field("n"), 0), q.eq(q.field("name"), "c")),
        "q.or(q.eq(q.field('n'), 0), q.eq(q.field('name'), 'c'))",
        [0, 2],
    ),
    "not": (lambda q: q.not_(q.eq(q.field("name"), "a")), "q.not(q.eq(q.field('name'), 'a'))", [1, 2, 4]),
    "empty and": (lambda q: q.and_(), "q.and()", [0, 1, 2, 3, 4]),
    "empty or": (lambda q: q.or_(), "q.or()", []),
    "True": (lambda q: True, "true", [0, 1, 2, 3, 4]),
    "False": (lambda q: False, "false", []),
    "missing field": (lambda q: q.eq(q.field("a.b"), undefined), "q.eq(q.field('a.b'), undefined)", [0, 1, 2, 3, 4]),
    "another type": (lambda q: q.gt(q.field("n"), ConvexInt64(9)), "q.gt(q.field('n'), 9n)", [0, 1, 2, 3, 4]),
}


@pytest.mark.parametrize(("predicate", "source", "found"), FILTERS.values(), ids=list(FILTERS))
def test_filters_are_those_of_typescript(filled, predicate, source, found):
    assert numbers(read(filled, lambda q: q.filter(predicate).collect())) == found
    assert numbers(filled.query(js(f"(ctx) => ctx.db.query('items').filter((q) => {source}).collect()"))) == found


FAILING_FILTERS = {
    "types": (
        lambda q: q.eq(q.add(q.field("n"), ConvexInt64(1)), 1),
        "q.eq(q.add(q.field('n'), 1n), 1)",
        "Cannot add 0.0 (type Float64) and 1 (type Int64)",
    ),
    "missing": (
        lambda q: q.eq(q.neg(q.field("x")), 1),
        "q.eq(q.neg(q.field('x')), 1)",
        "Cannot negate undefined (type undefined)",
    ),
    "no boolean": (lambda q: q.field("n"), "q.field('n')", "Cannot use value 0.0 (type Float64) as a Boolean"),
}


@pytest.mark.parametrize(("predicate", "source", "text"), FAILING_FILTERS.values(), ids=list(FAILING_FILTERS))
def test_filters_fail_as_in_typescript(filled, predicate, source, text):
    with pytest.raises(FunctionError) as caught:
        read(filled, lambda q: q.filter(predicate).collect())
    assert str(caught.value) == text
    with pytest.raises(FunctionError) as caught:
        filled.query(js(f"(ctx) => ctx.db.query('items').filter((q) => {source}).collect()"))
    assert caught.value.message == text


def test_filters_and_limits_apply_in_their_order(filled):
    assert numbers(read(filled, lambda q: q.filter(lambda f: f.gt(f.field("n"), 1)).take(2))) == [2, 3]


# One use each

USED_TWICE = {
    "collect after collect": (
        lambda q: (q.collect(), q.collect()),
        "This query is closed and can't emit any more values.",
    ),
    "collect after filter": (
        lambda q: (q.filter(lambda f: True), q.collect()),
        "This query has been chained with another operator and can't be reused.",
    ),
    "filter after collect": (
        lambda q: (q.collect(), q.filter(lambda f: True)),
        "A query can only be chained once and can't be chained after iteration begins.",
    ),
    "order twice": (lambda q: q.order("asc").order("desc"), "Queries may only specify order at most once"),
}


@pytest.mark.parametrize(("use", "text"), USED_TWICE.values(), ids=list(USED_TWICE))
def test_a_query_is_chained_once_and_read_once(filled, use, text):
    with pytest.raises(FunctionError) as caught:
        read(filled, lambda q: use(q.with_index("by_n") if "twice" not in text and "at most" not in text else q))
    assert str(caught.value) == text


def test_the_beginning_of_a_query_may_be_used_again(filled):
    assert read(filled, lambda q: [len(q.collect()), len(q.take(2)), q.first()["n"]]) == [5, 2, 0]
