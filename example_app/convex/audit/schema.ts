import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  entries: defineTable({
    // Ids of the app are strings in here.
    actor: v.string(),
    action: v.string(),
    target: v.string(),
  }).index("by_target", ["target"]),
});
