from __future__ import annotations

import pytest

from convex_test.backend.database import Database
from convex_test.backend.query.plan import FullTableScan, Query
from convex_test.errors import FunctionError, InternalError


def rows(database, table="items"):
    return [document.value["a"] for document in database.query(Query(FullTableScan(table))).collect()]


def test_writes_are_seen_at_once(database):
    id = database.insert("items", {"a": 1})
    database.patch(id, {"a": 2})
    assert rows(database) == [2]


def test_commit_makes_writes_permanent(new_store):
    store = new_store()
    database = Database(store.begin())
    database.insert("items", {"a": 1})
    database.transaction.commit()
    assert rows(Database(store.begin(read_only=True))) == [1]


def test_rollback_undoes_everything(new_store):
    store = new_store()
    database = Database(store.begin())
    kept, gone = database.insert("items", {"a": 1}), database.insert("items", {"a": 2})
    database.transaction.commit()
    database = Database(store.begin())
    database.insert("items", {"a": 3})
    database.insert("others", {"a": 4})
    database.patch(kept, {"a": 5})
    database.delete(gone)
    database.transaction.rollback()
    database = Database(store.begin())
    assert rows(database) == [1, 2]
    assert database.namespace.table("others") is None


def test_a_nested_rollback_undoes_what_came_after_the_mark(database):
    database.insert("items", {"a": 1})
    mark = database.transaction.savepoint()
    database.insert("items", {"a": 2})
    database.insert("others", {"a": 3})
    database.transaction.rollback_to(mark)
    assert rows(database) == [1]
    assert database.namespace.table("others") is None


def test_a_number_of_a_table_that_was_rolled_back_is_free_again(database):
    mark = database.transaction.savepoint()
    database.insert("others", {"a": 3})
    database.transaction.rollback_to(mark)
    database.insert("third", {"a": 3})
    assert database.namespace.table("third").number == 10002


def test_a_released_nested_call_keeps_its_writes(database):
    mark = database.transaction.savepoint()
    database.insert("items", {"a": 2})
    database.transaction.release(mark)
    database.transaction.commit()
    assert rows(database) == [2]


def test_rolling_back_the_outer_call_undoes_a_released_inner_one(database):
    outer = database.transaction.savepoint()
    inner = database.transaction.savepoint()
    database.insert("items", {"a": 2})
    database.transaction.release(inner)
    database.transaction.rollback_to(outer)
    assert rows(database) == []


def test_a_nested_rollback_restores_write_counters_only(database):
    id = database.insert("items", {"a": 1})
    usage = database.transaction.usage
    mark = database.transaction.savepoint()
    database.patch(id, {"a": 2})
    database.get(id)
    usage.schedule_function(10)
    database.transaction.rollback_to(mark)
    assert (usage.documents_written, usage.bytes_written) == (1, 74)
    assert (usage.documents_read, usage.bytes_read, usage.database_queries) == (2, 148, 1)
    assert (usage.functions_scheduled, usage.scheduled_function_args_bytes) == (1, 10)


def test_a_nested_rollback_does_not_undo_what_count_counted(database):
    id = database.insert("items", {"a": 1})
    mark = database.transaction.savepoint()
    database.insert("items", {"a": 2})
    database.insert("items", {"a": 3})
    database.delete(id)
    database.transaction.rollback_to(mark)
    assert rows(database) == [1]
    assert database.count("items") == 2


def test_count_is_right_again_in_the_next_transaction(new_store):
    store = new_store()
    database = Database(store.begin())
    mark = database.transaction.savepoint()
    database.insert("items", {})
    database.transaction.rollback_to(mark)
    assert database.count("items") == 1
    database.transaction.commit()
    assert Database(store.begin()).count("items") == 0


def test_ids_are_never_given_again(database):
    mark = database.transaction.savepoint()
    first = database.insert("items", {})
    database.transaction.rollback_to(mark)
    assert database.insert("items", {}) != first


def test_nested_calls_end_in_the_opposite_order_of_their_beginning(database):
    outer = database.transaction.savepoint()
    database.transaction.savepoint()
    with pytest.raises(InternalError, match=r"^Nested calls must end in the opposite order of their beginning\.$"):
        database.transaction.release(outer)


def test_a_transaction_does_not_commit_within_a_nested_call(database):
    database.transaction.savepoint()
    with pytest.raises(InternalError, match=r"^A transaction was committed in the middle of a nested call\.$"):
        database.transaction.commit()


def test_a_transaction_ends_once(database):
    database.transaction.commit()
    with pytest.raises(InternalError, match=r"^A transaction was finished twice\.$"):
        database.transaction.commit()


def test_says_whether_it_wrote(database):
    assert not database.transaction.has_writes
    database.insert("items", {})
    assert database.transaction.has_writes


# The snapshot from the beginning


@pytest.fixture
def changed(new_store):
    """A transaction that changed one document, deleted one, inserted one, and made a table."""
    store = new_store()
    database = Database(store.begin())
    first, second = database.insert("items", {"a": 1}), database.insert("items", {"a": 2})
    database.transaction.commit()
    database = Database(store.begin())
    database.patch(first, {"a": 10})
    database.delete(second)
    database.insert("items", {"a": 3})
    database.insert("others", {"a": 4})
    return database


def test_the_begin_snapshot_ignores_what_was_written(changed):
    with changed.transaction.begin_snapshot():
        inner = Database(changed.transaction)
        assert rows(inner) == [1, 2]
        assert inner.count("items") == 2
    assert rows(changed) == [10, 3]


def test_tables_made_since_are_empty_in_the_begin_snapshot(changed):
    with changed.transaction.begin_snapshot():
        assert rows(changed, "others") == []
        assert changed.namespace.table("others") is not None
    assert rows(changed, "others") == [4]


def test_reads_of_the_begin_snapshot_count_for_nobody_else(changed):
    before = changed.transaction.usage.metrics()
    with changed.transaction.begin_snapshot():
        rows(changed)
        assert changed.transaction.usage.documents_read == 2
    assert changed.transaction.usage.metrics() == before


def test_nothing_can_be_written_to_the_begin_snapshot(changed):
    with changed.transaction.begin_snapshot(), pytest.raises(FunctionError, match=r"^Transaction isn't readonly$"):
        changed.insert("items", {"a": 5})
    changed.insert("items", {"a": 6})
    assert rows(changed) == [10, 3, 6]


def test_the_present_comes_back_when_the_snapshot_query_fails(changed):
    with pytest.raises(ZeroDivisionError), changed.transaction.begin_snapshot():
        _ = 1 / 0
    assert rows(changed) == [10, 3]
