from __future__ import annotations

import pytest

from convex_test import FunctionError, UsageError, js

FILES: dict[str, str] = {}

BAD_IDS = [
    ("nonsense", "Unable to decode ID: Invalid ID length 8"),
    ("", "Unable to decode ID: Invalid ID length 0"),
    ("j57c9ew6rf8w89rg7gt4rg9f3s8jrejv" + "x" * 40, "Unable to decode ID: Invalid ID length 72"),
]
METHODS = {
    "get": ("db.get", "async (ctx, id) => await ctx.db.get(id)"),
    "patch": ("db.patch", "async (ctx, id) => await ctx.db.patch(id, { n: 1 })"),
    "replace": ("db.replace", "async (ctx, id) => await ctx.db.replace(id, { n: 1 })"),
    "delete": ("db.delete", "async (ctx, id) => await ctx.db.delete(id)"),
}
PYTHON = {
    "get": lambda id: lambda ctx: ctx.db.get(id),
    "patch": lambda id: lambda ctx: ctx.db.patch(id, {"n": 1}),
    "replace": lambda id: lambda ctx: ctx.db.replace(id, {"n": 1}),
    "delete": lambda id: lambda ctx: ctx.db.delete(id),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("bad", "text"), BAD_IDS)
def test_a_malformed_id_in_typescript(t, failure, method, bad, text):
    label, source = METHODS[method]
    error = failure(FunctionError, t.mutation, js(source), bad)
    assert error.text == f"Uncaught Error: Invalid argument `id` for `{label}`: {text}"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("bad", "text"), BAD_IDS)
def test_a_malformed_id_in_python(t, failure, method, bad, text):
    error = failure(FunctionError, t.run, PYTHON[method](bad))
    assert error.text == f"Invalid argument `id` for `{METHODS[method][0]}`: {text}"


@pytest.mark.parametrize("bad", [None, 5, b"x", ["x"]])
def test_an_id_that_is_no_text_in_python(t, failure, bad):
    assert str(failure(UsageError, t.run, lambda ctx: ctx.db.get(bad))) == (
        f"ctx.db.get({bad!r}): expected get(id) or get(table, id), all of them str."
    )


def test_an_id_that_is_no_text_in_typescript(t, failure):
    error = failure(FunctionError, t.query, js("async (ctx) => await ctx.db.get(5)"))
    assert error.text == "Uncaught Error: Invalid argument `id` for `db.get`, expected string but got 'number': 5"


def test_an_id_that_is_left_out_in_typescript(t, failure):
    error = failure(FunctionError, t.query, js("async (ctx) => await ctx.db.get()"))
    assert error.text == "Uncaught TypeError: Must provide arg 1 `id` to `get`"


PAGINATE = "async (ctx, cursor) => await ctx.db.query('items').paginate({ numItems: 1, cursor })"


@pytest.mark.parametrize("cursor", ["nonsense", "", "AAAA", "\0", "é"])
def test_a_malformed_cursor_in_typescript(t, failure, cursor):
    assert failure(FunctionError, t.query, js(PAGINATE), cursor).text == "Uncaught Error: Failed to parse cursor"


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "\0", "é"])
def test_a_malformed_cursor_in_python(t, failure, cursor):
    handler = lambda ctx: ctx.db.query("items").paginate(num_items=1, cursor=cursor)  # noqa: E731
    assert failure(FunctionError, t.query, handler).text == "Failed to parse cursor"


@pytest.mark.parametrize("name", ["nope", "by_m"])
def test_an_index_that_is_not_there(t, failure, name):
    source = f"async (ctx) => await ctx.db.query('items').withIndex('{name}').collect()"
    assert failure(FunctionError, t.query, js(source)).text == f"Uncaught Error: Index items.{name} not found."
    handler = lambda ctx: ctx.db.query("items").with_index(name).collect()  # noqa: E731
    assert failure(FunctionError, t.query, handler).text == f"Index items.{name} not found."


@pytest.mark.parametrize("build", [5, "by_n", lambda q: 5, lambda q: None])
def test_an_index_range_that_is_none(t, failure, build):
    handler = lambda ctx: ctx.db.query("items").with_index("by_n", build).collect()  # noqa: E731
    assert "with_index" in str(failure(UsageError, t.query, handler))


@pytest.mark.parametrize("build", [5, lambda d: d["n"] == 1, lambda d: d.n == 1])
def test_a_filter_that_is_none(t, failure, build):
    handler = lambda ctx: ctx.db.query("items").filter(build).collect()  # noqa: E731
    assert "filter" in str(failure(UsageError, t.query, handler))


def test_an_order_that_is_none(t, failure):
    handler = lambda ctx: ctx.db.query("items").order("down").collect()  # noqa: E731
    assert str(failure(UsageError, t.query, handler)) == '.order(\'down\'): expected "asc" or "desc".'


@pytest.mark.parametrize("table", [5, None])
def test_a_table_that_is_no_name(t, failure, table):
    assert str(failure(UsageError, t.query, lambda ctx: ctx.db.query(table).collect())) == (
        f"The name of a table is a str, not {table!r}."
    )
    assert str(failure(UsageError, t.run, lambda ctx: ctx.db.insert(table, {}))) == (
        f"ctx.db.insert({table!r}, …): the name of a table is a str."
    )
