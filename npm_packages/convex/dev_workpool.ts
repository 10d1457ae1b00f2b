import { Workpool } from "@convex-dev/workpool";
import { components, internal } from "./_generated/api";
import { internalAction, internalMutation, query } from "./_generated/server";
import { check } from "./check";

const pool = new Workpool((components as any).workpool, { maxParallelism: 2 });
export const note = internalMutation(async (ctx, { text }: { text: string }) => { await ctx.db.insert("notes" as any, { text } as any); });
export const act = internalAction(async (ctx, { text }: { text: string }) => { await ctx.runMutation((internal as any).dev_workpool.note, { text }); });
export const run = check(async (ctx) => {
  await pool.enqueueMutation(ctx, (internal as any).dev_workpool.note, { text: "mutation" });
  await pool.enqueueAction(ctx, (internal as any).dev_workpool.act, { text: "action" });
  return null;
});
export const after = query(async (ctx) => (await ctx.db.query("notes" as any).collect()).map((note: any) => note.text).sort());
