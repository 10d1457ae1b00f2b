"""Queries of documents that hold `commit_ts`, and their commit."""

from __future__ import annotations

import pytest

from convex_test.backend.database import Database
from convex_test.backend.query.plan import parse_query
from convex_test.errors import FunctionError

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
