"""Documents that hold `commit_ts`: pending inside their transaction, with the commit's timestamp after it."""

from __future__ import annotations

import pytest

from convex_test.backend.query.plan import parse_query
from convex_test.backend.schema.validators import ValidationFailure, parse_validator
from convex_test.values import ConvexInt64, InvalidValueError, commit_ts, render
from convex_test.values.types import MAX_INT64
from tests.backend.pending_queries import NOW, commit, filtered, index_range, message_of, names

# In the transaction


def test_the_writing_transaction_reads_the_placeholder_back(database):
    new_id = database.insert("items", {"a": commit_ts, "o": [{"p": commit_ts}]})
    value = database.get(new_id).value
    assert value["a"] is commit_ts
    assert value["o"][0]["p"] is commit_ts


def test_the_json_of_a_pending_document_has_the_token(database):
    assert '"a":{"$commitTs":null}' in database.get(database.insert("items", {"a": commit_ts})).json


@pytest.mark.parametrize(
    ("value", "pending"),
    [
        ({"a": commit_ts}, True),
        ({"a": [[commit_ts]]}, True),
        ({"a": {"b": {"c": commit_ts}}}, True),
        ({"a": [1, 2], "b": {}}, False),
        ({"a": ConvexInt64(MAX_INT64)}, False),
    ],
)
def test_a_document_is_pending_wherever_the_placeholder_is(database, value, pending):
    assert database.get(database.insert("items", value)).is_pending is pending


def test_a_pending_document_weighs_what_it_will_weigh(database):
    new_id = database.insert("items", {"a": commit_ts, "b": [commit_ts]})
    before = database.get(new_id).size
    _, later = commit(database)
    assert later.get(new_id).size == before == 38 + 23 + 2 + (2 + 9) + (2 + 2 + 9)


def test_a_patch_leaves_other_placeholders_pending(database):
    new_id = database.insert("items", {"a": commit_ts, "b": 1})
    patched = database.patch(new_id, {"b": 2})
    assert patched.value["a"] is commit_ts
    timestamp, later = commit(database)
    assert later.get(new_id).value["a"] == timestamp
    assert later.get(new_id).value["b"] == 2


def test_writing_the_placeholder_again_changes_nothing(database):
    new_id = database.insert("items", {"a": commit_ts})
    written = database.transaction.usage.documents_written
    database.patch(new_id, {"a": commit_ts})
    database.replace(new_id, {"a": commit_ts})
    assert database.transaction.usage.documents_written == written


def test_the_placeholder_is_not_the_greatest_int64(database):
    new_id = database.insert("items", {"a": ConvexInt64(MAX_INT64)})
    written = database.transaction.usage.documents_written
    database.patch(new_id, {"a": commit_ts})
    assert database.transaction.usage.documents_written == written + 1
    assert database.get(new_id).value["a"] is commit_ts


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ([("Eq", "a", NOW)], ["own", "greatest"]),
        ([("Gte", "a", NOW)], ["own", "greatest", "float"]),
        ([("Gt", "a", NOW)], ["float"]),
        ([("Lt", "a", NOW)], ["old"]),
        ([("Lte", "a", NOW)], ["old", "own", "greatest"]),
        ([], ["old", "own", "greatest", "float"]),
    ],
)
def test_index_ranges_take_the_placeholder_for_the_greatest_int64(new_database, bounds, found):
    database = new_database()
    database.insert("items", {"name": "old", "a": ConvexInt64(1_000)})
    _, database = commit(database)
    database.insert("items", {"name": "own", "a": commit_ts})
    database.insert("items", {"name": "greatest", "a": ConvexInt64(MAX_INT64)})
    database.insert("items", {"name": "float", "a": 0})
    assert names(database, index_range(*bounds)) == found


def test_errors_of_ranges_show_the_greatest_int64(database):
    query = index_range(("Eq", "a", NOW), ("Eq", "a", NOW))
    assert message_of(database.query(query).collect) == (
        'Already defined equality bound in index range. Can\'t add "a" == 9223372036854775807.'
    )


def test_filters_compare_it_as_the_greatest_int64(database):
    database.insert("items", {"name": "own", "a": commit_ts})
    database.insert("items", {"name": "old", "a": ConvexInt64(5)})
    greatest = {"$literal": {"$integer": "/////////38="}}
    assert names(database, filtered({"$eq": [{"$field": "a"}, greatest]})) == ["own"]
    five = {"$literal": {"$integer": "BQAAAAAAAAA="}}
    assert names(database, filtered({"$gt": [{"$field": "a"}, five]})) == ["own"]


def test_filters_calculate_with_the_greatest_int64(database):
    database.insert("items", {"name": "own", "a": commit_ts})
    one = {"$literal": {"$integer": "AQAAAAAAAAA="}}
    assert message_of(database.query(filtered({"$add": [{"$field": "a"}, one]})).collect) == (
        "Cannot add 9223372036854775807 and 1: the result is out of range for Int64"
    )
    negative = {"$lt": [{"$neg": {"$field": "a"}}, {"$literal": {"$integer": "AAAAAAAAAAA="}}]}
    assert names(database, filtered(negative)) == ["own"]


@pytest.mark.parametrize("wrap", [lambda token: token, lambda token: [token], lambda token: {"b": token}])
def test_literals_of_filters_refuse_the_token(wrap):
    with pytest.raises(InvalidValueError) as caught:
        filtered({"$eq": [{"$field": "a"}, {"$literal": wrap({"$commitTs": None})}]})
    assert str(caught.value) == "Field name $commitTs starts with '$', which is reserved."


def test_filters_of_text_searches_refuse_the_token():
    conditions = [
        {"type": "Search", "fieldPath": "body", "value": "x"},
        {"type": "Eq", "fieldPath": "a", "value": {"$commitTs": None}},
    ]
    source = {"type": "Search", "indexName": "items.by_body", "filters": conditions}
    with pytest.raises(InvalidValueError) as caught:
        parse_query({"source": source, "operators": []})
    assert str(caught.value) == "Field name $commitTs starts with '$', which is reserved."


# Validation


@pytest.mark.parametrize(
    "json",
    [
        {"type": "commitTs"},
        {"type": "bigint"},
        {"type": "any"},
        {"type": "literal", "value": {"$integer": "/////////38="}},
        {"type": "union", "value": [{"type": "null"}, {"type": "commitTs"}]},
    ],
)
def test_validators_take_it_for_the_greatest_int64(database, json):
    parse_validator(json).check(commit_ts, database.namespace)


def test_other_validators_show_it_as_the_greatest_int64(database):
    with pytest.raises(ValidationFailure) as caught:
        parse_validator({"type": "number"}).check(commit_ts, database.namespace)
    assert str(caught.value) == (
        "Value does not match validator.\n\nValue: 9223372036854775807\nValidator: v.float64()"
    )


@pytest.mark.parametrize("field", ["_id", "_creationTime"])
@pytest.mark.parametrize("wrong", ["x", commit_ts])
def test_wrong_system_fields_of_a_pending_document(database, field, wrong):
    new_id = database.insert("items", {})
    assert message_of(database.replace, new_id, {"a": commit_ts, field: wrong}) == (
        f"Document's {field} field doesn't match"
    )


def test_right_system_fields_of_a_pending_document(database):
    new_id = database.insert("items", {})
    value = database.get(new_id).value
    assert database.replace(new_id, {**value, "a": commit_ts}).value["a"] is commit_ts


def test_a_bad_field_of_a_pending_document_is_shown_with_the_greatest_int64(database):
    new_id = database.insert("items", {})
    time = render(database.get(new_id).creation_time)
    value = f'{{_a: 9223372036854775807, _creationTime: {time}, _id: "{new_id}"}}'
    assert message_of(database.replace, new_id, {"_a": commit_ts}) == (
        f"Document(value: {value}) isn't a valid document: "
        "Field '_a' starts with an underscore, which is only allowed for system fields like '_id'"
    )


def test_a_placeholder_is_no_document(database):
    assert message_of(database.insert, "items", commit_ts) == (
        "Invalid argument `value` for `db.insert`: Value must be an Object"
    )
