"""The warnings in the log of a function that used more than four fifths of a limit (`crates/udf/src/warnings.rs`)."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from convex_test import FunctionError, LimitError

HELP = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective "
    "index range expressions."
)
FILES = {
    "convex/f.ts": """
        import { action, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";
        export const read = query(async (ctx, { n }: { n: number }) => { await ctx.db.query("items").take(n); });
        export const gets = query(async (ctx, { ids }: { ids: any[] }) => {
          for (const id of ids) await ctx.db.get(id);
        });
        export const write = mutation(async (ctx, { n, size }: { n: number; size?: number }) => {
          for (let i = 0; i < n; i++) await ctx.db.insert("items", { body: "x".repeat(size ?? 0) });
        });
        export const writeAndFail = mutation(async (ctx) => {
          await ctx.runMutation(internal.f.write, { n: 9 });
          throw new Error("no");
        });
        export const chatty = mutation(async (ctx) => {
          for (let i = 0; i < 300; i++) console.log(i);
          for (let i = 0; i < 9; i++) await ctx.db.insert("items", {});
        });
        export const log = mutation(async (ctx) => {
          console.log("mine");
          await ctx.runMutation(internal.f.write, { n: 9 });
        });
        export const size = query(async (_ctx, { text }: { text?: string }) => text?.length);
        export const take = action(async (_ctx, { text, n }: { text: string; n: number }) => {
          console.log("taken");
          return "x".repeat(n);
        });
        export const text = query(async (_ctx, { n }: { n: number }) => "x".repeat(n));
        export const numbers = query(async (_ctx, { n }: { n: number }) =>
          Array.from({ length: n }, () => Array.from({ length: 8192 }, () => 1)));
    """,
    "convex/http.ts": """
        import { httpRouter } from "convex/server";
        import { httpAction } from "./_generated/server";
        const http = httpRouter();
        http.route({ path: "/large", method: "GET", handler: httpAction(async () => new Response("x".repeat(17e6))) });
        http.route({ path: "/small", method: "GET", handler: httpAction(async () => new Response("x".repeat(16e6))) });
        export default http;
    """,
}


@pytest.fixture
def limited(project):
    """A `t` with the given limits and ten documents, and what its functions logged."""
    with ExitStack() as backends:

        def make(**limits):
            t = backends.enter_context(project.test(seed=1, limits=limits))
            for _ in range(10):
                t.run(lambda ctx: ctx.db.insert("items", {}))
            return t

        yield make


def lines(t):
    return [(line.level, line.message, line.function) for line in t.logs]


def test_documents_read(limited):
    t = limited(documentsRead=10)
    t.query("f:read", n=9)
    message = f"Many documents read in a single function execution (actual: 9, limit: 10). {HELP}"
    assert lines(t) == [("WARN", message, "f:read")]


def test_four_fifths_are_not_too_many(limited):
    t = limited(documentsRead=10)
    t.query("f:read", n=8)
    assert lines(t) == []


def test_the_limit_itself_is_close(limited):
    t = limited(documentsRead=10)
    t.query("f:read", n=10)
    assert [line.message.split(". ")[0] for line in t.logs] == [
        "Many documents read in a single function execution (actual: 10, limit: 10)"
    ]


def test_a_crossed_limit_is_an_error_and_no_warning(limited):
    t = limited(documentsRead=9)
    with pytest.raises(LimitError):
        t.query("f:read", n=10)
    assert lines(t) == []


def test_bytes_read(limited):
    t = limited(bytesRead=700)
    t.query("f:read", n=10)
    message = f"Many bytes read in a single function execution (actual: 630 bytes, limit: 700 bytes). {HELP}"
    assert lines(t) == [("WARN", message, "f:read")]


def test_database_queries(limited):
    t = limited(databaseQueries=10)
    ids = t.run(lambda ctx: [document["_id"] for document in ctx.db.query("items").take(9)])
    t.query("f:gets", ids=ids)
    message = f"Many reads in a single function execution (actual: 9, limit: 10). {HELP}"
    assert lines(t) == [("WARN", message, "f:gets")]


def test_documents_written(limited):
    t = limited(documentsWritten=10)
    t.mutation("f:write", n=9)
    assert lines(t) == [("WARN", "Many writes in a single function execution (actual: 9, limit: 10).", "f:write")]


def test_bytes_written(limited):
    t = limited(bytesWritten=1000)
    t.mutation("f:write", n=1, size=900)
    message = "Many bytes written in a single function execution (actual: 970 bytes, limit: 1000 bytes)."
    assert lines(t) == [("WARN", message, "f:write")]


def test_several_warnings_have_an_order(limited):
    t = limited(documentsRead=10, bytesRead=700)
    t.query("f:read", n=10)
    assert [line.message.split(" in ")[0] for line in t.logs] == ["Many documents read", "Many bytes read"]


def test_nested_functions_are_measured_by_the_whole_transaction(limited):
    t = limited(documentsWritten=10)
    t.mutation("f:log")
    message = "Many writes in a single function execution (actual: 9, limit: 10)."
    assert lines(t) == [("LOG", "'mine'", "f:log"), ("WARN", message, "f:write"), ("WARN", message, "f:log")]


def test_a_function_that_fails_is_warned_too(limited):
    t = limited(documentsWritten=10)
    with pytest.raises(FunctionError):
        t.mutation("f:writeAndFail")
    message = "Many writes in a single function execution (actual: 9, limit: 10)."
    assert lines(t) == [("WARN", message, "f:write"), ("WARN", message, "f:writeAndFail")]


def test_without_limits_there_is_no_warning(project):
    with project.test(limits=False) as t:
        t.mutation("f:write", n=9)
        assert lines(t) == []


def test_large_arguments(t):
    t.query("f:size", text="x" * 14_000_000)
    message = "Large size of the function arguments (actual: 14000011 bytes, limit: 16777216 bytes)."
    assert lines(t) == [("WARN", message, "f:size")]


def test_a_large_result(t):
    t.query("f:text", n=14_000_000)
    message = "Large size of the function return value (actual: 14000002 bytes, limit: 16777216 bytes)."
    assert lines(t) == [("WARN", message, "f:text")]


def test_large_arguments_and_a_large_result_of_an_action(t):
    t.action("f:take", text="x" * 14_000_000, n=14_500_000)
    assert lines(t) == [
        ("LOG", "'taken'", "f:take"),
        ("WARN", "Large size of the action arguments (actual: 14000022 bytes, limit: 16777216 bytes).", "f:take"),
        ("WARN", "Large size of the action return value (actual: 14500002 bytes, limit: 16777216 bytes).", "f:take"),
    ]


def test_a_large_response_of_an_http_action(t):
    t.fetch("/small")
    t.fetch("/large")
    message = "Large response returned from an HTTP action (actual: 17000000 bytes, limit: 20971520 bytes)."
    assert lines(t) == [("WARN", message, "GET /large")]


def test_the_backends_own_lines_at_the_end_are_never_left_out(project):
    with project.test(limits={"documentsWritten": 10}) as t:
        t.mutation("f:chatty")
        assert [line.message for line in t.logs[254:]] == [
            "254",
            "Log overflow (maximum 256). Remaining log lines omitted.",
            "Many writes in a single function execution (actual: 9, limit: 10).",
        ]


def test_a_large_result_of_short_texts(t):
    t.query("f:numbers", n=200)
    message = "Large size of the function return value (actual: 14746002 bytes, limit: 16777216 bytes)."
    assert lines(t) == [("WARN", message, "f:numbers")]


def test_a_result_of_short_texts_that_is_too_large(t):
    with pytest.raises(FunctionError) as caught:
        t.query("f:numbers", n=230)
    assert caught.value.message == (
        "Function f.js:numbers return value is too large (actual: 16.17 MiB, limit: 16 MiB)"
    )
