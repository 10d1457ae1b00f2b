import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({ body: v.string(), author: v.optional(v.string()) }).index("author", ["author"]),
});
