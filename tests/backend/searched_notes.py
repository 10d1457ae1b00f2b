"""A table of notes with search indexes, and searches in it."""

from __future__ import annotations

from random import Random

import pytest

from convex_test.backend.database import Database
from convex_test.backend.limits import Limits
from convex_test.backend.query.plan import Query, Search, SearchEq, SearchText
from convex_test.backend.schema.definition import (
    IndexDefinition,
    SchemaDefinition,
    SearchIndexDefinition,
    TableDefinition,
    VectorIndexDefinition,
)
from convex_test.backend.store.store import Store
from convex_test.errors import FunctionError

SCHEMA = SchemaDefinition(
    {
        "notes": TableDefinition(
            "notes",
            (IndexDefinition("by_n", (("n",),)), IndexDefinition("by_later", (("later",),), staged=True)),
            (
                SearchIndexDefinition("text", ("body",), (("a",), ("b",), ("deep", "a"))),
                SearchIndexDefinition("deep", ("deep", "body"), ()),
                SearchIndexDefinition("later", ("body",), (), staged=True),
            ),
            (VectorIndexDefinition("vectors", ("v",), 2),),
        )
    }
)


def new_database(limits=True):
    return Database(Store({"": SCHEMA}, random=Random(0)).begin(limits=Limits.of(limits)))


def fill(database, *texts, **fields):
    return [database.insert("notes", {"body": text, **fields}) for text in texts]


def search(text, *conditions, index="text", table="notes", field=("body",), operators=()):
    filters = (SearchText(field, text), *(SearchEq(path, value) for path, value in conditions))
    return Query(Search(table, index, filters), operators)


def ids(database, query):
    return [document.id for document in database.query(query).collect()]


def texts(database, query):
    return [document.value["body"] for document in database.query(query).collect()]


def refused(database, query):
    with pytest.raises(FunctionError) as raised:
        database.query(query).collect()
    return str(raised.value)
