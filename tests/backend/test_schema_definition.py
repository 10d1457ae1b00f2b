import pytest

from convex_test.backend.schema.definition import (
    EMPTY_SCHEMA,
    IndexDefinition,
    InvalidSchemaError,
    SearchIndexDefinition,
    VectorIndexDefinition,
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


@pytest.mark.parametrize(
    "kind, make",
    [
        ("indexes", index),
        ("stagedDbIndexes", index),
        ("searchIndexes", search_index),
        ("stagedSearchIndexes", search_index),
        ("vectorIndexes", vector_index),
        ("stagedVectorIndexes", vector_index),
    ],
)
class TestEveryKindOfIndex:
    def test_has_an_identifier_for_a_name(self, kind, make):
        assert complaint_about(table(**{kind: [make("x-y", "a")]})) == (
            'In table "t": Invalid index name: "x-y". Identifiers must be 64 characters or less, start with a letter, '
            "and only contain letters, digits, underscores."
        )

    @pytest.mark.parametrize("name", ["by_id", "by_creation_time", "_mine"])
    def test_has_no_reserved_name(self, kind, make, name):
        assert complaint_about(table(**{kind: [make(name, "a")]})) == (
            f'In table "t" cannot name an index "{name}" {RESERVED}'
        )

    def test_may_be_named_by_fivetran(self, kind, make):
        assert "t" in schema_of(table(**{kind: [make("_fivetran_synced", "a")]})).tables

    def test_has_a_name_of_its_own(self, kind, make):
        declared = {"searchIndexes": [search_index("other", "x"), search_index("i", "y")]}
        declared[kind] = [*declared.get(kind, []), make("i", "z")]
        assert complaint_about(table(**declared)) == 'Table "t" has two or more definitions of index "i".'

    def test_has_fields_with_valid_paths(self, kind, make):
        assert complaint_about(table(**{kind: [make("i", "a b")]})) == (
            'In table "t": In index "i": Invalid index field: "a b"'
        )

    def test_has_fields_that_can_exist(self, kind, make):
        assert complaint_about(table(document_type=fields(a=VECTOR), **{kind: [make("i", "b.c")]})) == (
            'In table "t" the index "i" is invalid because it references the field "b.c" that does not exist.'
        )

    def test_may_have_any_field_without_schema_validation(self, kind, make):
        declared = table(document_type=fields(a=VECTOR), **{kind: [make("i", "b.c")]})
        assert "t" in schema_of(declared, validation=False).tables

    def test_is_one_of_64_at_most(self, kind, make):
        assert "t" in schema_of(table(**{kind: numbered(make, 64)})).tables
        assert complaint_about(table(**{kind: numbered(make, 65)})) == 'Table "t" cannot have more than 64 indexes.'


def test_all_kinds_count_towards_the_64_indexes():
    declared = table(indexes=numbered(index, 40), stagedVectorIndexes=numbered(vector_index, 25))
    assert complaint_about(declared) == 'Table "t" cannot have more than 64 indexes.'


@pytest.mark.parametrize("kind, name", [("indexes", "index"), ("stagedDbIndexes", "staged index")])
def test_indexes_have_fields(kind, name):
    assert complaint_about(table(**{kind: [index("i")]})) == f'In table "t" {name} "i" must have at least one field.'


def test_no_two_indexes_have_the_same_fields():
    declared = table(indexes=[index("a", "x", "y"), index("c", "y", "x")], stagedDbIndexes=[index("b", "x", "y")])
    assert complaint_about(declared) == (
        'In table "t" index "b" and index "a" have the same fields. Indexes must be unique within a table.'
    )


def test_no_two_search_indexes_have_the_same_search_and_filter_fields():
    declared = table(searchIndexes=[search_index("b", "x", "p", "q"), search_index("a", "x", "q", "p")])
    assert complaint_about(declared) == (
        'In table "t" search index "b" and search index "a" have the same `searchField`. Search index fields must be '
        "unique within a table. You should combine the\n             indexes with the same `searchField` into one "
        "index containing all `filterField`s and then use different subsets of the `filterField`s at query time."
    )


def test_search_indexes_of_one_field_may_differ_in_their_filter_fields():
    declared = table(searchIndexes=[search_index("b", "x", "p"), search_index("a", "x")])
    assert len(schema_of(declared).tables["t"].search_indexes) == 2


def test_no_two_vector_indexes_have_the_same_field_and_dimensions():
    declared = table(vectorIndexes=[vector_index("b", "x", 8, "p")], stagedVectorIndexes=[vector_index("a", "x", 8)])
    assert complaint_about(declared) == (
        'In table "t" vector index "b" and vector index "a" have the same `vectorField`. Vector index fields must be '
        "unique within a table. You should combine the\n             indexes with the same `vectorField` into one "
        "index containing all `filterField`s and then use different subsets of the `filterField`s at query time."
    )


def test_a_field_is_in_an_index_once():
    assert complaint_about(table(indexes=[index("i", "a", "b.c", ".b.c")])) == (
        'In table "t": In index "i": Duplicate field "b.c". Index fields must be unique within an index.'
    )


def test_an_index_has_no_id():
    assert complaint_about(table(indexes=[index("i", "a", "_id")])) == (
        'In table "t": In index "i": `_id` is not a valid index field. To load documents by ID, use `db.get(id)`.'
    )


@pytest.mark.parametrize("kind", ["indexes", "stagedDbIndexes"])
def test_an_index_gets_its_creation_time_by_itself(kind):
    assert complaint_about(table(**{kind: [index("i", "a", "_creationTime")]})) == (
        "`_creationTime` is automatically added to the end of each index. It should not be added explicitly in the "
        "index definition. See https://docs.convex.dev/using/indexes for more details."
    )


@pytest.mark.parametrize("path", ["_x", "a._x"])
def test_an_index_has_no_reserved_fields(path):
    assert complaint_about(table(indexes=[index("i", path)])) == (
        "Reserved fields (starting with `_`) are not allowed in indexes."
    )


def test_an_index_has_15_fields_and_the_creation_time():
    paths = [f"f{number}" for number in range(17)]
    assert len(schema_of(table(indexes=[index("i", *paths[:15])])).tables["t"].indexes[0].fields) == 15
    assert complaint_about(table(indexes=[index("i", *paths[:16])])) == "Indexes may have up to 16 fields."
    assert complaint_about(table(indexes=[index("i", *paths)])) == (
        'In table "t": In index "i": Indexes may have up to 16 fields.'
    )


@pytest.mark.parametrize(
    "kind, make, second", [("searchIndexes", search_index, ()), ("vectorIndexes", vector_index, (8,))]
)
def test_an_index_has_16_filter_fields(kind, make, second):
    paths = [f"f{number}" for number in range(17)]
    assert "t" in schema_of(table(**{kind: [make("i", "v", *second, *paths[:16], "f0")]})).tables
    assert complaint_about(table(**{kind: [make("i", "v", *second, *paths)]})) == (
        'In table "t": Search indexes may have up to 16 filter fields.'
    )


@pytest.mark.parametrize("dimensions", [0, 1, 4097, -1])
def test_vectors_have_2_to_4096_dimensions(dimensions):
    assert complaint_about(table(vectorIndexes=[vector_index("i", "v", dimensions)])) == (
        f'In table "t": Dimensions {dimensions} must be between 2 and 4096.'
    )


@pytest.mark.parametrize("dimensions", [2, 4096, 1536.0])
def test_dimensions_within_the_bounds_are_kept(dimensions):
    declared = table(vectorIndexes=[vector_index("i", "v", dimensions)])
    assert schema_of(declared).tables["t"].vector_indexes[0].dimensions == dimensions


@pytest.mark.parametrize("dimensions", [1.5, "8", None, True, float("inf")])
def test_dimensions_are_an_integer(dimensions):
    assert complaint_about(table(vectorIndexes=[vector_index("i", "v", dimensions)])) == (
        f'In table "t": invalid dimensions {dimensions!r}: expected u32'
    )


@pytest.mark.parametrize(
    "validator",
    [
        VECTOR,
        ANY,
        {"type": "array", "value": ANY},
        {"type": "union", "value": [STRING, VECTOR]},
    ],
)
def test_a_vector_field_can_be_an_array_of_numbers(validator):
    declared = table(document_type=fields(v=validator), vectorIndexes=[vector_index("i")])
    assert "t" in schema_of(declared).tables


@pytest.mark.parametrize(
    "validator",
    [
        STRING,
        NUMBER,
        {"type": "array", "value": STRING},
        {"type": "union", "value": [STRING, NUMBER]},
        {"type": "array", "value": {"type": "union", "value": [NUMBER]}},
    ],
)
def test_a_vector_field_that_holds_no_vector_is_refused(validator):
    assert complaint_about(table(document_type=fields(v=validator), vectorIndexes=[vector_index("i")])) == (
        'In table "t" the vector index "i" is invalid because it references the field "v" that is neither an array of '
        "float64 or optional array of float64."
    )


def test_a_field_may_exist_in_one_member_of_a_union():
    members = [fields(a=fields(b=STRING)), fields(c=ANY)]
    declared = table(document_type={"type": "union", "value": members}, indexes=[index("i", "a.b", "c.d.e")])
    assert "t" in schema_of(declared).tables


@pytest.mark.parametrize("path", ["a.b", "a.b.c"])
def test_records_and_scalars_have_no_fields(path):
    a_record = {"type": "record", "keys": STRING, "values": {"fieldType": ANY, "optional": False}}
    assert complaint_about(table(document_type=fields(a=a_record), indexes=[index("i", path)])) == (
        f'In table "t" the index "i" is invalid because it references the field "{path}" that does not exist.'
    )


def test_search_indexes_may_filter_by_system_fields():
    declared = table(
        document_type=fields(body=STRING), searchIndexes=[search_index("i", "body", "_creationTime", "_x")]
    )
    assert "t" in schema_of(declared).tables


def test_filter_fields_of_search_indexes_must_exist():
    declared = table(document_type=fields(body=STRING), searchIndexes=[search_index("i", "body", "gone")])
    assert complaint_about(declared) == (
        'In table "t" the index "i" is invalid because it references the field "gone" that does not exist.'
    )


def test_filter_fields_of_vector_indexes_need_not_exist():
    declared = table(document_type=fields(v=VECTOR), vectorIndexes=[vector_index("i", "v", 8, "gone")])
    assert "t" in schema_of(declared).tables


def test_the_fields_of_staged_indexes_must_exist():
    declared = table(document_type=fields(a=STRING), stagedDbIndexes=[index("i", "gone")])
    assert complaint_about(declared) == (
        'In table "t" the index "i" is invalid because it references the field "gone" that does not exist.'
    )


@pytest.mark.parametrize(
    "export, message",
    [({}, "missing field `tables`"), ({"tables": [{"indexes": []}]}, "missing field `tableName`")],
)
def test_a_broken_export_is_refused(export, message):
    with pytest.raises(InvalidSchemaError) as caught:
        parse_schema(export)
    assert str(caught.value) == message
