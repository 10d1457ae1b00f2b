import { DirectAggregate } from "@convex-dev/aggregate";
import { components } from "./_generated/api";
import { check } from "./check";

const aggregate = new DirectAggregate<{ Key: number; Id: string }>((components as any).aggregate);
export const run = check(async (ctx) => {
  for (const [id, key] of [["a", 3], ["b", 1], ["c", 2]] as const) await aggregate.insert(ctx, { key, id, sumValue: key });
  await aggregate.delete(ctx, { key: 1, id: "b" });
  return [await aggregate.count(ctx), await aggregate.sum(ctx), (await aggregate.at(ctx, 0)).id];
});
