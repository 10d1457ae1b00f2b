from __future__ import annotations

import pytest

from convex_test.backend.database import Database
from convex_test.backend.query.filters import Field, Literal, Operation
from convex_test.backend.query.pagination import PaginationOptions
from convex_test.backend.query.plan import Filter, FullTableScan, Query
from convex_test.errors import LimitError

ALL = Query(FullTableScan("items"))
EVEN = Filter(Operation("$eq", (Operation("$mod", (Field(("n",)), Literal(2))), Literal(0))))


def fill(database, count):
    return [database.insert("items", {"n": number}) for number in range(count)]


def page_of(database, query=ALL, num_items=10, cursor=None, **options):
    fresh = Database(database.transaction)
    return fresh.paginate(query, PaginationOptions(num_items, cursor, **options))


def numbers(page):
    return [document.value["n"] for document in page.documents]


def test_the_split_cursor_halves_the_rows(database):
    fill(database, 5)
    page = page_of(database, num_items=5)
    first = page_of(database, end_cursor=page.split_cursor)
    second = page_of(database, cursor=page.split_cursor, end_cursor=page.continue_cursor)
    assert [numbers(first), numbers(second)] == [[0, 1, 2], [3, 4]]


def test_the_split_cursor_counts_rows_that_were_filtered_out(database):
    fill(database, 7)
    query = Query(FullTableScan("items"), (EVEN,))
    page = page_of(database, query, num_items=3)
    assert numbers(page) == [0, 2, 4]
    assert numbers(page_of(database, query, end_cursor=page.split_cursor)) == [0, 2]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_two_rows_are_not_split(database, count):
    fill(database, count)
    assert page_of(database).split_cursor is None


def test_a_limit_on_rows_cuts_the_page(database):
    fill(database, 5)
    page = page_of(database, maximum_rows_read=3)
    assert (numbers(page), page.page_status, page.is_done) == ([0, 1, 2], "SplitRequired", False)
    assert numbers(page_of(database, cursor=page.continue_cursor)) == [3, 4]


def test_a_limit_on_rows_counts_filtered_rows(database):
    fill(database, 10)
    page = page_of(database, Query(FullTableScan("items"), (EVEN,)), maximum_rows_read=4)
    assert (numbers(page), page.page_status) == ([0, 2], "SplitRequired")


def test_a_limit_on_rows_that_is_just_enough_recommends_a_split(database):
    fill(database, 20)
    page = page_of(database, num_items=10, maximum_rows_read=10)
    assert (len(page.documents), page.page_status) == (10, "SplitRecommended")


def test_a_limit_on_rows_is_not_crossed_at_the_end_of_the_range(database):
    fill(database, 3)
    page = page_of(database, maximum_rows_read=4)
    assert (numbers(page), page.page_status, page.is_done) == ([0, 1, 2], None, True)


def test_a_limit_on_bytes_cuts_the_page_after_the_row_that_reaches_it(database):
    fill(database, 5)
    page = page_of(database, maximum_bytes_read=75)
    assert (numbers(page), page.page_status, page.is_done) == ([0, 1], "SplitRequired", False)


def test_a_limit_on_bytes_lets_one_row_through(database):
    fill(database, 3)
    assert numbers(page_of(database, maximum_bytes_read=1)) == [0]


def test_much_of_a_limit_on_bytes_recommends_a_split(database):
    fill(database, 3)
    assert page_of(database, num_items=3, maximum_bytes_read=74 * 4).page_status is None
    assert page_of(database, num_items=3, maximum_bytes_read=74 * 4 - 4).page_status == "SplitRecommended"


def test_a_long_page_recommends_a_split(new_database):
    database = new_database(False)
    fill(database, 6_146)
    assert page_of(database, num_items=6_144).page_status is None
    assert page_of(database, num_items=6_145).page_status == "SplitRecommended"


@pytest.mark.parametrize("limit", [{"documentsRead": 3}, {"bytesRead": 3 * 74}])
def test_a_limit_of_the_transaction_cuts_the_page(new_database, limit):
    database = new_database(limit)
    fill(database, 5)
    page = page_of(database)
    assert (numbers(page), page.page_status, page.is_done) == ([0, 1, 2], "SplitRequired", False)


def test_a_limit_of_the_transaction_that_is_crossed_already_fails(new_database):
    database = new_database({"documentsRead": 1})
    ids = fill(database, 2)
    database.get(ids[0])
    with pytest.raises(LimitError):
        page_of(database)


def test_with_a_cursor_it_gives_an_empty_page_instead(new_database):
    database = new_database({"documentsRead": 2})
    fill(database, 3)
    cursor = page_of(database, num_items=2).continue_cursor
    page = page_of(database, cursor=cursor)
    assert (page.documents, page.page_status, page.continue_cursor) == ([], "SplitRequired", cursor)


def test_the_page_size_may_change(database):
    fill(database, 5)
    first = page_of(database, num_items=1)
    assert numbers(page_of(database, num_items=3, cursor=first.continue_cursor)) == [1, 2, 3]
