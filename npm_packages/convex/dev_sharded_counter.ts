import { ShardedCounter } from "@convex-dev/sharded-counter";
import { components } from "./_generated/api";
import { check } from "./check";

const counter = new ShardedCounter((components as any).shardedCounter, { shards: { a: 2 } });
export const run = check(async (ctx) => {
  await counter.add(ctx, "a", 5);
  await counter.add(ctx, "a", -2);
  return await counter.count(ctx, "a");
});
