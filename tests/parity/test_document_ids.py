"""Ids: how they look, what `db.get` says to ids of every sort, and `normalizeId`, through both doors."""

from __future__ import annotations

import re

import pytest

from convex_test import FunctionError, UsageError, js

# Well-formed ids of documents that do not exist; their internal bytes are 00 to 0f.
GHOST_IN_FIRST_TABLE = "j57000820c20a1g7104gm2rc1m70ynr8"
GHOST_IN_SECOND_TABLE = "j97000820c20a1g7104gm2rc1m70yp0t"
GHOST_FILE = "kg2000820c20a1g7104gm2rc1m70y674"
GHOST_JOB = "kc2000820c20a1g7104gm2rc1m70y5yj"
IN_TABLE_1 = "040020g30g2gc1r81450p30d1r7qke8"
IN_TABLE_16384 = "g2002001081g81860w40j2gb1g6gw3vs74"

MALFORMED = {
    "": "Unable to decode ID: Invalid ID length 0",
    "garbage": "Unable to decode ID: Invalid ID length 7",
    "x" * 30: "Unable to decode ID: Invalid ID length 30",
    "x" * 38: "Unable to decode ID: Invalid ID length 38",
    GHOST_IN_FIRST_TABLE[:-2]: "Unable to decode ID: Invalid ID length 30",
    GHOST_IN_FIRST_TABLE.upper(): "Unable to decode ID: ID wasn't valid base32",
    GHOST_IN_FIRST_TABLE.replace("y", "u"): "Unable to decode ID: ID wasn't valid base32",
    "é" * 16: "Unable to decode ID: ID wasn't valid base32",
    "0" * 32: "Unable to decode ID: Invalid table number",
    "z" * 32: "Unable to decode ID: Invalid table number",
    GHOST_IN_FIRST_TABLE[:-1] + "9": "Unable to decode ID: Invalid ID version 2391 (expected 2135)",
}


FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          users: defineTable({ name: v.string() }),
          messages: defineTable({ body: v.string() }),
        });
    """,
    "convex/tables.ts": """
        import { mutation } from "./_generated/server";
        export const make = mutation({ handler: (ctx) => ctx.db.insert("made" as any, {}) });
        export const fail = mutation({
          handler: async (ctx) => {
            await ctx.db.insert("made" as any, {});
            throw new Error("no");
          },
        });
    """,
}


@pytest.fixture
def user(t):
    return t.run(lambda ctx: ctx.db.insert("users", {"name": "Sarah"}))


# What ids look like


def test_an_id_is_32_characters_of_crockfords_base32(t, door):
    id = door.call(t, "insert", "users", {"name": "Sarah"})
    assert re.fullmatch("[0-9a-hjkmnp-tv-z]{32}", id)


def test_tables_of_a_schema_are_numbered_in_alphabetical_order_and_others_follow(t, door):
    prefixes = [
        door.call(t, "insert", table, fields)[:3]
        for table, fields in (("users", {"name": "x"}), ("messages", {"body": "x"}), ("b", {}), ("a", {}))
    ]
    assert prefixes == ["j97", "j57", "jd7", "jh7"]


def test_ids_repeat_with_the_seed(project):
    ids = []
    for seed in (7, 7, 8):
        with project.test(seed=seed) as t, t.transaction() as ctx:
            ids.append(ctx.db.insert("users", {"name": "x"}))
    assert ids[0] == ids[1] != ids[2]


def test_ids_are_unique(t):
    source = "(ctx) => Promise.all(Array.from({ length: 500 }, () => ctx.db.insert('x', {})))"
    assert len(set(t.mutation(js(source)))) == 500


# db.get


def test_get_finds_a_document(t, door, user):
    assert door.call(t, "get", user)["name"] == "Sarah"


def test_get_with_the_table_finds_a_document(t, door, user):
    assert door.call(t, "get", "users", user)["name"] == "Sarah"


def test_get_gives_a_dict_of_the_caller_s_own(t, user):
    with t.transaction() as ctx:
        ctx.db.get(user)["name"] = "Lee"
        assert ctx.db.get(user)["name"] == "Sarah"


@pytest.mark.parametrize("table", [(), ("users",)], ids=["get(id)", "get(table, id)"])
@pytest.mark.parametrize("id", MALFORMED, ids=repr)
def test_get_refuses_what_is_no_id(t, door, table, id):
    error = door.fails(t, "get", *table, id)
    assert error.message == f"Invalid argument `id` for `db.get`: {MALFORMED[id]}"


@pytest.mark.parametrize("id", ["garbage", GHOST_IN_FIRST_TABLE[:-2]])
def test_system_get_refuses_what_is_no_id(t, door, id):
    assert door.fails(t, "system.get", id).message == f"Invalid argument `id` for `db.system.get`: {MALFORMED[id]}"


def test_the_uncaught_error_of_get_in_typescript(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js("async (ctx) => await ctx.db.get('garbage')"))
    assert str(caught.value).startswith(
        "Uncaught Error: Invalid argument `id` for `db.get`: Unable to decode ID: Invalid ID length 7"
    )


def test_the_error_of_get_can_be_caught_in_typescript(t):
    source = "(ctx) => ctx.db.get('garbage').catch((error) => [error.constructor === Error, error.message])"
    assert t.query(js(source)) == [
        True,
        "Invalid argument `id` for `db.get`: Unable to decode ID: Invalid ID length 7",
    ]


@pytest.mark.parametrize("args", [(GHOST_IN_SECOND_TABLE,), ("users", GHOST_IN_SECOND_TABLE)], ids=len)
def test_get_of_a_document_that_does_not_exist_is_null(t, door, args):
    assert door.call(t, "get", *args) is None


def test_get_of_a_deleted_document_is_null(t, door, user):
    assert door.steps(t, ("delete", user), ("get", user)) is None
    assert door.call(t, "get", user) is None


@pytest.mark.parametrize("id", [IN_TABLE_1, IN_TABLE_16384])
@pytest.mark.parametrize("table", [(), ("users",), ("no_such_table",)], ids=repr)
@pytest.mark.parametrize("method", ["get", "system.get"])
def test_get_of_an_id_of_no_table_is_null_even_with_a_table(t, door, id, table, method):
    assert door.call(t, method, *table, id) is None


def test_get_refuses_an_id_of_another_table(t, door, user):
    error = door.fails(t, "get", "messages", user)
    assert (
        error.message
        == 'Invalid argument `id` for `db.get`: expected to be an Id<"messages">, got Id<"users"> instead.'
    )


def test_get_refuses_an_id_of_another_table_that_does_not_exist(t, door, user):
    error = door.fails(t, "get", "nothing", user)
    assert (
        error.message == 'Invalid argument `id` for `db.get`: expected to be an Id<"nothing">, got Id<"users"> instead.'
    )


@pytest.mark.parametrize("id", [GHOST_FILE, GHOST_JOB])
@pytest.mark.parametrize("table", [(), ("users",), ("_storage",)], ids=repr)
def test_get_refuses_ids_of_system_tables(t, door, id, table):
    assert door.fails(t, "get", *table, id).message == "System tables can only be accessed with db.system."


@pytest.mark.parametrize("table", [(), ("users",), ("_storage",)], ids=repr)
def test_system_get_refuses_ids_of_user_tables(t, door, user, table):
    assert door.fails(t, "system.get", *table, user).message == "User tables cannot be accessed with db.system."


@pytest.mark.parametrize("args", [(GHOST_FILE,), ("_storage", GHOST_FILE), (GHOST_JOB,)], ids=repr)
def test_system_get_of_a_document_that_does_not_exist_is_null(t, door, args):
    assert door.call(t, "system.get", *args) is None


def test_system_get_refuses_an_id_of_another_table(t, door):
    assert door.fails(t, "system.get", "_scheduled_functions", GHOST_FILE).message == (
        "Invalid argument `id` for `db.system.get`: "
        'expected to be an Id<"_scheduled_functions">, got Id<"_storage"> instead.'
    )


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("get()", "Uncaught TypeError: Must provide arg 1 `id` to `get`"),
        ("get(undefined)", "Uncaught TypeError: Must provide arg 1 `id` to `get`"),
        ("get(5)", "Uncaught Error: Invalid argument `id` for `db.get`, expected string but got 'number': 5"),
        ("get(null)", "Uncaught Error: Invalid argument `id` for `db.get`, expected string but got 'object': null"),
        (
            "get({})",
            "Uncaught Error: Invalid argument `id` for `db.get`, expected string but got 'object': [object Object]",
        ),
        ("get('users', 5)", "Uncaught Error: Invalid argument `id` for `db.get`, expected string but got 'number': 5"),
        (
            "get('users', null)",
            "Uncaught Error: Invalid argument `id` for `db.get`, expected string but got 'object': null",
        ),
        # Without a second argument the first one is the id.
        (
            "get('users')",
            "Uncaught Error: Invalid argument `id` for `db.get`: Unable to decode ID: Invalid ID length 5",
        ),
        (
            "get('users', undefined)",
            "Uncaught Error: Invalid argument `id` for `db.get`: Unable to decode ID: Invalid ID length 5",
        ),
    ],
)
def test_get_with_wrong_arguments_in_typescript(t, call, text):
    with pytest.raises(FunctionError) as caught:
        t.query(js(f"async (ctx) => await ctx.db.{call}"))
    assert caught.value.text == text


def test_get_through_the_table_in_typescript(t, user):
    assert t.query(js("(ctx, id) => ctx.db.table('users').get(id)"), user)["name"] == "Sarah"
    with pytest.raises(FunctionError, match='expected to be an Id<"messages">, got Id<"users"> instead'):
        t.query(js("(ctx, id) => ctx.db.table('messages').get(id)"), user)


@pytest.mark.parametrize(
    ("args", "shown"), [((), "()"), ((5,), "(5)"), ((None,), "(None)"), (("users", None), "('users', None)")]
)
def test_get_with_wrong_arguments_in_python(t, args, shown):
    with pytest.raises(UsageError) as caught:
        t.run(lambda ctx: ctx.db.get(*args))
    assert str(caught.value) == f"ctx.db.get{shown}: expected get(id) or get(table, id), all of them str."


# normalizeId


def test_normalize_id_gives_an_id_of_the_table_back(t, door, user):
    assert door.call(t, "normalizeId", "users", user) == user


def test_normalize_id_does_not_ask_whether_the_document_exists(t, door):
    assert door.call(t, "normalizeId", "users", GHOST_IN_SECOND_TABLE) == GHOST_IN_SECOND_TABLE


def test_normalize_id_of_an_id_of_another_table_is_null(t, door, user):
    assert door.call(t, "normalizeId", "messages", user) is None


@pytest.mark.parametrize("id", [*MALFORMED, IN_TABLE_1, IN_TABLE_16384, GHOST_FILE], ids=repr)
def test_normalize_id_of_what_is_no_id_of_the_table_is_null(t, door, id):
    assert door.call(t, "normalizeId", "users", id) is None


def test_normalize_id_of_an_unknown_table_is_null(t, door, user):
    assert door.call(t, "normalizeId", "nothing", user) is None


@pytest.mark.parametrize(("table", "id"), [("_storage", GHOST_FILE), ("_scheduled_functions", GHOST_JOB)])
def test_system_normalize_id_knows_the_public_system_tables(t, door, table, id):
    assert door.call(t, "system.normalizeId", table, id) == id
    assert door.call(t, "system.normalizeId", table, GHOST_IN_FIRST_TABLE) is None


@pytest.mark.parametrize("table", ["_tables", "_file_storage", "_scheduled_jobs", "_nothing"])
def test_system_normalize_id_of_a_private_system_table_is_null(t, door, table):
    assert door.call(t, "system.normalizeId", table, GHOST_FILE) is None


def test_normalize_id_refuses_system_tables(t, door):
    assert door.fails(t, "normalizeId", "_storage", GHOST_FILE).message == (
        "System tables can only be accessed from db.system.normalizeId()."
    )


def test_system_normalize_id_refuses_user_tables(t, door, user):
    assert door.fails(t, "system.normalizeId", "users", user).message == (
        "User tables can only be accessed from db.normalizeId()."
    )


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("", "Identifier cannot be empty"),
        (
            "a-b",
            "Identifier a-b has invalid character '-': "
            "Identifiers can only contain alphanumeric characters or underscores",
        ),
        ("1a", "Invalid first character '1' in 1a: Identifiers must start with an alphabetic character or underscore"),
    ],
)
def test_normalize_id_wants_the_name_of_a_table(t, door, table, problem):
    error = door.fails(t, "normalizeId", table, GHOST_IN_FIRST_TABLE)
    assert error.message == f"Invalid argument `table` for `db.normalizeId`: {problem}"


def test_normalize_id_converts_an_id_of_version_5(t):
    # 16 bytes, 00 to 0f, in URL-safe base 64.
    legacy = "AAECAwQFBgcICQoLDA0ODw"
    assert t.run(lambda ctx: ctx.db.normalize_id("messages", legacy)) == GHOST_IN_FIRST_TABLE
    assert t.run(lambda ctx: ctx.db.normalize_id("users", legacy)) == GHOST_IN_SECOND_TABLE


def base62(data):
    """As the backend's library writes it: after a byte 1, the lowest digit first."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = int.from_bytes(b"\x01" + data, "big")
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text += digits[digit]
    return text


def test_normalize_id_converts_an_id_of_version_4(t):
    id = t.run(lambda ctx: ctx.db.normalize_id("messages", base62(bytes(range(17)))))
    assert id is not None
    assert id.startswith("j57")


@pytest.mark.parametrize("legacy", ["AAECAwQFBgcICQoLDA0ODw", base62(bytes(range(17))), base62(b"\xff" * 17)])
def test_normalize_id_of_a_legacy_id_is_the_same_in_typescript(t, legacy):
    converted = t.run(lambda ctx: ctx.db.normalize_id("messages", legacy))
    assert converted is not None
    assert t.query(js("(ctx, id) => ctx.db.normalizeId('messages', id)"), legacy) == converted


def test_normalize_id_knows_a_table_that_this_mutation_made(t, door):
    id = door.call(t, "insert", "made", {})
    source = "async (ctx, id) => { await ctx.db.insert('other', {}); return ctx.db.normalizeId('made', id) }"
    assert t.mutation(js(source), id) == id
    other = (
        "async (ctx) => { const id = await ctx.db.insert('fresh', {}); return ctx.db.normalizeId('fresh', id) === id }"
    )
    assert t.mutation(js(other)) is True


def test_normalize_id_knows_a_table_that_a_nested_mutation_made(t):
    source = """async (ctx) => {
        const id = await ctx.runMutation(api.tables.make, {});
        return ctx.db.normalizeId("made", id) === id;
    }"""
    assert t.mutation(js(source)) is True


def test_normalize_id_forgets_a_table_whose_making_was_rolled_back(t):
    source = """async (ctx) => {
        try { await ctx.runMutation(api.tables.fail, {}); } catch {}
        return ctx.db.normalizeId("made", "jd7000820c20a1g7104gm2rc1m70yp9c");
    }"""
    assert t.mutation(js(source)) is None
    with pytest.raises(FunctionError):
        t.mutation("tables:fail")
    # The number is free again.
    assert t.run(lambda ctx: ctx.db.insert("another", {}))[:3] == "jd7"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("normalizeId()", "Uncaught TypeError: Must provide arg 1 `tableName` to `normalizeId`"),
        ("normalizeId('users')", "Uncaught TypeError: Must provide arg 2 `id` to `normalizeId`"),
        (
            "normalizeId('users', 5)",
            "Uncaught Error: Invalid arguments for `db.normalizeId`: invalid type: integer `5`, expected a string",
        ),
        (
            "normalizeId('users', null)",
            "Uncaught Error: Invalid arguments for `db.normalizeId`: invalid type: null, expected a string",
        ),
    ],
)
def test_normalize_id_with_wrong_arguments_in_typescript(t, call, text):
    with pytest.raises(FunctionError) as caught:
        t.query(js(f"(ctx) => ctx.db.{call}"))
    assert caught.value.text == text


def test_normalize_id_with_wrong_arguments_in_python(t):
    with pytest.raises(UsageError) as caught:
        t.run(lambda ctx: ctx.db.normalize_id("users", 5))
    assert str(caught.value) == "ctx.db.normalize_id('users', 5): an id is a str."
