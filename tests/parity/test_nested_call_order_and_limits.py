"""Nested calls: how deep, in what order, with what limits, from a stale snapshot, and from Python.

Imitated: `run_udf` in `crates/isolate/src/environment/udf/async_syscall.rs`, `crates/database/src/transaction.rs`.
"""

from __future__ import annotations

import pytest

from convex_test import ArgumentValidationError, ConvexError, FunctionError, LimitError, SchemaValidationError, api
from tests.parity.nested_calls import caught_message, numbers, run

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({ strict: defineTable({ n: v.number() }) });
    """,
    "convex/child.ts": """
        import { internalQuery, mutation, query } from "./_generated/server";
        import { ConvexError, v } from "convex/values";
        import { internal } from "./_generated/api";

        export const count = query(async (ctx) => (await ctx.db.query("items").collect()).length);
        export const hidden = internalQuery(async () => "hidden");
        export const add = mutation({
          args: { n: v.number() },
          handler: async (ctx, { n }) => await ctx.db.insert("items", { n }),
        });
        export const addThenFail = mutation(async (ctx, { n }: { n: number }) => {
          await ctx.db.insert("items", { n });
          throw new Error("too bad");
        });
        export const refuse = mutation(async () => { throw new ConvexError({ code: 7n, why: "no" }); });
        export const badDocument = mutation(async (ctx) => { await ctx.db.insert("strict", { n: "x" } as any); });
        export const now = query(async () => Date.now());
        export const nowInMutation = mutation(async () => Date.now());
        export const random = query(async () => Math.random());
        export const deeper = mutation(async (ctx, { depth }: { depth: number }): Promise<number> => {
          await ctx.db.insert("items", { n: depth });
          return depth === 0 ? 0 : 1 + (await ctx.runMutation(internal.child.deeper, { depth: depth - 1 }));
        });
        export const deeperQuery = query(async (ctx, { depth }: { depth: number }): Promise<number> =>
          depth === 0 ? 0 : 1 + (await ctx.runQuery(internal.child.deeperQuery, { depth: depth - 1 })));
        export const slow = mutation(async (ctx, { name }: { name: string }) => {
          for (let i = 0; i < 3; i++) await ctx.db.insert("items", { n: `${name}${i}` });
          return name;
        });
    """,
}


# Depth


def test_eight_levels_are_allowed(t):
    assert t.mutation(api.child.deeper, depth=8) == 8


def test_nine_levels_are_not(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation(api.child.deeper, depth=9)
    assert "Cross component call depth limit exceeded. Do you have an infinite loop in your app?" in caught.value.text
    assert numbers(t) == []


def test_queries_have_the_same_depth(t):
    assert t.query(api.child.deeperQuery, depth=8) == 8
    with pytest.raises(FunctionError, match="Cross component call depth limit exceeded"):
        t.query(api.child.deeperQuery, depth=9)


# Time and order


def test_a_child_has_the_parents_time(t):
    body = """return [
      Date.now(), await ctx.runQuery(api.child.now, {}), await ctx.runMutation(api.child.nowInMutation, {}),
    ];"""
    assert len(set(run(t, body))) == 1


def test_children_have_random_numbers_of_their_own(t):
    body = """
      const child = () => ctx.runQuery(api.child.random, {});
      return [Math.random(), await child(), await child(), Math.random()];"""
    assert len(set(run(t, body))) == 4


def test_mutations_side_by_side_run_one_after_another_in_the_order_of_their_calls(t):
    body = """return await Promise.all(["a", "b", "c"].map((name) => ctx.runMutation(api.child.slow, { name })));"""
    assert run(t, body) == ["a", "b", "c"]
    assert numbers(t) == ["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2"]


def test_calls_and_writes_side_by_side_keep_their_order(t):
    body = """await Promise.all([
      ctx.db.insert("items", { n: 1 }), ctx.runMutation(api.child.add, { n: 2 }),
      ctx.db.insert("items", { n: 3 }), ctx.runMutation(api.child.add, { n: 4 }),
    ]);"""
    run(t, body)
    assert numbers(t) == [1, 2, 3, 4]


def test_a_failing_sibling_undoes_only_itself(t):
    body = """const results = await Promise.allSettled([
      ctx.runMutation(api.child.add, { n: 1 }), ctx.runMutation(api.child.addThenFail, { n: 2 }),
      ctx.runMutation(api.child.add, { n: 3 }),
    ]);
    return results.map((result) => result.status);"""
    assert run(t, body) == ["fulfilled", "rejected", "fulfilled"]
    assert numbers(t) == [1, 3]


# Limits of a call


def test_a_call_may_have_limits_of_its_own(t):
    body = """await ctx.runMutation(api.child.slow, { name: "a" }, { transactionLimits: { documentsWritten: 2 } });"""
    assert caught_message(t, body).startswith(
        "Uncaught Error: Too many writes in a single function execution (limit: 2)"
    )


def test_limits_of_a_call_are_a_budget_on_top_of_what_was_used(t):
    body = """
      for (let n = 0; n < 5; n++) await ctx.db.insert("items", { n });
      await ctx.runMutation(api.child.slow, { name: "a" }, { transactionLimits: { documentsWritten: 3 } });
      await ctx.db.insert("items", { n: 9 });"""
    run(t, body)
    assert len(numbers(t)) == 9


def test_a_crossed_limit_of_a_child_is_the_cause(t):
    with pytest.raises(FunctionError) as caught:
        run(t, 'await ctx.runMutation(api.child.slow, { name: "a" }, { transactionLimits: { documentsWritten: 2 } });')
    assert isinstance(caught.value.__cause__, LimitError)
    assert caught.value.__cause__.limit == 2


# Stale snapshots


def test_a_stale_snapshot_does_not_see_own_writes(t):
    t.mutation(api.child.add, n=1)
    body = """
      await ctx.db.insert("items", { n: 2 });
      const count = (options) => ctx.runQuery(api.child.count, {}, options);
      return [await count(), await count({ useStaleSnapshot: true })];"""
    assert run(t, body) == [2, 1]


def test_a_stale_snapshot_has_documents_as_they_were(t):
    document_id = t.mutation(api.child.add, n=1)
    body = """
      await ctx.db.delete(args[0]);
      await ctx.db.insert("items", { n: 5 });
      return await ctx.runQuery(api.child.count, {}, { useStaleSnapshot: true });"""
    assert run(t, body, document_id) == 1
    assert numbers(t) == [5]


def test_reads_of_a_stale_snapshot_are_not_counted(t):
    t.mutation(api.child.add, n=1)
    body = """
      await ctx.runQuery(api.child.count, {}, { useStaleSnapshot: true });
      return (await ctx.meta.getTransactionMetrics()).documentsRead.used;"""
    assert run(t, body) == 0


def test_writes_go_on_after_a_stale_snapshot(t):
    body = """
      await ctx.db.insert("items", { n: 1 });
      await ctx.runQuery(api.child.count, {}, { useStaleSnapshot: true });
      await ctx.db.insert("items", { n: 2 });
      return await ctx.runQuery(api.child.count, {});"""
    assert run(t, body) == 2


def test_a_query_has_no_stale_snapshot(t):
    text = caught_message(t, "await ctx.runQuery(api.child.count, {}, { useStaleSnapshot: true });", kind="query")
    assert text == "`useStaleSnapshot` is only supported in mutations, not queries."


def test_a_query_that_asks_for_a_stale_snapshot_by_hand(t):
    body = """
      const args = JSON.stringify({ udfType: "snapshotQuery", name: "child:count", args: {} });
      await Convex.asyncSyscall("1.0/runUdf", args);"""
    assert caught_message(t, body, kind="query") == "Cannot call a SnapshotQuery function from a Query function"


def test_a_stale_snapshot_in_a_nested_mutation_is_that_of_the_beginning(t):
    t.mutation(api.child.add, n=1)
    body = """
      await ctx.runMutation(api.child.add, { n: 2 });
      return await ctx.runQuery(api.child.count, {}, { useStaleSnapshot: true });"""
    assert run(t, body) == 1


# Python


def test_python_calls_functions_in_its_transaction(t):
    with t.transaction() as ctx:
        ctx.db.insert("items", {"n": 1})
        ctx.run_mutation(api.child.add, n=2)
        assert ctx.run_query(api.child.count) == 2
        assert ctx.run_query("child:hidden") == "hidden"
    assert numbers(t) == [1, 2]


def test_python_catches_a_childs_error(t):
    with t.transaction() as ctx:
        with pytest.raises(FunctionError) as caught:
            ctx.run_mutation(api.child.addThenFail, n=1)
        ctx.db.insert("items", {"n": 2})
    assert caught.value.text == "Uncaught Error: too bad"
    assert numbers(t) == [2]


def test_python_gets_the_class_of_a_childs_error(t):
    with t.transaction() as ctx:
        with pytest.raises(ConvexError) as refused:
            ctx.run_mutation(api.child.refuse)
        with pytest.raises(SchemaValidationError):
            ctx.run_mutation(api.child.badDocument)
        with pytest.raises(ArgumentValidationError):
            ctx.run_mutation(api.child.add, n="x")
    assert refused.value.data == {"code": 7, "why": "no"}


def test_python_has_no_run_mutation_in_a_query(t):
    def query(ctx):
        assert ctx.run_query(api.child.count) == 0
        assert not hasattr(ctx, "run_mutation")

    t.query(query)


def test_python_error_that_is_raised_undoes_the_children(t):
    with pytest.raises(ZeroDivisionError), t.transaction() as ctx:
        ctx.run_mutation(api.child.add, n=1)
        1 / 0  # noqa: B018
    assert numbers(t) == []
