from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convex_test.backend.query.filters import Field, Literal, Operation
from convex_test.backend.query.plan import Filter, FullTableScan, IndexRange, Limit, Query, parse_query
from convex_test.errors import FunctionError
from convex_test.values import InvalidValueError


def at_least(number):
    return Filter(Operation("$gte", (Field(("n",)), Literal(number))))


def is_multiple_of(divisor):
    return Filter(Operation("$eq", (Operation("$mod", (Field(("n",)), Literal(divisor))), Literal(0))))


FAILS = Filter(Literal(5))


def scan(*operators, order="asc", table="items"):
    return Query(FullTableScan(table, order), operators)


def fill(database, count):
    return [database.insert("items", {"n": number}) for number in range(count)]


def numbers(documents):
    return [document.value["n"] for document in documents]


def documents_read(database):
    return database.transaction.usage.documents_read


# Order and operators


def test_a_scan_is_in_order_of_creation(database):
    fill(database, 3)
    assert numbers(database.query(scan()).collect()) == [0, 1, 2]
    assert numbers(database.query(scan(order="desc")).collect()) == [2, 1, 0]


def test_a_table_that_does_not_exist_is_empty(database):
    assert database.query(scan(table="nowhere")).collect() == []
    assert database.query(scan(table="_tables")).collect() == []


def test_system_tables_can_be_scanned(database):
    job = database.transaction.insert_system("", "_scheduled_functions", {"name": "a.js:b"})
    assert database.query(scan(table="_scheduled_functions")).collect() == [job]


def test_operators_apply_in_the_order_in_which_they_were_written(database):
    fill(database, 10)
    assert numbers(database.query(scan(Limit(5), at_least(3))).collect()) == [3, 4]
    assert numbers(database.query(scan(at_least(3), Limit(5))).collect()) == [3, 4, 5, 6, 7]


def test_a_limit_of_0_reads_nothing(database):
    fill(database, 3)
    assert database.query(scan(Limit(0))).collect() == []
    assert documents_read(database) == 0


def test_a_limit_stops_reading(database):
    fill(database, 10)
    database.query(scan(is_multiple_of(2), Limit(2))).collect()
    assert documents_read(database) == 3


def test_a_filter_behind_a_limit_does_not_read_on(database):
    fill(database, 10)
    assert database.query(scan(Limit(3), at_least(5))).collect() == []
    assert documents_read(database) == 3


@settings(deadline=None)
@given(
    count=st.integers(0, 12),
    operators=st.lists(
        st.integers(0, 8).map(Limit) | st.integers(0, 12).map(at_least) | st.integers(1, 4).map(is_multiple_of),
        max_size=4,
    ),
    order=st.sampled_from(["asc", "desc"]),
    steps=st.lists(st.sampled_from([1, 2, 5, None]), min_size=1, max_size=20),
)
def test_a_stream_is_a_pipeline_of_lists_however_it_is_read(new_database, count, operators, order, steps):
    database = new_database()
    fill(database, count)
    rows = list(range(count)) if order == "asc" else list(range(count))[::-1]
    for operator in operators:
        if isinstance(operator, Limit):
            rows = rows[: operator.count]
        else:
            name = operator.expression.operator
            wanted = operator.expression.operands
            rows = [
                n for n in rows if (n >= wanted[1].value if name == "$gte" else n % wanted[0].operands[1].value == 0)
            ]
    assert numbers(database.query(scan(*operators, order=order)).collect()) == rows
    counted = documents_read(database)

    found = []
    stream = database.query(scan(*operators, order=order))
    for number in range(30):
        step = steps[number % len(steps)]
        batch = stream.next_batch(step)
        assert step is None or len(batch) <= step
        found += numbers(batch)
        if not batch:
            break
    assert found == rows
    assert documents_read(database) == 2 * counted


# Filters that fail


def test_a_filter_fails_at_the_document_where_it_fails(database):
    fill(database, 2)
    database.insert("items", {"n": "x"})
    fill(database, 2)
    stream = database.query(scan(is_multiple_of(1)))
    assert numbers(stream.next_batch()) == [0, 1]
    assert documents_read(database) == 2
    with pytest.raises(FunctionError) as raised:
        stream.next_batch()
    assert str(raised.value) == 'Cannot mod "x" (type String) and 1.0 (type Float64)'
    assert documents_read(database) == 3


def test_a_limit_below_a_filter_that_fails_counts_the_document_once(database):
    for n in (0, "x", 2, 3):
        database.insert("items", {"n": n})
    stream = database.query(scan(Limit(3), is_multiple_of(1)))
    assert numbers(stream.next_batch()) == [0]
    with pytest.raises(FunctionError):
        stream.next_batch()
    assert numbers(stream.collect()) == [2]


def test_a_filter_over_nothing_cannot_fail(database):
    assert database.query(scan(FAILS)).collect() == []


# Writes while reading


def test_a_batch_is_frozen(database):
    ids = fill(database, 3)
    stream = database.query(scan())
    stream.next()
    database.delete(ids[1])
    database.patch(ids[2], {"n": 20})
    fill(database, 1)
    assert numbers(stream.collect()) == [1, 2]


def test_rows_inserted_behind_the_batch_appear_in_the_next_one(database):
    fill(database, 100)
    stream = database.query(scan())
    assert len(stream.next_batch()) == 100
    database.insert("items", {"n": 100})
    assert numbers(stream.collect()) == [100]


def test_rows_inserted_after_the_range_was_exhausted_are_never_seen(database):
    fill(database, 99)
    stream = database.query(scan())
    assert len(stream.next_batch()) == 99
    database.insert("items", {"n": 100})
    assert stream.collect() == []


def test_a_fetch_has_100_rows(database):
    fill(database, 250)
    stream = database.query(scan())
    assert [len(stream.next_batch()) for _ in range(4)] == [100, 100, 50, 0]


def test_a_fetch_under_a_limit_has_no_more_rows_than_the_limit(database):
    fill(database, 5)
    stream = database.query(scan(Limit(2)))
    stream.next()
    assert len(stream.source._buffer) == 1


def test_a_fetch_under_a_filter_has_100_rows(database):
    fill(database, 5)
    stream = database.query(scan(at_least(0), Limit(2)))
    stream.next()
    assert len(stream.source._buffer) == 4


def test_a_fetch_stops_after_16_mebibytes(new_database):
    database = new_database(False)
    for n in range(20):
        database.insert("items", {"n": n, "text": "x" * (2**20 - 100)})
    stream = database.query(scan())
    assert [len(stream.next_batch()) for _ in range(3)] == [17, 3, 0]


def test_descending_streams_see_what_is_inserted_before_the_fetched_part(database):
    for n in range(150, 0, -1):
        database.insert("items", {"a": n, "n": n})
    stream = database.query(Query(IndexRange("items", "by_a", (), "desc")))
    assert len(stream.next_batch()) == 100
    database.insert("items", {"a": 0, "n": 0})
    database.insert("items", {"a": 100, "n": 100})
    assert numbers(stream.collect()) == list(range(50, -1, -1))


def test_several_streams_may_be_open_at_once(database):
    fill(database, 4)
    first, second = database.query(scan()), database.query(scan(order="desc"))
    assert [(a.value["n"], b.value["n"]) for a, b in zip(first, second, strict=True)] == [
        (0, 3),
        (1, 2),
        (2, 1),
        (3, 0),
    ]


# Reading the serialized form


def test_reads_what_the_npm_package_writes():
    json = {
        "source": {"type": "FullTableScan", "tableName": "items", "order": "desc"},
        "operators": [{"filter": {"$gte": [{"$field": "n"}, {"$literal": 3}]}}, {"limit": 5}],
    }
    assert parse_query(json) == scan(at_least(3), Limit(5), order="desc")


@pytest.mark.parametrize(
    "json, text",
    [
        ({"operators": []}, "missing field `source`"),
        ({"source": {}, "operators": []}, "missing field `type`"),
        ({"source": {"type": "FullTableScan"}, "operators": []}, "missing field `tableName`"),
        ({"source": {"type": "FullTableScan", "tableName": ""}, "operators": []}, "Identifier cannot be empty"),
        (
            {"source": {"type": "FullTableScan", "tableName": "a"}, "operators": [{"limit": 1}] * 257},
            "Query has too many operators: 257",
        ),
        ([], "invalid type: sequence, expected a map"),
    ],
)
def test_reports_what_it_cannot_read(json, text):
    with pytest.raises(InvalidValueError) as raised:
        parse_query(json)
    assert str(raised.value) == text
