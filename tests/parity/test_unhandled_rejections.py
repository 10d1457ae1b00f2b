"""A promise that is rejected while nobody awaits it ends the function, whoever made it.

Imitated: `crates/isolate/src/environment/udf/mod.rs`, which asks V8. Here the bundle and `Promise` tell
(`convex_test/project/tasks.py`, `prelude/src/rejections.js`).
"""

from __future__ import annotations

import re

import pytest

from convex_test import FunctionError, api

FILES = {
    "convex/promises.ts": """
        import { mutation } from "./_generated/server";

        class Service {
          async method() { await null; throw new Error("x"); }
          static async plain() { throw new Error("x"); }
        }
        const object = { async method() { await null; throw new Error("x"); } };
        const fails = async () => { throw new Error("x"); };

        const forgotten: any = {
          inPlace: () => { (async () => { await null; throw new Error("x"); })(); },
          callback: () => { [1, 2].forEach(async () => { await null; throw new Error("x"); }); },
          shortCallback: () => { [1].map(async () => await fails()); },
          functionExpression: () => { [1].map(async function () { await fails(); }); },
          method: () => { new Service().method(); },
          staticMethod: () => { Service.plain(); },
          methodOfObject: () => { object.method(); },
          promise: () => { new Promise((_, reject) => reject(new Error("x"))); },
          executor: () => { new Promise(() => { throw new Error("x"); }); },
          then: () => { Promise.resolve().then(() => { throw new Error("x"); }); },
          thenOfFailed: () => { fails().then(() => 1); },
          finally: () => { Promise.resolve().finally(() => { throw new Error("x"); }); },
          all: () => { Promise.all([1, 2].map(async () => { throw new Error("x"); })); },
          race: () => { Promise.race([Promise.reject(new Error("x"))]); },
          withResolvers: () => { (Promise as any).withResolvers().reject(new Error("x")); },
          try: () => { (Promise as any).try(() => { throw new Error("x"); }); },
          kept: async (ctx: any) => {
            const failing = fails();
            await ctx.db.query("items").collect();
            await failing.catch(() => 1);
          },
        };
        const read: any = {
          collect: (query: any) => { query.collect(); },
          first: (query: any) => { query.first(); },
          take: (query: any) => { query.take(1); },
          unique: (query: any) => { query.unique(); },
          paginate: (query: any) => { query.paginate({ cursor: null, numItems: 1 }); },
        };
        const handled: any = {
          caught: async () => { try { await (async () => { throw new Error("x"); })(); } catch { return; } },
          settled: async () => { await Promise.allSettled([fails(), Promise.reject(1)]); },
          any: async () => { await Promise.any([fails(), 1]); },
          caughtInTime: async () => { const failing = fails(); await null; failing.catch(() => 1); },
          loserOfRace: async () => { await Promise.race([1, fails()]); },
          secondHandler: async () => { fails().then(() => 1, () => 2); },
          handedOn: async () => { await new Promise((resolve) => resolve(fails())).catch(() => 1); },
          returned: async () => { await (async () => fails())().catch(() => 1); },
        };

        export const forgets = mutation(async (ctx, { name }: any) => { await forgotten[name](ctx); });
        export const reads = mutation(async (ctx, { name }: any) => {
          read[name](ctx.db.query("items" as any).withIndex("nowhere"));
        });
        export const handles = mutation(async (ctx, { name }: any) => { await handled[name](ctx); });
        export const systemGet = mutation(async (ctx) => { ctx.db.system.get("x" as any); });
        export const subclass = mutation(async () => {
          class Task<T> extends Promise<T> {}
          const task = new Task<number>((_, reject) => reject(1));
          const caught = task.catch(() => 2);
          return [caught instanceof Task, task.constructor === Task, await caught];
        });
        export const names = mutation(async () => {
          const { method } = object;
          return [method.name, Service.prototype.method.name, fails.name, (async () => 1).name, Promise.all.length];
        });
    """,
}


def members(name):
    source = FILES["convex/promises.ts"]
    body = source[source.index(f"const {name}: any") :]
    return re.findall(r"^ {10}(\w+): ", body[: body.index("\n        };")], re.MULTILINE)


@pytest.mark.parametrize("name", members("forgotten"))
def test_a_rejection_that_nobody_handles_ends_the_function(t, name):
    with pytest.raises(FunctionError) as caught:
        t.mutation(api.promises.forgets, name=name)
    assert caught.value.text == "Uncaught Error: x"


@pytest.mark.parametrize("name", members("read"))
def test_a_failing_read_that_is_not_awaited_ends_the_function(t, name):
    with pytest.raises(FunctionError) as caught:
        t.mutation(api.promises.reads, name=name)
    assert caught.value.text == "Uncaught Error: Index items.nowhere not found."


def test_a_failing_read_of_a_system_table_that_is_not_awaited_ends_the_function(t):
    with pytest.raises(FunctionError, match="Unable to decode ID"):
        t.mutation(api.promises.systemGet)


@pytest.mark.parametrize("name", members("handled"))
def test_a_rejection_that_somebody_handles_is_nobodys_business(t, name):
    assert t.mutation(api.promises.handles, name=name) is None


def test_a_subclass_of_promise_stays_one(t):
    assert t.mutation(api.promises.subclass) == [True, True, 2]


def test_functions_keep_their_names(t):
    assert t.mutation(api.promises.names) == ["method", "method", "fails", "", 1]


def test_the_frames_are_those_of_the_source(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation(api.promises.forgets, name="staticMethod")
    assert str(caught.value.frames[0]).strip() == "at plain (convex/promises.ts:6:36)"
