import { ActionCache } from "@convex-dev/action-cache";
import { components, internal } from "./_generated/api";
import { internalAction } from "./_generated/server";
import { check } from "./check";

export const slow = internalAction(async (_ctx, { n }: { n: number }) => ({ n, at: Math.random() }));
const cache = new ActionCache((components as any).actionCache, { action: (internal as any).dev_action_cache.slow });
export const run = check(async (ctx) => {
  const [one, again, other]: any[] = [await cache.fetch(ctx, { n: 1 }), await cache.fetch(ctx, { n: 1 }), await cache.fetch(ctx, { n: 2 })];
  return [one.at === again.at, one.at === other.at];
});
