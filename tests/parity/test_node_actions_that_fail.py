"""Modules with `"use node"`: what an action throws, what stops it, and what it writes on its console."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, api
from convex_test.errors import ConvexError, FunctionNotFoundError, FunctionTimeoutError, OutOfMemoryError, ProjectError

# One of the actions forgets an `await` on purpose.
SETTINGS = {"unawaited": "ignore"}

FILES = {
    "convex/notes.ts": """
        import { ConvexError } from "convex/values";
        import { internalMutation, query } from "./_generated/server";
        export const refuse = internalMutation(async () => { throw new Error("no notes today"); });
        export const refuseWithData = internalMutation(async () => { throw new ConvexError({ code: 7 }); });
        export const one = query(async () => 1);
    """,
    "convex/broken.ts": """
        "use node";
        import { action } from "./_generated/server";
        export const never = action(async () => 1);
        throw new TypeError("broken while loading");
    """,
    "convex/mixed.ts": """
        "use node";
        import { action, query } from "./_generated/server";
        export const fine = action(async () => 1);
        export const read = query(async () => 1);
    """,
    "convex/node.ts": """
        "use node";
        import { ConvexError, v } from "convex/values";
        import { api, internal } from "./_generated/api";
        import { action } from "./_generated/server";

        export const plain = action(async () => {
          deeper();
        });
        function deeper() {
          throw new RangeError("too far");
        }
        const throwing = (thrown: unknown) => action(async () => { throw thrown; });
        export const text = throwing("foo");
        export const nothing = throwing(null);
        export const object = throwing({});
        export const nameless = throwing(Object.assign(new Error("x"), { name: "" }));
        export const data = throwing(new ConvexError({ code: 5 }));
        export const nested = action(async (ctx) => await ctx.runMutation(internal.notes.refuse));
        export const nestedData = action(async (ctx) => await ctx.runMutation(internal.notes.refuseWithData));
        export const caught = action(async (ctx) => {
          try {
            await ctx.runMutation(internal.notes.refuseWithData);
          } catch (error) {
            return [error instanceof ConvexError, (error as any).data];
          }
        });
        export const rejection = action(async () => {
          void Promise.reject(new Error("nobody listens"));
          await new Promise((resolve) => setTimeout(resolve, 10));
        });
        export const inTimer = action(async () => {
          setTimeout(() => { throw new Error("in a timer"); }, 10);
          await new Promise((resolve) => setTimeout(resolve, 1000));
        });
        export const exit = action({ args: { code: v.optional(v.number()) }, handler: async (_ctx, { code }) => {
          try {
            process.exit(code);
          } catch {
            return "went on";
          }
        } });
        export const kill = action(async () => { process.kill(process.pid, "SIGKILL"); await new Promise(() => {}); });
        export const loop = action(async () => { console.log("looping"); for (;;) {} });
        export const busy = action(async () => { for (;;) await new Promise((resolve) => setImmediate(resolve)); });
        export const never = action(async () => await new Promise(() => {}));
        export const heap = action(async () => {
          const kept: unknown[] = [];
          for (;;) kept.push(new Array(4_000_000).fill(1.5));
        });
        export const buffers = action(async () => {
          const kept: Buffer[] = [];
          for (;;) kept.push(Buffer.alloc(1 << 20, 1));
        });
        export const stopsAnother = action(async (ctx) => {
          try {
            await ctx.runAction(api.node.loop);
          } catch (error) {
            return (error as Error).message;
          }
        });
        export const value = action(async () => 1);
        export const unawaited = action(async (ctx) => { void ctx.runQuery(api.notes.one); });
        export const many = action(async () => {
          await new Promise((resolve) => setImmediate(resolve));
          for (let i = 0; i < 300; i++) console.log(i);
        });
        export const wide = action(async () => { for (let i = 0; i < 40; i++) console.log("x".repeat(32000)); });
        export const lines = action(async () => {
          console.debug("d");
          console.info({ a: 1, b: [new Map([[1, { c: 2 }]])] });
          console.warn(1, -0, null, undefined, "it's");
          console.error(new Date(0));
          console.dir([1]);
          process.stdout.write("not for the log\\n");
          console.log(Buffer.from("hi"), 5n);
        });
        export const plainHandler = () => 1;
    """,
}


def failure(kind, call, *args, **kwargs):
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    assert type(caught.value) is kind
    return caught.value


# What it throws


def test_an_error_has_its_typescript_frames(t):
    error = failure(FunctionError, t.action, api.node.plain)

    assert (error.text, error.name, error.message) == ("Uncaught RangeError: too far", "RangeError", "too far")
    assert [(frame.function, frame.file, frame.line) for frame in error.frames[:2]] == [
        ("deeper", "convex/node.ts", 11),
        ("<anonymous>", "convex/node.ts", 8),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("text", "Uncaught foo"),
        ("nothing", "Uncaught unknown error"),
        ("object", "Uncaught [object Object]"),
        ("nameless", "Uncaught x"),
    ],
)
def test_what_is_no_ordinary_error(t, name, text):
    assert failure(FunctionError, t.action, f"node:{name}").text == text


def test_data_of_a_convex_error(t):
    error = failure(ConvexError, t.action, api.node.data)

    assert error.data == {"code": 5}
    assert error.text == 'Uncaught ConvexError: {"code":5}'


def test_an_error_of_a_function_that_it_called(t):
    error = failure(FunctionError, t.action, api.node.nested)

    assert error.text.startswith("Uncaught Error: Uncaught Error: no notes today\n    at ")
    assert isinstance(error.__cause__, FunctionError)
    assert error.chain == ["action node:nested"]
    assert error.__cause__.chain == ["mutation notes:refuse"]


def test_data_of_a_function_that_it_called(t):
    assert failure(ConvexError, t.action, api.node.nestedData).data == {"code": 7}
    assert t.action(api.node.caught) == [True, {"code": 7}]


def test_a_rejection_that_nobody_handles(t):
    assert failure(FunctionError, t.action, api.node.rejection).text == ("Uncaught unhandledRejection: nobody listens")
    assert t.action(api.node.value) == 1


def test_an_exception_in_a_timer(t):
    assert failure(FunctionError, t.action, api.node.inTimer).text == "Uncaught uncaughtException: in a timer"
    assert t.action(api.node.value) == 1


@pytest.mark.parametrize(
    ("args", "text"), [({}, "with no exit code"), ({"code": 0}, "with exit code 0"), ({"code": 3}, "with exit code 3")]
)
def test_ending_the_process(t, args, text):
    assert failure(FunctionError, t.action, api.node.exit, args).text == (
        f"Uncaught process.exit: process.exit() called {text}"
    )
    assert t.action(api.node.value) == 1


def test_a_process_that_is_killed(t):
    error = failure(FunctionError, t.action, api.node.kill)

    assert error.text.startswith("The Node process that ran the action has ended, with exit code ")
    assert t.action(api.node.value) == 1


# What stops it


def test_an_endless_loop(project):
    with project.test(timeout=0.3) as t:
        error = failure(FunctionTimeoutError, t.action, api.node.loop)
        assert error.text == (
            "Function execution unexpectedly timed out. Check your function for infinite loops or other long-running "
            "operations."
        )
        assert [str(line) for line in error.logs] == ["[LOG] 'looping'"]
        assert t.action(api.node.value) == 1


def test_too_much_time(project):
    with project.test(timeout=0.3) as t:
        error = failure(FunctionTimeoutError, t.action, api.node.busy)
        assert error.text == "Action `busy` execution timed out (maximum duration 0.3s)"
        assert t.action(api.node.value) == 1


def test_waiting_for_what_never_comes_takes_no_time(t):
    error = failure(FunctionTimeoutError, t.action, api.node.never)

    assert error.text == "Action `never` execution timed out (maximum duration 60s)"


@pytest.mark.parametrize("name", ["heap", "buffers"])
def test_too_much_memory(t, name):
    assert failure(OutOfMemoryError, t.action, f"node:{name}").text == (
        "Node action ran out of memory (maximum memory usage: 512 MB)"
    )
    assert t.action(api.node.value) == 1


def test_what_stops_an_action_leaves_its_caller_alone(project):
    with project.test(timeout=0.3) as t:
        assert t.action(api.node.stopsAnother).startswith("Function execution unexpectedly timed out.")


# What does not load


def test_a_module_that_throws_while_it_loads(t):
    error = failure(ProjectError, t.action, api.broken.never)

    assert str(error) == (
        "Failed to analyze broken.js: Uncaught TypeError: broken while loading\n"
        "    at <anonymous> (convex/broken.ts:5:7)"
    )


def test_a_function_that_is_no_action(t):
    assert str(failure(ProjectError, t.action, api.mixed.fine)) == (
        "`read` defined in `mixed.js` is a Query function. Only actions can be defined in Node.js. "
        "See https://docs.convex.dev/functions/actions for more details.\n\nThe module is convex/mixed.ts."
    )


def test_a_function_that_its_module_has_not(t):
    error = failure(FunctionNotFoundError, t.action, api.node.missing)

    assert error.text == "Could not find public function for 'node:missing'."


def test_a_plain_function(t):
    with pytest.raises(FunctionError, match="Could not find public function for 'node:plainHandler'"):
        t.action(api.node.plainHandler)


# Its console


def test_lines_are_printed_by_node(t, capsys):
    t.action(api.node.lines)

    assert [str(line) for line in t.logs] == [
        "[DEBUG] 'd'",
        "[INFO] { a: 1, b: [ Map(1) { 1 => [Object] } ] }",
        '[WARN] 1 -0 null undefined "it\'s"',
        "[ERROR] 1970-01-01T00:00:00.000Z",
        "[LOG] <Buffer 68 69> 5n",
    ]
    assert capsys.readouterr().out == "not for the log\n"


def test_after_256_lines_one_says_that_there_were_more(t):
    t.action(api.node.many)

    assert len(t.logs) == 257
    assert str(t.logs[-2]) == "[LOG] 255"
    assert str(t.logs[-1]) == "[ERROR] Log overflow (maximum 256). Remaining log lines omitted."


def test_a_million_characters_are_the_most(t):
    t.action(api.node.wide)

    assert str(t.logs[-1]) == "[ERROR] Log overflow (maximum 1M characters). Remaining log lines omitted."
    assert len(t.logs) == 33


def test_what_was_not_awaited_is_warned_of(t):
    t.action(api.node.unawaited)

    assert [str(line) for line in t.logs] == [
        "[WARN] 'You have an outstanding query call. Operations should be awaited or they might not run. "
        "Not awaiting promises might result in unexpected failures. "
        "See https://docs.convex.dev/functions/actions#dangling-promises for more information.'"
    ]
