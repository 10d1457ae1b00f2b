"""How long module state and changed globals live."""

from __future__ import annotations

from contextlib import suppress

import pytest

from convex_test import FunctionError, UsageError, api, js

FILES = {
    "convex/state.ts": """
        import { action, mutation, query } from "./_generated/server";
        import { shared } from "./lib/shared";
        import { internal } from "./_generated/api";
        let counter = 0;
        export const count = query(async () => ++counter);
        export const countInMutation = mutation(async () => ++counter);
        export const countInAction = action(async () => ++counter);
        export const throughLibrary = query(async () => shared.push("x"));
        export const outer = mutation(async (ctx): Promise<any> => {
          counter = 100;
          const inner = await ctx.runQuery(internal.state.count, {});
          return [counter, inner];
        });
        export const remember = query(async (_ctx, args: any) => { (globalThis as any).remembered = args.value; });
        export const recall = query(async () => (globalThis as any).remembered ?? null);
    """,
    "convex/other.ts": """
        import { query } from "./_generated/server";
        import { shared } from "./lib/shared";
        export const throughLibrary = query(async () => shared.push("y"));
    """,
    "convex/lib/shared.ts": "export const shared: string[] = [];",
}


@pytest.fixture(scope="module")
def polluted(make_project):
    """A project of its own, so that what leaks here reaches no other test."""
    return make_project(FILES)


def run(t, body):
    return t.query(js(f"async () => {{ {body} }}"))


def in_next_test(project, pollution, body):
    """What a body returns in the test after one that ran `pollution`."""
    with project.test() as t:
        run(t, pollution)
    with project.test() as t:
        return run(t, body)


def test_a_test_begins_with_fresh_modules(project):
    with project.test() as t:
        t.query(api.state.count)
        t.query(api.state.count)
    with project.test() as t:
        assert t.query(api.state.count) == 1


def test_modules_that_another_module_imports_are_fresh_too(project):
    with project.test() as t:
        t.query(api.state.throughLibrary)
    with project.test() as t:
        assert t.query(api.other.throughLibrary) == 1


def test_every_call_is_fresh_as_in_production(project):
    with project.test(isolation="call") as t:
        assert [t.query(api.state.count) for _ in range(3)] == [1, 1, 1]
        assert [t.mutation(api.state.countInMutation) for _ in range(3)] == [1, 1, 1]
        assert [t.action(api.state.countInAction) for _ in range(3)] == [1, 1, 1]


def test_by_call_globals_do_not_go_from_call_to_call(project):
    with project.test(isolation="call") as t:
        t.query(api.state.remember, value=1)
        assert t.query(api.state.recall) is None


def test_within_a_test_modules_keep_their_state(project):
    with project.test(isolation="test") as t:
        assert [t.query(api.state.count) for _ in range(3)] == [1, 2, 3]


def test_by_session_modules_keep_their_state_from_test_to_test(project):
    with project.test(isolation="session") as t:
        first = t.query(api.state.count)
    with project.test(isolation="session") as t:
        assert t.query(api.state.count) == first + 1


def test_a_session_does_not_reach_into_a_test_of_its_own(project):
    with project.test(isolation="session") as t:
        t.query(api.state.count)
        t.query(api.state.count)
    with project.test(isolation="test") as t:
        assert t.query(api.state.count) == 1


def test_a_nested_call_has_modules_of_its_own(t):
    assert t.mutation(api.state.outer) == [100, 1]


def test_two_backends_at_once_have_modules_of_their_own(project):
    with project.test() as first, project.test() as second:
        first.query(api.state.count)
        first.query(api.state.count)
        assert second.query(api.state.count) == 1
        assert first.query(api.state.count) == 3


def test_two_backends_at_once_have_globals_of_their_own(polluted):
    with polluted.test() as first, polluted.test() as second:
        first.query(api.state.remember, value="of the first")
        assert second.query(api.state.recall) is None


def test_an_unknown_isolation(project):
    with pytest.raises(UsageError, match="isolation='never'"), project.test(isolation="never"):
        pass


@pytest.mark.parametrize(
    ("pollution", "body"),
    [
        ("globalThis.leak = 1;", "return typeof leak;"),
        ("Array.prototype.leak = 1;", "return typeof [].leak;"),
        ("Object.prototype.leak = 1;", "return typeof ({}).leak;"),
        ("String.prototype.leak = 1;", "return typeof ''.leak;"),
        ("Function.prototype.leak = 1;", "return typeof (() => 1).leak;"),
        ("Promise.prototype.leak = 1;", "return typeof Promise.resolve().leak;"),
        ("Map.prototype.leak = 1;", "return typeof new Map().leak;"),
        ("Error.prototype.leak = 1;", "return typeof new Error().leak;"),
        ("Date.prototype.leak = 1;", "return typeof new Date().leak;"),
        ("RegExp.prototype.leak = 1;", "return typeof /x/.leak;"),
        ("Symbol.prototype.leak = 1;", "return typeof Symbol().leak;"),
        ("BigInt.prototype.leak = 1;", "return typeof (1n).leak;"),
        ("Math.leak = 1;", "return typeof Math.leak;"),
        ("JSON.leak = 1;", "return typeof JSON.leak;"),
        ("console.leak = 1;", "return typeof console.leak;"),
        ("process.leak = 1;", "return typeof process.leak;"),
        ("process.env.leak = '1';", "return typeof process.env.leak;"),
        ("URL.prototype.leak = 1;", "return typeof new URL('https://e.com').leak;"),
        ("URL.leak = 1;", "return typeof URL.leak;"),
        ("EventTarget.prototype.leak = 1;", "return typeof new EventTarget().leak;"),
        ("TextEncoder.prototype.leak = 1;", "return typeof new TextEncoder().leak;"),
        ("Set.prototype.leak = 1;", "return typeof new Set().leak;"),
        ("WeakMap.prototype.leak = 1;", "return typeof new WeakMap().leak;"),
        ("Float64Array.prototype.leak = 1;", "return typeof new Float64Array(1).leak;"),
        ("Object.getPrototypeOf(async () => {}).leak = 1;", "return typeof (async () => {}).leak;"),
        ("Object.getPrototypeOf(function* () {}).leak = 1;", "return typeof (function* () {}).leak;"),
        ("Object.getPrototypeOf([][Symbol.iterator]()).leak = 1;", "return typeof [][Symbol.iterator]().leak;"),
        ("Reflect.leak = 1;", "return typeof Reflect.leak;"),
        ("crypto.leak = 1;", "return typeof crypto.leak;"),
        ("Convex.leak = 1;", "return typeof Convex.leak;"),
    ],
)
def test_something_added_to_a_global_is_gone_in_the_next_test(polluted, pollution, body):
    assert in_next_test(polluted, pollution, body) == "undefined"


@pytest.mark.parametrize(
    ("pollution", "body", "expected"),
    [
        ("Array.prototype.map = () => 'broken';", "return [1].map((n) => n + 1);", [2]),
        ("Math.random = () => 5;", "return Math.random() < 1;", True),
        ("Date.now = () => 5;", "return Date.now() > 5;", True),
        ("globalThis.Date = class {};", "return new Date(0).toISOString();", "1970-01-01T00:00:00.000Z"),
        ("JSON.parse = () => 'broken';", "return JSON.parse('[1]');", [1]),
        ("delete globalThis.URL;", "return typeof URL;", "function"),
        ("globalThis.URL = 5;", "return typeof URL;", "function"),
        ("console.log = () => {};", "return console.log.toString().includes('=> {}');", False),
        ("Object.keys = () => ['broken'];", "return Object.keys({ a: 1 });", ["a"]),
        ("String.prototype.trim = () => 'broken';", "return ' a '.trim();", "a"),
        ("globalThis.undefinedThing = undefined;", "return 'undefinedThing' in globalThis;", False),
        ("delete Array.prototype.filter;", "return typeof [].filter;", "function"),
        ("Map.prototype.get = () => 'broken';", "return new Map([[1, 2]]).get(1);", 2),
        ("Error.stackTraceLimit = 0;", "return new Error('x').stack.length > 0;", True),
        ("structuredClone = () => 'broken';", "return structuredClone(1);", 1),
        ("Promise.all = () => 'broken';", "return (await Promise.all([1]))[0];", 1),
        ("crypto.randomUUID = () => 'broken';", "return crypto.randomUUID().length;", 36),
    ],
)
def test_something_changed_in_a_global_is_whole_in_the_next_test(polluted, pollution, body, expected):
    assert in_next_test(polluted, pollution, body) == expected


@pytest.mark.parametrize(
    "pollution",
    ["Array.prototype.leak = 1;", "globalThis.leak = 1;", "JSON.stringify = () => 'broken';", "Map.prototype.set = 5;"],
)
def test_by_call_a_changed_global_is_whole_in_the_next_call(polluted, pollution):
    with polluted.test(isolation="call") as t:
        body = f"{pollution} return 1;"
        with suppress(FunctionError):
            run(t, body)
        expected = ["undefined", "undefined", '{"a":1}', 1]
        assert (
            run(t, "return [typeof [].leak, typeof leak, JSON.stringify({ a: 1 }), new Map().set(1, 2).size];")
            == expected
        )


def test_a_change_in_a_nested_call_stays_there(t):
    snippet = """async (ctx) => {
      await ctx.runQuery(api.state.remember, { value: "inner" });
      return globalThis.remembered ?? null;
    }"""
    assert t.mutation(js(snippet)) is None


def test_data_does_not_go_from_test_to_test(project):
    with project.test() as t:
        t.run(lambda ctx: ctx.db.insert("items", {}))
    with project.test() as t:
        assert t.run(lambda ctx: ctx.db.query("items").collect()) == []


def test_a_function_that_failed_leaves_nothing_behind(project):
    with project.test(isolation="session") as t:
        with pytest.raises(FunctionError):
            run(t, "throw new Error('x');")
        assert run(t, "return 'fine';") == "fine"


def test_a_promise_of_one_call_does_not_go_on_in_the_next(t):
    t.action(js("async () => { setTimeout(() => console.log('late'), 10); }"))
    t.action(js("async () => { await new Promise((resolve) => setTimeout(resolve, 1000)); }"))
    assert t.logs == []
