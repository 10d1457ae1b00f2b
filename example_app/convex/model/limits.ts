import { MINUTE, RateLimiter } from "@convex-dev/rate-limiter";
import { ShardedCounter } from "@convex-dev/sharded-counter";
import { ConvexError } from "convex/values";
import { components } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import type { Failure } from "./errors";

const limiter = new RateLimiter(components.rateLimiter, {
  sendMessage: { kind: "token bucket", rate: 30, period: MINUTE },
});

/** Counts all messages ever sent, without one document that everybody writes to. */
export const sentMessages = new ShardedCounter(components.shardedCounter, {
  defaultShards: 4,
});

/** Nobody sends more than 30 messages a minute. */
export async function countMessage(ctx: MutationCtx, author: Doc<"users">) {
  const { ok, retryAfter } = await limiter.limit(ctx, "sendMessage", {
    key: author._id,
  });
  if (!ok) {
    throw new ConvexError<Failure>({
      code: "too_many",
      message: "Slow down",
      retryAfter,
    });
  }
  await sentMessages.inc(ctx, "messages");
}
