import { v } from "convex/values";
import { mutation, query } from "./_generated/server.js";

export const record = mutation({
  args: { actor: v.string(), action: v.string(), target: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    await ctx.db.insert("entries", args);
    return null;
  },
});

/** Newest first. */
export const about = query({
  args: { target: v.string() },
  returns: v.array(v.object({ actor: v.string(), action: v.string() })),
  handler: async (ctx, { target }) => {
    const entries = await ctx.db
      .query("entries")
      .withIndex("by_target", (q) => q.eq("target", target))
      .order("desc")
      .take(100);
    return entries.map(({ actor, action }) => ({ actor, action }));
  },
});
