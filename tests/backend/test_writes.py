from __future__ import annotations

import pytest

from convex_test.backend.database import Database
from convex_test.backend.ids import encode_id
from convex_test.backend.schema.definition import parse_schema
from convex_test.errors import FunctionError, SchemaValidationError
from convex_test.values import ConvexInt64, undefined
from convex_test.values.codec import decode_fields, decode_parsed

GHOST = encode_id(10001, bytes(16))
NOWHERE = encode_id(10999, bytes(16))


def fails(text, call, *args, **kwargs):
    with pytest.raises(FunctionError) as raised:
        call(*args, **kwargs)
    assert str(raised.value) == text
    return raised.value


def value_of(database, id):
    return {name: item for name, item in database.get(id).value.items() if name not in {"_id", "_creationTime"}}


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


# insert


def test_insert_gives_the_id_of_the_document(database):
    id = database.insert("items", {"a": 1})
    document = database.get(id)
    assert id.startswith("j57")
    assert len(id) == 32
    assert document.value == {"_creationTime": document.creation_time, "_id": id, "a": 1}
    assert document.size == 74


def test_fields_come_back_in_the_order_of_their_names(database):
    document = database.get(database.insert("items", {"b": 1, "a": 2, "Z": 3}))
    assert list(document.value) == ["Z", "_creationTime", "_id", "a", "b"]
    assert document.json == (f'{{"Z":3,"_creationTime":{document.creation_time},"_id":"{document.id}","a":2,"b":1}}')


def test_insert_makes_a_table_that_does_not_exist(database):
    id = database.insert("others", {})
    assert database.namespace.table("others").number == 10002
    assert database.get(id) is not None


def test_insert_wants_an_object(database):
    fails("Invalid argument `value` for `db.insert`: Value must be an Object", database.insert, "items", [1])


def test_insert_reports_a_value_that_cannot_be_decoded(database):
    fails(
        "Invalid argument `value` for `db.insert`: Field name $x starts with '$', which is reserved.",
        database.insert,
        "items",
        {"$x": 1},
        decode=decode_parsed,
    )


def test_insert_looks_at_the_value_before_the_table(database):
    fails("Invalid argument `value` for `db.insert`: Value must be an Object", database.insert, "no table", 1)


def test_insert_wants_a_table_name(database):
    fails(
        "Invalid argument `table` for `db.insert`: Identifier no table has invalid character ' ': Identifiers can only "
        "contain alphanumeric characters or underscores",
        database.insert,
        "no table",
        {},
    )


@pytest.mark.parametrize("table", ["_storage", "_scheduled_functions", "_whatever"])
def test_insert_refuses_system_tables(database, table):
    fails("System tables can only be accessed with db.system.", database.insert, table, {})


def test_insert_refuses_any_id(database):
    text = fails_with_new_id(database, {"_id": GHOST})
    assert text.endswith(f"\" doesn't match '_id' field \"{GHOST}\"")
    assert text.startswith('Provided document ID "j57')


def fails_with_new_id(database, fields):
    with pytest.raises(FunctionError) as raised:
        database.insert("items", fields)
    return str(raised.value)


def test_insert_refuses_a_creation_time(database):
    text = fails_with_new_id(database, {"_creationTime": 5, "a": "x"})
    assert text.startswith("Provided creation time ")
    assert " doesn't match '_creationTime' field in {_creationTime: 5.0, _id: \"j57" in text
    assert text.endswith('", a: "x"}')


def test_insert_refuses_other_fields_with_an_underscore_all_at_once(database):
    text = fails_with_new_id(database, {"_y": 1, "_x": 2, "a": {"_fine": 1}})
    assert text.startswith("Document(value: {_creationTime: ")
    assert text.endswith(
        ", _x: 2.0, _y: 1.0, a: {_fine: 1.0}}) isn't a valid document: Field '_x' starts with an underscore, which is "
        "only allowed for system fields like '_id'\n Field '_y' starts with an underscore, which is only allowed for "
        "system fields like '_id'"
    )


def test_documents_nest_16_levels(database):
    database.insert("items", {"a": nested(15)})
    text = fails_with_new_id(database, {"a": nested(16), "_x": 1})
    assert text.endswith(
        "isn't a valid document: Document is too nested (nested 17 levels deep > maximum nesting 16)\n "
        "Field '_x' starts with an underscore, which is only allowed for system fields like '_id'"
    )


def test_documents_may_have_one_mebibyte(database):
    database.insert("items", {"a": "x" * (2**20 - 67)})
    fails(
        "Value is too large (1.00 MiB > maximum size 1 MiB)",
        database.insert,
        "items",
        {"a": "x" * (2**20 - 66)},
    )


@pytest.mark.parametrize("count, shown", [(1023, 1025), (1024, 1025)])
def test_documents_have_at_most_1024_fields_with_the_system_s(database, count, shown):
    database.insert("items", {f"f{number}": 1 for number in range(1022)})
    fails(
        f"Object has too many fields ({shown} > maximum number 1024)",
        database.insert,
        "items",
        {f"f{number}": 1 for number in range(count)},
    )


def test_a_failed_insert_leaves_nothing_but_the_table(database):
    fails_with_new_id(database, {"_x": 1})
    assert database.count("items") == 0
    with pytest.raises(FunctionError):
        database.insert("others", {"_x": 1})
    assert database.namespace.table("others") is not None


# patch and replace


def test_patch_merges_top_level_fields(database):
    id = database.insert("items", {"a": 1, "o": {"p": 1, "q": 2}})
    database.patch(id, {"b": 2, "o": {"p": 3}})
    assert value_of(database, id) == {"a": 1, "b": 2, "o": {"p": 3}}


def test_patch_removes_fields_that_are_undefined(database):
    id = database.insert("items", {"a": 1, "b": 2})
    database.patch(id, {"a": undefined, "missing": undefined})
    assert value_of(database, id) == {"b": 2}


def test_patch_cannot_remove_system_fields(database):
    id = database.insert("items", {"a": 1})
    before = database.get(id).value
    database.patch(id, {"_id": undefined, "_creationTime": undefined})
    assert database.get(id).value == before


def test_patch_may_repeat_the_system_fields(database):
    id = database.insert("items", {"a": 1})
    database.patch(id, {**database.get(id).value, "a": 2})
    assert value_of(database, id) == {"a": 2}


def test_patch_refuses_another_id(database):
    id = database.insert("items", {"a": 1})
    fails(
        f'Provided document ID "{id}" doesn\'t match \'_id\' field "{GHOST}"',
        database.patch,
        id,
        {"_id": GHOST},
    )
    assert value_of(database, id) == {"a": 1}


def test_patch_may_not_make_too_many_fields(database):
    id = database.insert("items", {f"f{number}": 1 for number in range(1022)})
    fails("Object has too many fields (1025 > maximum number 1024)", database.patch, id, {"more": 1})


def test_patch_decodes_undefined(database):
    id = database.insert("items", {"a": 1})
    database.patch(id, {"a": {"$undefined": None}, "n": {"$integer": "AQAAAAAAAAA="}}, decode=decode_fields)
    assert value_of(database, id) == {"n": ConvexInt64(1)}


def test_replace_removes_what_it_does_not_name(database):
    id = database.insert("items", {"a": 1, "b": 2})
    before = database.get(id)
    database.replace(id, {"c": 3})
    after = database.get(id)
    assert after.value == {"_creationTime": before.creation_time, "_id": id, "c": 3}


def test_replace_tells_negative_zero_and_other_types_apart(database):
    id = database.insert("items", {"a": 0})
    for value in (-0.0, ConvexInt64(0), False):
        database.replace(id, {"a": value})
        assert type(database.get(id).value["a"]) is type(value)


def test_an_older_document_keeps_its_value_when_it_is_written_to(database):
    id = database.insert("items", {"a": 1})
    before = database.get(id)
    database.patch(id, {"a": 2})
    assert before.value["a"] == 1


# delete, and what is missing


def test_delete_removes_the_document(database):
    id = database.insert("items", {"a": 1})
    assert database.delete(id).value["a"] == 1
    assert database.get(id) is None
    assert database.count("items") == 0


@pytest.mark.parametrize(
    "text, write",
    [
        ("Update", lambda database, id: database.patch(id, {"a": 1})),
        ("Replace", lambda database, id: database.replace(id, {"a": 1})),
        ("Delete", lambda database, id: database.delete(id)),
    ],
)
def test_documents_that_are_gone_cannot_be_written(database, text, write):
    id = database.insert("items", {})
    database.delete(id)
    fails(f"{text} on nonexistent document ID {id}", write, database, id)


WRITES = {
    "db.patch": lambda database, id, table=None: database.patch(id, 5, table, decode=decode_fields),
    "db.replace": lambda database, id, table=None: database.replace(id, 5, table, decode=decode_parsed),
    "db.delete": lambda database, id, table=None: database.delete(id, table),
}


@pytest.mark.parametrize("method", WRITES)
def test_writes_decode_the_id_first(database, method):
    fails(
        f"Invalid argument `id` for `{method}`: Unable to decode ID: Invalid ID length 5",
        WRITES[method],
        database,
        "wrong",
    )


@pytest.mark.parametrize("method", WRITES)
def test_writes_look_for_the_table_next(database, method):
    fails(
        f'Invalid argument `id` for `{method}`: Table for ID "{NOWHERE}" not found',
        WRITES[method],
        database,
        NOWHERE,
        "items",
    )


@pytest.mark.parametrize("method", WRITES)
def test_writes_compare_the_table_with_the_one_that_was_named(database, method):
    fails(
        f'Invalid argument `id` for `{method}`: expected to be an Id<"users">, got Id<"items"> instead.',
        WRITES[method],
        database,
        GHOST,
        "users",
    )


@pytest.mark.parametrize("method", ["db.patch", "db.replace"])
def test_writes_look_at_the_value_before_the_document(database, method):
    fails(f"Invalid argument `value` for `{method}`: Value must be an Object", WRITES[method], database, GHOST)


def test_documents_of_system_tables_cannot_be_written(database):
    file = database.transaction.insert_system("", "_storage", {"size": 1})
    for write in (database.patch, database.replace):
        fails("System tables can only be accessed with db.system.", write, file.id, {})
    fails("System tables can only be accessed with db.system.", database.delete, file.id)


def test_a_query_cannot_write(new_store):
    database = Database(new_store().begin(read_only=True))
    fails("Transaction isn't readonly", database.insert, "items", {})
    fails("Transaction isn't readonly", database.insert, "others", {})


# Schema


@pytest.fixture
def checked(new_store):
    text = {"fieldType": {"type": "string"}, "optional": False}
    table = {"tableName": "users", "indexes": [], "documentType": {"type": "object", "value": {"name": text}}}
    store = new_store(parse_schema({"tables": [table], "schemaValidation": True}))
    return Database(store.begin())


PREFIX = 'Failed to insert or update a document in table "users" because it does not match the schema: '


def test_documents_must_match_the_schema(checked):
    text = f"{PREFIX}Value does not match validator.\nPath: .name\nValue: 5.0\nValidator: v.string()"
    assert type(fails(text, checked.insert, "users", {"name": 5})) is SchemaValidationError
    id = checked.insert("users", {"name": "Ada"})
    fails(text, checked.patch, id, {"name": 5})
    fails(text, checked.replace, id, {"name": 5})
    assert value_of(checked, id) == {"name": "Ada"}


def test_system_fields_are_not_the_schema_s_business(checked):
    id = checked.insert("users", {"name": "Ada"})
    checked.replace(id, {**checked.get(id).value, "name": "Grace"})
    assert value_of(checked, id) == {"name": "Grace"}


def test_the_schema_is_asked_before_the_size(checked):
    with pytest.raises(SchemaValidationError):
        checked.insert("users", {"name": "Ada", "more": "x" * 2**20})


def test_tables_outside_the_schema_take_anything(checked):
    assert value_of(checked, checked.insert("others", {"name": 5})) == {"name": 5}
