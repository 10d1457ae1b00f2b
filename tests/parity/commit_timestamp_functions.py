"""Functions of the tests of commit timestamps, and how these call them."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, api, js

SOURCES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          work: defineTable({ name: v.string(), at: v.commitTs() }).index("by_at", ["at"]),
          strict: defineTable({ at: v.number() }),
          notes: defineTable({ body: v.string(), at: v.int64() })
            .searchIndex("by_body", { searchField: "body", filterFields: ["at"] }),
        }, { strictTableNameTypes: false });
    """,
    "convex/work.ts": """
        import { action, mutation, query } from "./_generated/server";
        import { api } from "./_generated/api";
        import { CommitTsPlaceholder, ConvexError, v } from "convex/values";

        const at = v.commitTs();
        export const add = mutation({
          args: { name: v.string(), at: v.optional(at) },
          returns: at,
          handler: async (ctx, args) => {
            const at = args.at ?? ctx.db.vars.commitTs;
            await ctx.db.insert("work", { name: args.name, at });
            return at;
          },
        });
        export const addNested = mutation({
          returns: at,
          handler: async (ctx): Promise<bigint | CommitTsPlaceholder> =>
            await ctx.runMutation(api.work.add, { name: "nested", at: ctx.db.vars.commitTs }),
        });
        export const list = query(async (ctx) => await ctx.db.query("work").withIndex("by_at").collect());
        export const classify = query({
          args: { at },
          handler: async (_ctx, { at }) => (at instanceof CommitTsPlaceholder ? "pending" : typeof at),
        });
        export const echo = query({ handler: async (_ctx, args: { at?: any }) => args.at });
        export const forge = query(async () => [new CommitTsPlaceholder()]);
        export const forgeNested = query(async (ctx): Promise<string> => {
          const [at] = await ctx.runQuery(api.work.forge, {});
          return String(at);
        });
        export const forgePassed = query(async (ctx): Promise<any> =>
          await ctx.runQuery(api.work.echo, { at: new CommitTsPlaceholder() }));
        export const number = mutation({ returns: v.number(), handler: async (ctx) => ctx.db.vars.commitTs as any });
        export const addInAction = action(async (ctx): Promise<any> => {
          const at = await ctx.runMutation(api.work.add, { name: "from an action" });
          return [typeof at, at];
        });
        export const forgeInAction = action(async () => new CommitTsPlaceholder());
        export const passInAction = action({
          handler: async (ctx, { kind }: { kind: "runQuery" | "runMutation" | "runAction" }): Promise<any> => {
            const { echo, add, forgeInAction } = api.work;
            const callee = { runQuery: echo, runMutation: add, runAction: forgeInAction }[kind];
            return await ctx[kind](callee as any, { at: new CommitTsPlaceholder() });
          },
        });
        export const addAndFail = mutation(async (ctx) => {
          await ctx.db.insert("work", { name: "undone", at: ctx.db.vars.commitTs });
          throw new Error("no");
        });
        export const failWith = mutation(async (ctx) => {
          const error = new ConvexError<any>("no");
          error.data = { at: ctx.db.vars.commitTs };
          throw error;
        });
    """,
}
RESERVED = "Field name $commitTs starts with '$', which is reserved."
UNRESOLVED = (
    "This commit timestamp is unresolved: its value is assigned when the mutation commits. Read the document after the "
    "mutation completes to get its value."
)


def add(t, body="return null"):
    """Inserts a document `mine` and then runs `body`."""
    insert = "const id = await ctx.db.insert('work', { name: 'mine', at: ctx.db.vars.commitTs });"
    return t.mutation(js(f"async (ctx) => {{ {insert} {body} }}"))


def only(t):
    [document] = t.query(api.work.list)
    return document


def failure(t, kind, callee, *args):
    with pytest.raises(FunctionError) as caught:
        getattr(t, kind)(callee, *args)
    return caught.value
