"""When a function is done, and what happens to promises that nobody waits for.

Imitated: the run loops of `crates/isolate/src/environment/{udf,action}/mod.rs`.
"""

from __future__ import annotations

import pytest

from convex_test import FunctionError, api, js

FILES = {
    "convex/items.ts": """
        import { action, mutation, query } from "./_generated/server";
        import { ConvexError } from "convex/values";

        export const list = query(async (ctx) => (await ctx.db.query("items").collect()).map((d) => d.n));
        export const add = mutation(async (ctx, { n }: { n: number }) => { await ctx.db.insert("items", { n }); });
        export const addThenFail = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 0 });
          throw new Error("too bad");
        });
        async function declared(ctx: any) {
          await ctx.db.insert("items", { n: 1 });
          throw new Error("aside");
        }
        const arrow = async (ctx: any) => {
          await ctx.db.insert("items", { n: 1 });
          throw new Error("aside");
        };
        export const forgetsDeclared = mutation(async (ctx) => { void declared(ctx); return "fine"; });
        export const forgetsArrow = mutation(async (ctx) => { void arrow(ctx); return "fine"; });
        export const forgets = mutation(async (ctx) => { void ctx.db.insert("items", { n: 1 }); });
        export const rejectsLater = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          void Promise.reject(new Error("nobody caught me"));
          return "fine";
        });
        export const rejectsInQuery = query(async () => {
          void Promise.reject(new TypeError("in a query"));
          return "fine";
        });
        export const rejectsInAction = action(async (ctx) => {
          void Promise.reject(new Error("in an action"));
          await ctx.runQuery("items:list" as any, {});
          return "fine";
        });
        export const convexErrorLater = mutation(async () => { void Promise.reject(new ConvexError({ code: 3 })); });
        export const never = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 99 });
          await new Promise(() => {});
        });
        export const collects = query(async (ctx) => ctx.db.query("items").order("desc") as any);
        export const table = query(async (ctx) => ctx.db.query("items") as any);
    """,
}
SETTINGS = {"unawaited": "ignore"}
NEVER = "Returned promise will never resolve"
QUERY = (
    "Uncaught Error: Return value is a Query. Results must be retrieved with "
    "`.collect()`, `.take(n), `.unique()`, or `.first()`."
)


def run(t, body, kind="mutation"):
    return getattr(t, kind)(js(f"async (ctx) => {{ {body} }}"))


def failure(t, body, kind="mutation"):
    with pytest.raises(FunctionError) as caught:
        run(t, body, kind)
    return caught.value


def items(t):
    return t.query(api.items.list)


# Writes that nobody waits for


def test_a_write_that_is_not_awaited_is_committed(t):
    t.mutation(api.items.forgets)
    assert items(t) == [1]


def test_many_writes_that_are_not_awaited_are_committed_in_order(t):
    run(t, 'for (let n = 0; n < 50; n++) ctx.db.insert("items", { n });')
    assert items(t) == list(range(50))


def test_a_chain_of_writes_that_is_not_awaited_runs_to_its_end(t):
    body = """(async () => {
      const id = await ctx.db.insert("items", { n: 1 });
      await ctx.db.patch(id, { n: 2 });
      await ctx.db.insert("items", { n: (await ctx.db.get(id)).n + 1 });
    })();"""
    run(t, body)
    assert items(t) == [2, 3]


def test_a_nested_mutation_that_is_not_awaited_is_committed(t):
    run(t, "ctx.runMutation(api.items.add, { n: 7 });")
    assert items(t) == [7]


def test_the_result_is_that_of_the_handler_not_of_what_comes_after(t):
    assert run(t, 'let n = 1; ctx.db.insert("items", {}).then(() => { n = 2; }); return n;') == 1


def test_writes_in_a_chain_of_then(t):
    body = 'return ctx.db.insert("items", { n: 1 }).then(() => ctx.db.insert("items", { n: 2 })).then(() => "end");'
    assert run(t, body) == "end"
    assert items(t) == [1, 2]


# A promise that never settles


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_a_promise_that_never_settles(t, kind):
    assert failure(t, "await new Promise(() => {});", kind).text == NEVER


def test_a_promise_that_never_settles_undoes_the_writes(t):
    assert failure(t, 'await ctx.db.insert("items", { n: 1 }); await new Promise(() => {});').text == NEVER
    assert items(t) == []


def test_two_promises_that_wait_for_each_other(t):
    body = """
      let release;
      const first = new Promise((resolve) => { release = resolve; });
      const second = first.then(() => 1);
      await second.then(release);"""
    assert failure(t, body).text == NEVER


def test_a_child_that_never_settles_can_be_caught(t):
    body = """
      await ctx.db.insert("items", { n: 1 });
      try { await ctx.runMutation(api.items.never, {}); } catch (error) { return error.message; }"""
    assert run(t, body) == NEVER
    assert items(t) == [1]


# A rejection


def test_a_rejection_stops_at_once(t):
    body = """
      ctx.db.insert("items", { n: 1 }).then(() => ctx.db.insert("items", { n: 2 }));
      throw new Error("stop");"""
    assert failure(t, body).text == "Uncaught Error: stop"
    assert items(t) == []


def test_code_after_a_rejection_does_not_run(t):
    body = """
      ctx.db.query("items").collect().then(() => console.log("later"));
      throw new Error("stop");"""
    assert failure(t, body).text == "Uncaught Error: stop"
    assert t.logs == []


def test_a_handler_that_is_not_async_may_throw(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation(js('(ctx) => { ctx.db.insert("items", { n: 1 }); throw new Error("sync"); }'))
    assert caught.value.text == "Uncaught Error: sync"
    assert items(t) == []


def test_a_handler_may_return_a_value_without_a_promise(t):
    assert t.query(js("(ctx) => 5")) == 5


def test_promise_all_fails_with_the_first(t):
    body = """await Promise.all([
      ctx.db.get("x"), ctx.db.get("y".repeat(31)), ctx.db.insert("items", { n: 1 }),
    ]);"""
    text = failure(t, body).text
    assert text == "Uncaught Error: Invalid argument `id` for `db.get`: Unable to decode ID: Invalid ID length 1"
    assert items(t) == []


def test_the_losers_of_promise_all_are_not_unhandled(t):
    body = """
      try {
        await Promise.all([ctx.runMutation(api.items.addThenFail, {}), ctx.runMutation(api.items.addThenFail, {})]);
      } catch { return "caught"; }"""
    assert run(t, body) == "caught"


def test_the_losers_of_promise_race_are_not_unhandled(t):
    body = """return await Promise.race([
      Promise.resolve("won"), ctx.runMutation(api.items.addThenFail, {}),
    ]);"""
    assert run(t, body) == "won"


def test_promise_any(t):
    body = "return await Promise.any([ctx.runMutation(api.items.addThenFail, {}), ctx.runQuery(api.items.list, {})]);"
    assert run(t, body) == []


# Rejections that nobody handles


def test_a_rejection_that_nobody_handles_fails_the_mutation(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation(api.items.rejectsLater)
    assert caught.value.text == "Uncaught Error: nobody caught me"
    assert items(t) == []


def test_a_rejection_that_nobody_handles_fails_the_query(t):
    with pytest.raises(FunctionError) as caught:
        t.query(api.items.rejectsInQuery)
    assert caught.value.text == "Uncaught TypeError: in a query"


def test_a_rejection_that_nobody_handles_fails_the_action(t):
    with pytest.raises(FunctionError) as caught:
        t.action(api.items.rejectsInAction)
    assert caught.value.text == "Uncaught Error: in an action"


def test_a_convex_error_that_nobody_handles_loses_its_data(t):
    # The handler's wrapper in npm's `convex` is what makes data of it (`extract_source_mapped_error` in `error.rs`).
    with pytest.raises(FunctionError) as caught:
        t.mutation(api.items.convexErrorLater)
    assert type(caught.value) is FunctionError
    assert caught.value.text == 'Uncaught ConvexError: {"code":3}'


def test_a_rejection_that_nobody_handles_with_no_error(t):
    assert failure(t, 'void Promise.reject("just text");').text == "Uncaught just text"


def test_a_failing_write_that_is_not_awaited_fails_the_mutation(t):
    body = 'await ctx.db.insert("items", { n: 1 }); void ctx.db.delete("x"); return "fine";'
    assert failure(t, body).text == (
        "Uncaught Error: Invalid argument `id` for `db.delete`: Unable to decode ID: Invalid ID length 1"
    )
    assert items(t) == []


def test_a_failing_child_that_is_not_awaited_fails_the_mutation(t):
    body = 'await ctx.db.insert("items", { n: 1 }); void ctx.runMutation(api.items.addThenFail, {}); return "fine";'
    assert failure(t, body).text.startswith("Uncaught Error: Uncaught Error: too bad")
    assert items(t) == []


def test_a_failing_read_that_is_not_awaited_fails_the_query(t):
    body = 'void ctx.db.get("x"); return "fine";'
    assert failure(t, body, "query").text == (
        "Uncaught Error: Invalid argument `id` for `db.get`: Unable to decode ID: Invalid ID length 1"
    )


@pytest.mark.parametrize("name", ["forgetsDeclared", "forgetsArrow"])
def test_an_async_function_that_throws_and_is_not_awaited(t, name):
    with pytest.raises(FunctionError) as caught:
        t.mutation(f"items:{name}")
    assert caught.value.text == "Uncaught Error: aside"
    assert items(t) == []


def test_a_handler_that_comes_in_the_same_turn_is_in_time(t):
    body = """
      const failed = Promise.reject(new Error("caught in time"));
      await null; await null;
      return await failed.catch((error) => error.message);"""
    assert run(t, body) == "caught in time"


def test_a_handler_that_comes_after_a_syscall_is_too_late(t):
    body = """
      const failed = Promise.reject(new Error("too late"));
      await ctx.db.query("items").collect();
      return await failed.catch((error) => error.message);"""
    assert failure(t, body).text == "Uncaught Error: too late"


def test_a_child_with_an_unhandled_rejection_can_be_caught(t):
    body = """
      await ctx.db.insert("items", { n: 5 });
      try { await ctx.runMutation(api.items.rejectsLater, {}); } catch (error) { return error.message; }"""
    assert run(t, body).splitlines()[0] == "Uncaught Error: nobody caught me"
    assert items(t) == [5]


def test_an_action_that_catches_is_not_ended(t):
    assert run(t, 'const p = Promise.reject(new Error("x")); p.catch(() => {}); return "fine";', "action") == "fine"


# A query that was not read


@pytest.mark.parametrize("reference", [api.items.collects, api.items.table])
def test_returning_a_query(t, reference):
    with pytest.raises(FunctionError) as caught:
        t.query(reference)
    assert caught.value.text == QUERY


def test_returning_a_query_from_a_mutation(t):
    assert failure(
        t, 'await ctx.db.insert("items", { n: 1 }); return ctx.db.query("items").filter((q) => true);'
    ).text == (QUERY)
    assert items(t) == []


def test_returning_a_collected_query_without_await(t):
    run(t, 'await ctx.db.insert("items", { n: 1 });')
    assert len(run(t, 'return ctx.db.query("items").collect();', "query")) == 1


# Actions end when their handler does


def test_a_call_that_an_action_does_not_await_need_not_run(t):
    assert run(t, 'ctx.runMutation(api.items.add, { n: 1 }); return "done";', "action") == "done"


def test_an_action_warns_of_calls_it_did_not_await(t):
    run(t, 'ctx.runMutation(api.items.add, { n: 1 }); return "done";', "action")
    assert [(line.level, line.message) for line in t.logs] == [
        (
            "WARN",
            "1 unawaited operation: [mutation]. Async operations should be awaited or they might not run. "
            "See https://docs.convex.dev/functions/actions#dangling-promises for more information.",
        )
    ]


def test_an_action_warns_of_several_calls(t):
    body = """
      ctx.runMutation(api.items.add, { n: 1 });
      ctx.runQuery(api.items.list, {});
      ctx.runAction(api.items.rejectsInAction, {});
      return "done";"""
    run(t, body, "action")
    assert [(line.level, line.message) for line in t.logs] == [
        (
            "WARN",
            "3 unawaited operations: [action, mutation, query]. "
            "Async operations should be awaited or they might not run. "
            "See https://docs.convex.dev/functions/actions#dangling-promises for more information.",
        )
    ]


def test_an_action_that_fails_warns_too(t):
    failure(t, 'ctx.runMutation(api.items.add, { n: 1 }); throw new Error("x");', "action")
    (line,) = t.logs
    assert line.message.startswith("1 unawaited operation: [mutation]. ")


def test_the_names_of_operations_on_files(t):
    run(t, 'ctx.storage.store(new Blob(["x"])); ctx.storage.generateUploadUrl(); return 1;', "action")
    (line,) = t.logs
    assert line.message.startswith("2 unawaited operations: [storage.store, storageGenerateUploadUrl]. ")


def test_a_kind_of_call_is_named_once(t):
    run(t, 'ctx.runQuery(api.items.list, {}); ctx.runQuery(api.items.list, {}); return "done";', "action")
    assert [line.message for line in t.logs] == [
        "2 unawaited operations: [query]. Async operations should be awaited or they might not run. "
        "See https://docs.convex.dev/functions/actions#dangling-promises for more information."
    ]


def test_an_action_does_not_warn_of_timers(t):
    run(t, 'setTimeout(() => {}, 1000); return "done";', "action")
    assert t.logs == []
