import { ConvexError, v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const add = mutation({
  args: { author: v.string(), body: v.string() },
  returns: v.id("notes"),
  handler: async (ctx, { author, body }) => {
    if (body === "") {
      throw new ConvexError("Empty note");
    }
    return await ctx.db.insert("notes", { group: 0, author, body, tags: [] });
  },
});

export const pin = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    await ctx.db.patch(id, { pinned: true });
  },
});

export const remove = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    await ctx.db.delete(id);
  },
});

export const get = query({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.get(id),
});

export const byAuthor = query({
  args: { author: v.string() },
  handler: async (ctx, { author }) => {
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_author", (q) => q.eq("author", author))
      .collect();
    return notes.map((note) => note.body);
  },
});

/** `count` documents in `groups` groups, in one transaction. */
export const fill = mutation({
  args: { count: v.number(), groups: v.number() },
  handler: async (ctx, { count, groups }) => {
    for (let index = 0; index < count; index += 1) {
      await ctx.db.insert("notes", {
        group: index % groups,
        author: `author ${index % 7}`,
        body: `A note with the number ${index}, long enough to be a sentence.`,
        tags: ["bench", `tag ${index % 3}`],
      });
    }
  },
});

export const countAll = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("notes").collect()).length,
});

export const countGroup = query({
  args: { group: v.number() },
  handler: async (ctx, { group }) => {
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_group", (q) => q.eq("group", group))
      .collect();
    return notes.length;
  },
});
