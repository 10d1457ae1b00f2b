"""What comes out of a function that throws: texts, classes, frames (`crates/common/src/errors.rs`)."""

from __future__ import annotations

import pytest

from convex_test import (
    ArgumentValidationError,
    ConvexError,
    ConvexTestError,
    FunctionError,
    FunctionNotFoundError,
    LimitError,
    ReturnsValidationError,
    SchemaValidationError,
    api,
    js,
)

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({ strict: defineTable({ n: v.number() }) });
    """,
    "convex/model/checks.ts": """
        export class NotAllowed extends Error {
          override name = "NotAllowed";
        }

        export function requirePositive(n: number) {
          if (n <= 0) {
            throw new NotAllowed(`${n} is not positive`);
          }
        }
    """,
    "convex/errors.ts": """
        import { action, mutation, query } from "./_generated/server";
        import { ConvexError, v } from "convex/values";
        import { internal } from "./_generated/api";
        import { requirePositive } from "./model/checks";

        export const plain = query(async () => {
          throw new Error("it broke");
        });

        export const inHelper = mutation(async (ctx, { n }: { n: number }) => {
          requirePositive(n);
        });

        export const afterAwait = mutation(async (ctx) => {
          await ctx.db.insert("items", {});
          await ctx.db.query("items").collect();
          throw new Error("after awaits");
        });

        export const failedGet = query(async (ctx) => {
          const id: any = "garbage";
          return await ctx.db.get(id);
        });

        export const failedInsert = mutation(async (ctx) => {
          await ctx.db.insert("strict", { n: "x" } as any);
        });

        export const failedCollect = query(async (ctx) => {
          return await ctx.db
            .query("strict")
            .withIndex("nope" as any)
            .collect();
        });

        async function helper(ctx: any) {
          await ctx.db.delete("garbage");
        }

        export const failedInHelper = mutation(async (ctx) => {
          console.log("before the helper");
          await helper(ctx);
        });

        export const outer = mutation(async (ctx): Promise<any> => {
          console.info("in the outer");
          return await ctx.runMutation(internal.errors.middle, {});
        });

        export const middle = mutation(async (ctx): Promise<any> => {
          console.warn("in the middle");
          return await ctx.runQuery(internal.errors.plain, {});
        });

        export const outerAction = action(async (ctx): Promise<any> => {
          return await ctx.runMutation(internal.errors.outer, {});
        });

        export const named = query(async function named() {
          throw new Error("by name");
        });

        export const typed = query({
          args: { n: v.number() },
          returns: v.string(),
          handler: async (_ctx, { n }) => n as any,
        });

        export const refuse = mutation(async (_ctx, { data }: { data: any }) => {
          throw new ConvexError(data);
        });
        export const rethrown = mutation(async (ctx) => {
          try {
            await ctx.runQuery(internal.errors.plain, {});
          } catch (error: any) {
            throw new Error("changed", { cause: error });
          }
        });
        export const swallowed = mutation(async (ctx) => {
          try {
            await ctx.db.get("garbage" as any);
          } catch {
            throw new Error("something else");
          }
        });
    """,
}
BAD_ID = "Invalid argument `id` for `{}`: Unable to decode ID: Invalid ID length 7"


def thrown(t, body, kind="query"):
    with pytest.raises(FunctionError) as caught:
        getattr(t, kind)(js(f"async (ctx) => {{ {body} }}"))
    return caught.value


def failure(call, *args, **kwargs):
    with pytest.raises(FunctionError) as caught:
        call(*args, **kwargs)
    return caught.value


def line_of(text):
    """The line of `errors.ts`, from 1, that holds the text."""
    lines = FILES["convex/errors.ts"].splitlines()
    (found,) = [number for number, line in enumerate(lines, 1) if text in line]
    return found


# Texts


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ('new Error("broken")', "Uncaught Error: broken"),
        ('new TypeError("broken")', "Uncaught TypeError: broken"),
        ('new RangeError("broken")', "Uncaught RangeError: broken"),
        ('new SyntaxError("broken")', "Uncaught SyntaxError: broken"),
        ('new Error("")', "Uncaught Error"),
        ("new Error()", "Uncaught Error"),
        ('new (class Special extends Error {})("broken")', "Uncaught Error: broken"),
        ('Object.assign(new Error("broken"), { name: "Named" })', "Uncaught Named: broken"),
        ('Object.assign(new Error("broken"), { name: "" })', "Uncaught broken"),
        ('Object.assign(new Error("broken"), { name: undefined })', "Uncaught Error: broken"),
        ('Object.assign(new Error("broken"), { message: undefined })', "Uncaught Error"),
        ('Object.assign(new Error("broken"), { message: 5 })', "Uncaught Error: 5"),
        ('new Error("line one\\nline two")', "Uncaught Error: line one\nline two"),
        ('new AggregateError([new Error("a")], "several")', "Uncaught AggregateError: several"),
        ('new Error("ünïcode \U0001f600")', "Uncaught Error: ünïcode \U0001f600"),
        ('new Error("outer", { cause: new Error("inner") })', "Uncaught Error: outer"),
    ],
)
def test_the_text_of_an_error(t, expression, text):
    assert thrown(t, f"throw {expression};").text == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ('"foo"', "Uncaught foo"),
        ('""', "Uncaught "),
        ("5", "Uncaught 5"),
        ("-0", "Uncaught 0"),
        ("5n", "Uncaught 5"),
        ("true", "Uncaught true"),
        ("undefined", "Uncaught undefined"),
        ("{}", "Uncaught #<Object>"),
        ("{ a: 1 }", "Uncaught #<Object>"),
        ("new (class Special {})()", "Uncaught #<Special>"),
        ('Symbol("s")', "Uncaught Symbol(s)"),
    ],
)
def test_the_text_of_something_that_is_no_error(t, expression, text):
    error = thrown(t, f"throw {expression};")
    assert error.text == text
    assert error.frames == []


def test_a_thrown_null(t):
    assert thrown(t, "throw null;").text == "Uncaught null"


def test_str_begins_with_the_text_and_has_the_frames(t):
    error = failure(t.query, api.errors.plain)
    assert str(error) == f"Uncaught Error: it broke\n    at <anonymous> (convex/errors.ts:{line_of('it broke')}:13)"


def test_name_and_message(t):
    error = thrown(t, 'throw new RangeError("too far");')
    assert (error.name, error.message) == ("RangeError", "too far")


def test_a_custom_class_has_its_name(t):
    error = failure(t.mutation, api.errors.inHelper, n=0)
    assert error.text == "Uncaught NotAllowed: 0 is not positive"
    assert (error.name, error.message) == ("NotAllowed", "0 is not positive")


def test_a_long_message_is_cut_at_64_kib(t):
    assert len(thrown(t, 'throw new Error("x".repeat(100000));').text) == 65536


def test_a_long_message_is_cut_between_characters(t):
    text = thrown(t, 'throw new Error("€".repeat(40000));').text
    assert len(text.encode()) <= 65536
    assert text.endswith("€")


def test_half_a_surrogate_pair_in_a_message(t):
    assert thrown(t, 'throw new Error("a\\ud800b");').text == "Uncaught Error: a\ufffdb"


# Frames


def test_a_frame_names_file_line_column_and_function(t):
    (frame,) = failure(t.query, api.errors.plain).frames
    assert (frame.file, frame.line, frame.column) == ("convex/errors.ts", line_of("it broke"), 13)


def test_a_named_function_is_named(t):
    assert failure(t.query, api.errors.named).frames[0].function == "named"


def test_frames_of_several_files_throw_site_first(t):
    frames = failure(t.mutation, api.errors.inHelper, n=-1).frames
    assert [(frame.file, frame.line, frame.function) for frame in frames] == [
        ("convex/model/checks.ts", 8, "requirePositive"),
        ("convex/errors.ts", line_of("requirePositive(n)"), "<anonymous>"),
    ]


def test_a_throw_after_awaits(t):
    frames = failure(t.mutation, api.errors.afterAwait).frames
    assert [(frame.file, frame.line) for frame in frames] == [("convex/errors.ts", line_of("after awaits"))]


def test_a_failed_get_points_to_the_call(t):
    error = failure(t.query, api.errors.failedGet)
    assert error.text == "Uncaught Error: " + BAD_ID.format("db.get")
    assert (error.frames[0].file, error.frames[0].line) == ("convex/errors.ts", line_of("ctx.db.get(id)"))


def test_a_failed_insert_points_to_the_call(t):
    error = failure(t.mutation, api.errors.failedInsert)
    assert (error.frames[0].file, error.frames[0].line) == ("convex/errors.ts", line_of('{ n: "x" }'))


def test_a_failed_collect_points_to_the_call(t):
    error = failure(t.query, api.errors.failedCollect)
    assert error.frames[0].file == "convex/errors.ts"
    assert line_of('.query("strict")') <= error.frames[0].line <= line_of('.query("strict")') + 2


def test_a_failed_call_in_a_helper_points_to_the_helper(t):
    error = failure(t.mutation, api.errors.failedInHelper)
    assert (error.frames[0].line, error.frames[0].function) == (line_of('delete("garbage")'), "helper")


def test_no_frame_is_of_npms_convex(t):
    for name in ("failedGet", "failedInsert", "failedCollect"):
        kind = t.mutation if name == "failedInsert" else t.query
        assert {frame.file for frame in failure(kind, api.errors[name]).frames} == {"convex/errors.ts"}


# Classes


def test_an_error_of_typescript_is_a_plain_function_error(t):
    assert type(failure(t.query, api.errors.plain)) is FunctionError


def test_all_errors_have_one_base(t):
    with pytest.raises(ConvexTestError):
        t.query(api.errors.plain)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda t: t.query(api.errors.nope), FunctionNotFoundError),
        (lambda t: t.query(api.errors.typed, n="x"), ArgumentValidationError),
        (lambda t: t.query(api.errors.typed, n=1), ReturnsValidationError),
        (lambda t: t.mutation(api.errors.failedInsert), SchemaValidationError),
        (lambda t: t.query(api.errors.failedGet), FunctionError),
        (lambda t: t.mutation(api.errors.plain), FunctionError),
        (lambda t: t.mutation(api.errors.refuse, data="no"), ConvexError),
    ],
)
def test_the_class_of_an_error(t, call, kind):
    with pytest.raises(FunctionError) as caught:
        call(t)
    assert type(caught.value) is kind


def test_a_bad_document_has_the_backends_text(t):
    assert failure(t.mutation, api.errors.failedInsert).text == (
        'Uncaught Error: Failed to insert or update a document in table "strict" because it does not match the schema: '
        'Value does not match validator.\nPath: .n\nValue: "x"\nValidator: v.float64()'
    )


def test_bad_arguments_have_no_uncaught(t):
    assert failure(t.query, api.errors.typed, n="x").text == (
        'ArgumentValidationError: Value does not match validator.\nPath: .n\nValue: "x"\nValidator: v.float64()'
    )


def test_a_crossed_limit_has_its_numbers(project):
    with project.test(limits={"documentsWritten": 2}) as t:
        error = thrown(t, 'for (let i = 0; i < 5; i++) await ctx.db.insert("items", {});', "mutation")
    assert type(error) is LimitError
    assert (error.limit, error.used) == (2, 3)
    assert error.text == "Uncaught Error: Too many writes in a single function execution (limit: 2)"


def test_an_error_that_was_caught_does_not_lend_its_class(t):
    error = failure(t.mutation, api.errors.swallowed)
    assert (type(error), error.text) == (FunctionError, "Uncaught Error: something else")


def test_an_error_that_javascript_throws_again_keeps_its_class(t):
    body = 'try { await ctx.db.insert("strict", {}); } catch (error) { throw error; }'
    assert type(thrown(t, body, "mutation")) is SchemaValidationError


# Through several functions


def test_a_nested_error_is_the_cause(t):
    error = failure(t.mutation, api.errors.middle)
    assert type(error) is FunctionError
    assert error.text.startswith("Uncaught Error: Uncaught Error: it broke\n    at <anonymous> (convex/errors.ts:")
    assert error.__cause__.text == "Uncaught Error: it broke"
    assert error.__cause__.frames[0].line == line_of("it broke")


def test_causes_form_a_chain(t):
    error = failure(t.mutation, api.errors.outer)
    texts = []
    while error is not None:
        texts.append(error.text.splitlines()[0])
        error = error.__cause__
    assert texts == [
        "Uncaught Error: Uncaught Error: Uncaught Error: it broke",
        "Uncaught Error: Uncaught Error: it broke",
        "Uncaught Error: it broke",
    ]


def test_each_error_of_the_chain_names_its_call(t):
    error = failure(t.mutation, api.errors.outer)
    chains = []
    while error is not None:
        chains.append(error.chain)
        error = error.__cause__
    assert chains == [["mutation errors:outer"], ["mutation errors:middle"], ["query errors:plain"]]


def test_the_function_is_the_one_that_failed(t):
    error = failure(t.mutation, api.errors.outer)
    assert error.function == "errors:outer"
    assert error.__cause__.function == "errors:middle"
    assert error.__cause__.__cause__.function == "errors:plain"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("plain", "query"),
        ("failedGet", "query"),
        ("typed", "query"),
        ("failedInsert", "mutation"),
        ("outerAction", "action"),
    ],
)
def test_the_function_of_a_call(t, name, kind):
    assert failure(getattr(t, kind), api.errors[name]).function == f"errors:{name}"


def test_an_error_made_of_another(t):
    error = failure(t.mutation, api.errors.rethrown)
    assert error.text == "Uncaught Error: changed"


# Console lines of the call


def test_an_error_has_the_console_lines_of_its_call(t):
    error = failure(t.mutation, api.errors.failedInHelper)
    assert [line.message for line in error.logs] == ["'before the helper'"]


def test_an_error_has_the_lines_of_nested_calls(t):
    error = failure(t.mutation, api.errors.outer)
    assert [(line.level, line.message, line.function) for line in error.logs] == [
        ("INFO", "'in the outer'", "errors:outer"),
        ("WARN", "'in the middle'", "errors:middle"),
    ]


def test_an_error_has_no_lines_of_earlier_calls(t):
    t.query(js('async () => { console.log("earlier"); }'))
    assert failure(t.query, api.errors.plain).logs == []


def test_an_error_in_a_snippet_has_a_frame(t):
    (frame,) = thrown(t, 'throw new Error("x");').frames
    assert (frame.file, frame.line) == ("<js>", 1)


# Uncaught from Python


def test_a_python_exception_comes_out_unchanged(t):
    class Mine(Exception):
        pass

    error = Mine("as it was")

    def mutation(ctx):
        ctx.db.insert("items", {})
        raise error

    with pytest.raises(Mine) as caught:
        t.mutation(mutation)
    assert caught.value is error
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == []


def test_stack_overflow_can_be_caught(t):
    body = "const f = () => f() + 1; try { f(); } catch (error) { return [error.name, error.message]; }"
    assert t.query(js(f"async () => {{ {body} }}")) == ["RangeError", "Maximum call stack size exceeded"]


def test_stack_overflow_that_nobody_catches(t):
    assert thrown(t, "const f = () => f() + 1; f();").text == "Uncaught RangeError: Maximum call stack size exceeded"
