"""How long module state lives. What becomes of changed globals is in test_changed_globals.py."""

from __future__ import annotations

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


def run(t, body):
    return t.query(js(f"async () => {{ {body} }}"))


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


def test_an_unknown_isolation(project):
    with pytest.raises(UsageError, match="isolation='never'"), project.test(isolation="never"):
        pass


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
