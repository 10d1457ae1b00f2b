from __future__ import annotations

import json
import math
from array import array
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.database import Database
from convex_test.backend.schema.definition import (
    IndexDefinition,
    SchemaDefinition,
    SearchIndexDefinition,
    TableDefinition,
    VectorIndexDefinition,
)
from convex_test.backend.search.vector import dot, normalise, vector_search
from convex_test.backend.search.vector_query import VectorQuery, parse_vector_query
from convex_test.backend.store.store import Store
from convex_test.errors import FunctionError, UsageError
from convex_test.values import ConvexInt64
from convex_test.values.types import undefined

COSINES = json.loads((Path(__file__).parents[1] / "vectors" / "cosines.json").read_text())["cases"]
SCHEMA = SchemaDefinition(
    {
        "notes": TableDefinition(
            "notes",
            (IndexDefinition("by_n", (("n",),)), IndexDefinition("by_later", (("later",),), staged=True)),
            (SearchIndexDefinition("text", ("body",)),),
            (
                VectorIndexDefinition("vectors", ("v",), 2, (("a",), ("b",), ("deep", "a"))),
                VectorIndexDefinition("deep", ("deep", "v"), 2),
                VectorIndexDefinition("wide", ("w",), 20),
                VectorIndexDefinition("later", ("v",), 2, staged=True),
            ),
        )
    }
)


@pytest.fixture
def store():
    return Store({"": SCHEMA, "child": SCHEMA}, random=Random(0))


def insert(store, *documents, component=""):
    database = Database(store.begin(), component)
    ids = [database.insert("notes", document) for document in documents]
    database.transaction.commit()
    return ids


def eq(field, value):
    literal = {"$undefined": None} if value is undefined else value
    return {"$eq": [{"$field": field}, {"$literal": literal}]}


def query(vector=(1, 0), *, index="notes.vectors", limit=None, filter=None):
    return {"indexName": index, "vector": list(vector), "limit": limit, "expressions": filter}


def search(store, *args, component="", **options):
    return vector_search(store, component, parse_vector_query(query(*args, **options)))


def ids(store, *args, **options):
    return [id for id, _ in search(store, *args, **options)]


def refused(store, *args, **options):
    with pytest.raises(FunctionError) as raised:
        search(store, *args, **options)
    return str(raised.value)


# Scores and order


@pytest.mark.parametrize("left, right, cosine", COSINES)
def test_scores_are_those_of_rust_to_the_last_bit(left, right, cosine):
    score = dot(normalise(left), normalise(right))
    assert (score, math.copysign(1, score)) == (cosine, math.copysign(1, cosine))


@given(
    st.integers(16, 64).flatmap(
        lambda size: st.lists(st.lists(st.floats(-1, 1), min_size=size, max_size=size), min_size=2, max_size=2)
    )
)
def test_scores_of_many_dimensions_are_near_the_true_ones(vectors):
    left, right = (array("f", vector) for vector in vectors)
    lengths = math.sqrt(math.fsum(x * x for x in left) * math.fsum(x * x for x in right))
    if min(math.fsum(x * x for x in left), math.fsum(x * x for x in right)) < 1e-6:
        return
    true = math.fsum(x * y for x, y in zip(left, right, strict=True)) / lengths
    assert math.isclose(dot(normalise(left), normalise(right)), true, abs_tol=1e-6)


def test_the_most_similar_documents_come_first(store):
    across, along, against = insert(store, {"v": [0, 3]}, {"v": [2, 0]}, {"v": [-1, 0]})
    assert search(store) == [(along, 1.0), (across, 0.0), (against, -1.0)]


def test_scores_are_singles_made_wider(store):
    [found] = insert(store, {"v": [1, 1]})
    assert search(store) == [(found, 0.7071067690849304)]


def test_documents_of_equal_score_are_ordered_by_id_descending(store):
    found = insert(store, *[{"v": [1, 0]}] * 20)
    assert ids(store, limit=20) == sorted(found, reverse=True)


def test_zero_comes_before_minus_zero_and_nan_first(store):
    zero, nan, minus_zero = insert(store, {"v": [0, 0]}, {"v": [math.nan, 0]}, {"v": [-0.0, -0.0]})
    assert ids(store, (1, 1)) == [nan, zero, minus_zero]


def test_ten_results_come_by_default(store):
    insert(store, *[{"v": [1, 0]}] * 12)
    assert [len(search(store, limit=limit)) for limit in (None, 0, 1, 11, 256)] == [10, 0, 1, 11, 12]


# Which documents are searched


@pytest.mark.parametrize(
    "vector", [None, "12", [1], [1, 2, 3], [1, None], [1, True], [1, ConvexInt64(2)], [1, "2"], {"x": 1}, undefined]
)
def test_documents_without_a_fitting_vector_are_not_searched(store, vector):
    insert(store, {} if vector is undefined else {"v": vector})
    assert search(store) == []


def test_vectors_may_be_nested(store):
    [found] = insert(store, {"deep": {"v": [1, 0]}})
    assert ids(store, index="notes.deep") == [found]


def test_changed_and_deleted_documents_are_followed(store):
    first, second = insert(store, {"v": [1, 0]}, {"v": [1, 0]})
    assert set(ids(store)) == {first, second}
    database = Database(store.begin())
    database.delete(first)
    database.patch(second, {"v": [0, 1]})
    database.transaction.commit()
    assert search(store) == [(second, 0.0)]


def test_what_was_rolled_back_is_not_found(store):
    [kept] = insert(store, {"v": [1, 0]})
    database = Database(store.begin())
    database.insert("notes", {"v": [1, 0]})
    database.transaction.rollback()
    assert ids(store) == [kept]


def test_there_is_no_search_within_a_transaction(store):
    store.begin()
    with pytest.raises(UsageError, match="while a transaction is open"):
        search(store)


def test_each_component_has_its_own_documents(store):
    insert(store, {"v": [1, 0]})
    [found] = insert(store, {"v": [0, 1]}, component="child")
    assert search(store, component="child") == [(found, 0.0)]


# Filters


def test_a_filter_takes_documents_with_that_value(store):
    found, _ = insert(store, {"v": [1, 0], "a": 1}, {"v": [1, 0], "a": 2})
    assert ids(store, filter=eq("a", 1)) == [found]


def test_alternatives_are_joined_by_or_even_over_fields(store):
    one, two, _, both = insert(
        store, {"v": [1, 0], "a": 1}, {"v": [1, 0], "b": 2}, {"v": [1, 0], "a": 2}, {"v": [1, 0], "a": 1, "b": 2}
    )
    assert set(ids(store, filter={"$or": [eq("a", 1), {"$or": [eq("b", 2)]}]})) == {one, two, both}


def test_an_or_of_nothing_is_no_filter(store):
    [found] = insert(store, {"v": [1, 0]})
    assert ids(store, filter={"$or": []}) == [found]


@pytest.mark.parametrize(
    "wanted, other",
    [
        (undefined, None),
        (None, undefined),
        (1, {"$integer": "AQAAAAAAAAA="}),
        (0, {"$float": "AAAAAAAAAIA="}),
        ("a", "b"),
    ],
)
def test_filters_compare_exactly(store, wanted, other):
    from convex_test.values.codec import decode_or_undefined

    def document(value):
        value = undefined if value is undefined else decode_or_undefined(value)
        return {"v": [1, 0]} if value is undefined else {"v": [1, 0], "a": value}

    found, _ = insert(store, document(wanted), document(other))
    assert ids(store, filter=eq("a", wanted)) == [found]


def test_filter_fields_may_be_nested(store):
    found, _ = insert(store, {"v": [1, 0], "deep": {"a": 1}}, {"v": [1, 0], "deep": [1]})
    assert ids(store, filter=eq("deep.a", 1)) == [found]


# Errors and their order


@pytest.mark.parametrize("table", ["nope", "_storage", "_tables"])
def test_a_table_that_does_not_exist_has_no_documents(store, table):
    assert search(store, [1] * 5000, index=f"{table}.vectors", limit=1000) == []


@pytest.mark.parametrize(
    "index, text",
    [
        ("nope", "Index notes.nope not found."),
        ("by_n", "Index notes.by_n is not a vector index"),
        ("by_id", "Index notes.by_id is not a vector index"),
        ("text", "Index notes.text is not a vector index"),
        ("later", "Index notes.later is currently staged and not available to query until it is enabled."),
        ("by_later", "Index notes.by_later is currently staged and not available to query until it is enabled."),
    ],
)
def test_an_index_must_be_an_enabled_vector_index(store, index, text):
    assert refused(store, index=f"notes.{index}") == text


WRONG = {
    "size": ([1] * 4097, "Expected a vector with dimensions 4096, received 4097."),
    "limit": (257, "Vector queries can fetch at most 256 results, requested 257."),
    "field": (
        eq("n", 1),
        'Vector query against notes.vectors contains a filter on "n" but that field isn\'t indexed for filtering in '
        "`filterFields`.",
    ),
    "count": (
        {"$or": [eq("a", number) for number in range(60)] + [eq("b", number) for number in range(5)]},
        "Vector query against notes.vectors has too many conditions. Max: 64 Actual: 65",
    ),
    "dimensions": ([1, 0, 0], "Expected a vector with dimensions 2, received 3."),
}


def test_what_is_wrong_is_reported_in_the_backends_order(store):
    too_long, too_many, unknown, crowded, unfit = (WRONG[name][0] for name in WRONG)
    both = {"$or": [unknown, crowded]}
    assert refused(store, too_long, limit=too_many, filter=both) == WRONG["size"][1]
    assert refused(store, unfit, limit=too_many, filter=both) == WRONG["limit"][1]
    assert refused(store, unfit, limit=256, filter=both) == WRONG["field"][1]
    assert refused(store, unfit, filter=crowded) == WRONG["count"][1]
    assert refused(store, unfit) == WRONG["dimensions"][1]
    assert refused(store, ()) == "Expected a vector with dimensions 2, received 0."


def test_fields_with_one_value_are_checked_first(store):
    several = {"$or": [eq("c", 1), eq("c", 2), eq("n", 1)]}
    assert refused(store, filter=several) == WRONG["field"][1]


def test_equal_alternatives_count_once(store):
    [found] = insert(store, {"v": [1, 0], "a": 1})
    assert ids(store, filter={"$or": [eq("a", 1)] * 100}) == [found]


NO_COMBINATION = "Filters should be a combination of `q.eq` and `q.or`."
NO_FIELD = "`q.eq` must take a field path as its first argument and a value as its second"


@pytest.mark.parametrize(
    "filter, text",
    [
        ({"$literal": True}, NO_COMBINATION),
        ({"$field": "a"}, NO_COMBINATION),
        ({"$and": [eq("a", 1)]}, NO_COMBINATION),
        ({"$or": [eq("a", 1), {"$not": eq("a", 2)}]}, NO_COMBINATION),
        ({"$lt": [{"$field": "a"}, {"$literal": 1}]}, NO_COMBINATION),
        ({"$eq": [{"$literal": 1}, {"$field": "a"}]}, NO_FIELD),
        ({"$eq": [{"$field": "a"}, {"$field": "b"}]}, NO_FIELD),
    ],
)
def test_filters_are_made_of_eq_and_or(store, filter, text):
    assert refused(store, filter=filter) == text


@pytest.mark.parametrize(
    "change, cause",
    [
        ({"limit": -1}, "invalid value: integer `-1`, expected u32"),
        ({"limit": 1.5}, "invalid type: floating point `1.5`, expected u32"),
        ({"limit": 2**32}, "invalid value: integer `4294967296`, expected u32"),
        ({"vector": None}, "invalid type: null, expected a sequence"),
        ({"vector": [None, 1]}, "invalid type: null, expected f32"),
        ({"vector": [1e39, 1]}, "invalid type: floating point `1e+39`, expected f32"),
        ({"indexName": 5}, "invalid type: integer `5`, expected a string"),
        ({"expressions": {"$xor": []}}, None),
    ],
)
def test_json_of_a_wrong_shape_has_one_text_for_all(change, cause):
    with pytest.raises(FunctionError) as raised:
        parse_vector_query({**query(), **change})
    assert str(raised.value) == "Your request couldn't be completed. Try again later."
    assert cause is None or str(raised.value.__cause__) == cause


def test_the_name_of_an_index_has_two_parts():
    with pytest.raises(FunctionError) as raised:
        parse_vector_query(query(index="notes"))
    assert str(raised.value) == "Insufficient components in index name notes"


def test_reads_the_syscalls_json():
    parsed = parse_vector_query({"indexName": "t.i", "vector": [1, 0.5]})
    assert parsed == VectorQuery("t", "i", (1, 0.5), None, {})


# All of it against a model

coordinate = st.integers(-3, 3)
vector = st.lists(coordinate, min_size=2, max_size=2)
rows = st.lists(st.tuples(vector, st.integers(0, 2), st.integers(0, 2)), max_size=12)


@given(rows, vector, st.integers(0, 2), st.integers(0, 2), st.integers(1, 12))
def test_results_agree_with_the_model(documents, direction, a, b, limit):
    store = Store({"": SCHEMA}, random=Random(0))
    found = insert(store, *[{"v": v, "a": x, "b": y} for v, x, y in documents])
    scores = {
        id: (v[0] * direction[0] + v[1] * direction[1]) / (math.hypot(*v) * math.hypot(*direction) or 1)
        for id, (v, x, y) in zip(found, documents, strict=True)
        if x == a or y == b
    }
    results = search(store, direction, limit=limit, filter={"$or": [eq("a", a), eq("b", b)]})
    assert len(results) == min(limit, len(scores))
    assert all(math.isclose(score, scores[id], abs_tol=1e-6) for id, score in results)
    assert [score for _, score in results] == sorted((score for _, score in results), reverse=True)
    best = sorted(scores.values(), reverse=True)[:limit]
    assert all(math.isclose(score, true, abs_tol=1e-6) for (_, score), true in zip(results, best, strict=True))
