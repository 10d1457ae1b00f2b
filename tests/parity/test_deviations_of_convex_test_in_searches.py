"""What `convex-test` does differently from production in searches, done as in production."""

from __future__ import annotations

import pytest

from tests.parity.deviation_functions import SOURCES, fails, insert, run

FILES = SOURCES


# 26. Text search: index, words, ranking


def search(t, build, index="search"):
    chain = f"ctx.db.query('texts').withSearchIndex('{index}', (q) => {build})"
    return run(t, f"return (await {chain}.collect()).map((text) => text.body)")


def test_a_search_index_that_is_not_there(t):
    body = "await ctx.db.query('texts').withSearchIndex('missing', (q) => q.search('body', 'x')).collect()"
    assert fails(t, body) == "Index texts.missing not found."


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (
            "q.search('title', 'x')",
            'Search query against texts.search contains a search filter against "title", which doesn\'t match the '
            'indexed `searchField` "body".',
        ),
        (
            "q.search('body', 'x').eq('other', 1)",
            'Search query against texts.search contains an equality filter on "other" but that field isn\'t indexed '
            "for filtering in `filterFields`.",
        ),
    ],
)
def test_a_search_names_declared_fields_only(t, build, text):
    assert fails(t, f"await ctx.db.query('texts').withSearchIndex('search', (q) => {build}).collect()") == text


def test_punctuation_separates_words(t):
    insert(t, {"body": "well-known (dogs)"}, table="texts")
    assert search(t, "q.search('body', 'known')") == ["well-known (dogs)"]
    assert search(t, "q.search('body', 'dogs cat')") == ["well-known (dogs)"]


def test_only_the_last_word_is_a_prefix(t):
    insert(t, {"body": "doghouse"}, table="texts")
    assert search(t, "q.search('body', 'cat dog')") == ["doghouse"]
    assert search(t, "q.search('body', 'dog cat')") == []


def test_results_are_ranked(t):
    insert(t, {"body": "dog and a lot of other words"}, {"body": "dog dog"}, {"body": "dog"}, table="texts")
    assert search(t, "q.search('body', 'dog')")[-1] == "dog and a lot of other words"


def test_documents_without_text_are_no_trouble(t):
    insert(t, {"body": 5}, {}, {"body": "dog"}, table="texts")
    assert search(t, "q.search('body', 'dog')") == ["dog"]


def test_the_words_behind_the_sixteenth_are_ignored(t):
    insert(t, {"body": "late"}, table="texts")
    words = " ".join(f"w{number}" for number in range(16))
    assert search(t, f"q.search('body', '{words} late')") == []


# 27. Vector search: limits, dimensions, filters


def vectors(t, options):
    return run(t, f"return await ctx.vectorSearch('vectors', 'near', {options})", kind="action")


def vector_failure(t, options):
    return fails(t, f"await ctx.vectorSearch('vectors', 'near', {options})", kind="action")


def test_ten_results_are_the_default(t):
    insert(t, *({"at": {"vector": [1.5, float(n)]}} for n in range(12)), table="vectors")
    assert len(vectors(t, "{ vector: [1, 0] }")) == 10


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("{ vector: [1, 0], limit: 257 }", "Vector queries can fetch at most 256 results, requested 257."),
        ("{ vector: [1, 0, 0] }", "Expected a vector with dimensions 2, received 3."),
        (
            "{ vector: [1, 0], filter: (q) => q.eq('other', 1) }",
            'Vector query against vectors.near contains a filter on "other" but that field isn\'t indexed for '
            "filtering in `filterFields`.",
        ),
    ],
)
def test_a_vector_search_is_checked(t, options, text):
    assert vector_failure(t, options) == text


def test_documents_without_the_vector_are_left_out(t):
    insert(t, {}, {"at": 5}, {"at": {"vector": [1.0]}}, {"at": {"vector": [0.5, 0.5]}}, table="vectors")
    assert len(vectors(t, "{ vector: [1, 0] }")) == 1


def test_scores_have_32_bits(t):
    insert(t, {"at": {"vector": [1, 2]}}, table="vectors")
    [result] = vectors(t, "{ vector: [1, 0] }")
    assert result["_score"] == 0.4472135901451111


def test_a_vector_search_in_a_table_that_is_not_there_is_empty(t):
    assert run(t, "return await ctx.vectorSearch('nowhere', 'near', { vector: [1, 0] })", kind="action") == []
