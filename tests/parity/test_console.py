"""`console`: levels, how values are printed, and what `t.logs` keeps (`npm-packages/udf-runtime/src/02_console.ts`)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from freezegun import freeze_time

from convex_test import FunctionError, api, js

FILES = {
    "convex/log.ts": """
        import { action, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";
        export const child = query(async () => { console.log("child"); });
        export const parent = mutation(async (ctx) => {
          console.log("before");
          await ctx.runQuery(internal.log.child, {});
          console.log("after");
        });
        export const fromAction = action(async (ctx) => {
          console.log("action");
          await ctx.runMutation(internal.log.parent, {});
        });
        export const trace = query(async () => { console.trace("here"); });
        export const lines = query(async (_ctx, { count, name }: any) => {
          for (let i = 0; i < count; i++) console.log(name);
        });
        export const pair = mutation(async (ctx, { own, first, second }: any) => {
          for (let i = 0; i < own; i++) console.log("own");
          await ctx.runQuery(internal.log.lines, { count: first, name: "first" });
          await ctx.runQuery(internal.log.lines, { count: second, name: "second" });
          console.log("end");
        });
        export const pairOfAction = action(async (ctx) => {
          await ctx.runQuery(internal.log.lines, { count: 250, name: "first" });
          await ctx.runQuery(internal.log.lines, { count: 250, name: "second" });
        });
    """,
}


def printed(t, *expressions, method="log"):
    """The messages of console calls with the given arguments."""
    before = len(t.logs)
    body = "".join(f"console.{method}({expression});" for expression in expressions)
    t.query(js(f"async () => {{ {body} }}"))
    return [line.message for line in t.logs[before:]]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"hi"', "'hi'"),
        ('""', "''"),
        ('"it\'s"', "'it\\'s'"),
        ('"a\\nb\\tc"', "'a\\nb\\tc'"),
        ('"\\x01\\x7f"', "'\\x01\x7f'"),
        ('"back\\\\slash"', "'back\\\\slash'"),
        ('"ünï\U0001f600"', "'ünï\U0001f600'"),
        ("1", "1"),
        ("1.5", "1.5"),
        ("1e21", "1e+21"),
        ("-0", "-0"),
        ("0", "0"),
        ("1n", "1n"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("true", "true"),
        ("null", "null"),
        ("undefined", "undefined"),
        ("[]", "[]"),
        ("[1, 2]", "[ 1, 2 ]"),
        ("[undefined, , 3]", "[ undefined, , 3 ]"),
        ('["a", ["b"]]', "[ 'a', [ 'b' ] ]"),
        ("{}", "{}"),
        ('{ a: 1, b: "x" }', "{\n  a: 1,\n  b: 'x'\n}"),
        ("[{ a: 1 }, { b: 2 }]", "[\n  {\n    a: 1\n  },\n  {\n    b: 2\n  }\n]"),
        ("{ a: { b: { c: 1 } } }", "{\n  a: {\n    b: {\n      c: 1\n    }\n  }\n}"),
        ('{ "a-b": 1 }', "{\n  'a-b': 1\n}"),
        ('{ [Symbol("k")]: 1 }', "{\n  [Symbol(k)]: 1\n}"),
        ("new (class A { x = 1 })()", "A {\n  x: 1\n}"),
        ("Object.create(null)", "[Object: null prototype] {}"),
        ('new Error("boom")', "[Error: boom]"),
        ('new TypeError("boom")', "[TypeError: boom]"),
        ('Object.assign(new Error("boom"), { code: 5 })', "{ [Error: boom] code: 5 }"),
        ('new Error("m", { cause: new Error("c") })', "{ [Error: m] [cause]: [Error: c] }"),
        ("function foo() {}", "[Function: foo]"),
        ("() => 1", "[Function (anonymous)]"),
        ("class B {}", "[Function: B]"),
        ("new Date(0)", "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)"),
        ("new Date(NaN)", "Invalid Date"),
        ("new Map([[1, 2]])", "Map (1) {\n  1 => 2\n}"),
        ("new Set([1])", "Set (1) {\n  1\n}"),
        ("new Map()", "Map (0) {}"),
        ("new Uint8Array([1, 2])", "Uint8Array [Uint8Array] {\n  0: 1,\n  1: 2\n}"),
        ("new ArrayBuffer(2)", "ArrayBuffer [ArrayBuffer] {}"),
        ("Promise.resolve(1)", "Promise [Promise] {}"),
        ("new WeakMap()", "WeakMap { ? }"),
        ("new String('s')", "Object('s')"),
        ("new Number(5)", "Object(5)"),
        ("/a/g", "/a/g"),
        ('Symbol("s")', "Symbol(s)"),
        ("{ inspect: () => 'own' }", "own"),
        # Node's symbol means nothing here: the runtime has `object-inspect` as browsers get it.
        ('{ [Symbol.for("nodejs.util.inspect.custom")]: 1 }', "{\n  [Symbol(nodejs.util.inspect.custom)]: 1\n}"),
        ("{ a: { b: { c: { d: { e: { f: 1 } } } } } }", None),
        ('"x".repeat(32766)', "'" + "x" * 32766 + "'"),
    ],
)
def test_how_a_value_is_printed(t, expression, expected):
    if expected is None:
        indents = ["  " * depth for depth in range(6)]
        expected = "{\n" + "".join(f"{indents[n]}{name}: {{\n" for n, name in enumerate("abcd", 1))
        expected += f"{indents[5]}e: [Object]\n" + "".join(f"{indents[n]}}}\n" for n in (4, 3, 2, 1)) + "}"
    assert printed(t, expression) == [expected]


def test_arrays_deeper_than_five(t):
    assert printed(t, "[[[[[[1]]]]]]") == ["[ [ [ [ [ [Array] ] ] ] ] ]"]


def test_a_circular_object(t):
    t.query(js("async () => { const a = { n: 1 }; a.self = a; console.log(a); }"))
    assert t.logs[-1].message == "{\n  n: 1,\n  self: [Circular]\n}"


def test_a_string_that_is_too_long(t):
    assert printed(t, '"x".repeat(40000)') == ["'" + "x" * 32767]


def test_arguments_are_joined_by_spaces(t):
    assert printed(t, '"a", 1, { b: 2 }, null') == ["'a' 1 {\n  b: 2\n} null"]


def test_no_arguments(t):
    assert printed(t, "") == [""]


def test_no_format_strings(t):
    assert printed(t, '"%s is %d", "x", 5') == ["'%s is %d' 'x' 5"]


@pytest.mark.parametrize(
    ("method", "level"),
    [("debug", "DEBUG"), ("info", "INFO"), ("log", "LOG"), ("warn", "WARN"), ("error", "ERROR"), ("trace", "LOG")],
)
def test_the_level_of_a_method(t, method, level):
    printed(t, '"x"', method=method)
    assert t.logs[-1].level == level


def test_trace_has_the_stack(t):
    t.query(api.log.trace)
    first, second = t.logs[-1].message.split(" ", 1)
    assert first == "'here'"
    assert second.startswith("\n    at ")
    assert "(convex/log.ts:14:" in second
    assert second.endswith(")\n")


def test_methods_that_convex_has(t):
    snippet = "async () => Object.keys(console).sort()"
    assert t.query(js(snippet)) == sorted(
        ["debug", "error", "info", "log", "warn", "trace", "time", "timeLog", "timeEnd"]
    )


@pytest.mark.parametrize("method", ["table", "dir", "assert", "count", "group", "groupEnd", "clear"])
def test_methods_that_convex_does_not_have(t, method):
    assert t.query(js(f"async () => typeof console.{method}")) == "undefined"


def test_the_console_as_text(t):
    assert t.query(js("async () => String(console)")) == "[object console]"


# Timers of the console


def test_time_end(t):
    t.query(js('async () => { console.time("x"); console.timeEnd("x"); }'))
    (line,) = t.logs
    assert line.level == "INFO"
    assert line.message.startswith("x: ")
    assert line.message.endswith("ms")
    assert line.message[3:-2].isdigit()


def test_time_without_a_label(t):
    t.query(js("async () => { console.time(); console.timeEnd(); }"))
    assert t.logs[0].message.startswith("default: ")


def test_time_log_keeps_the_timer(t):
    t.query(js('async () => { console.time("x"); console.timeLog("x", { a: 1 }); console.timeEnd("x"); }'))
    assert [line.level for line in t.logs] == ["INFO", "INFO"]


def test_a_timer_that_is_there_already(t):
    t.query(js('async () => { console.time("x"); console.time("x"); }'))
    assert [(line.level, line.message) for line in t.logs] == [("WARN", "Timer 'x' already exists")]


@pytest.mark.parametrize("method", ["timeEnd", "timeLog"])
def test_a_timer_that_is_not_there(t, method):
    t.query(js(f'async () => {{ console.{method}("x"); }}'))
    assert [(line.level, line.message) for line in t.logs] == [("WARN", "Timer 'x' does not exist")]


def test_a_timer_does_not_live_on_in_the_next_call(t):
    t.query(js('async () => { console.time("x"); }'))
    t.query(js('async () => { console.timeEnd("x"); }'))
    assert [line.message for line in t.logs] == ["Timer 'x' does not exist"]


# What t.logs keeps


def test_lines_of_all_calls_in_order(t):
    t.query(js('async () => { console.log("one"); }'))
    t.mutation(js('async () => { console.log("two"); }'))
    t.action(js('async () => { console.log("three"); }'))
    assert [line.message for line in t.logs] == ["'one'", "'two'", "'three'"]


def test_lines_of_nested_calls_in_order(t):
    t.action(api.log.fromAction)
    assert [(line.function, line.message) for line in t.logs] == [
        ("log:fromAction", "'action'"),
        ("log:parent", "'before'"),
        ("log:child", "'child'"),
        ("log:parent", "'after'"),
    ]


def test_lines_of_a_mutation_that_fails_stay(t):
    with pytest.raises(FunctionError):
        t.mutation(js('async () => { console.log("kept"); throw new Error("x"); }'))
    assert [line.message for line in t.logs] == ["'kept'"]


def test_a_line_has_the_functions_time(project):
    moment = datetime(2024, 1, 1, 12, 0, 0, tzinfo=UTC)
    with freeze_time(moment), project.test() as t:
        t.query(api.log.child)
        assert t.logs[0].time.timestamp() == moment.timestamp()


def test_a_line_as_text(t):
    printed(t, '"careful"', method="warn")
    assert str(t.logs[0]) == "[WARN] 'careful'"


def test_each_t_has_its_own_lines(project):
    with project.test() as first, project.test() as second:
        first.query(api.log.child)
        assert (len(first.logs), len(second.logs)) == (1, 0)


def test_another_identity_shares_the_lines(t):
    t.with_identity(name="Sarah").query(api.log.child)
    assert len(t.logs) == 1


def test_no_more_than_256_lines(t):
    t.query(js("async () => { for (let i = 0; i < 300; i++) console.log(i); }"))
    assert len(t.logs) == 256
    assert (t.logs[254].message, t.logs[255].level, t.logs[255].message) == (
        "254",
        "ERROR",
        "Log overflow (maximum 256). Remaining log lines omitted.",
    )


def test_exactly_255_lines(t):
    t.query(js("async () => { for (let i = 0; i < 255; i++) console.log(i); }"))
    assert t.logs[-1].message == "254"


def test_a_line_is_cut_at_32_kib(t):
    assert printed(t, '"x".repeat(20000), "y".repeat(20000)') == [f"'{'x' * 20000}' '{'y' * 12764}"]


def test_a_line_that_was_cut_says_so_as_text(t):
    printed(t, '"x".repeat(20000), "y".repeat(20000)', '"whole"')
    cut, whole = t.logs
    assert cut.is_truncated
    assert str(cut).endswith("yyy (truncated due to length)")
    assert not whole.is_truncated
    assert str(whole) == "[LOG] 'whole'"


def counted(t):
    """How many lines there are of each function and message, in order of their appearance."""
    return list(Counter((line.function, line.message) for line in t.logs).items())


OVERFLOW = "Log overflow (maximum 256). Remaining log lines omitted."


def test_lines_of_nested_functions_count_as_the_callers(t):
    t.mutation("log:pair", own=100, first=100, second=100)
    assert counted(t) == [
        (("log:pair", "'own'"), 100),
        (("log:lines", "'first'"), 100),
        (("log:lines", "'second'"), 55),
        (("log:pair", OVERFLOW), 1),
    ]


def test_a_nested_function_that_fills_the_callers_lines(t):
    t.mutation("log:pair", own=254, first=1, second=0)
    assert counted(t) == [(("log:pair", "'own'"), 254), (("log:lines", "'first'"), 1), (("log:pair", OVERFLOW), 1)]


def test_a_nested_function_with_too_many_lines_of_its_own(t):
    t.mutation("log:pair", own=0, first=300, second=1)
    assert counted(t) == [(("log:lines", "'first'"), 255), (("log:pair", OVERFLOW), 1)]


def test_lines_of_what_an_action_calls_are_not_the_actions(t):
    t.action("log:pairOfAction")
    assert counted(t) == [(("log:lines", "'first'"), 250), (("log:lines", "'second'"), 250)]


def test_a_line_is_cut_between_characters(t):
    assert printed(t, '"€".repeat(20000)') == ["'" + "€" * 10922]


def test_half_a_surrogate_pair(t):
    assert printed(t, '"a\\ud800b"') == ["'a\ufffdb'"]


def test_logging_while_a_module_loads_is_not_kept(make_project):
    files = {
        "convex/noisy.ts": """
            import { query } from "./_generated/server";
            console.log("loading");
            export const quiet = query(async () => 1);
        """
    }
    with make_project(files).test() as t:
        assert t.query(api.noisy.quiet) == 1
        assert t.logs == []
