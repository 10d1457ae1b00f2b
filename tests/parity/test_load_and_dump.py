"""`t.load` and `t.dump`: what `npx convex import` and `npx convex export` do, all or nothing."""

from __future__ import annotations

import logging
import math
from typing import Any

import pytest

from convex_test import SchemaValidationError, UsageError, js
from tests.parity.users_and_notes import SOURCES, load_fails, rows, state

FILES = SOURCES


# A mapping


def test_a_mapping_has_documents_by_table(t):
    assert t.load({"users": [{"name": "Tom"}, {"name": "Ann"}], "free": [{"a": (1, b"x")}]}) == 3
    assert t.query("users:names") == ["Ann", "Tom"]
    assert [row["a"] for row in rows(t, "free")] == [[1, b"x"]]


def test_ids_and_creation_times_are_made_as_inserts_make_them(t):
    t.load({"users": [{"name": "Tom"}, {"name": "Ann"}]})
    first, second = rows(t, "users")
    assert (first["name"], second["name"]) == ("Tom", "Ann")
    assert t.query(js("async ({ db }, id) => db.normalizeId('users', id)"), first["_id"]) == first["_id"]
    assert 0 < second["_creationTime"] - first["_creationTime"] < 1


def test_a_later_insert_is_created_later(t):
    t.load({"users": [{"name": "Tom"}]})
    t.run(lambda ctx: ctx.db.insert("users", {"name": "Ann"}))
    assert [row["name"] for row in rows(t, "users")] == ["Tom", "Ann"]


def test_ids_and_creation_times_that_are_given_stay(t, other):
    user = other.run(lambda ctx: ctx.db.insert("users", {"name": "Tom"}))
    t.load({"users": [{"_id": user, "_creationTime": 5, "name": "Tom"}], "notes": [{"owner": user, "text": "x"}]})
    assert rows(t, "users") == [{"_id": user, "_creationTime": 5, "name": "Tom"}]
    assert t.run(lambda ctx: ctx.db.get(rows_of(ctx, "notes")[0]["owner"])["name"]) == "Tom"


def rows_of(ctx: Any, table: str) -> list[Any]:
    return ctx.db.query(table).collect()


def test_ids_may_bring_the_number_of_another_deployment(t, other):
    """Where the schema has a table less, the same names have other numbers."""
    loaded = other.run(lambda ctx: [ctx.db.insert(table, {"n": 1}) for table in ("a", "b")])
    t.load({"b": [{"_id": loaded[1]}]})
    assert t.run(lambda ctx: ctx.db.normalize_id("b", loaded[1])) == loaded[1]
    assert t.run(lambda ctx: ctx.db.get(loaded[1]))["_id"] == loaded[1]


def test_what_is_undefined_is_missing(t):
    from convex_test import undefined

    t.load({"users": [{"name": "Tom", "nick": undefined}]})
    assert "nick" not in rows(t, "users")[0]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"users": {"name": "Tom"}}, "t.load({'users': …}): expected a list of documents, but got {'name': 'Tom'} "),
        ({"users": ["Tom"]}, "t.load({…}): users[0] is 'Tom' (type str): a document is a dict."),
        ({"free": [{}, {"a": {1, 2}}]}, "t.load({…}): free[1].a: {1, 2} (type=set) is not of a Convex type"),
        ({"free": [{"a": 2**53 + 1}]}, "t.load({…}): free[0].a: 9007199254740993 is beyond 2**53"),
        ({5: []}, "t.load({5: …}): expected the name of a table as str."),
        ([{"name": "Tom"}], "t.load([{'name': 'Tom'}]): expected a mapping of tables to lists of documents, or a path"),
        ("users", "t.load('users'): expected a file that ends in .zip, .jsonl, .json, .csv."),
        ("missing.zip", "t.load('missing.zip'): "),
    ],
)
def test_what_cannot_be_loaded_is_refused(t, source, text):
    assert load_fails(t, source).startswith(text)


def test_a_wrong_mode_is_refused(t):
    assert load_fails(t, {}, mode="upsert") == (
        "t.load(…, mode='upsert'): expected one of 'require_empty', 'append', 'replace', 'replace_all'."
    )


# What goes wrong leaves nothing behind


def test_a_document_that_breaks_the_schema_imports_nothing(t):
    text = load_fails(
        t, {"anything": [{"a": 1}], "users": [{"name": "Tom"}, {"name": 5, "_id": None}]}, error=UsageError
    )
    assert "'_id' field null" in text

    text = load_fails(t, {"anything": [{"a": 1}], "users": [{"name": "T"}, {"name": 5}]}, error=SchemaValidationError)
    assert text == (
        "Hit an error while importing:\n"
        'Failed to insert or update a document in table "users" because it does not match the schema: '
        "Value does not match validator.\nPath: .name\nValue: 5.0\nValidator: v.string()\n"
        '    at t.load({…}), document 1 (table "users"): {name: 5.0}\n'
        "Nothing was imported."
    )


def test_a_reference_to_another_table_is_no_reference(t, other):
    note = other.run(lambda ctx: ctx.db.insert("anything", {}))
    text = load_fails(t, {"notes": [{"owner": note, "text": "x"}]}, error=SchemaValidationError)
    assert f'Found ID "{note}" from table `anything`, which does not match the table name in validator' in text


def test_a_broken_line_imports_nothing(t, files):
    path = files("users.jsonl", '{"name":"Tom"}\n{"name":\n')
    text = load_fails(t, path)
    assert text.startswith("Hit an error while importing:\nRow 2 wasn't valid JSON: ")
    assert text.endswith('\n    at users.jsonl, line 2 (table "users"): {"name":\nNothing was imported.')


def test_a_broken_archive_imports_nothing(t, files):
    path = files("s.zip", b"PK")
    text = load_fails(t, path)
    assert text.startswith(f"Hit an error while importing:\ninvalid zip file\n    at {path}\nNothing was imported. ")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"_id": "abc"}, "invalid _id 'abc'"),
        ({"_creationTime": -1}, "Invalid creation time -1.0"),
        ({"_creationTime": math.nan}, "Invalid creation time NaN"),
        ({"_creationTime": "x"}, "Provided creation time "),
        ({"_other": 1}, "Document(value: {_creationTime: "),
        ({"a": "x" * (1 << 20)}, "Value is too large (1.00 MiB > maximum size 1 MiB)"),
    ],
)
def test_a_bad_document_is_named(t, document, text):
    assert load_fails(t, {"free": [{}, document]}).startswith(f"Hit an error while importing:\n{text}")


def test_an_id_of_another_table_is_refused(t, other):
    ids = other.run(lambda ctx: [ctx.db.insert("anything", {}), ctx.db.insert("users", {"name": "x"})])
    text = load_fails(t, {"users": [{"_id": ids[1], "name": "a"}, {"_id": ids[0], "name": "b"}]})
    assert text.startswith(
        f"Hit an error while importing:\n_id {ids[0]} cannot be imported into 'users' because it came from a different "
        "deployment and conflict with preexisting tables in this deployment. Try deleting preexisting tables or "
        "importing into an empty\n                         deployment.\n    at t.load({…}), document 1 "
    )


def test_ids_that_occur_twice_are_refused(t, other):
    user = other.run(lambda ctx: ctx.db.insert("users", {"name": "x"}))
    text = load_fails(t, {"users": [{"_id": user, "name": "a"}] * 2})
    assert text.startswith('Hit an error while importing:\nObjects in table "users" have duplicate _id fields\n')


def test_two_tables_cannot_have_the_same_number(t, other):
    user = other.run(lambda ctx: ctx.db.insert("users", {"name": "x"}))
    assert "conflict between `anything` and `free` with number 10001" in load_fails(
        t, {"anything": [{"_id": number_1(other)}], "free": [{"_id": number_1(other)}]}
    )
    assert "New table `free` has IDs that conflict with existing table `users`." in load_fails(
        t, {"free": [{"_id": user}]}
    )


def number_1(t: Any) -> str:
    return t.run(lambda ctx: ctx.db.insert("anything", {}))


def test_a_table_that_others_refer_to_keeps_its_number(t, other):
    t.load({"users": [{"name": "Tom"}]})
    owner = rows(t, "users")[0]["_id"]
    t.load({"notes": [{"owner": owner, "text": "x"}]})
    foreign = other.run(lambda ctx: ctx.db.insert("elsewhere", {}))
    text = load_fails(t, {"users": [{"_id": foreign, "name": "Ann"}]}, mode="replace")
    assert "Import changes table 'users' which is referenced by 'notes' in the schema" in text


def test_nothing_is_loaded_inside_a_transaction(t):
    with t.transaction(), pytest.raises(UsageError, match="while a transaction is open"):
        t.load({"users": []})


# Modes


def test_tables_must_be_empty(t):
    t.load({"users": [{"name": "Tom"}]})
    assert load_fails(t, {"users": [{"name": "Ann"}]}) == (
        "Hit an error while importing:\n"
        "Table users already exists. Please choose a new table name or use replace/append modes.\n"
        "    at t.load({…})\n"
        'Nothing was imported. With t.load that is mode="replace" or mode="append".'
    )


def test_append_keeps_what_is_there(t):
    t.load({"users": [{"name": "Tom"}]})
    t.query("users:names")
    t.load({"users": [{"name": "Ann"}]}, mode="append")
    assert t.query("users:names") == ["Ann", "Tom"]


def test_append_refuses_an_id_that_is_there(t):
    t.load({"users": [{"name": "Tom"}]})
    text = load_fails(t, {"users": [{"_id": rows(t, "users")[0]["_id"], "name": "Ann"}]}, mode="append")
    assert 'Objects in table "users" have duplicate _id fields' in text


def test_append_wants_ids_of_the_same_number(t, other):
    t.load({"users": [{"name": "Tom"}]})
    foreign = other.run(lambda ctx: ctx.db.insert("elsewhere", {}))
    text = load_fails(t, {"users": [{"_id": foreign, "name": "Ann"}]}, mode="append")
    assert "table users wants table number 10004 but was already assigned 10003" in text


def test_replace_replaces_the_tables_that_are_named(t):
    t.load({"users": [{"name": "Tom"}], "free": [{"a": 1}]})
    t.load({"users": [{"name": "Ann"}]}, mode="replace")
    assert t.query("users:names") == ["Ann"]
    assert len(rows(t, "free")) == 1


def test_replace_all_leaves_nothing_else(t):
    t.load({"users": [{"name": "Tom"}], "free": [{"a": 1}], "anything": [{"a": 1}]})
    t.load({"users": [{"name": "Ann"}]}, mode="replace_all")
    assert {table: len(found) for table, found in state(t).items()} == {
        "users": 1,
        "notes": 0,
        "anything": 0,
        "free": 0,
    }
    t.load({"anything": [{}], "free": [{}]})


# Files


def test_the_name_of_a_file_is_its_table(t, files):
    assert t.load(str(files("users.jsonl", '{"name":"Tom"}\n{"name":"Ann"}'))) == 2
    assert t.query("users:names") == ["Ann", "Tom"]


def test_table_names_the_table_of_a_file(t, files):
    t.load(files("some-users.json", '[{"name":"Tom"}]'), table="users")
    assert t.query("users:names") == ["Tom"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("some-users.json", "\"some-users\" isn't a valid table name: Identifier some-users has invalid character '-'"),
        ("_storage.jsonl", "Invalid table name _storage starts with metadata prefix '_'"),
    ],
)
def test_a_name_that_no_table_has_is_refused(t, files, name, text):
    assert load_fails(t, files(name, "[]")).startswith(f"Hit an error while importing:\n{text}")


def test_csv_has_numbers_and_strings(t, files):
    t.load(files("free.csv", "a,b\n1,x\n2.5,\n"))
    assert [(row["a"], row["b"]) for row in rows(t, "free")] == [(1, "x"), (2.5, "")]


def test_empty_cells_of_optional_fields_are_missing(t, files):
    t.load(files("users.csv", "name,nick\nTom,\nAnn,A\n"))
    assert [row.get("nick") for row in rows(t, "users")] == [None, "A"]


def test_a_bad_row_of_csv_is_named(t, files):
    text = load_fails(t, files("users.csv", "name,nick\nTom,x\n7,\n"), error=SchemaValidationError)
    assert '    at users.csv, row 2 (table "users"): {name: 7.0}\n' in text


def test_large_files_tell_how_far_they_are(t, files, caplog):
    caplog.set_level(logging.INFO, "convex.load")
    t.load(files("free.jsonl", '{"a":1}\n' * 20_001))
    assert [record.getMessage() for record in caplog.records] == [
        'Importing "free" (10,000 documents)',
        'Importing "free" (20,000 documents)',
        'Imported "free" (20,001 documents)',
    ]
