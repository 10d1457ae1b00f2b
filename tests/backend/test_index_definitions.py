"""The rules for indexes of a schema (`crates/common/src/schemas`)."""

import pytest

from convex_test.backend.schema.definition import (
    InvalidSchemaError,
    parse_schema,
)
from tests.backend.exported_schemas import (
    ANY,
    NUMBER,
    RESERVED,
    STRING,
    VECTOR,
    complaint_about,
    fields,
    index,
    numbered,
    schema_of,
    search_index,
    table,
    vector_index,
)


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
