"""`ctx.runQuery` and `ctx.runMutation` of queries and mutations: parts of the caller's transaction.

Imitated: `run_udf` in `crates/isolate/src/environment/udf/async_syscall.rs`, `crates/database/src/transaction.rs`.
"""

from __future__ import annotations

import pytest

from convex_test import (
    ArgumentValidationError,
    ConvexError,
    FunctionError,
    FunctionNotFoundError,
    ReturnsValidationError,
    SchemaValidationError,
    js,
)
from tests.parity.nested_calls import caught_message, numbers, run

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          items: defineTable(v.any()),
          strict: defineTable({ n: v.number() }),
        });
    """,
    "convex/child.ts": """
        import { internalMutation, internalQuery, mutation, query, action } from "./_generated/server";
        import { ConvexError, v } from "convex/values";
        import { internal } from "./_generated/api";

        export const count = query(async (ctx) => (await ctx.db.query("items").collect()).length);
        export const hidden = internalQuery(async () => "hidden");
        export const add = mutation({
          args: { n: v.number() },
          handler: async (ctx, { n }) => await ctx.db.insert("items", { n }),
        });
        export const hiddenAdd = internalMutation(async (ctx) => { await ctx.db.insert("items", { n: -1 }); });
        export const addThenFail = mutation(async (ctx, { n }: { n: number }) => {
          await ctx.db.insert("items", { n });
          throw new Error("too bad");
        });
        export const change = mutation(async (ctx, { id, n }: { id: any; n: number }) => await ctx.db.patch(id, { n }));
        export const changeThenFail = mutation(async (ctx, { id }: { id: any }) => {
          await ctx.db.patch(id, { n: 1000 });
          throw new Error("too bad");
        });
        export const deleteThenFail = mutation(async (ctx, { id }: { id: any }) => {
          await ctx.db.delete(id);
          throw new Error("too bad");
        });
        export const newTableThenFail = mutation(async (ctx) => {
          await ctx.db.insert("fresh", {});
          throw new Error("too bad");
        });
        export const refuse = mutation(async () => { throw new ConvexError({ code: 7n, why: "no" }); });
        export const refuseInQuery = query(async () => { throw new ConvexError("not you"); });
        export const failInQuery = query(async () => { throw new TypeError("query failed"); });
        export const badDocument = mutation(async (ctx) => { await ctx.db.insert("strict", { n: "x" } as any); });
        export const wrongResult = mutation({
          returns: v.string(),
          handler: async (ctx) => { await ctx.db.insert("items", { n: 1 }); return 5 as any; },
        });
        export const middleCatches = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 10 });
          try { await ctx.runMutation(internal.child.addThenFail, { n: 11 }); } catch {}
          await ctx.db.insert("items", { n: 12 });
        });
        export const middleFails = mutation(async (ctx) => {
          await ctx.runMutation(internal.child.add, { n: 20 });
          throw new Error("middle");
        });
        export const log = query(async () => { console.log("in the child"); });
        export const someAction = action(async () => 1);
        export const echo = query(async (_ctx, args: any) => args);
        export const nothing = query(async () => {});
        export const identity = query(async (ctx) => (await ctx.auth.getUserIdentity())?.name ?? null);
    """,
}


# Results and visibility


def test_a_result_comes_back(t):
    assert run(t, "return await ctx.runQuery(api.child.echo, { a: 1n, b: [null] });") == {"a": 1, "b": [None]}


def test_undefined_comes_back_as_null(t):
    assert run(t, "return (await ctx.runQuery(api.child.nothing, {})) === null;") is True


def test_arguments_may_be_left_out(t):
    assert run(t, "return await ctx.runQuery(api.child.count);") == 0


def test_a_name_may_be_used_in_place_of_a_reference(t):
    assert run(t, 'return await ctx.runQuery("child:count", {});') == 0


def test_internal_functions_may_be_called(t):
    assert run(t, "return await ctx.runQuery(internal.child.hidden, {});") == "hidden"


def test_api_reaches_internal_functions_from_inside(t):
    assert run(t, "return await ctx.runQuery(api.child.hidden, {});") == "hidden"


def test_a_query_calls_a_query(t):
    assert run(t, "return await ctx.runQuery(api.child.count, {});", kind="query") == 0


def test_a_child_sees_the_parents_writes(t):
    body = 'await ctx.db.insert("items", { n: 1 }); return await ctx.runQuery(api.child.count, {});'
    assert run(t, body) == 1


def test_a_parent_sees_the_childs_writes(t):
    body = 'await ctx.runMutation(api.child.add, { n: 1 }); return (await ctx.db.query("items").collect()).length;'
    assert run(t, body) == 1


def test_siblings_see_each_others_writes(t):
    body = "await ctx.runMutation(api.child.add, { n: 1 }); return await ctx.runQuery(api.child.count, {});"
    assert run(t, body) == 1


def test_the_childs_writes_are_committed_with_the_parent(t):
    run(t, "await ctx.runMutation(api.child.add, { n: 1 });")
    assert numbers(t) == [1]


def test_the_identity_is_kept(t):
    snippet = js("async (ctx) => await ctx.runQuery(api.child.identity, {})")
    assert t.with_identity(name="Sarah").mutation(snippet) == "Sarah"
    assert t.with_identity(name="Sarah").query(snippet) == "Sarah"


# Rollback


def test_a_parent_that_fails_takes_the_childs_writes_with_it(t):
    with pytest.raises(FunctionError, match="parent"):
        run(t, 'await ctx.runMutation(api.child.add, { n: 1 }); throw new Error("parent");')
    assert numbers(t) == []


def test_a_childs_error_that_nobody_catches_undoes_everything(t):
    with pytest.raises(FunctionError):
        run(t, 'await ctx.db.insert("items", { n: 0 }); await ctx.runMutation(api.child.addThenFail, { n: 1 });')
    assert numbers(t) == []


def test_a_caught_child_error_undoes_the_child_alone(t):
    body = """
      await ctx.db.insert("items", { n: 0 });
      try { await ctx.runMutation(api.child.addThenFail, { n: 1 }); } catch {}
      await ctx.db.insert("items", { n: 2 });"""
    run(t, body)
    assert numbers(t) == [0, 2]


def test_a_change_is_undone(t):
    body = """
      const id = await ctx.db.insert("items", { n: 0 });
      try { await ctx.runMutation(api.child.changeThenFail, { id }); } catch {}
      return (await ctx.db.get(id)).n;"""
    assert run(t, body) == 0


def test_a_deletion_is_undone(t):
    body = """
      const id = await ctx.db.insert("items", { n: 0 });
      try { await ctx.runMutation(api.child.deleteThenFail, { id }); } catch {}
      return (await ctx.db.get(id)).n;"""
    assert run(t, body) == 0


def test_a_table_made_by_a_failed_child_is_undone(t):
    body = """
      try { await ctx.runMutation(api.child.newTableThenFail, {}); } catch {}
      const fresh = await ctx.db.insert("other", {});
      return [await ctx.db.query("fresh").collect(), fresh.slice(0, 3)];"""
    # Tables of the schema have 10001 and 10002; the next free number is 10003, whose ids begin with "jd7".
    assert run(t, body) == [[], "jd7"]


def test_a_middle_call_that_catches(t):
    run(t, "await ctx.runMutation(api.child.middleCatches, {});")
    assert numbers(t) == [10, 12]


def test_a_middle_call_that_fails_undoes_its_children(t):
    run(t, "try { await ctx.runMutation(api.child.middleFails, {}); } catch {}")
    assert numbers(t) == []


def test_an_undone_write_is_not_seen_by_an_open_index_scan(t):
    body = """
      await ctx.db.insert("items", { n: 0 });
      try { await ctx.runMutation(api.child.addThenFail, { n: 1 }); } catch {}
      return (await ctx.db.query("items").withIndex("by_creation_time").collect()).map((d) => d.n);"""
    assert run(t, body) == [0]


def test_reads_of_a_failed_child_stay_counted(t):
    body = """
      await ctx.db.insert("items", { n: 0 });
      const before = (await ctx.meta.getTransactionMetrics()).documentsRead.used;
      const id = (await ctx.db.query("items").first())._id;
      try { await ctx.runMutation(api.child.changeThenFail, { id }); } catch {}
      return (await ctx.meta.getTransactionMetrics()).documentsRead.used - before;"""
    assert run(t, body) == 2


def test_writes_of_a_failed_child_are_no_longer_counted(t):
    body = """
      await ctx.db.insert("items", { n: 0 });
      const before = (await ctx.meta.getTransactionMetrics()).documentsWritten.used;
      try { await ctx.runMutation(api.child.addThenFail, { n: 1 }); } catch {}
      return (await ctx.meta.getTransactionMetrics()).documentsWritten.used - before;"""
    assert run(t, body) == 0


def test_writes_of_a_successful_child_are_counted(t):
    body = """
      await ctx.runMutation(api.child.add, { n: 1 });
      return (await ctx.meta.getTransactionMetrics()).documentsWritten.used;"""
    assert run(t, body) == 1


def test_creation_times_of_a_failed_child_are_not_given_again(t):
    body = """
      const first = await ctx.db.get(await ctx.db.insert("items", { n: 0 }));
      try { await ctx.runMutation(api.child.addThenFail, { n: 1 }); } catch {}
      const second = await ctx.db.get(await ctx.db.insert("items", { n: 2 }));
      return [first._creationTime, second._creationTime];"""
    first, second = run(t, body)
    assert second - first == pytest.approx(2 * 0.000244140625, abs=1e-5)


def test_console_lines_of_a_failed_child_stay(t):
    run(t, "try { await ctx.runQuery(api.child.log, {}); await ctx.runMutation(api.child.addThenFail, {}); } catch {}")
    assert [line.message for line in t.logs] == ["'in the child'"]


def test_the_count_of_a_table_is_not_undone(t):
    body = """
      try { await ctx.runMutation(api.child.addThenFail, { n: 1 }); } catch {}
      return await ctx.db.query("items").count();"""
    assert run(t, body) == 1


# Errors


def test_an_error_arrives_with_the_childs_text_and_frames(t):
    text = caught_message(t, "await ctx.runMutation(api.child.addThenFail, { n: 1 });")
    assert text.startswith("Uncaught Error: too bad\n    at ")
    assert "(convex/child.ts:15:" in text
    assert text.endswith(")\n")


def test_an_error_of_a_query(t):
    text = caught_message(t, "await ctx.runQuery(api.child.failInQuery, {});", kind="query")
    assert text.splitlines()[0] == "Uncaught TypeError: query failed"


def test_the_class_of_an_error_does_not_survive(t):
    body = """
      try { await ctx.runQuery(api.child.failInQuery, {}); }
      catch (error) { return [error instanceof TypeError, error.constructor === Error, error.name]; }"""
    assert run(t, body) == [False, True, "Error"]


def test_a_convex_error_keeps_its_data(t):
    body = """
      try { await ctx.runMutation(api.child.refuse, {}); }
      catch (error) { return [error instanceof ConvexError, error.data]; }"""
    assert run(t, body) == [True, {"code": 7, "why": "no"}]


def test_a_convex_error_that_nobody_catches_comes_out_with_its_data(t):
    with pytest.raises(ConvexError) as caught:
        run(t, "await ctx.runMutation(api.child.refuse, {});")
    assert caught.value.data == {"code": 7, "why": "no"}


def test_a_childs_error_that_nobody_catches_is_the_cause(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await ctx.runMutation(api.child.addThenFail, { n: 1 });")
    assert type(caught.value) is FunctionError
    assert caught.value.text.startswith("Uncaught Error: Uncaught Error: too bad\n    at ")
    assert isinstance(caught.value.__cause__, FunctionError)
    assert caught.value.__cause__.text == "Uncaught Error: too bad"


def test_a_childs_schema_error_is_the_cause(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await ctx.runMutation(api.child.badDocument, {});")
    assert type(caught.value) is FunctionError
    assert isinstance(caught.value.__cause__, SchemaValidationError)


def test_a_childs_bad_arguments_can_be_caught(t):
    text = caught_message(t, 'await ctx.runMutation(api.child.add, { n: "x" });')
    assert text == (
        'ArgumentValidationError: Value does not match validator.\nPath: .n\nValue: "x"\nValidator: v.float64()'
    )


def test_a_childs_bad_arguments_that_nobody_catches(t):
    with pytest.raises(FunctionError) as caught:
        run(t, 'await ctx.runMutation(api.child.add, { n: "x" });')
    assert type(caught.value) is FunctionError
    assert caught.value.text.startswith("Uncaught Error: ArgumentValidationError: Value does not match validator.")
    assert isinstance(caught.value.__cause__, ArgumentValidationError)


def test_a_wrong_result_of_a_child_that_is_caught_leaves_its_writes(t):
    text = caught_message(t, "await ctx.runMutation(api.child.wrongResult, {});")
    assert text == "ReturnsValidationError: Value does not match validator.\n\nValue: 5.0\nValidator: v.string()"
    assert numbers(t) == [1]


def test_a_wrong_result_of_a_child_that_nobody_catches(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await ctx.runMutation(api.child.wrongResult, {});")
    assert isinstance(caught.value.__cause__, ReturnsValidationError)
    assert numbers(t) == []


def test_a_function_that_does_not_exist_can_be_caught(t):
    text = caught_message(t, "await ctx.runQuery(api.child.nope, {});")
    assert text == "Could not find public function for 'child:nope'."


def test_a_function_that_does_not_exist_and_nobody_catches(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await ctx.runQuery(api.nope.nope, {});")
    assert isinstance(caught.value.__cause__, FunctionNotFoundError)


def test_the_wrong_kind_of_function(t):
    assert caught_message(t, "await ctx.runQuery(api.child.add, { n: 1 });") == (
        "Trying to execute child.js:add as Query, but it is defined as Mutation."
    )
    assert caught_message(t, "await ctx.runMutation(api.child.count, {});") == (
        "Trying to execute child.js:count as Mutation, but it is defined as Query."
    )
    assert caught_message(t, "await ctx.runQuery(api.child.someAction, {});") == (
        "Trying to execute child.js:someAction as Query, but it is defined as Action."
    )


def test_a_query_has_no_run_mutation(t):
    assert run(t, "return [typeof ctx.runMutation, typeof ctx.runAction];", kind="query") == ["undefined", "undefined"]


def test_a_mutation_has_no_run_action(t):
    assert run(t, "return typeof ctx.runAction;") == "undefined"


def test_a_query_that_calls_a_mutation_by_hand(t):
    body = """
      const args = JSON.stringify({ udfType: "mutation", name: "child:add", args: { n: 1 } });
      await Convex.asyncSyscall("1.0/runUdf", args);"""
    assert caught_message(t, body, kind="query") == "Cannot call a Mutation function from a Query function"
