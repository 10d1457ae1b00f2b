import { ActionRetrier } from "@convex-dev/action-retrier";
import { components, internal } from "./_generated/api";
import { internalAction, internalMutation, query } from "./_generated/server";
import { check } from "./check";

const retrier = new ActionRetrier((components as any).actionRetrier, { initialBackoffMs: 100 });
export const note = internalMutation(async (ctx) => {
  await ctx.db.insert("notes" as any, {} as any);
  return (await ctx.db.query("notes" as any).collect()).length;
});
export const flaky = internalAction(async (ctx) => {
  const tries: number = await ctx.runMutation((internal as any).dev_action_retrier.note, {});
  if (tries < 3) throw new Error("not yet");
});
export const run = check(async (ctx) => {
  await retrier.run(ctx, (internal as any).dev_action_retrier.flaky, {});
  return null;
});
export const after = query(async (ctx) => (await ctx.db.query("notes" as any).collect()).length);
