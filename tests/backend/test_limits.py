from __future__ import annotations

import pytest

from convex_test.backend.limits import UNLIMITED, Limits, Usage, format_bytes
from convex_test.backend.query.plan import parse_query
from convex_test.errors import LimitError, UsageError

HELP = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective "
    "index range expressions."
)


def scan(*operators, table="items"):
    source = {"type": "FullTableScan", "tableName": table, "order": None}
    return parse_query({"source": source, "operators": list(operators)})


def by_a(*bounds, order="asc"):
    steps = [{"type": kind, "fieldPath": "a", "value": value} for kind, value in bounds]
    source = {"type": "IndexRange", "indexName": "items.by_a", "range": steps, "order": order}
    return parse_query({"source": source, "operators": []})


def used(database, metric):
    return database.transaction.usage.metrics()[metric]["used"]


def fill(database, count, **fields):
    return [database.insert("items", {"a": number, **fields}) for number in range(count)]


# Settings


def test_true_is_production():
    assert Limits.of(True) == Limits(
        bytes_read=16_777_216,
        bytes_written=16_777_216,
        database_queries=4_096,
        documents_read=32_000,
        documents_written=16_000,
        functions_scheduled=1_000,
        scheduled_function_args_bytes=16_777_216,
    )


def test_false_is_no_limit_at_all():
    assert Limits.of(False) == Limits(*[UNLIMITED] * 7)


def test_a_mapping_changes_what_it_names():
    assert Limits.of({"documentsRead": 10}) == Limits(documents_read=10)


def test_an_unknown_metric_is_refused_with_those_that_are_known():
    with pytest.raises(UsageError) as raised:
        Limits.of({"documentRead": 10})
    assert str(raised.value) == (
        "limits: there is no metric 'documentRead'. Known metrics: bytesRead, bytesWritten, databaseQueries, "
        "documentsRead, documentsWritten, functionsScheduled, scheduledFunctionArgsBytes."
    )


@pytest.mark.parametrize("value", [-1, 1.5, "10", True, None])
def test_a_limit_must_be_a_whole_number(value):
    with pytest.raises(UsageError) as raised:
        Limits.of({"bytesRead": value})
    assert str(raised.value) == f"limits: bytesRead is {value!r}. Give a whole number from 0 on."


def test_a_setting_of_another_type_is_refused():
    with pytest.raises(UsageError) as raised:
        Limits.of(10)
    assert str(raised.value) == "limits=10: give True, False, or a mapping such as {'documentsRead': 10}."


# Texts


def test_too_many_documents_read(new_database):
    database = new_database({"documentsRead": 2})
    fill(database, 3)
    with pytest.raises(LimitError) as raised:
        database.query(scan()).collect()
    assert str(raised.value) == f"Too many documents read in a single function execution (limit: 2). {HELP}"
    assert (raised.value.limit, raised.value.used) == (2, 3)


def test_too_many_bytes_read(new_database):
    database = new_database({"bytesRead": 100})
    fill(database, 2)
    with pytest.raises(LimitError) as raised:
        database.query(scan()).collect()
    assert str(raised.value) == f"Too many bytes read in a single function execution (limit: 100 bytes). {HELP}"
    assert (raised.value.limit, raised.value.used) == (100, 148)


def test_too_many_intervals_read(new_database):
    database = new_database({"databaseQueries": 2})
    ids = fill(database, 3)
    for id in [*ids[:2], ids[0]]:
        database.get(id)
    with pytest.raises(LimitError) as raised:
        database.get(ids[2])
    assert str(raised.value) == f"Too many reads in a single function execution (limit: 2). {HELP}"
    assert (raised.value.limit, raised.value.used) == (2, 3)


def test_too_many_documents_written(new_database):
    database = new_database({"documentsWritten": 2})
    fill(database, 2)
    with pytest.raises(LimitError) as raised:
        database.insert("items", {})
    assert str(raised.value) == "Too many writes in a single function execution (limit: 2)"
    assert (raised.value.limit, raised.value.used) == (2, 3)
    assert database.count("items") == 2


def test_too_many_bytes_written(new_database):
    database = new_database({"bytesWritten": 1024})
    with pytest.raises(LimitError) as raised:
        database.insert("items", {"a": "x" * 1000})
    assert str(raised.value) == "Too many bytes written in a single function execution (limit: 1 KiB)"
    assert (raised.value.limit, raised.value.used) == (1024, 63 + 2 + 1002)


def test_production_bytes_written_reads_16_mib(database):
    for _ in range(16):
        database.insert("items", {"a": "x" * (2**20 - 67)})
    with pytest.raises(LimitError) as raised:
        database.insert("items", {"a": "x" * (2**20 - 67)})
    assert str(raised.value) == "Too many bytes written in a single function execution (limit: 16 MiB)"


def test_too_many_functions_scheduled_are_not_counted():
    usage = Usage(Limits(functions_scheduled=1))
    usage.schedule_function(10)
    with pytest.raises(LimitError) as raised:
        usage.schedule_function(10)
    assert str(raised.value) == "Too many functions scheduled by this mutation (limit: 1)"
    assert (usage.functions_scheduled, usage.scheduled_function_args_bytes) == (1, 10)


def test_too_large_arguments_scheduled_are_not_counted():
    usage = Usage(Limits(scheduled_function_args_bytes=15))
    usage.schedule_function(10)
    with pytest.raises(LimitError) as raised:
        usage.schedule_function(6)
    assert str(raised.value) == (
        "Too large total size of the arguments of scheduled functions from this mutation (limit: 15 bytes)"
    )
    assert (usage.functions_scheduled, usage.scheduled_function_args_bytes) == (1, 10)


@pytest.mark.parametrize(
    "size, text",
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 KB"),
        (1024, "1 KiB"),
        (1534, "1534 bytes"),
        (4_718_592, "4.5 MiB"),
        (8_388_608, "8 MiB"),
        (1_000_000, "1 MB"),
        (1 << 30, "1 GiB"),
    ],
)
def test_bytes_are_printed_in_the_unit_that_divides_most_cleanly(size, text):
    assert format_bytes(size) == text


# What counts


def test_a_crossed_limit_stays_crossed(new_database):
    database = new_database({"documentsRead": 1})
    ids = fill(database, 2)
    database.get(ids[0])
    for _ in range(2):
        with pytest.raises(LimitError):
            database.get(ids[1])
    assert used(database, "documentsRead") == 3


def test_a_missing_document_counts_as_an_interval_only(database):
    id = fill(database, 1)[0]
    database.delete(id)
    before = used(database, "documentsRead")
    assert database.get(id) is None
    assert used(database, "documentsRead") == before
    assert used(database, "databaseQueries") == 1


def test_rows_that_a_filter_drops_count(database):
    fill(database, 5)
    never = {"filter": {"$literal": False}}
    assert database.query(scan(never)).collect() == []
    assert used(database, "documentsRead") == 5
    assert used(database, "bytesRead") == 5 * 74


def test_rows_that_were_fetched_but_not_taken_do_not_count(database):
    fill(database, 50)
    stream = database.query(scan())
    stream.next()
    stream.next()
    assert used(database, "documentsRead") == 2


def test_reads_inside_writes_count(database):
    id = fill(database, 1)[0]
    database.patch(id, {"a": 5})
    database.replace(id, {"a": 6})
    database.delete(id)
    assert used(database, "documentsRead") == 3
    assert used(database, "documentsWritten") == 4
    assert used(database, "bytesWritten") == 3 * 74


def test_a_write_that_changes_nothing_counts_as_a_read_only(database):
    id = fill(database, 1)[0]
    database.patch(id, {})
    database.replace(id, {"a": 0})
    assert used(database, "documentsRead") == 2
    assert used(database, "documentsWritten") == 1


def test_system_tables_count_as_intervals_only(database):
    file = database.transaction.insert_system("", "_storage", {"size": 1})
    assert database.get(file.id, system=True) is not None
    assert len(database.query(scan(table="_storage")).collect()) == 1
    metrics = {name: value["used"] for name, value in database.transaction.usage.metrics().items() if value["used"]}
    assert metrics == {"databaseQueries": 2}


def test_two_ranges_of_an_index_are_two_intervals(database):
    fill(database, 10)
    database.query(by_a(("Eq", 1))).collect()
    database.query(by_a(("Eq", 5))).collect()
    assert used(database, "databaseQueries") == 2


def test_ranges_that_touch_are_one_interval(database):
    fill(database, 10)
    database.query(by_a(("Lt", 5))).collect()
    database.query(by_a(("Gte", 5))).collect()
    assert used(database, "databaseQueries") == 1


def test_a_limited_query_reads_up_to_its_last_row(database):
    fill(database, 10)
    database.query(scan({"limit": 3})).collect()
    database.query(scan({"limit": 5})).collect()
    assert used(database, "databaseQueries") == 1
    assert used(database, "documentsRead") == 8


def test_getting_an_id_that_a_scan_of_by_id_covered_is_free(database):
    ids = fill(database, 3)
    source = {"type": "IndexRange", "indexName": "items.by_id", "range": [], "order": None}
    database.get(ids[0])
    database.query(parse_query({"source": source, "operators": []})).collect()
    database.get(ids[1])
    assert used(database, "databaseQueries") == 1


def test_a_table_that_does_not_exist_costs_nothing(database):
    assert database.query(scan(table="nowhere")).collect() == []
    assert used(database, "databaseQueries") == 0


@pytest.mark.parametrize("limit", [{"documentsRead": 7}, {"bytesRead": 7 * 74}, {"databaseQueries": 1}])
def test_batches_and_single_rows_are_counted_alike(new_database, limit):
    def read(step):
        database = new_database(limit)
        fill(database, 12)
        seen = []
        try:
            for query in (by_a(("Gte", 3)), by_a(("Lt", 2))):
                stream = database.query(query)
                while batch := stream.next_batch(step):
                    seen += [document.value["a"] for document in batch]
        except LimitError as error:
            seen.append(str(error))
        return seen, database.transaction.usage.metrics()

    assert read(None) == read(1) == read(4)
