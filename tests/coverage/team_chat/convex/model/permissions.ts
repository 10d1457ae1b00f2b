import { ConvexError } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";
import type { Failure } from "./errors";

export async function requireChannel(
  ctx: QueryCtx,
  channelId: Id<"channels">,
): Promise<Doc<"channels">> {
  const channel = await ctx.db.get("channels", channelId);
  if (channel === null) {
    throw new ConvexError<Failure>({
      code: "not_found",
      message: "No such channel",
      channelId,
    });
  }
  return channel;
}

export async function findMembership(
  ctx: QueryCtx,
  channelId: Id<"channels">,
  userId: Id<"users">,
): Promise<Doc<"members"> | null> {
  return await ctx.db
    .query("members")
    .withIndex("by_channel_and_user", (q) =>
      q.eq("channelId", channelId).eq("userId", userId),
    )
    .unique();
}

export async function requireMembership(
  ctx: QueryCtx,
  channelId: Id<"channels">,
  userId: Id<"users">,
): Promise<Doc<"members">> {
  const membership = await findMembership(ctx, channelId, userId);
  if (membership === null) {
    throw new ConvexError<Failure>({
      code: "forbidden",
      message: "Only members can do this",
      channelId,
    });
  }
  return membership;
}

export async function requireOwner(
  ctx: QueryCtx,
  channelId: Id<"channels">,
  userId: Id<"users">,
): Promise<void> {
  const membership = await requireMembership(ctx, channelId, userId);
  if (membership.role !== "owner") {
    throw new ConvexError<Failure>({
      code: "forbidden",
      message: "Only owners can do this",
      channelId,
    });
  }
}

/** Public channels are open to everybody, private ones to their members. */
export async function requireReadable(
  ctx: QueryCtx,
  channelId: Id<"channels">,
  userId: Id<"users">,
): Promise<Doc<"channels">> {
  const channel = await requireChannel(ctx, channelId);
  if (channel.visibility === "private") {
    await requireMembership(ctx, channelId, userId);
  }
  return channel;
}
