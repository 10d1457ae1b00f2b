import { doc } from "convex-helpers/validators";
import { ConvexError, v } from "convex/values";
import { internalMutation } from "./_generated/server";
import type { Failure } from "./model/errors";
import { userMutation, userQuery } from "./model/functions";
import {
  findMembership,
  requireChannel,
  requireMembership,
  requireOwner,
  requireReadable,
} from "./model/permissions";
import { requireFreeSlug, slugOf } from "./model/slugs";
import schema, { role, visibility } from "./schema";

export const create = userMutation({
  args: {
    name: v.string(),
    topic: v.optional(v.string()),
    visibility: v.optional(visibility),
  },
  returns: v.id("channels"),
  handler: async (ctx, { name, topic, visibility = "public" }) => {
    const slug = slugOf(name);
    await requireFreeSlug(ctx, slug);
    const channelId = await ctx.db.insert("channels", {
      name,
      slug,
      topic,
      visibility,
      createdBy: ctx.user._id,
      archived: false,
    });
    await ctx.db.insert("members", {
      channelId,
      userId: ctx.user._id,
      role: "owner",
    });
    console.log(`${ctx.user.name} created #${slug}`);
    return channelId;
  },
});

/** What the sidebar shows: public channels by name, then the private ones one is in. */
export const list = userQuery({
  args: {},
  returns: v.array(doc(schema, "channels")),
  handler: async (ctx) => {
    const open = await ctx.db
      .query("channels")
      .withIndex("by_visibility", (q) =>
        q.eq("visibility", "public").eq("archived", false),
      )
      .collect();
    const memberships = await ctx.db
      .query("members")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
      .collect();
    const mine = await Promise.all(
      memberships.map(({ channelId }) => requireChannel(ctx, channelId)),
    );
    const hidden = mine.filter(
      (channel) => channel.visibility === "private" && !channel.archived,
    );
    return [...open, ...hidden];
  },
});

export const bySlug = userQuery({
  args: { slug: v.string() },
  returns: v.union(doc(schema, "channels"), v.null()),
  handler: async (ctx, args) => {
    const channel = await ctx.db
      .query("channels")
      .withIndex("by_slug", (q) => q.eq("slug", args.slug))
      .unique();
    return channel && (await requireReadable(ctx, channel._id, ctx.user._id));
  },
});

export const members = userQuery({
  args: { channelId: v.id("channels") },
  returns: v.array(v.object({ name: v.string(), role })),
  handler: async (ctx, args) => {
    await requireReadable(ctx, args.channelId, ctx.user._id);
    const people = [];
    const memberships = ctx.db
      .query("members")
      .withIndex("by_channel_and_user", (q) =>
        q.eq("channelId", args.channelId),
      );
    for await (const { userId, role } of memberships) {
      const user = await ctx.db.get("users", userId);
      if (user !== null) {
        people.push({ name: user.name, role });
      }
    }
    return people;
  },
});

export const join = userMutation({
  args: { channelId: v.id("channels") },
  returns: v.null(),
  handler: async (ctx, { channelId }) => {
    const channel = await requireChannel(ctx, channelId);
    if (channel.visibility === "private") {
      throw new ConvexError<Failure>({
        code: "forbidden",
        message: "This channel is by invitation",
        channelId,
      });
    }
    const userId = ctx.user._id;
    if ((await findMembership(ctx, channelId, userId)) === null) {
      await ctx.db.insert("members", { channelId, userId, role: "member" });
    }
    return null;
  },
});

export const invite = userMutation({
  args: { channelId: v.id("channels"), userId: v.id("users") },
  returns: v.null(),
  handler: async (ctx, { channelId, userId }) => {
    await requireOwner(ctx, channelId, ctx.user._id);
    if ((await findMembership(ctx, channelId, userId)) !== null) {
      throw new ConvexError<Failure>({
        code: "conflict",
        message: "Already a member",
        channelId,
        userId,
      });
    }
    await ctx.db.insert("members", { channelId, userId, role: "member" });
    return null;
  },
});

export const leave = userMutation({
  args: { channelId: v.id("channels") },
  returns: v.null(),
  handler: async (ctx, { channelId }) => {
    const membership = await requireMembership(ctx, channelId, ctx.user._id);
    if (membership.role === "owner") {
      throw new ConvexError<Failure>({
        code: "conflict",
        message: "Owners cannot leave",
        channelId,
      });
    }
    await ctx.db.delete("members", membership._id);
    return null;
  },
});

/** Archives channels whose newest message is older than `before`; returns how many. */
export const archiveQuiet = internalMutation({
  args: { before: v.number() },
  returns: v.number(),
  handler: async (ctx, { before }) => {
    let archived = 0;
    for await (const channel of ctx.db.query("channels")) {
      const newest = await ctx.db
        .query("messages")
        .withIndex("by_channel", (q) => q.eq("channelId", channel._id))
        .order("desc")
        .first();
      const lastActive = newest?._creationTime ?? channel._creationTime;
      if (!channel.archived && lastActive < before) {
        await ctx.db.patch("channels", channel._id, { archived: true });
        archived += 1;
      }
    }
    return archived;
  },
});
