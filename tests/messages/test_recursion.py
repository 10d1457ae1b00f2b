from __future__ import annotations

from convex_test import FunctionError, js

FILES = {
    "convex/deep.ts": """\
        import { mutation, query } from "./_generated/server";

        function deeper(n: number): number {
          return deeper(n + 1) + 1;
        }

        async function deeperStill(n: number): Promise<number> {
          return (await deeperStill(n + 1)) + 1;
        }

        export const uncaught = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          return deeper(0);
        });
        export const asynchronous = query(async () => await deeperStill(0));
        export const caught = query(async () => {
          try {
            return deeper(0);
          } catch (error) {
            return [error instanceof RangeError, String(error)];
          }
        });
        export const enough = query(async () => {
          const sum = (n: number): number => (n === 0 ? 0 : n + sum(n - 1));
          return sum(2_000);
        });
        export const parse = query(async () => JSON.parse("[".repeat(100_000) + "]".repeat(100_000)) !== null);
        """,
}

TOO_DEEP = "Maximum call stack size exceeded"


def test_endless_recursion_is_a_range_error(t, failure):
    error = failure(FunctionError, t.mutation, "deep:uncaught")
    assert error.text == f"Uncaught RangeError: {TOO_DEEP}"
    assert str(error.frames[0]) == "    at deeper (convex/deep.ts:4:21)"


def test_endless_asynchronous_recursion_is_a_range_error(t, failure):
    assert failure(FunctionError, t.query, "deep:asynchronous").text == f"Uncaught RangeError: {TOO_DEEP}"


def test_typescript_may_catch_it(t):
    assert t.query("deep:caught") == [True, f"RangeError: {TOO_DEEP}"]


def test_reasonable_recursion_is_fine(t):
    assert t.query("deep:enough") == 2_001_000


def test_deeply_nested_json_is_read(t):
    assert t.query("deep:parse") is True


def test_a_snippet_may_not_recurse_for_ever_either(t, failure):
    error = failure(FunctionError, t.query, js("async () => { const f = () => f() + 1; return f(); }"))
    assert error.text == f"Uncaught RangeError: {TOO_DEEP}"
