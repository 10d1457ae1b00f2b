import { WorkflowManager } from "@convex-dev/workflow";
import { components, internal } from "./_generated/api";
import { internalMutation, internalAction, query } from "./_generated/server";
import { v } from "convex/values";
import { check } from "./check";

const workflow = new WorkflowManager((components as any).workflow);
export const twice = internalAction({ args: { n: v.number() }, handler: async (_ctx, { n }) => 2 * n });
export const note = internalMutation({ args: { n: v.number() }, handler: async (ctx, { n }) => { await ctx.db.insert("notes" as any, { n } as any); } });
export const steps = workflow.define({
  args: { n: v.number() },
  handler: async (step, { n }) => {
    const result: number = await step.runAction((internal as any).dev_workflow.twice, { n });
    await step.runMutation((internal as any).dev_workflow.note, { n: result });
  },
});
export const run = check(async (ctx) => typeof (await workflow.start(ctx, (internal as any).dev_workflow.steps, { n: 21 })));
export const after = query(async (ctx) => (await ctx.db.query("notes" as any).collect()).map((note: any) => note.n));
