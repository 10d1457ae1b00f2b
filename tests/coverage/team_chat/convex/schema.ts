import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export const role = v.union(v.literal("owner"), v.literal("member"));

export const visibility = v.union(v.literal("public"), v.literal("private"));

export const content = v.union(
  v.object({ kind: v.literal("text"), body: v.string() }),
  v.object({
    kind: v.literal("poll"),
    question: v.string(),
    options: v.array(v.string()),
  }),
);

export const preferences = v.object({
  theme: v.union(v.literal("light"), v.literal("dark"), v.literal("system")),
  mutedChannels: v.array(v.id("channels")),
});

export default defineSchema({
  users: defineTable({
    tokenIdentifier: v.string(),
    name: v.string(),
    email: v.optional(v.string()),
    preferences: v.optional(preferences),
  }).index("by_token", ["tokenIdentifier"]),

  channels: defineTable({
    name: v.string(),
    slug: v.string(),
    topic: v.optional(v.string()),
    visibility,
    createdBy: v.id("users"),
    archived: v.boolean(),
  })
    .index("by_slug", ["slug"])
    .index("by_visibility", ["visibility", "archived", "name"]),

  members: defineTable({
    channelId: v.id("channels"),
    userId: v.id("users"),
    role,
    // The creation time of the newest message this member has seen.
    readUpTo: v.optional(v.number()),
  })
    .index("by_channel_and_user", ["channelId", "userId"])
    .index("by_user", ["userId"]),

  messages: defineTable({
    channelId: v.id("channels"),
    authorId: v.id("users"),
    content,
    replyTo: v.optional(v.id("messages")),
    // Who reacted, by the reaction's name ("thumbs_up").
    reactions: v.record(v.string(), v.array(v.id("users"))),
    editedAt: v.optional(v.number()),
  })
    .index("by_channel", ["channelId"])
    .index("by_channel_and_author", ["channelId", "authorId"]),

  tasks: defineTable({
    channelId: v.id("channels"),
    title: v.string(),
    priority: v.number(),
    status: v.union(v.literal("open"), v.literal("done")),
    assigneeId: v.optional(v.id("users")),
    dueAt: v.optional(v.number()),
    createdBy: v.id("users"),
  })
    .index("by_channel_and_status", ["channelId", "status", "priority"])
    .index("by_assignee", ["assigneeId", "status", "dueAt"]),
});
