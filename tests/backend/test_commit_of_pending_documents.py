"""Documents that hold `commit_ts`, when their transaction commits or is rolled back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convex_test.backend.database import Database
from convex_test.values import ConvexInt64, commit_ts, encode, resolve, undefined
from convex_test.values.types import MAX_INT64
from tests.backend.pending_queries import NOW, commit, index_range, names

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
