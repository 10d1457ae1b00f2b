import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

export const add = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert("counters", { name, value: 1 });
  },
});

export const count = query({ args: {}, handler: async (ctx) => (await ctx.db.query("counters").collect()).length });
