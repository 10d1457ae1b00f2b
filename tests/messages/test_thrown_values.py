from __future__ import annotations

import pytest

from convex_test import FunctionError, js

FILES: dict[str, str] = {
    "convex/thrown.ts": """\
        import { mutation } from "./_generated/server";

        class NotFound extends Error {
          constructor(what: string) {
            super(`no ${what}`);
            this.name = "NotFound";
          }
        }

        function find(what: string): never {
          throw new NotFound(what);
        }

        export const subclass = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          find("channel");
        });
        export const later = mutation(async (ctx) => {
          const error = new Error("made here");
          await ctx.db.insert("items", { n: 1 });
          throw error;
        });
        """,
}


@pytest.mark.parametrize(
    ("thrown", "text"),
    [
        ("'plain text'", "Uncaught plain text"),
        ("''", "Uncaught "),
        ("42", "Uncaught 42"),
        ("-0", "Uncaught 0"),
        ("5n", "Uncaught 5"),
        ("true", "Uncaught true"),
        ("undefined", "Uncaught undefined"),
        ("null", "Uncaught null"),
        ("Symbol('s')", "Uncaught Symbol(s)"),
        ("({ code: 7 })", "Uncaught #<Object>"),
        ("new (class Failure {})()", "Uncaught #<Failure>"),
        ("new Map()", "Uncaught #<Map>"),
        ("Promise.resolve(1)", "Uncaught #<Promise>"),
        ("Object.create(null)", "Uncaught [object Object]"),
        ("() => 1", "Uncaught () => 1"),
    ],
)
def test_what_is_no_error_is_shown_as_v8_shows_it(t, failure, thrown, text):
    handler = js(f"async (ctx) => {{ await ctx.db.insert('items', {{ n: 1 }}); throw {thrown}; }}")
    error = failure(FunctionError, t.mutation, handler)
    assert str(error) == text
    assert error.frames == []


@pytest.mark.parametrize(
    "thrown",
    [
        "new Proxy({}, { get() { throw new Error('gotcha'); } })",
        "Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('gotcha'); } })",
        "Object.defineProperty(new Error('x'), 'name', { get() { throw new Error('gotcha'); } })",
        "Object.defineProperty(new Error('x'), 'stack', { get() { throw new Error('gotcha'); } })",
        "({ get constructor() { throw new Error('gotcha'); } })",
    ],
)
def test_what_cannot_be_looked_at_still_ends_the_function(t, failure, thrown):
    handler = js(f"async (ctx) => {{ await ctx.db.insert('items', {{ n: 1 }}); throw {thrown}; }}")
    assert failure(FunctionError, t.mutation, handler).text.startswith("Uncaught ")


@pytest.mark.parametrize(
    ("thrown", "text", "name"),
    [
        ("new Error()", "Uncaught Error", "Error"),
        ("new Error('')", "Uncaught Error", "Error"),
        ("new TypeError('wrong')", "Uncaught TypeError: wrong", "TypeError"),
        ("Object.assign(new Error('m'), { name: 'Special' })", "Uncaught Special: m", "Special"),
        ("Object.assign(new Error('m'), { name: '' })", "Uncaught m", ""),
        ("new Error('two\\nlines')", "Uncaught Error: two\nlines", "Error"),
        ("new Error('nul \\0 inside')", "Uncaught Error: nul \0 inside", "Error"),
        ("new Error('half \\ud800')", "Uncaught Error: half \ufffd", "Error"),
        ("new Error('cause', { cause: new Error('inner') })", "Uncaught Error: cause", "Error"),
        ("new AggregateError([new Error('a')], 'many')", "Uncaught AggregateError: many", "AggregateError"),
    ],
)
def test_an_error_is_shown_with_its_name(t, failure, thrown, text, name):
    error = failure(FunctionError, t.mutation, js(f"async () => {{ throw {thrown}; }}"))
    assert error.text == text
    assert error.name == name


def test_an_error_of_a_class_of_the_project_points_at_its_throw(t, failure):
    error = failure(FunctionError, t.mutation, "thrown:subclass")
    assert str(error) == (
        "Uncaught NotFound: no channel\n"
        "    at find (convex/thrown.ts:11:22)\n"
        "    at <anonymous> (convex/thrown.ts:16:3)"
    )


def test_an_error_points_at_where_it_was_made(t, failure):
    error = failure(FunctionError, t.mutation, "thrown:later")
    assert str(error) == "Uncaught Error: made here\n    at <anonymous> (convex/thrown.ts:19:21)"


def test_an_error_that_is_rejected_without_a_throw(t, failure):
    assert failure(FunctionError, t.mutation, js("() => Promise.reject(new Error('no'))")).text == "Uncaught Error: no"


def test_a_very_long_message_is_cut(t, failure):
    error = failure(FunctionError, t.mutation, js("async () => { throw new Error('x'.repeat(1_000_000)); }"))
    assert error.text == "Uncaught Error: " + "x" * (65536 - len("Uncaught Error: "))
