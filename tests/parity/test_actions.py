"""Actions: calls of functions, timers, and what stays when one fails (`crates/isolate/src/environment/action`)."""

from __future__ import annotations

import time

import pytest

from convex_test import (
    ArgumentValidationError,
    ConvexError,
    FunctionError,
    FunctionNotFoundError,
    ReturnsValidationError,
    api,
    js,
)

FILES = {
    "convex/items.ts": """
        import { action, internalAction, internalMutation, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";
        import { ConvexError, v } from "convex/values";

        export const list = query(async (ctx) => (await ctx.db.query("items").collect()).map((d) => d.n));
        export const add = mutation({
          args: { n: v.number() },
          handler: async (ctx, { n }) => await ctx.db.insert("items", { n }),
        });
        export const hiddenAdd = internalMutation(async (ctx) => { await ctx.db.insert("items", { n: -1 }); });
        export const addThenFail = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 0 });
          throw new Error("too bad");
        });
        export const refuse = mutation(async () => { throw new ConvexError({ code: 7n }); });
        export const badDocument = mutation(async (ctx) => { await ctx.db.insert("items", { _x: 1 }); });
        export const now = query(async () => Date.now());
        export const wrongResult = mutation({
          returns: v.string(),
          handler: async (ctx) => { await ctx.db.insert("items", { n: 1 }); return 5 as any; },
        });
        export const echo = action(async (_ctx, args: any) => args);
        export const hiddenEcho = internalAction(async (_ctx, args: any) => args);
        export const failing = action(async () => { throw new RangeError("action failed"); });
        export const refusing = action(async () => { throw new ConvexError("action says no"); });
        export const typed = action({
          args: { n: v.number() },
          returns: v.string(),
          handler: async (_ctx, { n }) => n as any,
        });
        export const addAndFail = action(async (ctx) => {
          await ctx.runMutation(internal.items.add, { n: 1 });
          await ctx.runMutation(internal.items.add, { n: 2 });
          throw new Error("after two");
        });
        export const sleepThenAdd = action(async (ctx, { n, ms }: { n: number; ms: number }): Promise<number> => {
          await new Promise((resolve) => setTimeout(resolve, ms));
          await ctx.runMutation(internal.items.add, { n });
          return Date.now();
        });
        export const identity = action(async (ctx) => (await ctx.auth.getUserIdentity())?.name ?? null);
        export const down = action(async (ctx, { depth }: { depth: number }): Promise<number> =>
          depth === 0 ? 0 : 1 + (await ctx.runAction(internal.items.down, { depth: depth - 1 })));
    """,
}


def run(t, body, *args):
    return t.action(js(f"async (ctx, ...args) => {{ {body} }}"), *args)


def caught_message(t, body):
    return run(t, f"try {{ {body} }} catch (error) {{ return error.message; }}")


def first_line(text):
    return text.splitlines()[0]


# Calls


def test_an_action_returns_a_value(t):
    assert t.action(api.items.echo, a=[1, None, "x"]) == {"a": [1, None, "x"]}


def test_run_query(t):
    assert run(t, "return await ctx.runQuery(api.items.list, {});") == []


def test_run_mutation_commits_before_it_returns(t):
    body = """
      await ctx.runMutation(api.items.add, { n: 1 });
      return await ctx.runQuery(api.items.list, {});"""
    assert run(t, body) == [1]


def test_run_action(t):
    assert run(t, "return await ctx.runAction(api.items.echo, { x: 1n, y: new ArrayBuffer(1) });") == {
        "x": 1,
        "y": b"\0",
    }


def test_internal_functions_may_be_called(t):
    body = """
      await ctx.runMutation(internal.items.hiddenAdd, {});
      return [await ctx.runAction(internal.items.hiddenEcho, { a: 1 }), await ctx.runQuery(internal.items.list, {})];"""
    assert run(t, body) == [{"a": 1}, [-1]]


def test_a_name_may_be_used_in_place_of_a_reference(t):
    assert run(t, 'return await ctx.runQuery("items:list");') == []


def test_an_action_has_no_database(t):
    assert run(t, 'return ["db" in ctx, typeof ctx.db];') == [False, "undefined"]


def test_actions_in_actions_in_actions(t):
    assert t.action(api.items.down, depth=12) == 12


def test_the_identity_is_kept(t):
    sarah = t.with_identity(name="Sarah")
    assert sarah.action(api.items.identity) == "Sarah"
    assert sarah.action(js("async (ctx) => await ctx.runAction(api.items.identity, {})")) == "Sarah"
    assert t.action(api.items.identity) is None


# Failures


def test_writes_before_a_failure_stay(t):
    with pytest.raises(FunctionError) as caught:
        t.action(api.items.addAndFail)
    assert caught.value.text == "Uncaught Error: after two"
    assert t.query(api.items.list) == [1, 2]


def test_a_mutation_that_fails_leaves_nothing(t):
    text = caught_message(t, "await ctx.runMutation(api.items.addThenFail, {});")
    assert first_line(text) == "Uncaught Error: too bad"
    assert t.query(api.items.list) == []


def test_an_error_comes_with_its_frames(t):
    text = caught_message(t, "await ctx.runMutation(api.items.addThenFail, {});")
    assert text.splitlines()[1].startswith("    at ")
    assert "(convex/items.ts:14:" in text.splitlines()[1]


def test_a_convex_error_keeps_its_data(t):
    body = """
      try { await ctx.runMutation(api.items.refuse, {}); }
      catch (error) { return [error instanceof ConvexError, error.data]; }"""
    assert run(t, body) == [True, {"code": 7}]


def test_a_convex_error_of_an_action_keeps_its_data(t):
    body = """
      try { await ctx.runAction(api.items.refusing, {}); }
      catch (error) { return [error instanceof ConvexError, error.data]; }"""
    assert run(t, body) == [True, "action says no"]


def test_a_convex_error_that_nobody_catches_comes_out(t):
    with pytest.raises(ConvexError) as caught:
        run(t, "await ctx.runAction(api.items.refusing, {});")
    assert caught.value.data == "action says no"


def test_an_error_of_an_action_can_be_caught(t):
    text = caught_message(t, "await ctx.runAction(api.items.failing, {});")
    assert first_line(text) == "Uncaught RangeError: action failed"


def test_an_error_of_an_action_that_nobody_catches(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await ctx.runAction(api.items.failing, {});")
    assert first_line(caught.value.text) == "Uncaught Error: Uncaught RangeError: action failed"
    assert caught.value.__cause__.text == "Uncaught RangeError: action failed"


def test_bad_arguments_can_be_caught(t):
    expected = 'ArgumentValidationError: Value does not match validator.\nPath: .n\nValue: "x"\nValidator: v.float64()'
    assert caught_message(t, 'await ctx.runMutation(api.items.add, { n: "x" });') == expected
    assert caught_message(t, 'await ctx.runAction(api.items.typed, { n: "x" });') == expected


def test_bad_arguments_of_the_action_itself(t):
    with pytest.raises(ArgumentValidationError, match="ArgumentValidationError: Value does not match validator"):
        t.action(api.items.typed, n="x")


def test_a_wrong_result_of_the_action_itself(t):
    with pytest.raises(ReturnsValidationError) as caught:
        t.action(api.items.typed, n=1)
    assert caught.value.text == (
        "ReturnsValidationError: Value does not match validator.\n\nValue: 1.0\nValidator: v.string()"
    )


def test_a_wrong_result_of_a_mutation_undoes_it(t):
    text = caught_message(t, "await ctx.runMutation(api.items.wrongResult, {});")
    assert text == "ReturnsValidationError: Value does not match validator.\n\nValue: 5.0\nValidator: v.string()"
    assert t.query(api.items.list) == []


def test_a_function_that_does_not_exist_can_be_caught(t):
    for call in ("runQuery", "runMutation", "runAction"):
        text = caught_message(t, f"await ctx.{call}(api.items.nope, {{}});")
        assert text == "Couldn't resolve api.items.nope"


def test_a_function_that_does_not_exist_and_nobody_catches(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await ctx.runAction(api.items.nope, {});")
    assert isinstance(caught.value.__cause__, FunctionNotFoundError)


def test_the_wrong_kind_can_be_caught(t):
    assert caught_message(t, "await ctx.runQuery(api.items.add, { n: 1 });") == (
        "Trying to execute items.js:add as Query, but it is defined as Mutation."
    )
    assert caught_message(t, "await ctx.runAction(api.items.list, {});") == (
        "Trying to execute items.js:list as Action, but it is defined as Query."
    )


def test_an_action_goes_on_after_an_error(t):
    body = """
      try { await ctx.runMutation(api.items.addThenFail, {}); } catch {}
      await ctx.runMutation(api.items.add, { n: 5 });
      return await ctx.runQuery(api.items.list, {});"""
    assert run(t, body) == [5]


def test_an_action_has_no_transaction_metrics(t):
    assert run(t, "return typeof ctx.meta.getTransactionMetrics;") == "undefined"


# Side by side


def test_mutations_side_by_side_all_commit(t):
    body = """await Promise.all([1, 2, 3].map((n) => ctx.runMutation(api.items.add, { n })));"""
    run(t, body)
    assert sorted(t.query(api.items.list)) == [1, 2, 3]


def test_one_of_several_fails(t):
    body = """
      const results = await Promise.allSettled([
        ctx.runMutation(api.items.add, { n: 1 }), ctx.runMutation(api.items.addThenFail, {}),
        ctx.runMutation(api.items.add, { n: 2 }),
      ]);
      return results.map((result) => result.status);"""
    assert run(t, body) == ["fulfilled", "rejected", "fulfilled"]
    assert sorted(t.query(api.items.list)) == [1, 2]


def test_actions_side_by_side_share_the_waiting_time(t):
    body = """
      const before = Date.now();
      await Promise.all([1000, 2000, 3000].map((ms) => ctx.runAction(api.items.sleepThenAdd, { n: ms, ms })));
      return Date.now() - before;"""
    assert 3000 <= run(t, body) < 3900
    assert t.query(api.items.list) == [1000, 2000, 3000]


def test_actions_side_by_side_finish_in_the_order_of_their_timers(t):
    body = """await Promise.all([300, 100, 200].map((ms) => ctx.runAction(api.items.sleepThenAdd, { n: ms, ms })));"""
    run(t, body)
    assert t.query(api.items.list) == [100, 200, 300]


def test_promise_race(t):
    body = """
      const wait = (ms) => new Promise((resolve) => setTimeout(() => resolve(ms), ms));
      return await Promise.race([wait(500), wait(50), wait(5000)]);"""
    assert run(t, body) == 50


# Timers


def test_a_timer_jumps_the_clock_and_nobody_sleeps(t):
    started = time.perf_counter()
    elapsed = run(
        t, "const at = Date.now(); await new Promise((r) => setTimeout(r, 3600_000)); return Date.now() - at;"
    )
    assert 3_600_000 <= elapsed < 3_601_000
    assert time.perf_counter() - started < 5


def test_the_jump_stays(t):
    before = t.query(api.items.now)
    run(t, "await new Promise((r) => setTimeout(r, 60_000));")
    assert t.query(api.items.now) - before >= 60_000


def test_a_function_that_is_called_after_the_jump_sees_the_new_time(t):
    body = """
      const before = await ctx.runQuery(api.items.now, {});
      await new Promise((r) => setTimeout(r, 10_000));
      return (await ctx.runQuery(api.items.now, {})) - before;"""
    assert 10_000 <= run(t, body) < 11_000


def test_timers_fire_in_the_order_of_their_times(t):
    body = """
      const seen = [];
      setTimeout(() => seen.push("c"), 30);
      setTimeout(() => seen.push("a"), 10);
      setTimeout(() => seen.push("b"), 20);
      await new Promise((r) => setTimeout(r, 40));
      return seen.join("");"""
    assert run(t, body) == "abc"


def test_timers_of_the_same_time_fire_in_the_order_they_were_set(t):
    body = """
      const seen = [];
      for (const name of "abc") setTimeout(() => seen.push(name), 10);
      await new Promise((r) => setTimeout(r, 10));
      return seen.join("");"""
    assert run(t, body) == "abc"


def test_a_timer_passes_its_arguments(t):
    assert run(t, "return await new Promise((r) => setTimeout((a, b) => r(a + b), 1, 2, 3));") == 5


def test_a_timer_without_a_time(t):
    assert run(t, 'return await new Promise((r) => setTimeout(() => r("now")));') == "now"


def test_a_cleared_timer_does_not_fire(t):
    body = """
      let fired = false;
      const id = setTimeout(() => { fired = true; }, 10);
      clearTimeout(id);
      await new Promise((r) => setTimeout(r, 20));
      return fired;"""
    assert run(t, body) is False


def test_an_interval_repeats_until_it_is_cleared(t):
    body = """
      let count = 0;
      await new Promise((resolve) => {
        const id = setInterval(() => { if (++count === 3) { clearInterval(id); resolve(); } }, 10);
      });
      await new Promise((r) => setTimeout(r, 100));
      return count;"""
    assert run(t, body) == 3


def test_a_timer_id_is_a_number(t):
    assert run(t, "const id = setTimeout(() => {}, 1); clearTimeout(id); return typeof id;") == "number"


def test_clearing_what_was_never_set(t):
    assert run(t, "clearTimeout(12345); clearTimeout(undefined); clearInterval(null); return 1;") == 1


def test_a_timer_that_nobody_waits_for_does_not_run(t):
    body = 'setTimeout(() => { ctx.runMutation(api.items.add, { n: 1 }); }, 1000); return "done";'
    assert run(t, body) == "done"
    assert t.query(api.items.list) == []


def test_an_abandoned_promise_that_never_settles(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await new Promise(() => {});")
    assert caught.value.text == "Returned promise will never resolve"


# Python


def test_python_action(t):
    def action(ctx):
        ctx.run_mutation(api.items.add, n=1)
        assert ctx.run_action(api.items.echo, a=1) == {"a": 1}
        return ctx.run_query(api.items.list)

    assert t.action(action) == [1]


def test_writes_of_a_python_action_stay_when_it_raises(t):
    def action(ctx):
        ctx.run_mutation(api.items.add, n=1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        t.action(action)
    assert t.query(api.items.list) == [1]


def test_a_python_action_catches_errors(t):
    def action(ctx):
        with pytest.raises(FunctionError) as caught:
            ctx.run_mutation(api.items.addThenFail)
        with pytest.raises(ConvexError) as refused:
            ctx.run_action(api.items.refusing)
        return caught.value.text, refused.value.data

    assert t.action(action) == ("Uncaught Error: too bad", "action says no")


def test_a_python_action_has_no_database(t):
    assert t.action(lambda ctx: hasattr(ctx, "db")) is False
