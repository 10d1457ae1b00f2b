"""Functions of the tests of actions, and how these call them."""

from __future__ import annotations

from convex_test import (
    js,
)

SOURCES = {
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
