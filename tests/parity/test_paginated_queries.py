"""`.paginate`: pages, cursors, limits of a page (`query_page` in `async_syscall.rs`, `crates/database/src/query`)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convex_test import ConvexError, FunctionError, api
from tests.parity.pages import INVALID_CURSOR, SCAN, TWICE, fill, numbers, page

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({ items: defineTable(v.any()).index("by_a", ["a"]) });
    """,
    "convex/items.ts": """
        import { mutation, query } from "./_generated/server";
        import { paginationOptsValidator, paginationResultValidator } from "convex/server";
        import { v } from "convex/values";
        import { internal } from "./_generated/api";
        export const list = query({
          args: { paginationOpts: paginationOptsValidator },
          handler: async (ctx, args) => await ctx.db.query("items").paginate(args.paginationOpts),
        });
        export const typed = query({
          args: { paginationOpts: paginationOptsValidator },
          returns: paginationResultValidator(v.any()),
          handler: async (ctx, args) => await ctx.db.query("items").paginate(args.paginationOpts),
        });
        export const twice = query(async (ctx) => {
          const opts = { numItems: 1, cursor: null };
          await ctx.db.query("items").paginate(opts);
          await ctx.db.query("items").paginate(opts);
        });
        export const caughtTwice = query(async (ctx) => {
          const opts = { numItems: 1, cursor: null };
          const first = await ctx.db.query("items").paginate(opts);
          try { await ctx.db.query("items").paginate(opts); }
          catch (error) { return [first.page.length, error.message]; }
        });
        export const ownAndNested = query(async (ctx) => {
          const own = await ctx.db.query("items").paginate({ numItems: 1, cursor: null });
          const nested = await ctx.runQuery(internal.items.list, { paginationOpts: { numItems: 2, cursor: null } });
          return [own.page.length, nested.page.length];
        });
    """,
}


def failure(t, opts, snippet=SCAN):
    with pytest.raises(FunctionError) as caught:
        page(t, opts, snippet)
    return caught.value.text


def read_all(t, num_items, snippet=SCAN):
    pages, cursor = [], None
    while True:
        result = page(t, {"numItems": num_items, "cursor": cursor}, snippet)
        pages.append(numbers(result))
        if result["isDone"]:
            return pages
        cursor = result["continueCursor"]


def test_a_result_has_these_keys(t):
    fill(t, 1)
    assert sorted(page(t, {"numItems": 5})) == ["continueCursor", "isDone", "page", "pageStatus", "splitCursor"]


def test_pages_follow_one_another(t):
    fill(t, 7)
    assert read_all(t, 3) == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_page_that_takes_the_last_row_is_not_done(t):
    fill(t, 3)
    result = page(t, {"numItems": 3})
    assert (numbers(result), result["isDone"]) == ([0, 1, 2], False)
    result = page(t, {"numItems": 3, "cursor": result["continueCursor"]})
    assert (numbers(result), result["isDone"]) == ([], True)


def test_exact_multiples_end_with_an_empty_page(t):
    fill(t, 6)
    assert read_all(t, 3) == [[0, 1, 2], [3, 4, 5], []]


def test_a_page_larger_than_the_table_is_done(t):
    fill(t, 3)
    result = page(t, {"numItems": 4})
    assert (numbers(result), result["isDone"]) == ([0, 1, 2], True)


def test_an_empty_table(t):
    result = page(t, {"numItems": 4})
    assert (result["page"], result["isDone"], result["splitCursor"], result["pageStatus"]) == ([], True, None, None)


def test_an_unknown_table(t):
    result = page(t, {"numItems": 4}, "async (ctx, opts) => await ctx.db.query('nothing').paginate(opts)")
    assert (result["page"], result["isDone"]) == ([], True)


def test_a_cursor_is_a_string_even_at_the_end(t):
    result = page(t, {"numItems": 4})
    assert isinstance(result["continueCursor"], str)
    assert result["continueCursor"]


def test_going_on_from_the_end_stays_at_the_end(t):
    fill(t, 1)
    end = page(t, {"numItems": 4})["continueCursor"]
    result = page(t, {"numItems": 4, "cursor": end})
    assert (result["page"], result["isDone"], result["continueCursor"]) == ([], True, end)


def test_rows_that_come_after_the_end_are_not_on_a_page_from_the_end(t):
    fill(t, 1)
    end = page(t, {"numItems": 4})["continueCursor"]
    fill(t, 1, first=9)
    assert numbers(page(t, {"numItems": 4, "cursor": end})) == []


def test_the_same_page_has_the_same_cursor(t):
    fill(t, 5)
    assert page(t, {"numItems": 2})["continueCursor"] == page(t, {"numItems": 2})["continueCursor"]


def test_the_page_size_may_change_between_pages(t):
    fill(t, 6)
    first = page(t, {"numItems": 1})
    assert numbers(page(t, {"numItems": 3, "cursor": first["continueCursor"]})) == [1, 2, 3]


def test_ascending_and_unordered_are_the_same_query(t):
    fill(t, 4)
    first = page(t, {"numItems": 2})
    snippet = "async (ctx, opts) => await ctx.db.query('items').order('asc').paginate(opts)"
    assert numbers(page(t, {"numItems": 2, "cursor": first["continueCursor"]}, snippet)) == [2, 3]


def test_deleting_the_row_of_the_cursor_is_harmless(t):
    ids = fill(t, 5)
    first = page(t, {"numItems": 2})
    t.run(lambda ctx: ctx.db.delete(ids[1]))
    assert numbers(page(t, {"numItems": 2, "cursor": first["continueCursor"]})) == [2, 3]


def test_a_row_inserted_before_the_cursor_is_not_seen(t):
    fill(t, 10)
    snippet = "async (ctx, opts) => await ctx.db.query('items').withIndex('by_a').paginate(opts)"
    first = page(t, {"numItems": 5}, snippet)
    t.run(lambda ctx: ctx.db.insert("items", {"n": 100, "a": 1.5}))
    assert numbers(page(t, {"numItems": 2, "cursor": first["continueCursor"]}, snippet)) == [5, 6]


def test_a_row_inserted_after_the_cursor_is_seen(t):
    fill(t, 10)
    snippet = "async (ctx, opts) => await ctx.db.query('items').withIndex('by_a').paginate(opts)"
    first = page(t, {"numItems": 5}, snippet)
    t.run(lambda ctx: ctx.db.insert("items", {"n": 100, "a": 4.5}))
    assert numbers(page(t, {"numItems": 2, "cursor": first["continueCursor"]}, snippet)) == [100, 5]


def test_descending_pages(t):
    fill(t, 5)
    snippet = "async (ctx, opts) => await ctx.db.query('items').order('desc').paginate(opts)"
    assert read_all(t, 2, snippet) == [[4, 3], [2, 1], [0]]


def test_pages_of_an_index_range(t):
    fill(t, 30)
    snippet = """async (ctx, opts) =>
      await ctx.db.query("items").withIndex("by_a", (q) => q.gte("a", 3).lt("a", 5)).paginate(opts)"""
    assert read_all(t, 4, snippet) == [[3, 13, 23, 4], [14, 24]]


def test_a_filter_fills_pages_with_matches(t):
    fill(t, 10)
    snippet = """async (ctx, opts) =>
      await ctx.db.query("items").filter((q) => q.eq(q.mod(q.field("n"), 2), 1)).paginate(opts)"""
    assert read_all(t, 2, snippet) == [[1, 3], [5, 7], [9]]


def test_a_cursor_of_another_query(t):
    fill(t, 5)
    cursor = page(t, {"numItems": 2})["continueCursor"]
    with pytest.raises(ConvexError) as caught:
        page(
            t,
            {"numItems": 2, "cursor": cursor},
            "async (ctx, opts) => await ctx.db.query('items').order('desc').paginate(opts)",
        )
    assert caught.value.data == {"isConvexSystemError": True, "paginationError": "InvalidCursor"}
    assert INVALID_CURSOR in caught.value.text


def test_a_cursor_of_another_range(t):
    fill(t, 5)
    snippet = "async (ctx, opts) => await ctx.db.query('items').withIndex('by_a', (q) => q.gt('a', %d)).paginate(opts)"
    cursor = page(t, {"numItems": 1}, snippet % 1)["continueCursor"]
    with pytest.raises(ConvexError) as caught:
        page(t, {"numItems": 1, "cursor": cursor}, snippet % 2)
    assert caught.value.data == {"isConvexSystemError": True, "paginationError": "InvalidCursor"}


def test_an_end_cursor_of_another_query(t):
    fill(t, 5)
    cursor = page(t, {"numItems": 2})["continueCursor"]
    snippet = "async (ctx, opts) => await ctx.db.query('items').order('desc').paginate(opts)"
    with pytest.raises(ConvexError) as caught:
        page(t, {"numItems": 2, "endCursor": cursor}, snippet)
    assert caught.value.data == {"isConvexSystemError": True, "paginationError": "InvalidCursor"}


def test_the_cursor_error_is_a_convex_error_in_typescript(t):
    fill(t, 5)
    cursor = page(t, {"numItems": 2})["continueCursor"]
    snippet = """async (ctx, opts) => {
      try { await ctx.db.query("items").order("desc").paginate(opts); }
      catch (error) { return [error instanceof ConvexError, error.data, error.message]; }
    }"""
    assert page(t, {"numItems": 2, "cursor": cursor}, snippet) == [
        True,
        {"isConvexSystemError": True, "paginationError": "InvalidCursor"},
        INVALID_CURSOR,
    ]


@pytest.mark.parametrize("cursor", ["garbage", "", "eyJhIjoxfQ==", "0" * 60])
def test_a_broken_cursor(t, cursor):
    assert failure(t, {"numItems": 2, "cursor": cursor}) == "Uncaught Error: Failed to parse cursor"


def test_a_broken_end_cursor(t):
    assert failure(t, {"numItems": 2, "endCursor": "x"}) == "Uncaught Error: Failed to parse cursor"


@pytest.mark.parametrize(("number", "shown"), [(-1, "-1"), ("5", "5"), (None, "null"), (-0.5, "-0.5")])
def test_a_page_size_that_the_client_refuses(t, number, shown):
    assert failure(t, {"numItems": number}) == (
        f"Uncaught Error: `options.numItems` must be a positive number. Received `{shown}`."
    )


def test_a_page_of_nothing(t):
    assert failure(t, {"numItems": 0}) == "Uncaught Error: Must request at least 1 document while paginating"


def test_a_page_that_is_too_large(t):
    assert failure(t, {"numItems": 32001}) == "Uncaught Error: Requested too many items: 32001"


def test_the_largest_page(t):
    fill(t, 3)
    assert numbers(page(t, {"numItems": 32000})) == [0, 1, 2]


def test_half_a_document(t):
    assert failure(t, {"numItems": 1.5}) == (
        "Uncaught Error: Invalid arguments for `queryPage`: invalid type: floating point `1.5`, expected usize"
    )


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_page_size_that_is_no_number_in_json(t, number):
    assert failure(t, {"numItems": number}) == (
        "Uncaught Error: Invalid arguments for `queryPage`: invalid type: null, expected usize"
    )


@pytest.mark.parametrize("name", ["maximumRowsRead", "maximumBytesRead"])
def test_a_read_limit_of_zero(t, name):
    assert failure(t, {"numItems": 1, name: 0}) == (
        "Uncaught Error: maximumRowsRead and maximumBytesRead must be greater than 0"
    )


def test_maximum_rows_cut_a_page_short(t):
    fill(t, 10)
    result = page(t, {"numItems": 8, "maximumRowsRead": 3})
    assert (numbers(result), result["isDone"], result["pageStatus"]) == ([0, 1, 2], False, "SplitRequired")


def test_a_page_cut_short_goes_on_where_it_stopped(t):
    fill(t, 10)
    first = page(t, {"numItems": 8, "maximumRowsRead": 3})
    assert numbers(page(t, {"numItems": 3, "cursor": first["continueCursor"]})) == [3, 4, 5]


def test_maximum_rows_count_rows_that_the_filter_drops(t):
    fill(t, 10)
    snippet = "async (ctx, opts) => await ctx.db.query('items').filter((q) => q.gte(q.field('n'), 4)).paginate(opts)"
    result = page(t, {"numItems": 8, "maximumRowsRead": 5}, snippet)
    assert (numbers(result), result["pageStatus"]) == ([4], "SplitRequired")


def test_maximum_bytes_cut_a_page_short(t):
    fill(t, 10)
    result = page(t, {"numItems": 8, "maximumBytesRead": 1})
    assert (numbers(result), result["pageStatus"]) == ([0], "SplitRequired")


def test_more_than_three_quarters_of_the_rows_recommend_a_split(t):
    fill(t, 20)
    result = page(t, {"numItems": 10, "maximumRowsRead": 10})
    assert (len(result["page"]), result["pageStatus"]) == (10, "SplitRecommended")


def test_few_rows_recommend_nothing(t):
    fill(t, 20)
    assert page(t, {"numItems": 7, "maximumRowsRead": 10})["pageStatus"] is None


@pytest.mark.parametrize(("count", "has_one"), [(1, False), (2, False), (3, True), (10, True)])
def test_more_than_two_rows_have_a_split_cursor(t, count, has_one):
    fill(t, 10)
    assert (page(t, {"numItems": count})["splitCursor"] is not None) is has_one


def test_a_split_cursor_halves_the_page(t):
    fill(t, 20)
    whole = page(t, {"numItems": 10})
    left = page(t, {"numItems": 1, "endCursor": whole["splitCursor"]})
    right = page(t, {"numItems": 1, "cursor": whole["splitCursor"], "endCursor": whole["continueCursor"]})
    assert numbers(left) == [0, 1, 2, 3, 4, 5]
    assert numbers(right) == [6, 7, 8, 9]


def test_an_end_cursor_overrides_the_page_size(t):
    fill(t, 10)
    end = page(t, {"numItems": 6})["continueCursor"]
    result = page(t, {"numItems": 1, "endCursor": end})
    assert (numbers(result), result["isDone"], result["continueCursor"]) == ([0, 1, 2, 3, 4, 5], False, end)


def test_a_page_up_to_an_end_cursor_includes_new_rows(t):
    fill(t, 10)
    snippet = "async (ctx, opts) => await ctx.db.query('items').withIndex('by_a').paginate(opts)"
    end = page(t, {"numItems": 3}, snippet)["continueCursor"]
    t.run(lambda ctx: ctx.db.insert("items", {"n": 50, "a": 0.5}))
    assert numbers(page(t, {"numItems": 3, "endCursor": end}, snippet)) == [0, 50, 1, 2]


def test_row_limits_do_not_hold_up_to_an_end_cursor(t):
    fill(t, 10)
    end = page(t, {"numItems": 6})["continueCursor"]
    result = page(t, {"numItems": 6, "endCursor": end, "maximumRowsRead": 2})
    assert numbers(result) == [0, 1, 2, 3, 4, 5]


def test_the_end_as_end_cursor_is_done(t):
    fill(t, 4)
    end = page(t, {"numItems": 6})["continueCursor"]
    result = page(t, {"numItems": 1, "endCursor": end})
    assert (numbers(result), result["isDone"]) == ([0, 1, 2, 3], True)


def test_one_paginated_query_in_a_function(t):
    fill(t, 3)
    with pytest.raises(FunctionError) as caught:
        t.query(api.items.twice)
    assert caught.value.text == f"Uncaught Error: {TWICE}"


def test_the_second_paginated_query_can_be_caught(t):
    fill(t, 3)
    assert t.query(api.items.caughtTwice) == [1, TWICE]


def test_a_nested_query_has_a_paginated_query_of_its_own(t):
    fill(t, 3)
    assert t.query(api.items.ownAndNested) == [1, 2]


def test_the_options_validator_takes_what_usePaginatedQuery_sends(t):  # noqa: N802 - a name of Convex's
    fill(t, 3)
    result = t.query(api.items.list, paginationOpts={"numItems": 2, "cursor": None, "id": 7})
    assert numbers(result) == [0, 1]


def test_the_options_validator_wants_a_cursor(t):
    with pytest.raises(FunctionError, match="missing the required field `cursor`"):
        t.query(api.items.list, paginationOpts={"numItems": 2})


def test_the_result_validator_takes_a_page(t):
    fill(t, 3)
    assert numbers(t.query(api.items.typed, paginationOpts={"numItems": 2, "cursor": None})) == [0, 1]


def test_a_mutation_pages_over_its_own_writes(t):
    snippet = """async (ctx, opts) => {
      for (let n = 0; n < 3; n++) await ctx.db.insert("items", { n, a: n });
      return await ctx.db.query("items").paginate(opts);
    }"""
    assert numbers(page(t, {"numItems": 2}, snippet, kind="mutation")) == [0, 1]


def test_a_page_takes_the_place_of_a_read_limit(project):
    with project.test(limits={"documentsRead": 5}) as t:
        fill(t, 10)
        result = page(t, {"numItems": 8})
    assert result["pageStatus"] == "SplitRequired"
    assert numbers(result) == [0, 1, 2, 3, 4]


def test_paginating_without_options(t):
    assert failure(t, {}, "async (ctx) => await ctx.db.query('items').paginate()") == (
        "Uncaught TypeError: Must provide arg 1 `options` to `paginate`"
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.lists(st.integers(0, 4), max_size=12),
    num_items=st.integers(1, 5),
    rows=st.none() | st.integers(1, 4),
    order=st.sampled_from(["asc", "desc"]),
    least=st.integers(0, 3),
)
def test_pages_together_are_the_whole_query(project, keys, num_items, rows, order, least):
    query = f'ctx.db.query("items").withIndex("by_a").order("{order}").filter((q) => q.gte(q.field("a"), {least}))'
    with project.test(seed=1) as t:
        with t.transaction() as ctx:
            for n, key in enumerate(keys):
                ctx.db.insert("items", {"n": n, "a": key})
        expected = [n for key, n in sorted((key, n) for n, key in enumerate(keys)) if key >= least]
        if order == "desc":
            expected.reverse()
        seen, cursor, done = [], None, False
        while not done:
            opts = {"numItems": num_items, "cursor": cursor, "maximumRowsRead": rows}
            result = page(t, opts, f"async (ctx, opts) => await {query}.paginate(opts)")
            assert len(result["page"]) <= num_items
            seen += numbers(result)
            cursor, done = result["continueCursor"], result["isDone"]
    assert seen == expected
