import { v } from "convex/values";
import { api } from "./_generated/api";
import { mutation, query } from "./_generated/server";

/** Reads every note and keeps none. */
export const scan = query({
  args: {},
  handler: async (ctx) => {
    const found = await ctx.db
      .query("notes")
      .filter((q) => q.eq(q.field("author"), "nobody"))
      .collect();
    return found.length;
  },
});

export const range = query({
  args: { from: v.number() },
  handler: async (ctx, { from }) => {
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_group", (q) => q.gte("group", from).lt("group", from + 10))
      .order("desc")
      .take(20);
    return notes.map((note) => note.body);
  },
});

export const page = query({
  args: { cursor: v.union(v.string(), v.null()) },
  handler: async (ctx, { cursor }) => {
    const { page, isDone, continueCursor } = await ctx.db
      .query("notes")
      .paginate({ cursor, numItems: 1000 });
    return { count: page.length, isDone, continueCursor };
  },
});

/** `count` documents with five indexes, in one transaction. */
export const fillEntries = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    for (let index = 0; index < count; index += 1) {
      await ctx.db.insert("entries", {
        a: index,
        b: index % 10,
        c: `c ${index % 7}`,
        d: `d ${index % 3}`,
        e: index % 2 === 0,
        body: `An entry with the number ${index}.`,
      });
    }
  },
});

export const fillArticles = mutation({
  args: { from: v.number(), count: v.number() },
  handler: async (ctx, { from, count }) => {
    for (let index = from; index < from + count; index += 1) {
      await ctx.db.insert("articles", {
        body: `Article ${index} about topic${index % 100} and word${index % 977}, written in ${1900 + (index % 120)}.`,
      });
    }
  },
});

export const searchArticles = query({
  args: { words: v.string() },
  handler: async (ctx, { words }) => {
    const found = await ctx.db
      .query("articles")
      .withSearchIndex("by_body", (q) => q.search("body", words))
      .take(10);
    return found.length;
  },
});

export const inner = mutation({
  args: { n: v.number() },
  handler: async (_ctx, { n }) => n + 1,
});

/** `count` mutations, one after the other, inside this one. */
export const nest = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }): Promise<number> => {
    let n: number = 0;
    for (let index = 0; index < count; index += 1) {
      n = await ctx.runMutation(api.large.inner, { n });
    }
    return n;
  },
});

export const schedule = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    for (let index = 0; index < count; index += 1) {
      await ctx.scheduler.runAfter(0, api.notes.add, { author: "Sarah", body: `${index}` });
    }
  },
});
