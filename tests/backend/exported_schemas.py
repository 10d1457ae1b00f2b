"""Schemas as `export()` of npm's `convex` gives them, and what is said of broken ones."""

import pytest

from convex_test.backend.schema.definition import (
    InvalidSchemaError,
    parse_schema,
)

STRING = {"type": "string"}
NUMBER = {"type": "number"}
ANY = {"type": "any"}
VECTOR = {"type": "array", "value": NUMBER}

SEE_DOCS = "To learn more, see the schema documentation at https://docs.convex.dev/database/schemas."
RESERVED = (
    'because the name is reserved. Indexes may not start with an underscore or be named "by_id" or "by_creation_time".'
)


class NoTables:
    def name_of(self, table_number):
        return None

    def is_system(self, name):
        return name.startswith("_")


def fields(**validators):
    return {
        "type": "object",
        "value": {name: {"fieldType": validator, "optional": False} for name, validator in validators.items()},
    }


def table(name="t", document_type=ANY, **indexes):
    return {
        "tableName": name,
        "indexes": [],
        "stagedDbIndexes": [],
        "searchIndexes": [],
        "stagedSearchIndexes": [],
        "vectorIndexes": [],
        "stagedVectorIndexes": [],
        "documentType": document_type,
        **indexes,
    }


def index(name, *paths):
    return {"indexDescriptor": name, "fields": list(paths)}


def search_index(name, search_field="body", *filter_fields):
    return {"indexDescriptor": name, "searchField": search_field, "filterFields": list(filter_fields)}


def vector_index(name, vector_field="v", dimensions=8, *filter_fields):
    return {
        "indexDescriptor": name,
        "vectorField": vector_field,
        "dimensions": dimensions,
        "filterFields": list(filter_fields),
    }


def schema_of(*tables, validation=True):
    return parse_schema({"tables": list(tables), "schemaValidation": validation})


def complaint_about(*tables, validation=True):
    with pytest.raises(InvalidSchemaError) as caught:
        schema_of(*tables, validation=validation)
    return str(caught.value)


def numbered(make, count):
    return [make(f"i{number}", f"f{number}") for number in range(count)]
