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
  entries: defineTable({
    a: v.number(),
    b: v.number(),
    c: v.string(),
    d: v.string(),
    e: v.boolean(),
    body: v.string(),
  })
    .index("by_a", ["a"])
    .index("by_b", ["b", "a"])
    .index("by_c", ["c"])
    .index("by_d", ["d", "c", "b"])
    .index("by_e", ["e", "a"]),
  articles: defineTable({ body: v.string() }).searchIndex("by_body", {
    searchField: "body",
  }),
});
