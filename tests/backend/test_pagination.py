from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convex_test.backend.database import Database
from convex_test.backend.query.filters import Field, Literal, Operation
from convex_test.backend.query.pagination import PaginationOptions
from convex_test.backend.query.plan import (
    Bound,
    Comparison,
    Filter,
    FullTableScan,
    IndexRange,
    Limit,
    Query,
    parse_query,
)
from convex_test.backend.schema.definition import EMPTY_SCHEMA
from convex_test.errors import ConvexError, FunctionError

ALL = Query(FullTableScan("items"))
EVEN = Filter(Operation("$eq", (Operation("$mod", (Field(("n",)), Literal(2))), Literal(0))))


def by_a(*steps, order="asc"):
    bounds = tuple(Bound(Comparison[kind.upper()], ("a",), value) for kind, value in steps)
    return Query(IndexRange("items", "by_a", bounds, order))


def fill(database, count):
    return [database.insert("items", {"n": number}) for number in range(count)]


def page_of(database, query=ALL, num_items=10, cursor=None, **options):
    """A page as another function execution in the same transaction would get it."""
    fresh = Database(database.transaction, database.namespace.component)
    return fresh.paginate(query, PaginationOptions(num_items, cursor, **options))


def numbers(page):
    return [document.value["n"] for document in page.documents]


def refused(database, query=ALL, num_items=10, cursor=None, **options):
    with pytest.raises(FunctionError) as raised:
        page_of(database, query, num_items, cursor, **options)
    return str(raised.value)


# Filling pages


def test_pages_follow_each_other(database):
    fill(database, 5)
    first = page_of(database, num_items=2)
    second = page_of(database, num_items=2, cursor=first.continue_cursor)
    assert [numbers(first), numbers(second)] == [[0, 1], [2, 3]]
    assert not first.is_done


def test_a_page_that_takes_the_last_row_is_not_the_last_page(database):
    fill(database, 2)
    first = page_of(database, num_items=2)
    assert (numbers(first), first.is_done) == ([0, 1], False)
    last = page_of(database, num_items=2, cursor=first.continue_cursor)
    assert (numbers(last), last.is_done) == ([], True)


def test_a_page_that_wanted_more_is_the_last_one(database):
    fill(database, 2)
    page = page_of(database, num_items=3)
    assert (numbers(page), page.is_done) == ([0, 1], True)


def test_the_end_cursor_of_the_last_page_gives_an_empty_last_page(database):
    fill(database, 2)
    end = page_of(database).continue_cursor
    fill(database, 1)
    again = page_of(database, cursor=end)
    assert (numbers(again), again.is_done, again.continue_cursor) == ([], True, end)


def test_a_table_that_does_not_exist_is_one_empty_page(database):
    page = page_of(database, Query(FullTableScan("nowhere")))
    assert (page.documents, page.is_done, page.split_cursor, page.page_status) == ([], True, None, None)
    assert page.continue_cursor


def test_pages_are_filled_after_filtering(database):
    fill(database, 9)
    page = page_of(database, Query(FullTableScan("items"), (EVEN,)), num_items=3)
    assert numbers(page) == [0, 2, 4]
    assert database.transaction.usage.documents_read == 5


def test_pages_see_staged_writes(database):
    ids = fill(database, 3)
    database.delete(ids[1])
    assert numbers(page_of(database)) == [0, 2]


def test_pages_may_be_in_descending_order(database):
    fill(database, 5)
    query = Query(FullTableScan("items", "desc"))
    first = page_of(database, query, num_items=2)
    assert numbers(first) == [4, 3]
    assert numbers(page_of(database, query, num_items=2, cursor=first.continue_cursor)) == [2, 1]


# Cursors are places, not rows


def test_deleting_the_row_at_the_cursor_does_no_harm(database):
    ids = fill(database, 4)
    first = page_of(database, num_items=2)
    database.delete(ids[1])
    assert numbers(page_of(database, cursor=first.continue_cursor)) == [2, 3]


def test_rows_inserted_behind_the_cursor_show_up_and_those_before_it_do_not(database):
    for n in (1, 2, 3):
        database.insert("items", {"a": n, "n": n})
    first = page_of(database, by_a(), num_items=2)
    database.insert("items", {"a": 0, "n": 0})
    database.insert("items", {"a": 2.5, "n": 2.5})
    assert numbers(page_of(database, by_a(), cursor=first.continue_cursor)) == [2.5, 3]


def test_an_end_cursor_holds_the_page_s_end(database):
    for n in (1, 2, 3):
        database.insert("items", {"a": n, "n": n})
    first = page_of(database, by_a(), num_items=2)
    for n in (0, 1.5, 2.5):
        database.insert("items", {"a": n, "n": n})
    again = page_of(database, by_a(), num_items=1, end_cursor=first.continue_cursor)
    assert numbers(again) == [0, 1, 1.5, 2]
    assert (again.continue_cursor, again.is_done) == (first.continue_cursor, False)


def test_an_end_cursor_at_the_end_makes_the_page_the_last_one(database):
    fill(database, 3)
    end = page_of(database).continue_cursor
    page = page_of(database, num_items=1, end_cursor=end)
    assert (numbers(page), page.is_done, page.continue_cursor) == ([0, 1, 2], True, end)


def test_an_end_cursor_lifts_the_limits_of_the_page(database):
    fill(database, 5)
    end = page_of(database, num_items=4).continue_cursor
    page = page_of(database, end_cursor=end, maximum_rows_read=1, maximum_bytes_read=1)
    assert numbers(page) == [0, 1, 2, 3]


def test_equal_places_have_equal_cursors(database):
    fill(database, 3)
    first, again = page_of(database, num_items=2), page_of(database, num_items=2)
    one_by_one = page_of(database, num_items=1, cursor=page_of(database, num_items=1).continue_cursor)
    assert first.continue_cursor == again.continue_cursor == one_by_one.continue_cursor


def test_asc_and_no_order_are_the_same_query(database):
    fill(database, 3)
    plans = [
        parse_query({"source": {"type": "FullTableScan", "tableName": "items", "order": order}, "operators": []})
        for order in (None, "asc")
    ]
    first = page_of(database, plans[0], num_items=1)
    assert numbers(page_of(database, plans[1], cursor=first.continue_cursor)) == [1, 2]


# What a cursor may be


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: "garbage",
        lambda _: "\u00e9",
        lambda _: base64.b64encode(b"\x01" + bytes(30)).decode(),
        lambda text: text[:-4],
        lambda text: text + "\n",
        lambda text: text[:8] + ("A" if text[8] != "A" else "B") + text[9:],
        lambda text: text.lower(),
    ],
)
@pytest.mark.parametrize("which", ["cursor", "end_cursor"])
def test_a_text_that_is_no_cursor_is_refused(database, change, which):
    fill(database, 2)
    cursor = page_of(database, num_items=1).continue_cursor
    assert refused(database, **{which: change(cursor)}) == "Failed to parse cursor"


OTHERS = {
    "order": Query(FullTableScan("items", "desc")),
    "table": Query(FullTableScan("others")),
    "index": Query(IndexRange("items", "by_creation_time")),
    "filter": Query(FullTableScan("items"), (EVEN,)),
    "limit": Query(FullTableScan("items"), (Limit(5),)),
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("which", ["cursor", "end_cursor"])
def test_a_cursor_of_another_query_is_refused(database, other, which):
    fill(database, 2)
    cursor = page_of(database, num_items=1).continue_cursor
    with pytest.raises(ConvexError) as raised:
        page_of(database, OTHERS[other], **{which: cursor})
    assert str(raised.value) == (
        "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different "
        "query."
    )
    assert raised.value.data == {"isConvexSystemError": True, "paginationError": "InvalidCursor"}


@pytest.mark.parametrize("first, second", [(1, 2), (0, -0.0), (1, True)])
def test_a_cursor_of_another_range_is_refused(database, first, second):
    database.insert("items", {"a": first, "n": 1})
    cursor = page_of(database, by_a(("eq", first)), num_items=1).continue_cursor
    with pytest.raises(ConvexError):
        page_of(database, by_a(("eq", second)), cursor=cursor)


# Wrong options, in the order in which they are looked at


@pytest.mark.parametrize(
    "options, text",
    [
        ({"num_items": 1.5}, "Invalid arguments for `queryPage`: invalid type: floating point `1.5`, expected usize"),
        ({"num_items": None}, "Invalid arguments for `queryPage`: invalid type: null, expected usize"),
        ({"num_items": -1}, "Invalid arguments for `queryPage`: invalid value: integer `-1`, expected usize"),
        (
            {"num_items": 0, "maximum_rows_read": "x"},
            'Invalid arguments for `queryPage`: invalid type: string "x", expected usize',
        ),
        ({"num_items": 0, "maximum_rows_read": 0}, "Must request at least 1 document while paginating"),
        ({"num_items": 32_001, "maximum_rows_read": 0}, "Requested too many items: 32001"),
        (
            {"maximum_rows_read": 0, "cursor": "garbage"},
            "maximumRowsRead and maximumBytesRead must be greater than 0",
        ),
        ({"maximum_bytes_read": 0}, "maximumRowsRead and maximumBytesRead must be greater than 0"),
    ],
)
def test_wrong_options_are_reported(database, options, text):
    assert refused(database, by_a(), **options) == text


def test_cursors_are_read_before_the_index_is_looked_up(database):
    assert refused(database, Query(IndexRange("items", "nope")), cursor="garbage") == "Failed to parse cursor"
    assert refused(database, Query(IndexRange("items", "nope"))) == "Index items.nope not found."


def test_only_the_app_may_paginate(new_store):
    transaction = new_store(mail=EMPTY_SCHEMA).begin()
    text = (
        "paginate() is only supported in the app. Learn more at https://docs.convex.dev/components/authoring#pagination"
    )
    assert refused(Database(transaction, "mail")) == text
    assert refused(Database(transaction, "mail"), cursor="garbage") == "Failed to parse cursor"


TWICE = (
    "This query or mutation function ran multiple paginated queries. Convex only supports a single paginated query in "
    "each function."
)


def test_a_function_execution_may_paginate_once(database):
    fill(database, 2)
    database.paginate(ALL, PaginationOptions(1, None))
    with pytest.raises(FunctionError) as raised:
        database.paginate(ALL, PaginationOptions(1, None))
    assert str(raised.value) == TWICE
    assert database.transaction.usage.documents_read == 2
    assert len(Database(database.transaction).paginate(ALL, PaginationOptions(1, None)).documents) == 1


def test_a_page_that_fails_does_not_count_as_the_one(database):
    with pytest.raises(FunctionError):
        database.paginate(ALL, PaginationOptions(1, "garbage"))
    assert database.paginate(ALL, PaginationOptions(1, None)).documents == []


# Pages and lists

STEP = st.tuples(st.sampled_from(["page", "insert", "delete"]), st.integers(0, 9))


@settings(deadline=None)
@given(
    rows=st.lists(st.integers(0, 5), max_size=15),
    sizes=st.lists(st.integers(1, 4), min_size=1),
    order=st.sampled_from(["asc", "desc"]),
    filtered=st.booleans(),
    limit=st.none() | st.integers(1, 3),
)
def test_pages_put_together_are_the_whole_query(new_database, rows, sizes, order, filtered, limit):
    database = new_database()
    for number in rows:
        database.insert("items", {"a": number, "n": number})
    query = Query(IndexRange("items", "by_a", (), order), (EVEN,) if filtered else ())
    found, cursor, number = [], None, 0
    while True:
        page = page_of(database, query, sizes[number % len(sizes)], cursor, maximum_rows_read=limit)
        found += page.documents
        cursor = page.continue_cursor
        number += 1
        if page.is_done:
            break
    assert found == database.query(query).collect()


@settings(deadline=None)
@given(
    rows=st.lists(st.integers(0, 9), max_size=10),
    steps=st.lists(STEP, max_size=12),
    order=st.sampled_from(["asc", "desc"]),
)
def test_what_stays_while_paging_is_seen_exactly_once_and_in_order(new_database, sort_key, rows, steps, order):
    database = new_database()
    stays = {database.insert("items", {"a": number, "n": number}): number for number in rows}
    deleted, seen, cursor, is_done = set(), [], None, False
    query = by_a(order=order)
    for step, number in [*steps, *[("page", 3)] * 20]:
        if step == "insert":
            database.insert("items", {"a": number, "n": number})
        elif step == "delete" and stays.keys() - deleted:
            id = sorted(stays.keys() - deleted)[number % len(stays.keys() - deleted)]
            database.delete(id)
            deleted.add(id)
        elif step == "page" and not is_done:
            page = page_of(database, query, number % 3 + 1, cursor)
            seen += page.documents
            cursor, is_done = page.continue_cursor, page.is_done
    assert is_done
    ids = [document.id for document in seen]
    assert len(ids) == len(set(ids))
    assert stays.keys() - deleted <= set(ids)
    keys = [(document.value["a"], document.creation_time) for document in seen]
    assert keys == sorted(keys, reverse=order == "desc")
