from __future__ import annotations

from convex_test import FunctionError, SchemaValidationError, js

FILES: dict[str, str] = {}


def test_an_error_of_a_snippet_has_its_place_in_the_snippet(t, failure):
    snippet = js(
        """async (ctx) => {
            await ctx.db.insert("items", { n: 1 });
            throw new Error("here");
        }"""
    )
    error = failure(FunctionError, t.mutation, snippet)
    assert error.text == "Uncaught Error: here"
    assert [(frame.file, frame.line) for frame in error.frames] == [("<js>", 3)]


def test_an_error_of_a_syscall_has_its_place_in_the_snippet(t, failure):
    snippet = js(
        """async (ctx) => {
            await ctx.db.insert("items", { n: "text" });
        }"""
    )
    error = failure(SchemaValidationError, t.mutation, snippet)
    assert [(frame.file, frame.line) for frame in error.frames] == [("<js>", 2)]
