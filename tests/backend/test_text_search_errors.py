"""What a text search refuses, in which order, and its limits."""

from __future__ import annotations

import pytest

from convex_test.backend.query.filters import Literal
from convex_test.backend.query.plan import Filter, Limit, Query, Search, SearchEq, SearchText
from convex_test.errors import LimitError
from tests.backend.searched_notes import fill, ids, new_database, refused, search


@pytest.fixture
def notes():
    return new_database()


# Errors and their order


def test_an_empty_text_finds_nothing_whatever_else_is_wrong(notes):
    fill(notes, "word")
    assert ids(notes, search("", index="nope", field=("wrong",))) == []
    assert notes.transaction.usage.database_queries == 0


def test_a_text_without_words_finds_nothing(notes):
    fill(notes, "word")
    assert ids(notes, search("?! …")) == []


@pytest.mark.parametrize("table, index", [("notes", "nope"), ("nope", "text"), ("_tables", "text")])
def test_an_index_must_exist(notes, table, index):
    assert refused(notes, search("word", table=table, index=index)) == f"Index {table}.{index} not found."


def test_a_table_must_exist_even_for_an_empty_text(notes):
    assert refused(notes, search("", table="nope")) == "Index nope.text not found."


def test_virtual_tables_have_no_search_indexes(notes):
    text = "Could not find system index for virtual index _storage.text"
    assert refused(notes, search("word", table="_storage")) == text


@pytest.mark.parametrize("index", ["by_n", "by_id", "by_creation_time", "vectors"])
def test_an_index_must_be_a_search_index(notes, index):
    assert refused(notes, search("word", index=index)) == f"Index notes.{index} is not a search index"


@pytest.mark.parametrize("index", ["later", "by_later"])
def test_an_index_must_not_be_staged(notes, index):
    assert refused(notes, search("word", index=index)) == (
        f"Index notes.{index} is currently staged and not available to query until it is enabled."
    )


def test_there_must_be_a_search(notes):
    query = Query(Search("notes", "nope", (SearchEq(("a",), 1),)))
    assert refused(notes, query) == (
        "Search query against notes.nope does not contain any search filters. You must include a search filter like "
        '`q.search("field", searchText)`.'
    )


def test_the_searched_field_must_be_that_of_the_index(notes):
    assert refused(notes, search("word", field=("deep", "body"))) == (
        'Search query against notes.text contains a search filter against "deep.body", which doesn\'t match the '
        'indexed `searchField` "body".'
    )


def test_there_may_be_one_search_only(notes):
    query = Query(Search("notes", "text", (SearchText(("body",), "a"), SearchText(("body",), "b"))))
    assert refused(notes, query) == (
        'Search query against notes.text contains multiple search filters against "body". Only one is allowed.'
    )


def test_filter_fields_must_be_those_of_the_index(notes):
    assert refused(notes, search("word", (("n",), 1))) == (
        'Search query against notes.text contains an equality filter on "n" but that field isn\'t indexed for '
        "filtering in `filterFields`."
    )


def test_conditions_are_checked_in_their_order(notes):
    filters = (SearchEq(("n",), 1), SearchText(("wrong",), "word"))
    assert '"n"' in refused(notes, Query(Search("notes", "text", filters)))
    assert '"wrong"' in refused(notes, Query(Search("notes", "text", filters[::-1])))


@pytest.mark.parametrize("text", ["word", "?!"])
def test_there_may_be_eight_filters(notes, text):
    assert ids(notes, search(text, *[(("a",), number) for number in range(8)])) == []
    assert refused(notes, search(text, *[(("a",), number) for number in range(9)])) == (
        "Search query against notes.text has too many filter conditions. Max: 8 Actual: 9"
    )


def test_taking_nothing_searches_nothing(notes):
    assert ids(notes, search("word", index="nope", operators=(Limit(0),))) == []


# Limits

TOO_MANY = (
    "Search query scanned too many documents (fetched 1024). Consider using a smaller limit, paginating the query, or "
    "using a filter field to limit the number of documents pulled from the search index."
)


def test_collecting_1024_results_is_too_much():
    notes = new_database(limits=False)
    fill(notes, *["word"] * 1023)
    assert len(ids(notes, search("word"))) == 1023
    fill(notes, "word")
    assert refused(notes, search("word")) == TOO_MANY


def test_1024_results_may_be_taken():
    notes = new_database(limits=False)
    fill(notes, *["word"] * 1030)
    assert len(ids(notes, search("word", operators=(Limit(1024),)))) == 1024
    assert refused(notes, search("word", operators=(Limit(1025),))) == TOO_MANY


def test_results_are_counted_before_they_are_filtered():
    notes = new_database(limits=False)
    fill(notes, *["word"] * 1024)
    nothing = Filter(Literal(False))
    assert refused(notes, search("word", operators=(nothing,))) == TOO_MANY


def test_each_result_counts_as_a_document_and_an_interval(notes):
    fill(notes, "word", "word", "other")
    found = notes.query(search("word")).collect()
    usage = notes.transaction.usage
    assert (usage.documents_read, usage.database_queries) == (2, 2)
    assert usage.bytes_read == sum(document.size for document in found)


def test_only_what_is_taken_is_counted(notes):
    fill(notes, *["word"] * 5)
    stream = notes.query(search("word"))
    stream.next()
    assert (notes.transaction.usage.documents_read, notes.transaction.usage.database_queries) == (1, 1)
    stream.next()
    assert (notes.transaction.usage.documents_read, notes.transaction.usage.database_queries) == (2, 2)


@pytest.mark.parametrize(
    "limits, text",
    [
        ({"documentsRead": 2}, "Too many documents read in a single function execution (limit: 2)."),
        ({"databaseQueries": 2}, "Too many reads in a single function execution (limit: 2)."),
        ({"bytesRead": 170}, "Too many bytes read in a single function execution (limit: 170 bytes)."),
    ],
)
def test_the_result_that_crosses_a_limit_fails(limits, text):
    notes = new_database(limits)
    fill(notes, *["word"] * 4)
    stream = notes.query(search("word"))
    assert [stream.next() is not None, stream.next() is not None] == [True, True]
    with pytest.raises(LimitError) as raised:
        stream.next()
    assert str(raised.value).startswith(text)
    assert notes.transaction.usage.documents_read == 3
