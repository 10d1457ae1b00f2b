"""Where npm's `convex-test` 0.0.60 answers otherwise than production: filters, indexes and pages.

Each test asserts production's answer; the comments number the deviations by topic.
"""

from __future__ import annotations

import json

import pytest

from convex_test import ConvexError, ConvexInt64
from tests.parity.deviation_functions import SOURCES, fails, found, insert, run

FILES = SOURCES


# 14. Filters compare by the order of values and demand booleans


def test_a_filter_compares_across_types(t):
    insert(t, *({"n": n} for n in (ConvexInt64(9), 1, 5, "x", None, True)))
    insert(t, {})
    assert found(t, ".filter((q) => q.lt(q.field('n'), 5)).collect()") == [9, 1, None, "missing"]
    assert found(t, ".filter((q) => q.gt(q.field('n'), 5)).collect()") == ["x", True]


def test_a_filter_compares_strings_by_code_points(t):
    insert(t, {"n": "\uffff"}, {"n": "\U00010000"})
    assert found(t, ".filter((q) => q.gt(q.field('n'), '\\uffff')).collect()") == ["\U00010000"]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("q.add(q.field('n'), 1n)", "Cannot add 5.0 (type Float64) and 1 (type Int64)"),
        ("q.mul(q.field('missing'), 1)", "Cannot multiply undefined (type undefined) and 1.0 (type Float64)"),
        ("q.neg('x')", 'Cannot negate "x" (type String)'),
        (
            "q.add(9223372036854775807n, 1n)",
            "Cannot add 9223372036854775807 and 1: the result is out of range for Int64",
        ),
        ("q.field('n')", "Cannot use value 5.0 (type Float64) as a Boolean"),
        ("q.and(q.field('n'), true)", "Cannot use value 5.0 (type Float64) as a Boolean"),
        ("q.not('')", 'Cannot use value "" (type String) as a Boolean'),
    ],
)
def test_a_filter_knows_types(t, expression, text):
    insert(t, {"n": 5})
    assert fails(t, f"await ctx.db.query('items').filter((q) => {expression}).collect()") == text


def test_a_filter_negates(t):
    insert(t, {"n": 5}, {"n": -5})
    assert found(t, ".filter((q) => q.eq(q.neg(q.field('n')), 5)).collect()") == [-5]


# 15. Operators apply in their order


def test_a_filter_before_take_and_one_filter_after_another(t):
    insert(t, *({"n": n} for n in range(6)))
    assert found(t, ".filter((q) => q.gt(q.field('n'), 1)).filter((q) => q.lt(q.field('n'), 5)).take(2)") == [2, 3]


def test_a_limit_before_a_filter_limits_first(t):
    insert(t, *({"n": n} for n in range(6)))
    source = {"type": "FullTableScan", "tableName": "items", "order": "asc"}
    field, literal = {"$field": "n"}, {"$literal": 1}
    query = {"source": source, "operators": [{"limit": 3}, {"filter": {"$gt": [field, literal]}}]}
    body = """
        const { queryId } = JSON.parse(Convex.syscall("1.0/queryStream", args[0]));
        const found = [];
        for (;;) {
          const answer = await Convex.asyncSyscall("1.0/queryStreamNext", JSON.stringify({ queryId }));
          const { value, done } = JSON.parse(answer);
          if (done) return found;
          found.push(value.n);
        }
    """
    assert run(t, body, json.dumps({"query": query, "version": "1.48.0"})) == [2]


# 16. Queries read in batches while they are iterated


def test_writes_behind_the_first_hundred_are_seen_while_iterating(t):
    insert(t, *({"n": n} for n in range(101)))
    body = """
        let count = 0;
        for await (const item of ctx.db.query("items")) {
          if (count++ === 0) await ctx.db.insert("items", { n: -1 });
        }
        return count;
    """
    assert run(t, body, kind="mutation") == 102


# 17. Ties of full scans go by id, and turn round with the order


def test_descending_is_the_exact_reverse(t):
    insert(t, *({"n": n, "a": 1} for n in range(5)))
    ascending = found(t, ".withIndex('by_a_b', (q) => q.eq('a', 1)).collect()")
    assert found(t, ".withIndex('by_a_b', (q) => q.eq('a', 1)).order('desc').collect()") == ascending[::-1]


# 18. Index ranges


def test_equalities_may_come_in_any_order(t):
    insert(t, {"n": 1, "a": 1, "b": 2}, {"n": 2, "a": 2, "b": 2})
    assert found(t, ".withIndex('by_a_b', (q) => q.eq('b', 2).eq('a', 1)).collect()") == [1]


@pytest.mark.parametrize(
    ("table", "index"), [("items", "missing"), ("nowhere", "by_a_b"), ("nowhere", "by_creation_time")]
)
def test_an_index_that_is_not_there(t, table, index):
    body = f"await ctx.db.query('{table}').withIndex('{index}').collect()"
    assert fails(t, body) == f"Index {table}.{index} not found."


def test_a_range_that_skips_a_field(t):
    body = "await ctx.db.query('items').withIndex('by_a_b', (q) => q.eq('b', 1)).collect()"
    assert fails(t, body) == (
        "Tried to query index items.by_a_b but the query didn't use the index fields in order.\n"
        'Index fields: ["a", "b", "_creationTime"]\nQuery fields: ["b"]\nFirst incorrect field: "b"\n'
        "For more information see https://docs.convex.dev/using/indexes."
    )


def test_a_bound_on_a_field_with_an_equality(t):
    body = "await ctx.db.query('items').withIndex('by_a_b', (q) => q.eq('a', 1).gt('a', 0)).collect()"
    assert fails(t, body) == 'Already defined inequality bound in index range. Can\'t add "a" == 1.0.'


# 19. System tables that are not there


def test_an_unknown_system_table_is_empty_but_has_no_index(t):
    assert run(t, "return await ctx.db.system.query('_nothing').collect()") == []
    body = "await ctx.db.system.query('_nothing').withIndex('by_creation_time').collect()"
    assert fails(t, body) == "Index _nothing.by_creation_time not found."


# 20. Cursors belong to their query


def page(t, size, cursor=None, **options):
    return t.query("f:page", paginationOpts={"numItems": size, "cursor": cursor, **options})


def test_a_cursor_of_another_query_is_refused(t):
    insert(t, {"n": 1}, {"n": 2})
    cursor = page(t, 1)["continueCursor"]
    body = "return await ctx.db.query('items').paginate({ numItems: 1, cursor: args[0] })"
    with pytest.raises(ConvexError) as caught:
        run(t, body, cursor)
    assert caught.value.data == {"isConvexSystemError": True, "paginationError": "InvalidCursor"}
    assert caught.value.message == (
        "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a "
        "different query."
    )


@pytest.mark.parametrize("cursor", ["garbage", "_end_cursor", "[1]", ""])
def test_a_malformed_cursor_is_refused(t, cursor):
    body = "await ctx.db.query('items').paginate({ numItems: 1, cursor: args[0] })"
    assert fails(t, body, cursor) == "Failed to parse cursor"


def test_a_cursor_tells_nothing_of_its_position(t):
    insert(t, {"n": "secret"}, {"n": "x"})
    assert "secret" not in page(t, 1)["continueCursor"]


# 21. The last page, and the options of a page


def test_a_page_that_ends_with_the_last_document_is_not_the_last_page(t):
    insert(t, {"n": 1}, {"n": 2})
    first = page(t, 2)
    assert (len(first["page"]), first["isDone"]) == (2, False)
    second = page(t, 2, first["continueCursor"])
    assert (second["page"], second["isDone"]) == ([], True)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"numItems": 0}, "Must request at least 1 document while paginating"),
        ({"numItems": 32001}, "Requested too many items: 32001"),
        ({"maximumRowsRead": 0}, "maximumRowsRead and maximumBytesRead must be greater than 0"),
        ({"maximumBytesRead": 0}, "maximumRowsRead and maximumBytesRead must be greater than 0"),
    ],
)
def test_options_of_a_page_are_checked(t, options, text):
    body = "await ctx.db.query('items').paginate(args[0])"
    assert fails(t, body, {"numItems": 1, "cursor": None, **options}) == text


# 22. Where a page is split


@pytest.mark.parametrize(("size", "has_cursor"), [(2, False), (3, True), (9, True)])
def test_a_split_cursor_comes_with_more_than_two_rows(t, size, has_cursor):
    insert(t, *({"n": n} for n in range(10)))
    result = page(t, size)
    assert (result["splitCursor"] is not None, result["pageStatus"]) == (has_cursor, None)


def test_a_split_cursor_is_the_row_in_the_middle(t):
    insert(t, *({"n": n} for n in range(10)))
    split = page(t, 5)["splitCursor"]
    assert [item["n"] for item in page(t, 1, split)["page"]] == [3]


def test_a_split_is_recommended_from_three_quarters_of_the_rows_on(t):
    insert(t, *({"n": n} for n in range(10)))
    assert [page(t, size, maximumRowsRead=8)["pageStatus"] for size in (6, 7)] == [None, "SplitRecommended"]


def test_a_split_is_required_only_when_something_is_left(t):
    insert(t, *({"n": n} for n in range(3)))
    body = """
        const chain = ctx.db.query("items").withIndex("by_n").filter((q) => q.gt(q.field("n"), 100));
        return await chain.paginate({ numItems: 5, cursor: null, maximumRowsRead: args[0] });
    """
    assert run(t, body, 2)["pageStatus"] == "SplitRequired"
    assert run(t, body, 4)["pageStatus"] != "SplitRequired"


def test_limits_do_not_hold_up_to_an_end_cursor(t):
    insert(t, *({"n": n} for n in range(6)))
    end = page(t, 5)["continueCursor"]
    again = page(t, 1, endCursor=end, maximumRowsRead=2)
    assert [item["n"] for item in again["page"]] == [0, 1, 2, 3, 4]


# 23. One page for each function


def test_the_second_page_of_a_function_is_an_error(t):
    body = """
        await ctx.db.query("items").paginate({ numItems: 1, cursor: null });
        await ctx.db.query("items").paginate({ numItems: 1, cursor: null });
    """
    assert fails(t, body) == (
        "This query or mutation function ran multiple paginated queries. Convex only supports a single paginated query "
        "in each function."
    )


def test_the_pages_of_a_text_search_are_in_the_order_of_relevance(t):
    insert(t, {"body": "dog cat bird fish"}, {"body": "dog"}, table="texts")
    body = """
        const chain = ctx.db.query("texts").withSearchIndex("search", (q) => q.search("body", "dog"));
        return (await chain.paginate({ numItems: 5, cursor: null })).page.map((text) => text.body);
    """
    assert run(t, body) == ["dog", "dog cat bird fish"]
