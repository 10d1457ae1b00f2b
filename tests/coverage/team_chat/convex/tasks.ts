import { doc } from "convex-helpers/validators";
import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { action, internalMutation, type QueryCtx } from "./_generated/server";
import { requireUser } from "./model/auth";
import type { Failure } from "./model/errors";
import { userMutation, userQuery } from "./model/functions";
import { findMembership, requireMembership } from "./model/permissions";
import schema from "./schema";

const task = doc(schema, "tasks");

async function requireTask(ctx: QueryCtx, taskId: Id<"tasks">) {
  const found = await ctx.db.get("tasks", taskId);
  if (found === null) {
    throw new ConvexError<Failure>({
      code: "not_found",
      message: "No such task",
      taskId,
    });
  }
  return found;
}

export const create = userMutation({
  args: {
    channelId: v.id("channels"),
    title: v.string(),
    priority: v.optional(v.number()),
    assigneeId: v.optional(v.id("users")),
    dueAt: v.optional(v.number()),
  },
  returns: v.id("tasks"),
  handler: async (ctx, { priority = 1, ...args }) => {
    await requireMembership(ctx, args.channelId, ctx.user._id);
    return await ctx.db.insert("tasks", {
      ...args,
      priority,
      status: "open",
      createdBy: ctx.user._id,
    });
  },
});

/** Open tasks of a channel, the most urgent first. */
export const open = userQuery({
  args: { channelId: v.id("channels"), minPriority: v.optional(v.number()) },
  returns: v.array(task),
  handler: async (ctx, { channelId, minPriority = 0 }) => {
    await requireMembership(ctx, channelId, ctx.user._id);
    return await ctx.db
      .query("tasks")
      .withIndex("by_channel_and_status", (q) =>
        q
          .eq("channelId", channelId)
          .eq("status", "open")
          .gte("priority", minPriority),
      )
      .order("desc")
      .take(100);
  },
});

/** My open tasks over all channels: those without a due date first, then by due date. */
export const mine = userQuery({
  args: { dueBefore: v.optional(v.number()) },
  returns: v.array(task),
  handler: async (ctx, { dueBefore }) => {
    return await ctx.db
      .query("tasks")
      .withIndex("by_assignee", (q) => {
        const assigned = q.eq("assigneeId", ctx.user._id).eq("status", "open");
        return dueBefore === undefined
          ? assigned
          : assigned.lt("dueAt", dueBefore);
      })
      .collect();
  },
});

export const assign = userMutation({
  args: { taskId: v.id("tasks"), assigneeId: v.optional(v.id("users")) },
  returns: v.null(),
  handler: async (ctx, { taskId, assigneeId }) => {
    const { channelId } = await requireTask(ctx, taskId);
    await requireMembership(ctx, channelId, ctx.user._id);
    if (
      assigneeId !== undefined &&
      (await findMembership(ctx, channelId, assigneeId)) === null
    ) {
      throw new ConvexError<Failure>({
        code: "invalid",
        message: "The assignee is not in the channel",
      });
    }
    await ctx.db.patch("tasks", taskId, { assigneeId });
    return null;
  },
});

export const complete = userMutation({
  args: { taskId: v.id("tasks") },
  returns: task,
  handler: async (ctx, { taskId }) => {
    const open = await requireTask(ctx, taskId);
    await requireMembership(ctx, open.channelId, ctx.user._id);
    const completed = { ...open, status: "done" as const };
    await ctx.db.replace("tasks", taskId, completed);
    return completed;
  },
});

/** All of them or none: a bad line undoes the lines before it. */
export const createFromLines = internalMutation({
  args: { channelId: v.id("channels"), lines: v.array(v.string()) },
  returns: v.array(v.id("tasks")),
  handler: async (ctx, { channelId, lines }): Promise<Id<"tasks">[]> => {
    const user = await requireUser(ctx);
    await requireMembership(ctx, channelId, user._id);
    const created = [];
    for (const [index, line] of lines.entries()) {
      const match = /^- \[ \] (?<title>.+?)(?: !(?<priority>\d))?$/.exec(line);
      if (match?.groups === undefined) {
        throw new ConvexError<Failure>({
          code: "invalid",
          message: "Not a task",
          line: index + 1,
          text: line,
        });
      }
      const id = await ctx.db.insert("tasks", {
        channelId,
        title: match.groups.title,
        priority: Number(match.groups.priority ?? 1),
        status: "open",
        createdBy: user._id,
      });
      created.push(id);
    }
    return created;
  },
});

/** Tasks from a Markdown checklist: "- [ ] Write tests !3". */
export const importChecklist = action({
  args: { channelId: v.id("channels"), text: v.string() },
  returns: v.array(v.id("tasks")),
  handler: async (ctx, { channelId, text }): Promise<Id<"tasks">[]> => {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    console.info(`importing ${lines.length} lines`);
    return await ctx.runMutation(internal.tasks.createFromLines, {
      channelId,
      lines,
    });
  },
});
