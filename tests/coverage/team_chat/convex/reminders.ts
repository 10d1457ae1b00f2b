import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { internalMutation, type MutationCtx } from "./_generated/server";
import { userMutation } from "./model/functions";
import { requireMembership } from "./model/permissions";

async function post(ctx: MutationCtx, task: Doc<"tasks">, body: string) {
  await ctx.db.insert("messages", {
    channelId: task.channelId,
    authorId: task.createdBy,
    content: { kind: "text", body },
    reactions: {},
  });
}

/** Reminds the channel of a task after a while; the id can be used to cancel it. */
export const remind = userMutation({
  args: { taskId: v.id("tasks"), minutes: v.number() },
  returns: v.id("_scheduled_functions"),
  handler: async (
    ctx,
    { taskId, minutes },
  ): Promise<Id<"_scheduled_functions">> => {
    const task = await ctx.db.get("tasks", taskId);
    if (task === null) throw new Error("No such task");
    await requireMembership(ctx, task.channelId, ctx.user._id);
    return await ctx.scheduler.runAfter(
      minutes * 60_000,
      internal.reminders.send,
      { taskId },
    );
  },
});

export const cancel = userMutation({
  args: { reminder: v.id("_scheduled_functions") },
  returns: v.null(),
  handler: async (ctx, { reminder }) => {
    await ctx.scheduler.cancel(reminder);
    return null;
  },
});

export const send = internalMutation({
  args: { taskId: v.id("tasks") },
  returns: v.null(),
  handler: async (ctx, { taskId }) => {
    const task = await ctx.db.get("tasks", taskId);
    if (task === null) throw new Error("The task has gone");
    if (task.status === "open") await post(ctx, task, `Reminder: ${task.title}`);
    return null;
  },
});

/** Run by a cron, see `crons.ts`. */
export const sendOverdue = internalMutation({
  args: {},
  returns: v.number(),
  handler: async (ctx) => {
    let sent = 0;
    for await (const task of ctx.db.query("tasks")) {
      const overdue = task.dueAt !== undefined && task.dueAt < Date.now();
      if (task.status !== "open" || !overdue) continue;
      await post(ctx, task, `Overdue: ${task.title}`);
      sent += 1;
    }
    return sent;
  },
});
