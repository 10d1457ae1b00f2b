import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({
    group: v.number(),
    author: v.string(),
    body: v.string(),
    tags: v.array(v.string()),
    pinned: v.optional(v.boolean()),
  })
    .index("by_group", ["group"])
    .index("by_author", ["author", "group"]),
});
