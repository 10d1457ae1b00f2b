from __future__ import annotations

import math

import pytest
from freezegun import freeze_time

from convex_test.backend.database import Database
from convex_test.errors import FunctionError

NEW_YEAR = 1_704_067_200_000


@pytest.fixture
def database(new_database):
    with freeze_time("2024-01-01"):
        yield new_database()


def creation_times(database, *ids):
    return [database.get(id).creation_time for id in ids]


def test_is_the_time_at_which_the_transaction_began(database):
    id = database.insert("items", {})
    assert creation_times(database, id) == [NEW_YEAR]


def test_steps_by_one_double_within_a_transaction(database):
    ids = [database.insert("items", {}) for _ in range(3)]
    second = math.nextafter(NEW_YEAR, math.inf)
    assert creation_times(database, *ids) == [NEW_YEAR, second, math.nextafter(second, math.inf)]
    assert second - NEW_YEAR == 0.000244140625


def test_does_not_follow_the_clock_within_a_transaction(new_store):
    with freeze_time("2024-01-01") as clock:
        database = Database(new_store().begin())
        clock.tick(60)
        assert creation_times(database, database.insert("items", {})) == [NEW_YEAR]


@freeze_time("2024-01-01")
def test_is_later_in_the_next_transaction_even_when_the_clock_stands_still(new_store):
    store = new_store()
    times = []
    for _ in range(3):
        database = Database(store.begin())
        times += creation_times(database, database.insert("items", {}), database.insert("items", {}))
        database.transaction.commit()
    assert times == sorted(set(times))
    assert times[0] == NEW_YEAR


def test_is_not_given_back_by_an_insert_that_fails(database):
    with pytest.raises(FunctionError):
        database.insert("items", {"_x": 1})
    id = database.insert("items", {})
    assert creation_times(database, id) == [math.nextafter(NEW_YEAR, math.inf)]


def test_is_not_given_back_by_a_nested_rollback(database):
    mark = database.transaction.savepoint()
    database.insert("items", {})
    database.transaction.rollback_to(mark)
    id = database.insert("items", {})
    assert creation_times(database, id) == [math.nextafter(NEW_YEAR, math.inf)]


def test_is_used_up_by_system_tables_too(database):
    database.transaction.insert_system("", "_storage", {"size": 1})
    id = database.insert("items", {})
    assert creation_times(database, id) == [math.nextafter(NEW_YEAR, math.inf)]


def test_stays_when_a_document_is_patched_or_replaced(database):
    id = database.insert("items", {"a": 1})
    before = creation_times(database, id)
    database.patch(id, {"a": 2})
    database.replace(id, {"b": 3})
    assert creation_times(database, id) == before


def test_date_now_is_whole_milliseconds_and_frozen(new_store):
    with freeze_time("2024-01-01T00:00:00.001999") as clock:
        transaction = new_store().begin()
        clock.tick(60)
        assert transaction.now_ms == NEW_YEAR + 1


@freeze_time("2024-01-01")
def test_commit_timestamps_strictly_increase_when_the_clock_stands_still(new_store):
    store = new_store()
    commits = []
    for _ in range(3):
        database = Database(store.begin())
        database.insert("items", {})
        commits.append(database.transaction.commit())
    assert commits == [NEW_YEAR * 1_000_000 + extra for extra in range(3)]


def test_commit_timestamps_do_not_follow_a_clock_that_goes_back(new_store):
    store = new_store()
    with freeze_time("2024-01-01"):
        database = Database(store.begin())
        database.insert("items", {})
        first = database.transaction.commit()
    with freeze_time("2023-01-01"):
        database = Database(store.begin())
        database.insert("items", {})
        assert database.transaction.commit() == first + 1


@freeze_time("2024-01-01")
def test_a_transaction_without_writes_moves_no_time(new_store):
    store = new_store()
    store.begin().commit()
    assert store.last_commit == 0
    assert store.begin().now == NEW_YEAR * 1_000_000


@freeze_time("2024-01-01")
def test_the_snapshot_timestamp_is_before_the_own_commit_and_not_before_others(new_store):
    store = new_store()
    database = Database(store.begin())
    database.insert("items", {})
    first = database.transaction.commit()
    transaction = store.begin()
    assert first <= transaction.snapshot_ts < transaction.commit()
