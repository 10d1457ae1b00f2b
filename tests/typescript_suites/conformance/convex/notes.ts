import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation, mutation, query } from "./_generated/server";

export class NoteError extends Error {
  constructor(readonly reason: string) {
    super(`no note: ${reason}`);
    this.name = "NoteError";
  }
}

export let calls = 0;

export const list = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("notes").collect()).map((note) => note.body),
});

export const add = mutation({
  args: { body: v.string() },
  returns: v.id("notes"),
  handler: async (ctx, { body }) => {
    calls++;
    if (body === "") throw new ConvexError({ code: "empty", length: 0 });
    if (body === "class") throw new NoteError("class");
    const identity = await ctx.auth.getUserIdentity();
    const id = await ctx.db.insert("notes", { body, author: identity?.name });
    if (body === "late") throw new Error("too late");
    return id;
  },
});

export const secret = internalMutation({ args: {}, handler: async (ctx) => ctx.db.insert("notes", { body: "secret" }) });

export const clock = query({ args: {}, handler: async () => Date.now() });

export const environment = query({ args: {}, handler: async () => process.env.GREETING ?? null });

export const later = mutation({
  args: { body: v.string(), delay: v.number() },
  handler: async (ctx, { body, delay }) => {
    await ctx.scheduler.runAfter(delay, internal.notes.write, { body });
  },
});

export const write = internalMutation({
  args: { body: v.string() },
  handler: async (ctx, { body }) => {
    await ctx.db.insert("notes", { body });
  },
});

export const chain = mutation({
  args: { left: v.number() },
  handler: async (ctx, { left }): Promise<void> => {
    await ctx.db.insert("notes", { body: `chain ${left}` });
    if (left > 0) await ctx.scheduler.runAfter(1000, internal.notes.chained, { left: left - 1 });
  },
});

export const chained = internalMutation({
  args: { left: v.number() },
  handler: async (ctx, { left }): Promise<void> => {
    await ctx.db.insert("notes", { body: `chain ${left}` });
    if (left > 0) await ctx.scheduler.runAfter(1000, internal.notes.chained, { left: left - 1 });
  },
});

export const download = action({
  args: { url: v.string() },
  handler: async (ctx, { url }): Promise<string> => {
    const response = await fetch(url);
    const body = await response.text();
    await ctx.runMutation(internal.notes.write, { body });
    return body;
  },
});

export const download_in_mutation = mutation({
  args: {},
  handler: async () => {
    await fetch("https://example.com");
  },
});

export const wait = action({
  args: {},
  handler: async () => {
    const before = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    return Date.now() - before;
  },
});

export const both = action({
  args: {},
  handler: async (ctx): Promise<string[]> => {
    await Promise.all([
      ctx.runMutation(internal.notes.write, { body: "a" }),
      ctx.runMutation(internal.notes.write, { body: "b" }),
      ctx.runAction(internal.notes.write_in_action, { body: "c" }),
    ]);
    return await ctx.runQuery(internal.notes.bodies, {});
  },
});

export const write_in_action = action({
  args: { body: v.string() },
  handler: async (ctx, { body }): Promise<void> => {
    await ctx.runMutation(internal.notes.write, { body });
  },
});

export const bodies = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("notes").collect()).map((note) => note.body),
});
