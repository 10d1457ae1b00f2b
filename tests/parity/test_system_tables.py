"""`ctx.db.system`, and the fence between system tables and the others (`src/server/impl/database_impl.ts`)."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, js

FROM_SYSTEM = "System tables can only be accessed from db.system.{}()."
FROM_DB = "User tables can only be accessed from db.{}()."
# Well-formed ids of no document.
FILE_ID = "kg2000820c20a1g7104gm2rc1m70y674"
JOB_ID = "kc2000820c20a1g7104gm2rc1m70y5yj"


def failure(t, body, *args, kind="mutation"):
    with pytest.raises(FunctionError) as caught:
        getattr(t, kind)(js(f"async (ctx, id) => {{ {body} }}"), *args)
    return caught.value.text


@pytest.mark.parametrize("table", ["_storage", "_scheduled_functions"])
@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_an_empty_system_table(t, table, kind):
    snippet = """async (ctx, table) => [
      await ctx.db.system.query(table).collect(), await ctx.db.system.query(table).first(),
      await ctx.db.system.query(table).order("desc").take(3), await ctx.db.system.query(table).unique(),
      await ctx.db.system.query(table).withIndex("by_creation_time").collect(),
      await ctx.db.system.query(table).withIndex("by_id").collect(),
    ]"""
    assert getattr(t, kind)(js(snippet), table) == [[], None, [], None, [], []]


@pytest.mark.parametrize(("table", "document_id"), [("_storage", FILE_ID), ("_scheduled_functions", JOB_ID)])
def test_a_document_that_is_not_there(t, table, document_id):
    assert t.query(js("async (ctx, id) => await ctx.db.system.get(id)"), document_id) is None
    assert t.query(js(f'async (ctx, id) => await ctx.db.system.get("{table}", id)'), document_id) is None


def test_paginating_an_empty_system_table(t):
    snippet = 'async (ctx) => await ctx.db.system.query("_storage").paginate({ numItems: 3, cursor: null })'
    result = t.query(js(snippet))
    assert (result["page"], result["isDone"]) == ([], True)


def test_a_user_table_is_not_read_through_db_system(t):
    assert failure(t, 'return await ctx.db.system.query("items").collect();') == (
        "Uncaught Error: " + FROM_DB.format("query")
    )


def test_a_system_table_is_not_read_through_db(t):
    assert failure(t, 'return await ctx.db.query("_storage").collect();') == (
        "Uncaught Error: " + FROM_SYSTEM.format("query")
    )


def test_a_system_document_is_not_got_through_db(t):
    assert failure(t, "return await ctx.db.get(id);", FILE_ID) == (
        "Uncaught Error: System tables can only be accessed with db.system."
    )


def test_a_user_document_is_not_got_through_db_system(t):
    document_id = t.run(lambda ctx: ctx.db.insert("items", {}))
    assert failure(t, "return await ctx.db.system.get(id);", document_id) == (
        "Uncaught Error: User tables cannot be accessed with db.system."
    )


def test_normalize_id_of_a_system_table_through_db(t):
    assert failure(t, 'return ctx.db.normalizeId("_storage", id);', FILE_ID) == (
        "Uncaught Error: " + FROM_SYSTEM.format("normalizeId")
    )


def test_normalize_id_of_a_user_table_through_db_system(t):
    assert failure(t, 'return ctx.db.system.normalizeId("items", id);', FILE_ID) == (
        "Uncaught Error: " + FROM_DB.format("normalizeId")
    )


def test_normalize_id_of_a_system_table(t):
    snippet = """(ctx, { file, job }) => [
      ctx.db.system.normalizeId("_storage", file), ctx.db.system.normalizeId("_storage", job),
      ctx.db.system.normalizeId("_scheduled_functions", job), ctx.db.system.normalizeId("_tables", file),
    ]"""
    assert t.query(js(snippet), {"file": FILE_ID, "job": JOB_ID}) == [FILE_ID, None, JOB_ID, None]


def test_inserting_into_a_system_table(t):
    assert failure(t, 'return await ctx.db.insert("_storage", {});') == (
        "Uncaught Error: System tables (prefixed with `_`) are read-only."
    )


@pytest.mark.parametrize("call", ["patch(id, {})", "replace(id, {})", "delete(id)"])
@pytest.mark.parametrize("document_id", [FILE_ID, JOB_ID])
def test_writing_a_system_document(t, call, document_id):
    assert failure(t, f"await ctx.db.{call};", document_id) == (
        "Uncaught Error: System tables can only be accessed with db.system."
    )


def test_db_system_has_no_writes(t):
    snippet = 'async (ctx) => ["insert", "patch", "replace", "delete"].map((name) => typeof ctx.db.system[name])'
    assert t.mutation(js(snippet)) == ["undefined"] * 4


def test_a_private_system_table_is_as_if_it_were_not_there(t):
    assert t.query(js('async (ctx) => await ctx.db.system.query("_tables").collect()')) == []


def test_a_system_table_has_no_other_indexes(t):
    assert failure(t, 'return await ctx.db.system.query("_storage").withIndex("by_a").collect();') == (
        "Uncaught Error: Could not find system index for virtual index _storage.by_a"
    )


def test_a_malformed_id(t):
    assert failure(t, "return await ctx.db.system.get(id);", "garbage") == (
        "Uncaught Error: Invalid argument `id` for `db.system.get`: Unable to decode ID: Invalid ID length 7"
    )


def test_an_id_of_the_wrong_system_table(t):
    assert failure(t, 'return await ctx.db.system.get("_storage", id);', JOB_ID) == (
        'Uncaught Error: Invalid argument `id` for `db.system.get`: expected to be an Id<"_storage">, '
        'got Id<"_scheduled_functions"> instead.'
    )


def test_an_id_that_is_no_string(t):
    assert failure(t, "return await ctx.db.system.get(5);") == (
        "Uncaught Error: Invalid argument `id` for `db.get`, expected string but got 'number': 5"
    )


def test_python_reads_system_tables(t):
    with t.transaction() as ctx:
        assert ctx.db.system.query("_storage").collect() == []
        assert ctx.db.system.query("_scheduled_functions").first() is None
        assert ctx.db.system.get(FILE_ID) is None
        assert ctx.db.system.get("_scheduled_functions", JOB_ID) is None
        assert ctx.db.system.normalize_id("_storage", FILE_ID) == FILE_ID


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda ctx: ctx.db.query("_storage"), FROM_SYSTEM.format("query")),
        (lambda ctx: ctx.db.system.query("items"), FROM_DB.format("query")),
        (lambda ctx: ctx.db.get(FILE_ID), "System tables can only be accessed with db.system."),
        (lambda ctx: ctx.db.normalize_id("_storage", FILE_ID), FROM_SYSTEM.format("normalizeId")),
        (lambda ctx: ctx.db.system.normalize_id("items", FILE_ID), FROM_DB.format("normalizeId")),
        (lambda ctx: ctx.db.insert("_storage", {}), "System tables (prefixed with `_`) are read-only."),
        (lambda ctx: ctx.db.patch(FILE_ID, {}), "System tables can only be accessed with db.system."),
        (lambda ctx: ctx.db.replace(FILE_ID, {}), "System tables can only be accessed with db.system."),
        (lambda ctx: ctx.db.delete(FILE_ID), "System tables can only be accessed with db.system."),
    ],
)
def test_python_meets_the_same_fence(t, call, text):
    with t.transaction() as ctx, pytest.raises(FunctionError) as caught:
        call(ctx)
    assert caught.value.text == text


def test_python_gets_no_user_document_through_db_system(t):
    document_id = t.run(lambda ctx: ctx.db.insert("items", {}))
    with t.transaction() as ctx, pytest.raises(FunctionError) as caught:
        ctx.db.system.get(document_id)
    assert caught.value.text == "User tables cannot be accessed with db.system."


def test_python_db_system_has_no_writes(t):
    with t.transaction() as ctx:
        assert not any(hasattr(ctx.db.system, name) for name in ("insert", "patch", "replace", "delete"))
