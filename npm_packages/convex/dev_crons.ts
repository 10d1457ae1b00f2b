import { Crons } from "@convex-dev/crons";
import { components, internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";
import { check } from "./check";

const crons = new Crons((components as any).crons);
export const tick = internalMutation(async () => {});
export const run = check(async (ctx) => {
  await crons.register(ctx, { kind: "interval", ms: 60000 }, (internal as any).dev_crons.tick, {}, "every minute");
  const listed = (await crons.list(ctx)).map(({ name, schedule }) => [name, schedule]);
  await crons.delete(ctx, { name: "every minute" });
  return listed;
});
