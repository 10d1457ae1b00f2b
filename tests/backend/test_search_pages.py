from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.database import Database
from convex_test.backend.limits import Limits
from convex_test.backend.query.filters import Field, Literal, Operation
from convex_test.backend.query.pagination import PaginationOptions
from convex_test.backend.query.plan import Filter, Query, Search, SearchEq, SearchText
from convex_test.backend.schema.definition import SchemaDefinition, SearchIndexDefinition, TableDefinition
from convex_test.backend.store.store import Store
from convex_test.errors import ConvexError, FunctionError, LimitError

INDEX = SearchIndexDefinition("text", ("body",), (("a",),))
SCHEMA = SchemaDefinition({"notes": TableDefinition("notes", search_indexes=(INDEX,))})


def new_database(limits=True):
    return Database(Store({"": SCHEMA}, random=Random(0)).begin(limits=Limits.of(limits)))


@pytest.fixture
def notes():
    return new_database()


def fill(database, count, body="word"):
    return [database.insert("notes", {"body": body, "n": number}) for number in range(count)]


def search(text="word", *conditions, operators=()):
    return Query(Search("notes", "text", (SearchText(("body",), text), *conditions)), operators)


def page_of(database, query=None, num_items=10, cursor=None, **options):
    """A page as another function execution in the same transaction would get it."""
    fresh = Database(database.transaction)
    return fresh.paginate(query or search(), PaginationOptions(num_items, cursor, **options))


def numbers(page):
    return [document.value["n"] for document in page.documents]


def test_pages_follow_each_other(notes):
    fill(notes, 5)
    first = page_of(notes, num_items=2)
    second = page_of(notes, num_items=2, cursor=first.continue_cursor)
    assert [numbers(first), numbers(second)] == [[4, 3], [2, 1]]
    assert (first.is_done, first.split_cursor, first.page_status) == (False, None, None)


def test_a_page_that_takes_the_last_result_is_not_the_last_page(notes):
    fill(notes, 2)
    first = page_of(notes, num_items=2)
    assert (numbers(first), first.is_done) == ([1, 0], False)
    last = page_of(notes, num_items=2, cursor=first.continue_cursor)
    assert (numbers(last), last.is_done) == ([], True)


def test_a_page_that_wanted_more_is_the_last_one(notes):
    fill(notes, 2)
    page = page_of(notes, num_items=3)
    assert (numbers(page), page.is_done) == ([1, 0], True)
    again = page_of(notes, cursor=page.continue_cursor)
    assert (numbers(again), again.is_done, again.continue_cursor) == ([], True, page.continue_cursor)


def test_an_empty_text_is_one_empty_page(notes):
    fill(notes, 2)
    page = page_of(notes, search(""))
    assert (numbers(page), page.is_done) == ([], True)


def test_the_end_cursor_ends_a_page(notes):
    fill(notes, 6)
    first = page_of(notes, num_items=3)
    again = page_of(notes, num_items=1, end_cursor=first.continue_cursor)
    assert (numbers(again), again.continue_cursor, again.is_done) == ([5, 4, 3], first.continue_cursor, False)


def test_start_and_end_cursors_bound_a_page(notes):
    fill(notes, 6)
    first = page_of(notes, num_items=2)
    second = page_of(notes, num_items=2, cursor=first.continue_cursor)
    between = page_of(notes, cursor=first.continue_cursor, end_cursor=second.continue_cursor)
    assert numbers(between) == [3, 2]


def test_the_cursor_is_a_score_and_not_a_document(notes):
    ids = fill(notes, 4)
    first = page_of(notes, num_items=2)
    notes.replace(ids[2], {"body": "word", "n": 12})
    assert numbers(page_of(notes, cursor=first.continue_cursor)) == [1, 0]


def test_results_whose_score_has_risen_come_again(notes):
    fill(notes, 4)
    first = page_of(notes, num_items=2)
    # Documents without the word make it rarer: all scores are above the cursor's now.
    fill(notes, 4, body="other")
    assert numbers(page_of(notes, cursor=first.continue_cursor)) == []


def test_results_whose_score_has_fallen_come_again(notes):
    fill(notes, 4, body="other")
    fill(notes, 4)
    first = page_of(notes, num_items=2)
    fill(notes, 1)
    assert numbers(page_of(notes, cursor=first.continue_cursor)) == [0, 3, 2, 1, 0]


def test_pages_are_filled_after_filtering(notes):
    fill(notes, 9)
    even = Filter(Operation("$eq", (Operation("$mod", (Field(("n",)), Literal(2))), Literal(0))))
    page = page_of(notes, search(operators=(even,)), num_items=3)
    assert numbers(page) == [8, 6, 4]
    assert notes.transaction.usage.documents_read == 5


def test_a_cursor_fits_its_own_search_only(notes):
    fill(notes, 3)
    cursor = page_of(notes, num_items=1).continue_cursor
    for other in (search("words"), search("word", SearchEq(("a",), 1))):
        with pytest.raises(ConvexError, match="looks like this cursor is from a different query"):
            page_of(notes, other, cursor=cursor)


def test_limits_of_a_page_do_not_hold(notes):
    fill(notes, 5)
    page = page_of(notes, maximum_rows_read=1, maximum_bytes_read=1)
    assert (numbers(page), page.is_done, page.page_status) == ([4, 3, 2, 1, 0], True, None)


def test_a_limit_of_the_transaction_ends_a_page():
    notes = new_database({"documentsRead": 3})
    fill(notes, 5)
    page = page_of(notes)
    assert (numbers(page), page.is_done, page.page_status) == ([4, 3, 2], False, "SplitRequired")


def test_a_limit_that_is_crossed_at_once_is_an_error():
    notes = new_database({"documentsRead": 0})
    fill(notes, 5)
    with pytest.raises(LimitError, match="Too many documents read"):
        page_of(notes)


@pytest.mark.parametrize("count, status", [(768, None), (769, "SplitRecommended")])
def test_splitting_is_recommended_from_three_quarters_of_the_results_on(count, status):
    notes = new_database(limits=False)
    fill(notes, 1100)
    page = page_of(notes, num_items=count)
    assert (len(page.documents), page.page_status, page.split_cursor) == (count, status, None)


def test_splitting_is_recommended_from_twelve_mebibytes_on():
    notes = new_database(limits=False)
    for _ in range(14):
        notes.insert("notes", {"body": "word", "n": 1, "padding": b"x" * 1_000_000})
    assert page_of(notes, num_items=12).page_status is None
    assert page_of(notes, num_items=13).page_status == "SplitRecommended"


def test_pages_end_after_1024_results_without_an_error():
    notes = new_database(limits=False)
    fill(notes, 1030)
    first = page_of(notes, num_items=1000)
    second = page_of(notes, num_items=1000, cursor=first.continue_cursor)
    assert (len(first.documents), len(second.documents), second.is_done) == (1000, 24, True)


def test_one_page_of_more_than_1024_results_is_an_error():
    notes = new_database(limits=False)
    fill(notes, 1030)
    page = page_of(notes, num_items=1024)
    assert (len(page.documents), page.is_done) == (1024, False)
    with pytest.raises(FunctionError, match="Search query scanned too many documents"):
        page_of(notes, num_items=1025)


@given(
    st.lists(st.sampled_from(["word", "word word", "words", "other", "word and more"]), max_size=30), st.integers(1, 7)
)
def test_pages_together_are_what_a_collect_gives(bodies, size):
    notes = new_database()
    for body in bodies:
        notes.insert("notes", {"body": body})
    expected = [document.id for document in notes.query(search("more word")).collect()]
    found, cursor, is_done = [], None, False
    while not is_done:
        page = page_of(notes, search("more word"), num_items=size, cursor=cursor)
        found += [document.id for document in page.documents]
        cursor, is_done = page.continue_cursor, page.is_done
    assert found == expected
