"""`withIndex`: which ranges are legal, what they find, and in which order.

Imitated: `IndexRange::compile` in `crates/common/src/query.rs`.
"""

from __future__ import annotations

import pytest

from convex_test import ConvexInt64, FunctionError, js, undefined

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          items: defineTable(v.any())
            .index("by_a", ["a"])
            .index("by_a_b", ["a", "b"])
            .index("by_nested", ["o.p"])
            .searchIndex("search_text", { searchField: "text" })
            .vectorIndex("by_vector", { vectorField: "vector", dimensions: 2 }),
        });
    """,
    "convex/items.ts": """
        import { query } from "./_generated/server";
        export const unknownIndex = query(async (ctx) => await ctx.db.query("items").withIndex("nope").collect());
    """,
}

IN_ORDER = [
    undefined,
    None,
    ConvexInt64(-5),
    ConvexInt64(7),
    float("-inf"),
    -1.5,
    -0.0,
    0,
    3,
    float("inf"),
    float("nan"),
    False,
    True,
    "",
    "a",
    "Ω",
    "\ue000",
    "\U0001f600",
    b"",
    b"\x01",
    [],
    [1],
    [1, 2],
    {},
    {"x": 1},
]


def fill(t, values, field="a"):
    """Inserts a document for each value, in reverse; `n` is the place of the value."""
    with t.transaction() as ctx:
        for n in reversed(range(len(values))):
            ctx.db.insert("items", {"n": n, field: values[n]})


def found(t, snippet, *args):
    return [item["n"] for item in t.query(js(snippet), *args)]


def in_range(t, expression, index="by_a"):
    return found(t, f'async (ctx) => await ctx.db.query("items").withIndex("{index}", (q) => {expression}).collect()')


def failure(t, expression, index="by_a_b"):
    with pytest.raises(FunctionError) as caught:
        in_range(t, expression, index)
    return caught.value.text


@pytest.fixture
def numbers(t):
    """Documents with a = 0 … 9."""
    fill(t, list(range(10)))
    return t


@pytest.fixture
def grid(t):
    """Documents with a = 0 … 2 and b = 0 … 2; n = 3a + b."""
    with t.transaction() as ctx:
        for n in (4, 0, 8, 2, 6, 1, 7, 3, 5):
            ctx.db.insert("items", {"n": n, "a": n // 3, "b": n % 3})
    return t


def test_an_index_without_a_range_is_the_whole_index(numbers):
    snippet = 'async (ctx) => await ctx.db.query("items").withIndex("by_a").collect()'
    assert found(numbers, snippet) == list(range(10))


def test_values_of_all_types_are_in_the_total_order(t):
    fill(t, IN_ORDER)
    assert found(t, 'async (ctx) => await ctx.db.query("items").withIndex("by_a").collect()') == list(
        range(len(IN_ORDER))
    )


def test_descending_is_the_exact_reverse(t):
    fill(t, [*IN_ORDER, *IN_ORDER])
    up = found(t, 'async (ctx) => await ctx.db.query("items").withIndex("by_a").collect()')
    down = found(t, 'async (ctx) => await ctx.db.query("items").withIndex("by_a").order("desc").collect()')
    assert down == up[::-1]


def test_equal_keys_are_in_the_order_of_creation(t):
    with t.transaction() as ctx:
        for n in range(20):
            ctx.db.insert("items", {"n": n, "a": 1})
    assert in_range(t, 'q.eq("a", 1)') == list(range(20))


def test_eq(numbers):
    assert in_range(numbers, 'q.eq("a", 4)') == [4]


def test_gt(numbers):
    assert in_range(numbers, 'q.gt("a", 6)') == [7, 8, 9]


def test_gte(numbers):
    assert in_range(numbers, 'q.gte("a", 6)') == [6, 7, 8, 9]


def test_lt(numbers):
    assert in_range(numbers, 'q.lt("a", 3)') == [0, 1, 2]


def test_lte(numbers):
    assert in_range(numbers, 'q.lte("a", 3)') == [0, 1, 2, 3]


def test_lower_and_upper_bound(numbers):
    assert in_range(numbers, 'q.gt("a", 2).lte("a", 5)') == [3, 4, 5]


def test_contradicting_bounds_find_nothing(numbers):
    assert in_range(numbers, 'q.gt("a", 5).lt("a", 2)') == []


def test_eq_then_range_on_the_next_field(grid):
    assert in_range(grid, 'q.eq("a", 1).gte("b", 1)', "by_a_b") == [4, 5]


def test_eq_on_a_prefix_leaves_the_next_field_in_order(grid):
    assert in_range(grid, 'q.eq("a", 2)', "by_a_b") == [6, 7, 8]


def test_eq_calls_may_come_in_any_order(grid):
    assert in_range(grid, 'q.eq("b", 2).eq("a", 1)', "by_a_b") == [5]


def test_minus_zero_is_not_zero(t):
    fill(t, [-0.0, 0])
    assert in_range(t, 'q.eq("a", 0)') == [1]
    assert in_range(t, 'q.eq("a", -0)') == [0]


def test_nan_equals_nan(t):
    fill(t, [1, float("nan")])
    assert in_range(t, 'q.eq("a", NaN)') == [1]


def test_bigint_one_is_not_number_one(t):
    fill(t, [ConvexInt64(1), 1])
    assert in_range(t, 'q.eq("a", 1n)') == [0]
    assert in_range(t, 'q.eq("a", 1)') == [1]


def test_eq_undefined_finds_documents_without_the_field(t):
    fill(t, [undefined, None, 1])
    assert in_range(t, 'q.eq("a", undefined)') == [0]


def test_gt_undefined_finds_documents_with_the_field(t):
    fill(t, [undefined, None, 1])
    assert in_range(t, 'q.gt("a", undefined)') == [1, 2]


def test_eq_null_does_not_find_documents_without_the_field(t):
    fill(t, [undefined, None, 1])
    assert in_range(t, 'q.eq("a", null)') == [1]


def test_lt_a_number_also_finds_missing_null_and_bigint(t):
    fill(t, [undefined, None, ConvexInt64(99), 4, 5, "x"])
    assert in_range(t, 'q.lt("a", 5)') == [0, 1, 2, 3]


def test_gt_a_number_also_finds_later_types(t):
    fill(t, [ConvexInt64(9), 5, 6, True, "x", b"y", [0], {"z": 0}])
    assert in_range(t, 'q.gt("a", 5)') == [2, 3, 4, 5, 6, 7]


def test_a_nested_field_is_indexed(t):
    fill(t, [{}, {"p": 1}, {"p": 2}], "o")
    assert in_range(t, 'q.gt("o.p", 0)', "by_nested") == [1, 2]


def test_a_path_through_something_that_is_no_object_counts_as_missing(t):
    fill(t, ["text", {"p": 2}], "o")
    assert in_range(t, 'q.eq("o.p", undefined)', "by_nested") == [0]


def test_a_path_does_not_reach_into_arrays(t):
    fill(t, [[{"p": 2}], {"p": 2}], "o")
    assert in_range(t, 'q.eq("o.p", 2)', "by_nested") == [1]


def test_an_object_is_a_bound(t):
    fill(t, [{}, {"x": 0}, {"x": 1}, {"y": 0}])
    assert in_range(t, 'q.gte("a", { x: 1 })') == [2, 3]


def test_by_creation_time_takes_a_range(t):
    fill(t, [0, 1, 2])
    second = t.query(js('async (ctx) => (await ctx.db.query("items").collect())[1]._creationTime'))
    snippet = """async (ctx, since) =>
      await ctx.db.query("items").withIndex("by_creation_time", (q) => q.gt("_creationTime", since)).collect()"""
    assert found(t, snippet, second) == [0]


def test_by_id_takes_a_range(t):
    fill(t, [0, 1, 2])
    document_id = t.query(js('async (ctx) => (await ctx.db.query("items").collect())[0]._id'))
    snippet = 'async (ctx, id) => await ctx.db.query("items").withIndex("by_id", (q) => q.eq("_id", id)).collect()'
    assert found(t, snippet, document_id) == [2]


@pytest.mark.parametrize(("comparison", "expected"), [("gte", [0]), ("lte", [0]), ("eq", [0]), ("gt", []), ("lt", [])])
def test_the_id_is_the_last_field_of_every_index(t, comparison, expected):
    fill(t, [1])
    snippet = (
        "async (ctx, comparison) => { const [item] = await ctx.db.query('items').collect(); return await ctx.db"
        ".query('items').withIndex('by_a', (q) => q.eq('a', 1).eq('_creationTime', item._creationTime)"
        "[comparison]('_id', item._id)).collect(); }"
    )
    assert found(t, snippet, comparison) == expected


def test_by_id_is_in_the_order_of_ids(t):
    fill(t, list(range(20)))
    ids = t.query(
        js('async (ctx) => (await ctx.db.query("items").withIndex("by_id").collect()).map((item) => item._id)')
    )
    assert ids == sorted(ids)


def test_the_appended_creation_time_takes_a_bound(t):
    fill(t, [1, 1, 1])
    second = t.query(js('async (ctx) => (await ctx.db.query("items").collect())[1]._creationTime'))
    snippet = """async (ctx, at) =>
      await ctx.db.query("items").withIndex("by_a", (q) => q.eq("a", 1).lt("_creationTime", at)).collect()"""
    assert found(t, snippet, second) == [2]


def test_an_unknown_index_is_not_found(t):
    assert failure(t, 'q.eq("a", 1)', "nope") == "Uncaught Error: Index items.nope not found."


def test_an_index_of_an_unknown_table_is_not_found(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js('async (ctx) => await ctx.db.query("none").withIndex("by_a").collect()'))
    assert caught.value.text == "Uncaught Error: Index none.by_a not found."


def test_a_search_index_is_no_database_index(t):
    assert failure(t, "q", "search_text") == "Uncaught Error: Index items.search_text is not a database index"


def test_a_vector_index_is_no_database_index(t):
    assert failure(t, "q", "by_vector") == "Uncaught Error: Index items.by_vector is not a database index"


def test_two_eq_on_one_field(t):
    assert failure(t, 'q.eq("a", 1).eq("a", 2)') == (
        'Uncaught Error: Already defined equality bound in index range. Can\'t add "a" == 1.0.'
    )


def test_two_lower_bounds(t):
    assert failure(t, 'q.gt("a", 1).gte("a", 2)') == (
        'Uncaught Error: Already defined lower bound in index range. Can\'t add "a" >= 2.0.'
    )


def test_two_upper_bounds(t):
    assert failure(t, 'q.lte("a", "x").lt("a", "y")') == (
        'Uncaught Error: Already defined upper bound in index range. Can\'t add "a" < "y".'
    )


def test_bounds_on_two_fields(t):
    assert failure(t, 'q.gt("a", 1).lt("b", 2)') == (
        "Uncaught Error: Upper and lower bounds in `range` can only be applied to a single index field. This query "
        'against index items.by_a_b attempted to set a range bound on both "a" and "b". '
        "Consider using `filter` instead. See https://docs.convex.dev/using/indexes for more info."
    )


def test_a_bound_on_an_eq_field(t):
    assert failure(t, 'q.eq("a", 1).gt("a", 0)') == (
        'Uncaught Error: Already defined inequality bound in index range. Can\'t add "a" == 1.0.'
    )


def test_a_field_that_the_index_does_not_have(t):
    assert failure(t, 'q.eq("c", 1)', "by_a") == (
        'Uncaught Error: The index range included a comparison with "c", but items.by_a with fields '
        '["a", "_creationTime"] doesn\'t index this field. '
        "For more information see https://docs.convex.dev/using/indexes."
    )


def test_skipping_a_field(t):
    assert failure(t, 'q.eq("b", 1)') == (
        "Uncaught Error: Tried to query index items.by_a_b but the query didn't use the index fields in order.\n"
        'Index fields: ["a", "b", "_creationTime"]\nQuery fields: ["b"]\nFirst incorrect field: "b"\n'
        "For more information see https://docs.convex.dev/using/indexes."
    )


def test_a_builder_makes_one_step(t):
    assert failure(t, '{ q.eq("a", 1); return q.eq("a", 2); }') == (
        "Uncaught Error: IndexRangeBuilder has already been used! Chain your method calls like "
        "`q => q.eq(...).eq(...)`. See https://docs.convex.dev/using/indexes"
    )


def test_a_missing_index_name(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js('async (ctx) => await ctx.db.query("items").withIndex().collect()'))
    assert caught.value.text == "Uncaught TypeError: Must provide arg 1 `indexName` to `withIndex`"


def test_range_errors_can_be_caught(t):
    snippet = """async (ctx) => {
      try { await ctx.db.query("items").withIndex("nope").collect(); } catch (error) { return error.message; }
    }"""
    assert t.query(js(snippet)) == "Index items.nope not found."


def test_a_range_error_comes_when_the_query_is_read_not_when_it_is_made(t):
    assert t.query(js('async (ctx) => { ctx.db.query("items").withIndex("nope"); return "made"; }')) == "made"


def test_python_finds_the_same(t):
    fill(t, [undefined, None, ConvexInt64(2), 5, 7, "x"])
    with t.transaction() as ctx:
        above = ctx.db.query("items").with_index("by_a", lambda q: q.gt("a", 5)).collect()
        missing = ctx.db.query("items").with_index("by_a", lambda q: q.eq("a", undefined)).collect()
        big = ctx.db.query("items").with_index("by_a", lambda q: q.eq("a", ConvexInt64(2))).collect()
        down = ctx.db.query("items").with_index("by_a").order("desc").collect()
    assert [item["n"] for item in above] == [4, 5]
    assert [item["n"] for item in missing] == [0]
    assert [item["n"] for item in big] == [2]
    assert [item["n"] for item in down] == [5, 4, 3, 2, 1, 0]


def test_python_meets_the_same_errors(t):
    with t.transaction() as ctx:
        with pytest.raises(FunctionError) as unknown:
            ctx.db.query("items").with_index("nope").collect()
        with pytest.raises(FunctionError) as twice:
            ctx.db.query("items").with_index("by_a", lambda q: q.gt("a", 1).gt("a", 2)).collect()
    assert unknown.value.text == "Index items.nope not found."
    assert twice.value.text == 'Already defined lower bound in index range. Can\'t add "a" > 2.0.'


def test_an_update_moves_the_document_in_the_index(numbers):
    snippet = """async (ctx) => {
      const item = await ctx.db.query("items").withIndex("by_a", (q) => q.eq("a", 0)).unique();
      await ctx.db.patch(item._id, { a: 5.5 });
      const items = await ctx.db.query("items").withIndex("by_a", (q) => q.gt("a", 4).lt("a", 7)).collect();
      return items.map((item) => item.n);
    }"""
    assert numbers.mutation(js(snippet)) == [5, 0, 6]


def test_a_field_that_is_removed_moves_to_the_front(numbers):
    snippet = """async (ctx) => {
      const item = await ctx.db.query("items").withIndex("by_a", (q) => q.eq("a", 5)).unique();
      await ctx.db.patch(item._id, { a: undefined });
      return (await ctx.db.query("items").withIndex("by_a").take(2)).map((item) => item.n);
    }"""
    assert numbers.mutation(js(snippet)) == [5, 0]


def test_a_deleted_document_leaves_the_index(numbers):
    snippet = """async (ctx) => {
      const item = await ctx.db.query("items").withIndex("by_a", (q) => q.eq("a", 5)).unique();
      await ctx.db.delete(item._id);
      return await ctx.db.query("items").withIndex("by_a", (q) => q.eq("a", 5)).unique();
    }"""
    assert numbers.mutation(js(snippet)) is None
