from __future__ import annotations

import pytest

from convex_test import FunctionError, FunctionTimeoutError, js

FILES = {
    "convex/endless.ts": """\
        import { api } from "./_generated/api";
        import { action, mutation, query } from "./_generated/server";

        export const queryLoop = query(async () => {
          for (let i = 0; ; i++);
        });
        export const mutationLoop = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          while (true);
        });
        export const actionLoop = action(async () => {
          while (true);
        });
        export const caughtLoop = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          try {
            while (true);
          } catch {
            return "caught";
          } finally {
            console.log("finally");
          }
        });
        export const promises = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          while (true) await null;
        });
        export const actionPromises = action(async () => {
          while (true) await Promise.resolve();
        });
        export const thenChain = query(async () => {
          const again = (): Promise<void> => Promise.resolve().then(again);
          await again();
        });
        export const neverSettles = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          await new Promise(() => {});
        });
        export const actionNeverSettles = action(async () => {
          await new Promise(() => {});
        });
        export const regularExpression = query(async () => /^(a+)+$/.test("a".repeat(40) + "b"));
        export const replaceAll = query(async () => "x".repeat(30).replace(/(x+x+)+y/g, ""));
        export const sort = query(async () => {
          [3, 2, 1].sort(() => {
            while (true);
          });
        });
        export const getter = query(async () => ({
          get value() {
            while (true);
          },
        }));
        export const nested = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          try {
            await ctx.runMutation(api.endless.mutationLoop, {});
          } catch {
            return "caught";
          }
        });
        export const fromAction = action(async (ctx) => {
          await ctx.runMutation(api.endless.mutationLoop, {});
        });
        export const caughtInAction = action(async (ctx): Promise<string> => {
          try {
            return await ctx.runMutation(api.endless.mutationLoop, {});
          } catch (error) {
            return (error as Error).message;
          }
        });
        """,
}

TIMED_OUT = "Function execution timed out (maximum duration: 0.3s)"
NEVER = "Returned promise will never resolve"


@pytest.mark.parametrize("name", ["queryLoop", "thenChain", "regularExpression", "replaceAll", "sort", "getter"])
def test_a_query_that_does_not_end_is_stopped(impatient, failure, name):
    assert str(failure(FunctionTimeoutError, impatient.query, f"endless:{name}")) == TIMED_OUT


@pytest.mark.parametrize("name", ["mutationLoop", "promises"])
def test_a_mutation_that_does_not_end_is_stopped_and_rolled_back(impatient, failure, name):
    assert str(failure(FunctionTimeoutError, impatient.mutation, f"endless:{name}")) == TIMED_OUT


@pytest.mark.parametrize("name", ["actionLoop", "actionPromises"])
def test_an_action_that_does_not_end_is_stopped(impatient, failure, name):
    assert str(failure(FunctionTimeoutError, impatient.action, f"endless:{name}")) == TIMED_OUT


def test_no_catch_stops_a_time_out(impatient, failure):
    assert str(failure(FunctionTimeoutError, impatient.mutation, "endless:caughtLoop")) == TIMED_OUT
    assert impatient.logs == []


def test_no_catch_around_a_nested_call_stops_a_time_out(impatient, failure):
    error = failure(FunctionTimeoutError, impatient.mutation, "endless:nested")
    assert str(error) == TIMED_OUT
    assert error.chain == ["mutation endless:nested", "mutation endless:mutationLoop"]


def test_an_action_sees_the_time_out_of_a_mutation_as_its_error(impatient, failure):
    error = failure(FunctionError, impatient.action, "endless:fromAction")
    assert error.text == f"Uncaught Error: {TIMED_OUT}"
    assert type(error.__cause__) is FunctionTimeoutError


def test_an_action_may_catch_the_time_out_of_a_mutation(impatient):
    assert impatient.action("endless:caughtInAction") == TIMED_OUT


def test_a_snippet_that_does_not_end_is_stopped(impatient, failure):
    assert str(failure(FunctionTimeoutError, impatient.query, js("async () => { for (;;); }"))) == TIMED_OUT


def test_a_time_out_says_which_function_ran(impatient, failure):
    error = failure(FunctionTimeoutError, impatient.query, "endless:queryLoop")
    assert error.function == "endless:queryLoop"
    assert error.chain == ["query endless:queryLoop"]


def test_a_promise_of_a_mutation_that_never_settles(t, failure):
    assert str(failure(FunctionError, t.mutation, "endless:neverSettles")) == NEVER


def test_a_promise_of_an_action_that_never_settles(t, failure):
    assert str(failure(FunctionError, t.action, "endless:actionNeverSettles")) == NEVER


def test_many_time_outs_in_a_row_leave_nothing_behind(project):
    with project.test(timeout=0.02) as t:
        for _ in range(20):
            with pytest.raises(FunctionTimeoutError):
                t.mutation("endless:mutationLoop")
    with project.test() as fresh:
        assert fresh.query("survivor:all") == []
