from __future__ import annotations

import pytest

from convex_test.backend.ids import encode_id
from convex_test.errors import FunctionError

GHOST = encode_id(10001, bytes(16))
NOWHERE = encode_id(10999, bytes(16))


def fails(text, call, *args, **kwargs):
    with pytest.raises(FunctionError) as raised:
        call(*args, **kwargs)
    assert str(raised.value) == text


def test_get_reports_an_id_that_cannot_be_decoded(database):
    text = "Unable to decode ID: Invalid ID length 5"
    fails(f"Invalid argument `id` for `db.get`: {text}", database.get, "wrong")
    fails(f"Invalid argument `id` for `db.system.get`: {text}", database.get, "wrong", system=True)


def test_get_of_an_unknown_table_is_null_whatever_table_was_named(database):
    assert database.get(NOWHERE, "items") is None


def test_get_compares_the_table_with_the_one_that_was_named(database):
    fails(
        'Invalid argument `id` for `db.get`: expected to be an Id<"users">, got Id<"items"> instead.',
        database.get,
        GHOST,
        "users",
    )


def test_get_keeps_user_and_system_tables_apart(database):
    file = database.transaction.insert_system("", "_storage", {"size": 1})
    assert database.get(file.id, "_storage", system=True) is file
    fails("System tables can only be accessed with db.system.", database.get, file.id, "items")
    fails("User tables cannot be accessed with db.system.", database.get, GHOST, system=True)


def test_count_of_an_unknown_table_is_0(database):
    assert database.count("nowhere") == 0


def test_count_wants_a_table_name(database):
    fails("Invalid argument `table` for `db.count`: Identifier cannot be empty", database.count, "")


def test_normalize_id_knows_the_table_not_the_document(database):
    assert database.normalize_id("items", GHOST) == GHOST
    assert database.normalize_id("items", NOWHERE) is None
    assert database.normalize_id("nowhere", GHOST) is None
    assert database.normalize_id("_tables", GHOST) is None
    assert database.normalize_id("items", "garbage") is None


def test_normalize_id_wants_a_table_name(database):
    fails(
        "Invalid argument `table` for `db.normalizeId`: Invalid first character '1' in 1a: Identifiers must start with "
        "an alphabetic character or underscore",
        database.normalize_id,
        "1a",
        GHOST,
    )
