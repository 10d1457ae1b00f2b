"""Schemas read: tables, validators of documents, and names."""

import pytest

from convex_test.backend.schema.definition import (
    EMPTY_SCHEMA,
    IndexDefinition,
    SearchIndexDefinition,
    VectorIndexDefinition,
    parse_schema,
)
from tests.backend.exported_schemas import (
    ANY,
    NUMBER,
    SEE_DOCS,
    STRING,
    NoTables,
    complaint_about,
    fields,
    index,
    schema_of,
    search_index,
    table,
    vector_index,
)


def test_tables_are_in_alphabetical_order():
    assert list(schema_of(table("b"), table("a"), table("C")).tables) == ["C", "a", "b"]


def test_indexes_are_read_with_their_fields():
    schema = schema_of(
        table(
            indexes=[index("by_b", "b.c", "a"), index("by_a", "a")],
            stagedDbIndexes=[index("a_staged", "c")],
            searchIndexes=[search_index("search", "body", "z", "a.b", "z")],
            stagedSearchIndexes=[search_index("a_search", "title")],
            vectorIndexes=[vector_index("vector", "v", 3, "b", "a")],
            stagedVectorIndexes=[vector_index("a_vector", "w", 3)],
        )
    )
    definition = schema.tables["t"]
    assert definition.indexes == (
        IndexDefinition("by_a", (("a",),)),
        IndexDefinition("by_b", (("b", "c"), ("a",))),
        IndexDefinition("a_staged", (("c",),), staged=True),
    )
    assert definition.search_indexes == (
        SearchIndexDefinition("search", ("body",), (("a", "b"), ("z",))),
        SearchIndexDefinition("a_search", ("title",), staged=True),
    )
    assert definition.vector_indexes == (
        VectorIndexDefinition("vector", ("v",), 3, (("a",), ("b",))),
        VectorIndexDefinition("a_vector", ("w",), 3, staged=True),
    )


def test_lists_of_later_versions_may_be_missing():
    schema = parse_schema({"tables": [{"tableName": "t", "indexes": []}]})
    assert schema.tables["t"].indexes == ()
    assert str(schema.tables["t"].document_validator) == "v.any()"


def test_schema_validation_is_off_unless_it_is_said():
    assert parse_schema({"tables": []}).schema_validation is False
    assert parse_schema({"tables": [], "schemaValidation": True}).schema_validation is True


def test_the_empty_schema_enforces_nothing():
    assert EMPTY_SCHEMA.tables == {}
    assert EMPTY_SCHEMA.enforced_validator("t") is None


def test_documents_of_declared_tables_are_enforced():
    schema = schema_of(table("a", fields(x=STRING)), table("b", ANY))
    assert str(schema.enforced_validator("a")) == "v.object({x: v.string()})"
    assert schema.enforced_validator("b") is None
    assert schema.enforced_validator("other") is None


def test_nothing_is_enforced_without_schema_validation():
    assert schema_of(table("a", fields(x=STRING)), validation=False).enforced_validator("a") is None


def test_system_fields_of_document_validators_are_dropped():
    document_type = {"type": "union", "value": [fields(_id=STRING, a=STRING), fields(_creationTime=NUMBER, _x=ANY)]}
    validator = schema_of(table(document_type=document_type)).tables["t"].document_validator
    assert str(validator) == "v.union(v.object({a: v.string()}), v.object({}))"


def test_a_staged_validator_is_ignored():
    declared = table(document_type=fields(a=STRING), stagedDocumentType=fields(b=NUMBER))
    assert schema_of(declared).tables["t"].document_validator.matches({"a": "x"}, NoTables())


@pytest.mark.parametrize(
    "document_type, found",
    [
        (STRING, "v.string()"),
        ({"type": "union", "value": [fields(), STRING]}, "v.string()"),
        ({"type": "union", "value": [{"type": "union", "value": []}]}, "v.union()"),
        (
            {"type": "record", "keys": STRING, "values": {"fieldType": ANY, "optional": False}},
            "v.record(v.string(), v.any())",
        ),
    ],
)
def test_documents_are_objects(document_type, found):
    assert complaint_about(table(document_type=document_type)) == (
        "The document validator in a schema must be an object, a union of objects, or `v.any()`. "
        f"Found {found}. {SEE_DOCS}"
    )


def test_broken_document_validators_are_refused():
    assert complaint_about(table(document_type=fields(a={"type": "literal", "value": None}))) == (
        "Invalid validator for key `a`: Value null is not a valid literal."
    )


@pytest.mark.parametrize("name", ["x-y", "", "1x", "__", "x" * 65])
def test_table_names_are_identifiers(name):
    assert complaint_about(table(name)) == (
        f'Invalid table name: "{name}". Identifiers must start with a letter and can only contain letters, digits, and '
        "underscores."
    )


def test_table_names_with_an_underscore_are_reserved():
    assert complaint_about(table("_x")) == "_x is a reserved table name."
