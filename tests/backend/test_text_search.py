"""Text search: what matches, in which order, and within transactions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.database import Database
from convex_test.backend.ids import decode_id, encode_id
from convex_test.backend.query.filters import Field, Literal, Operation
from convex_test.backend.query.plan import Filter, Limit
from convex_test.errors import UsageError
from convex_test.values import ConvexInt64
from convex_test.values.types import undefined
from tests.backend.searched_notes import fill, ids, new_database, search, texts


@pytest.fixture
def notes():
    return new_database()


# What matches


def test_a_document_matches_if_it_has_any_of_the_words(notes):
    fill(notes, "one two", "two three", "four")
    assert set(texts(notes, search("three one "))) == {"one two", "two three"}


def test_the_last_word_is_a_prefix(notes):
    fill(notes, "hello", "help", "shell")
    assert set(texts(notes, search("hel"))) == {"hello", "help"}


def test_other_words_are_exact(notes):
    fill(notes, "hello", "world")
    assert texts(notes, search("hel world")) == ["world"]


def test_a_space_at_the_end_does_not_end_the_prefix(notes):
    fill(notes, "hello")
    assert texts(notes, search("hel ")) == ["hello"]


def test_case_and_punctuation_do_not_matter(notes):
    fill(notes, "Don't PANIC!")
    assert texts(notes, search("panic, don")) == ["Don't PANIC!"]


def test_there_is_no_typo_tolerance(notes):
    fill(notes, "hello")
    assert texts(notes, search("helo")) == []


def test_only_the_first_sixteen_words_count(notes):
    fill(notes, "sixteen", "seventeen")
    words = " ".join("x" * 15)
    assert texts(notes, search(f"{words} sixt seventeen")) == ["sixteen"]


def test_words_that_are_too_long_are_none_of_the_sixteen(notes):
    fill(notes, "sixteen")
    assert texts(notes, search(f"{' '.join('x' * 15)} {'long' * 8} sixteen")) == ["sixteen"]


def test_a_wide_prefix_stands_for_the_first_64_terms(notes):
    fill(notes, *(f"a{number:03}" for number in range(70)))
    assert sorted(texts(notes, search("a"))) == [f"a{number:03}" for number in range(64)]


def test_exact_words_and_filters_take_places_of_the_64(notes):
    fill(notes, *(f"a{number:03}" for number in range(70)), "b", a=1, b=2)
    found = texts(notes, search("b a069 a", (("a",), 1), (("b",), 2)))
    assert sorted(found) == [*(f"a{number:03}" for number in range(60)), "a069", "b"]


@pytest.mark.parametrize("value", [5, None, True, ["word"], {"word": "word"}, b"word", ConvexInt64(1)])
def test_only_strings_are_searched(notes, value):
    notes.insert("notes", {"body": value})
    assert texts(notes, search("word")) == []


def test_search_fields_and_filter_fields_may_be_nested(notes):
    found = notes.insert("notes", {"body": "no", "deep": {"body": "word", "a": 1}})
    notes.insert("notes", {"body": "word", "deep": ["word"]})
    assert ids(notes, search("word", index="deep", field=("deep", "body"))) == [found]
    assert ids(notes, search("no", (("deep", "a"), 1))) == [found]


@pytest.mark.parametrize(
    "wanted, other",
    [
        (undefined, None),
        (None, undefined),
        (1, ConvexInt64(1)),
        (1, True),
        (0, -0.0),
        (math.nan, 0),
        ("x" * 100, "x" * 99),
        ({"p": [1]}, {"p": [2]}),
    ],
)
def test_filters_compare_exactly(notes, wanted, other):
    def insert(value):
        return notes.insert("notes", {"body": "word"} if value is undefined else {"body": "word", "a": value})

    found, _ = insert(wanted), insert(other)
    assert ids(notes, search("word", (("a",), wanted))) == [found]


def test_all_filters_must_hold(notes):
    [both] = fill(notes, "word", a=1, b=1)
    fill(notes, "word", a=1, b=2)
    assert ids(notes, search("word", (("a",), 1), (("b",), 1))) == [both]


def test_two_values_for_one_field_hold_for_no_document(notes):
    fill(notes, "word", a=1)
    assert ids(notes, search("word", (("a",), 1), (("a",), 2))) == []


def test_the_same_filter_twice_finds_nothing(notes):
    fill(notes, "word", a=1)
    assert ids(notes, search("word", (("a",), 1), (("a",), 1))) == []


def test_further_operators_work_on_the_results(notes):
    fill(notes, "word", "word word", "word word word")
    long = Filter(Operation("$gt", (Field(("body",)), Literal("word"))))
    assert len(texts(notes, search("word", operators=(long, Limit(1))))) == 1
    assert notes.transaction.usage.documents_read in (1, 2)


# Order


def test_rare_words_count_more(notes):
    fill(notes, "common", "common", "common rare", "common", "rare x")
    assert texts(notes, search("common rare"))[:2] == ["common rare", "rare x"]


def test_short_texts_and_frequent_words_come_first(notes):
    fill(notes, "word and many more of them", "word word x", "word")
    assert texts(notes, search("word"))[2] == "word and many more of them"


def test_exact_matches_come_before_longer_words(notes):
    fill(notes, "hello", "hell")
    assert texts(notes, search("hell")) == ["hell", "hello"]


def test_a_word_that_is_searched_twice_counts_once(notes):
    fill(notes, "one", "two")
    once = texts(notes, search("one two"))
    assert texts(notes, search("one one one two")) == once


def test_newer_documents_come_first_among_equals(notes):
    oldest, middle, newest = fill(notes, "word", "word", "word")
    assert ids(notes, search("word")) == [newest, middle, oldest]


# Transactions


def test_writes_of_the_same_transaction_are_found(notes):
    first, second = fill(notes, "word", "word")
    notes.delete(first)
    notes.patch(second, {"body": "other"})
    third = notes.insert("notes", {"body": "word"})
    assert (ids(notes, search("word")), ids(notes, search("other"))) == ([third], [second])


def test_a_rollback_takes_results_away(notes):
    [kept] = fill(notes, "word")
    mark = notes.transaction.savepoint()
    fill(notes, "word")
    assert len(ids(notes, search("word"))) == 2
    notes.transaction.rollback_to(mark)
    assert ids(notes, search("word")) == [kept]


def test_a_stale_query_finds_what_was_there_before(notes):
    [kept] = fill(notes, "word")
    store = notes.transaction.store
    notes.transaction.commit()
    later = Database(store.begin())
    fill(later, "word")
    assert len(ids(later, search("word"))) == 2
    with later.transaction.begin_snapshot():
        assert ids(later, search("word")) == [kept]
    assert len(ids(later, search("word"))) == 2


def test_a_restored_snapshot_is_searched_as_it_was(notes):
    [kept] = fill(notes, "word")
    store = notes.transaction.store
    notes.transaction.commit()
    snapshot = store.snapshot()
    later = Database(store.begin())
    fill(later, "word")
    assert len(ids(later, search("word"))) == 2
    later.transaction.commit()
    store.restore(snapshot)
    assert ids(Database(store.begin()), search("word")) == [kept]


def test_results_stand_once_they_are_found(notes):
    fill(notes, "word", "word")
    stream = notes.query(search("word"))
    stream.next()
    fill(notes, "word")
    assert len(stream.collect()) == 1


def test_results_that_were_read_may_be_written(notes):
    fill(notes, *["word"] * 3)
    stream = notes.query(search("word"))
    for document in stream:
        notes.delete(document.id)
    assert notes.count("notes") == 0


def test_a_result_that_is_written_before_it_is_read_ends_the_function(notes):
    oldest, _ = fill(notes, "word", "word")
    stream = notes.query(search("word"))
    stream.next()
    notes.delete(oldest)
    with pytest.raises(UsageError, match="read all results"):
        stream.next()


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=2, max_size=5, unique=True))
def test_ids_of_a_table_sort_as_their_internal_bytes(internals):
    texts = [encode_id(10_001, internal) for internal in internals]
    assert [decode_id(text).internal for text in sorted(texts)] == sorted(internals)
