"""Documents that hold `commit_ts`: pending inside their transaction, with the commit's timestamp after it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convex_test.backend.database import Database
from convex_test.backend.query.plan import parse_query
from convex_test.backend.schema.validators import ValidationFailure, parse_validator
from convex_test.errors import FunctionError
from convex_test.values import ConvexInt64, InvalidValueError, commit_ts, encode, render, resolve, undefined
from convex_test.values.types import MAX_INT64

NOW = {"$commitTs": None}


def index_range(*bounds, index="items.by_a", order="asc"):
    steps = [{"type": kind, "fieldPath": field, "value": value} for kind, field, value in bounds]
    return parse_query(
        {"source": {"type": "IndexRange", "indexName": index, "range": steps, "order": order}, "operators": []}
    )


def filtered(expression):
    source = {"type": "FullTableScan", "tableName": "items", "order": "asc"}
    return parse_query({"source": source, "operators": [{"filter": expression}]})


def names(database, query):
    return [document.value["name"] for document in database.query(query).collect()]


def commit(database):
    """Commits, and gives the timestamp and a database in a new transaction."""
    transaction = database.transaction
    timestamp = transaction.commit()
    return timestamp, Database(transaction.store.begin())


def message_of(function, *args, **options):
    with pytest.raises(FunctionError) as caught:
        function(*args, **options)
    return caught.value.message


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


# The commit


def test_the_commit_puts_its_timestamp_everywhere(database):
    first = database.insert("items", {"a": commit_ts, "o": {"p": [commit_ts]}})
    second = database.insert("items", {"a": commit_ts})
    timestamp, later = commit(database)
    assert timestamp == database.transaction.now == database.transaction.commit_ts
    assert type(later.get(first).value["a"]) is ConvexInt64
    assert later.get(first).value["a"] == later.get(second).value["a"] == timestamp
    assert later.get(first).value["o"] == {"p": [timestamp]}
    assert not later.get(first).is_pending


def test_later_commits_have_later_timestamps(database):
    timestamps = []
    for _ in range(3):
        database.insert("items", {"a": commit_ts})
        timestamp, database = commit(database)
        timestamps.append(timestamp)
    assert timestamps == sorted(set(timestamps))


@pytest.mark.parametrize("used_before", [True, False])
def test_the_commit_moves_documents_in_indexes(database, used_before):
    database.insert("items", {"name": "future", "a": ConvexInt64(MAX_INT64 - 1)})
    _, database = commit(database)
    database.insert("items", {"name": "own", "a": commit_ts, "o": {"p": commit_ts}})
    if used_before:
        assert names(database, index_range()) == ["future", "own"]
    _, later = commit(database)
    assert names(later, index_range()) == ["own", "future"]
    assert names(later, index_range(order="desc")) == ["future", "own"]
    assert names(later, index_range(("Eq", "a", NOW))) == []
    assert names(later, index_range(("Lt", "o.p", NOW), ("Gt", "o.p", None), index="items.by_nested")) == ["own"]


def test_committed_timestamps_do_not_change_any_more(database):
    new_id = database.insert("items", {"a": commit_ts})
    timestamp, later = commit(database)
    later.patch(new_id, {"b": commit_ts})
    newer, last = commit(later)
    assert last.get(new_id).value["a"] == timestamp < newer == last.get(new_id).value["b"]


def test_a_placeholder_that_was_overwritten_leaves_no_trace(database):
    new_id = database.insert("items", {"name": "x", "a": commit_ts})
    database.patch(new_id, {"a": ConvexInt64(5)})
    _, later = commit(database)
    assert later.get(new_id).value["a"] == 5
    assert names(later, index_range()) == ["x"]


def test_a_pending_document_that_was_deleted_stays_deleted(database):
    new_id = database.insert("items", {"name": "x", "a": commit_ts})
    assert names(database, index_range()) == ["x"]
    database.delete(new_id)
    _, later = commit(database)
    assert later.get(new_id) is None
    assert names(later, index_range()) == []


def test_a_rolled_back_write_leaves_what_was_pending_before(database):
    kept = database.insert("items", {"name": "kept", "a": commit_ts})
    mark = database.transaction.savepoint()
    database.patch(kept, {"a": ConvexInt64(7)})
    undone = database.insert("items", {"name": "undone", "a": commit_ts})
    database.transaction.rollback_to(mark)
    assert database.get(kept).value["a"] is commit_ts
    timestamp, later = commit(database)
    assert later.get(kept).value["a"] == timestamp
    assert later.get(undone) is None
    assert names(later, index_range()) == ["kept"]


def test_a_rolled_back_placeholder_leaves_the_old_value(database):
    new_id = database.insert("items", {"name": "x", "a": ConvexInt64(7)})
    _, database = commit(database)
    mark = database.transaction.savepoint()
    database.patch(new_id, {"a": commit_ts})
    database.transaction.rollback_to(mark)
    _, later = commit(database)
    assert later.get(new_id).value["a"] == 7


def test_a_transaction_that_is_rolled_back_leaves_nothing_pending(database):
    store = database.transaction.store
    new_id = database.insert("items", {"name": "x", "a": ConvexInt64(7)})
    _, database = commit(database)
    database.patch(new_id, {"a": commit_ts})
    database.transaction.rollback()
    later = Database(store.begin())
    assert later.get(new_id).value["a"] == 7
    assert names(later, index_range(("Eq", "a", {"$integer": "BwAAAAAAAAA="}))) == ["x"]


def test_a_stale_snapshot_does_not_see_pending_documents(database):
    new_id = database.insert("items", {"name": "x", "a": commit_ts})
    with database.transaction.begin_snapshot():
        assert names(database, index_range()) == []
    timestamp, later = commit(database)
    assert later.get(new_id).value["a"] == timestamp


def test_snapshots_of_the_store_hold_resolved_documents(database):
    store = database.transaction.store
    new_id = database.insert("items", {"a": commit_ts})
    timestamp = database.transaction.commit()
    snapshot = store.snapshot()
    writer = Database(store.begin())
    writer.patch(new_id, {"a": commit_ts})
    assert writer.transaction.commit() > timestamp
    store.restore(snapshot)
    assert Database(store.begin()).get(new_id).value["a"] == timestamp


def test_a_commit_of_nothing_has_the_timestamp_of_the_snapshot(database):
    transaction = database.transaction
    assert transaction.commit_ts == transaction.snapshot_ts
    database.insert("items", {})
    assert transaction.commit_ts > transaction.snapshot_ts


# Against a naive model: documents as dicts, and a copy of them all for each savepoint

VALUES = st.sampled_from([commit_ts, [commit_ts], ConvexInt64(5), ConvexInt64(MAX_INT64), 1, None])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), VALUES),
        st.tuples(st.just("patch"), st.integers(0, 5), VALUES),
        st.tuples(st.just("replace"), st.integers(0, 5), VALUES),
        st.tuples(st.just("delete"), st.integers(0, 5)),
        st.tuples(st.sampled_from(["savepoint", "undo", "release", "commit", "rollback", "read"])),
    ),
    max_size=25,
)


@settings(max_examples=150)
@given(steps=STEPS)
def test_documents_and_indexes_follow_the_model(new_store, steps):
    store = new_store()
    database = Database(store.begin())
    committed: dict = {}
    model: dict = {}
    marks: list = []
    for step in [*steps, ("commit",)]:
        ids = sorted(model)
        target = ids[step[1] % len(ids)] if step[0] in {"patch", "replace", "delete"} and ids else None
        match step:
            case ("insert", value):
                model[database.insert("items", {"a": value})] = {"a": value}
            case ("patch", _, value) if target:
                database.patch(target, {"b": value})
                model[target] = {**model[target], "b": value}
            case ("replace", _, value) if target:
                database.replace(target, {"a": value})
                model[target] = {"a": value}
            case ("delete", _) if target:
                database.delete(target)
                del model[target]
            case ("savepoint",):
                marks.append((database.transaction.savepoint(), dict(model)))
            case ("undo",) if marks:
                mark, model = marks.pop()
                database.transaction.rollback_to(mark)
            case ("release",) if marks:
                database.transaction.release(marks.pop()[0])
            case ("commit",):
                while marks:
                    database.transaction.release(marks.pop()[0])
                timestamp = database.transaction.commit()
                model = {id: resolve(value, timestamp) for id, value in model.items()}
                committed = dict(model)
                database = Database(store.begin())
            case ("rollback",):
                marks.clear()
                database.transaction.rollback()
                model = dict(committed)
                database = Database(store.begin())
            case _:
                pass
        found = database.query(index_range(index="items.by_a_b")).collect()
        assert {document.id: encode(document.body()) for document in found} == {
            id: encode(value) for id, value in model.items()
        }
        keys = [database.namespace.require_table("items").indexes["by_a_b"].key(document) for document in found]
        assert keys == sorted(keys)


def test_a_patch_can_remove_a_placeholder(database):
    new_id = database.insert("items", {"a": commit_ts, "b": 1})
    assert not database.patch(new_id, {"a": undefined}).is_pending
    _, later = commit(database)
    assert later.get(new_id).body() == {"b": 1}
