from __future__ import annotations

from random import Random

import pytest
from freezegun import freeze_time

from convex_test.backend.database import Database
from convex_test.backend.query.plan import FullTableScan, IndexRange, Query
from convex_test.backend.schema.definition import EMPTY_SCHEMA, SchemaDefinition, TableDefinition
from convex_test.backend.store.store import Store
from convex_test.errors import FunctionError, InternalError, UsageError


def schema_of(*tables):
    return SchemaDefinition({name: TableDefinition(name) for name in tables})


def numbers(store, component=""):
    return [(table.name, table.number) for table in store.namespace(component).tables()]


def contents(store, component=""):
    """All documents by table, through all indexes, so that a wrong index shows."""
    found = {}
    for table in store.namespace(component).tables():
        scans = [sorted(document.json for document in table.entries(index).values()) for index in sorted(table.indexes)]
        documents = sorted(document.json for document in table.documents.values())
        assert all(scan == documents for scan in scans)
        found[table.name] = documents
    return found


def insert(store, table, **fields):
    database = Database(store.begin())
    id = database.insert(table, fields)
    database.transaction.commit()
    return id


# Tables


def test_tables_of_the_schema_are_numbered_in_alphabetical_order():
    store = Store({"": schema_of("users", "Zebras", "messages")})
    assert numbers(store) == [
        ("_scheduled_functions", 539),
        ("_storage", 540),
        ("Zebras", 10001),
        ("messages", 10002),
        ("users", 10003),
    ]


def test_each_component_counts_for_itself():
    store = Store({"": schema_of("a", "b"), "mail": schema_of("c")})
    insert(store, "later")
    assert numbers(store, "mail")[2:] == [("c", 10001)]
    assert numbers(store)[2:] == [("a", 10001), ("b", 10002), ("later", 10003)]


def test_components_do_not_see_each_other_s_documents():
    store = Store({"": schema_of("a"), "mail": schema_of("a")})
    id = insert(store, "a")
    database = Database(store.begin(), "mail")
    assert database.get(id) is None
    assert database.query(Query(FullTableScan("a"))).collect() == []


def test_a_component_can_be_opened_later():
    store = Store({"": EMPTY_SCHEMA})
    store.open_namespace("mail", schema_of("a"))
    assert numbers(store, "mail")[2:] == [("a", 10001)]
    with pytest.raises(InternalError, match=r"^Component 'mail' was opened twice\.$"):
        store.open_namespace("mail", EMPTY_SCHEMA)


def test_a_component_that_was_never_opened_is_our_bug():
    with pytest.raises(InternalError, match=r"^Component 'mail' was never opened\.$"):
        Store({}).namespace("mail")


def test_table_numbers_are_those_of_all_tables(new_store):
    assert new_store().namespace("").table_numbers() == {"_scheduled_functions": 539, "_storage": 540, "items": 10001}


def test_validators_can_ask_for_names(new_store):
    namespace = new_store().namespace("")
    assert [namespace.name_of(number) for number in (540, 10001, 10002)] == ["_storage", "items", None]
    assert namespace.is_system("_storage")
    assert not namespace.is_system("items")


def test_ids_repeat_with_the_seed():
    with freeze_time("2024-01-01"):
        first, second = (insert(Store({"": EMPTY_SCHEMA}, random=Random(7)), "a") for _ in range(2))
        assert first == second
        assert insert(Store({"": EMPTY_SCHEMA}, random=Random(8)), "a") != first


def test_there_are_at_most_10000_tables(database):
    for number in range(9_999):
        database.namespace.create_table(f"t{number}")
    database.insert("items", {})
    with pytest.raises(FunctionError, match=r"^Number of tables cannot exceed 10000\.$"):
        database.insert("others", {})


# System tables


def test_system_documents_are_written_inside_transactions(new_store):
    store = new_store()
    transaction = store.begin()
    file = transaction.insert_system("", "_storage", {"size": 1})
    assert file.id.startswith("kg2")
    transaction.patch_system("", file.id, {"size": 2, "contentType": None})
    assert transaction.get_system("", file.id).value["size"] == 2
    transaction.rollback()
    transaction = store.begin()
    assert transaction.get_system("", file.id) is None


def test_system_documents_can_be_deleted(new_store):
    transaction = new_store().begin()
    job = transaction.insert_system("", "_scheduled_functions", {"name": "a.js:b"})
    transaction.delete_system("", job.id)
    assert transaction.get_system("", job.id) is None


def test_the_internal_writes_are_for_system_tables_only(database):
    id = database.insert("items", {})
    transaction = database.transaction
    with pytest.raises(InternalError, match=r"^'items' is no system table\.$"):
        transaction.insert_system("", "items", {})
    with pytest.raises(InternalError, match=f"^'{id}' is no id of a system table\\.$"):
        transaction.delete_system("", id)


# Snapshots


def test_a_snapshot_can_be_restored_again_and_again(new_store):
    store = new_store()
    id = insert(store, "items", a=1)
    snapshot = store.snapshot()
    before = contents(store)
    for _ in range(2):
        database = Database(store.begin())
        database.patch(id, {"a": 2})
        database.insert("items", {})
        database.insert("others", {})
        database.transaction.insert_system("", "_storage", {"size": 1})
        database.transaction.commit()
        assert contents(store) != before
        store.restore(snapshot)
        assert contents(store) == before
    assert store.namespace("").table("others") is None


def test_a_snapshot_can_be_restored_in_another_store(new_store):
    store, fork = new_store(), new_store()
    insert(store, "items", a=1)
    fork.restore(store.snapshot())
    assert contents(fork) == contents(store)
    insert(fork, "items", a=2)
    assert len(contents(store)["items"]) == 1
    insert(store, "items", a=3)
    insert(store, "items", a=4)
    assert len(contents(fork)["items"]) == 2


def test_restoring_does_not_turn_back_time(new_store):
    with freeze_time("2024-01-01"):
        store = new_store()
        snapshot = store.snapshot()
        insert(store, "items")
        last_commit, last_creation_time = store.last_commit, store.last_creation_time
        store.restore(snapshot)
        assert (store.last_commit, store.last_creation_time) == (last_commit, last_creation_time)
        database = Database(store.begin())
        assert database.get(database.insert("items", {})).creation_time > last_creation_time


def test_documents_after_a_restored_snapshot_are_newer_than_those_in_it(new_store):
    with freeze_time("2024-01-01"):
        store, fork = new_store(), new_store()
        id = insert(store, "items")
        fork.restore(store.snapshot())
        database = Database(fork.begin())
        later = database.insert("items", {})
        assert database.get(later).creation_time > database.get(id).creation_time


def test_components_that_a_snapshot_does_not_know_become_empty(new_store):
    store = new_store()
    snapshot = store.snapshot()
    store.open_namespace("mail", schema_of("a"))
    database = Database(store.begin(), "mail")
    database.insert("a", {})
    database.transaction.commit()
    store.restore(snapshot)
    assert contents(store, "mail") == {"_scheduled_functions": [], "_storage": [], "a": []}


def test_a_stream_that_began_before_the_first_write_sees_it_in_its_next_fetch(new_store):
    store = new_store()
    for _ in range(100):
        insert(store, "items")
    store.snapshot()
    database = Database(store.begin())
    stream = database.query(Query(FullTableScan("items")))
    assert len(stream.next_batch()) == 100
    database.insert("items", {})
    assert len(stream.next_batch()) == 1


@pytest.mark.parametrize("wish", ["begin", "snapshot", "restore"])
def test_transactions_run_one_at_a_time(new_store, wish):
    store = new_store()
    snapshot = store.snapshot()
    store.begin()
    call, words = {
        "begin": (store.begin, "begin a transaction"),
        "snapshot": (store.snapshot, "take a snapshot"),
        "restore": (lambda: store.restore(snapshot), "restore a snapshot"),
    }[wish]
    with pytest.raises(UsageError) as raised:
        call()
    assert str(raised.value) == (
        f"Cannot {words} while a transaction is open: finish the function, or leave the `with` block, first."
    )


# Indexes


def test_indexes_are_filled_when_they_are_first_wanted(database):
    table = database.namespace.table("items")
    database.insert("items", {"a": 1})
    assert not table.indexes["by_a"].is_filled
    database.query(Query(IndexRange("items", "by_a"))).collect()
    assert table.indexes["by_a"].is_filled
    assert not table.indexes["by_a_b"].is_filled
