"""insert, patch, replace and delete with arguments of the wrong type or number, and where they do not exist."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, UsageError, js


@pytest.fixture
def item(t):
    return t.run(lambda ctx: ctx.db.insert("items", {"a": 1}))


# Wrong arguments in TypeScript


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("insert('items')", "Uncaught TypeError: Must provide arg 2 `value` to `insert`"),
        ("insert('items', undefined)", "Uncaught TypeError: Must provide arg 2 `value` to `insert`"),
        ("insert('items', null)", "Uncaught Error: Invalid argument `value` for `db.insert`: Value must be an Object"),
        ("insert('items', 5)", "Uncaught Error: Invalid argument `value` for `db.insert`: Value must be an Object"),
        ("insert('items', 'x')", "Uncaught Error: Invalid argument `value` for `db.insert`: Value must be an Object"),
        ("insert('items', [{}])", "Uncaught Error: Invalid argument `value` for `db.insert`: Value must be an Object"),
        ("patch()", "Uncaught TypeError: Must provide arg 1 `id` to `patch`"),
        ("patch('x')", "Uncaught TypeError: Must provide arg 2 `value` to `patch`"),
        # Without a third argument the first one is the id.
        (
            "patch('items', 'x')",
            "Uncaught Error: Invalid argument `id` for `db.patch`: Unable to decode ID: Invalid ID length 5",
        ),
        ("patch('items', undefined, {})", "Uncaught TypeError: Must provide arg 1 `id` to `patch`"),
        (
            "patch(null, {})",
            "Uncaught Error: Invalid argument `id` for `db.patch`: invalid type: null, expected a string",
        ),
        (
            "replace(5, {})",
            "Uncaught Error: Invalid argument `id` for `db.replace`: invalid type: integer `5`, expected a string",
        ),
        ("replace()", "Uncaught TypeError: Must provide arg 1 `id` to `replace`"),
        ("replace('x')", "Uncaught TypeError: Must provide arg 2 `value` to `replace`"),
        ("delete()", "Uncaught TypeError: Must provide arg 1 `id` to `delete`"),
        ("delete({})", "Uncaught Error: Invalid argument `id` for `db.delete`: invalid type: map, expected a string"),
        (
            "delete('items', null)",
            "Uncaught Error: Invalid argument `id` for `db.delete`: invalid type: null, expected a string",
        ),
    ],
)
def test_wrong_arguments_in_typescript(t, call, text):
    with pytest.raises(FunctionError) as caught:
        t.mutation(js(f"async (ctx) => await ctx.db.{call}"))
    assert caught.value.text == text


@pytest.mark.parametrize("value", ["null", "5", "[1]", "'x'"])
@pytest.mark.parametrize("method", ["patch", "replace"])
def test_the_value_of_a_change_is_an_object(t, item, method, value):
    with pytest.raises(FunctionError) as caught:
        t.mutation(js(f"async (ctx, id) => await ctx.db.{method}('items', id, {value})"), item)
    assert caught.value.message == f"Invalid argument `value` for `db.{method}`: Value must be an Object"


@pytest.mark.parametrize("method", ["insert", "patch", "replace", "delete"])
def test_a_query_in_typescript_has_no_writing_methods(t, method):
    assert t.query(js(f"(ctx) => typeof ctx.db.{method}")) == "undefined"


def test_writes_through_the_table_in_typescript(t):
    source = """async (ctx) => {
        const table = ctx.db.table("items");
        const id = await table.insert({ a: 1 });
        await table.patch(id, { b: 2 });
        const patched = await table.get(id);
        await table.replace(id, { c: 3 });
        const replaced = await table.get(id);
        await table.delete(id);
        return [patched.a, patched.b, replaced.a ?? null, replaced.c, await table.get(id)];
    }"""
    assert t.mutation(js(source)) == [1, 2, None, 3, None]


@pytest.mark.parametrize(
    ("method", "args", "text"),
    [
        ("insert", (5, {}), "ctx.db.insert(5, …): the name of a table is a str."),
        (
            "patch",
            ("items", "x"),
            "ctx.db.patch('items', 'x'): expected patch(id, value) or patch(table, id, value); "
            "table and id are str, the value is a dict.",
        ),
        (
            "replace",
            (5, {}),
            "ctx.db.replace(5, {}): expected replace(id, value) or replace(table, id, value); "
            "table and id are str, the value is a dict.",
        ),
        ("delete", (None,), "ctx.db.delete(None): expected delete(id) or delete(table, id), all of them str."),
    ],
)
def test_wrong_arguments_in_python(t, method, args, text):
    with pytest.raises(UsageError) as caught:
        t.run(lambda ctx: getattr(ctx.db, method)(*args))
    assert str(caught.value) == text


@pytest.mark.parametrize("value", [[1], "x", 5, None])
def test_the_value_of_insert_in_python_is_a_mapping(t, value):
    with pytest.raises((UsageError, FunctionError)) as caught:
        t.run(lambda ctx: ctx.db.insert("items", value))
    assert str(caught.value) == "Invalid argument `value` for `db.insert`: Value must be an Object"
