from __future__ import annotations

import pytest

from convex_test.backend.limits import UNLIMITED, Limits, Usage
from convex_test.errors import FunctionError, LimitError


def fill(database, count):
    return [database.insert("items", {"a": number}) for number in range(count)]


# Metrics and nested limits


def test_metrics_show_what_is_used_and_what_is_left(new_database):
    database = new_database({"documentsRead": 1})
    ids = fill(database, 2)
    database.get(ids[0])
    with pytest.raises(LimitError):
        database.get(ids[1])
    assert database.transaction.usage.metrics() == {
        "bytesRead": {"used": 148, "remaining": 16_777_216 - 148},
        "bytesWritten": {"used": 148, "remaining": 16_777_216 - 148},
        "databaseQueries": {"used": 1, "remaining": 4_095},
        "documentsRead": {"used": 2, "remaining": -1},
        "documentsWritten": {"used": 2, "remaining": 15_998},
        "functionsScheduled": {"used": 0, "remaining": 1_000},
        "scheduledFunctionArgsBytes": {"used": 0, "remaining": 16_777_216},
    }


def test_a_nested_budget_comes_on_top_of_what_is_used():
    usage = Usage(Limits())
    usage.read_documents(5, 50)
    usage.push({"documentsRead": 2})
    assert usage.limits == Limits(documents_read=7)
    usage.pop()
    assert usage.limits == Limits()


def test_a_nested_budget_cannot_loosen():
    usage = Usage(Limits(documents_read=10))
    usage.push({"documentsRead": 3})
    usage.push({"documentsRead": 8})
    assert usage.limits.documents_read == 3


def test_a_nested_budget_holds_when_all_limits_are_off():
    usage = Usage(Limits.of(False))
    usage.push({"documentsWritten": 0})
    assert usage.limits == Limits(
        *[UNLIMITED] * 4, documents_written=0, functions_scheduled=UNLIMITED, scheduled_function_args_bytes=UNLIMITED
    )


def test_unknown_names_in_a_nested_budget_are_ignored():
    usage = Usage(Limits())
    usage.push({"rowsRead": 3})
    assert usage.limits == Limits()


@pytest.mark.parametrize(
    "value, cause",
    [
        (-1, "invalid value: integer `-1`, expected usize"),
        (1.5, "invalid type: floating point `1.5`, expected usize"),
        ("1", 'invalid type: string "1", expected usize'),
        (None, "invalid type: null, expected usize"),
        (True, "invalid type: boolean `true`, expected usize"),
    ],
)
def test_a_nested_budget_must_be_whole_numbers(value, cause):
    usage = Usage(Limits())
    with pytest.raises(FunctionError) as raised:
        usage.push({"documentsRead": value})
    assert str(raised.value) == f"Invalid arguments for `runUdf`: {cause}"
    assert usage.limits == Limits()
