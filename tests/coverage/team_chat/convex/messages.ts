import { doc } from "convex-helpers/validators";
import {
  paginationOptsValidator,
  paginationResultValidator,
} from "convex/server";
import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { action, internalQuery, type MutationCtx } from "./_generated/server";
import type { Failure } from "./model/errors";
import { userMutation, userQuery } from "./model/functions";
import {
  requireMembership,
  requireOwner,
  requireReadable,
} from "./model/permissions";
import schema from "./schema";

const LONGEST_BODY = 2000;
const TRANSCRIPT_PAGE = 50;

function checkBody(body: string): string {
  const trimmed = body.trim();
  if (trimmed === "") {
    throw new ConvexError<Failure>({
      code: "invalid",
      message: "Empty message",
    });
  }
  if (trimmed.length > LONGEST_BODY) {
    throw new ConvexError<Failure>({
      code: "invalid",
      message: `Longer than ${LONGEST_BODY} characters`,
      length: trimmed.length,
    });
  }
  return trimmed;
}

async function requireMessage(ctx: MutationCtx, messageId: Id<"messages">) {
  const message = await ctx.db.get("messages", messageId);
  if (message === null) {
    throw new ConvexError<Failure>({
      code: "not_found",
      message: "No such message",
      messageId,
    });
  }
  return message;
}

export const send = userMutation({
  args: {
    channelId: v.id("channels"),
    body: v.string(),
    replyTo: v.optional(v.id("messages")),
  },
  returns: v.id("messages"),
  handler: async (ctx, { channelId, body, replyTo }) => {
    await requireMembership(ctx, channelId, ctx.user._id);
    return await ctx.db.insert("messages", {
      channelId,
      authorId: ctx.user._id,
      content: { kind: "text", body: checkBody(body) },
      replyTo,
      reactions: {},
    });
  },
});

export const startPoll = userMutation({
  args: {
    channelId: v.id("channels"),
    question: v.string(),
    options: v.array(v.string()),
  },
  returns: v.id("messages"),
  handler: async (ctx, { channelId, question, options }) => {
    await requireMembership(ctx, channelId, ctx.user._id);
    if (new Set(options).size < 2) {
      throw new ConvexError<Failure>({
        code: "invalid",
        message: "A poll needs two different options",
      });
    }
    return await ctx.db.insert("messages", {
      channelId,
      authorId: ctx.user._id,
      content: { kind: "poll", question, options },
      reactions: {},
    });
  },
});

/** Newest first, one page at a time. */
export const list = userQuery({
  args: {
    channelId: v.id("channels"),
    paginationOpts: paginationOptsValidator,
  },
  returns: paginationResultValidator(doc(schema, "messages")),
  handler: async (ctx, { channelId, paginationOpts }) => {
    await requireReadable(ctx, channelId, ctx.user._id);
    return await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channelId", channelId))
      .order("desc")
      .paginate(paginationOpts);
  },
});

export const edit = userMutation({
  args: { messageId: v.id("messages"), body: v.string() },
  returns: v.null(),
  handler: async (ctx, { messageId, body }) => {
    const message = await requireMessage(ctx, messageId);
    if (message.authorId !== ctx.user._id) {
      throw new ConvexError<Failure>({
        code: "forbidden",
        message: "Only the author can edit a message",
      });
    }
    if (message.content.kind !== "text") {
      throw new ConvexError<Failure>({
        code: "invalid",
        message: "Only text can be edited",
      });
    }
    await ctx.db.patch("messages", messageId, {
      content: { kind: "text", body: checkBody(body) },
      editedAt: Date.now(),
    });
    return null;
  },
});

export const remove = userMutation({
  args: { messageId: v.id("messages") },
  returns: v.null(),
  handler: async (ctx, { messageId }) => {
    const message = await requireMessage(ctx, messageId);
    if (message.authorId !== ctx.user._id) {
      await requireOwner(ctx, message.channelId, ctx.user._id);
    }
    await ctx.db.delete("messages", messageId);
    return null;
  },
});

/** Adds a reaction, or takes it back. */
export const react = userMutation({
  args: { messageId: v.id("messages"), reaction: v.string() },
  returns: v.null(),
  handler: async (ctx, { messageId, reaction }) => {
    const { channelId, reactions } = await requireMessage(ctx, messageId);
    await requireMembership(ctx, channelId, ctx.user._id);
    const others = (reactions[reaction] ?? []).filter(
      (userId) => userId !== ctx.user._id,
    );
    const added = others.length === (reactions[reaction] ?? []).length;
    const people = added ? [...others, ctx.user._id] : others;
    const { [reaction]: _, ...rest } = reactions;
    await ctx.db.patch("messages", messageId, {
      reactions: people.length > 0 ? { ...rest, [reaction]: people } : rest,
    });
    return null;
  },
});

export const markRead = userMutation({
  args: { messageId: v.id("messages") },
  returns: v.null(),
  handler: async (ctx, { messageId }) => {
    const { channelId, _creationTime } = await requireMessage(ctx, messageId);
    const membership = await requireMembership(ctx, channelId, ctx.user._id);
    await ctx.db.patch("members", membership._id, { readUpTo: _creationTime });
    return null;
  },
});

export const unreadCount = userQuery({
  args: { channelId: v.id("channels") },
  returns: v.number(),
  handler: async (ctx, { channelId }) => {
    const { readUpTo } = await requireMembership(ctx, channelId, ctx.user._id);
    const unread = await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) =>
        q.eq("channelId", channelId).gt("_creationTime", readUpTo ?? 0),
      )
      .filter((q) => q.neq(q.field("authorId"), ctx.user._id))
      .collect();
    return unread.length;
  },
});

/** Oldest first, for `exportTranscript`: a query can read one page only, an action as many as it likes. */
export const page = internalQuery({
  args: {
    channelId: v.id("channels"),
    paginationOpts: paginationOptsValidator,
  },
  handler: async (ctx, { channelId, paginationOpts }) => {
    const result = await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channelId", channelId))
      .paginate(paginationOpts);
    const lines = await Promise.all(
      result.page.map(async (message) => {
        const author = await ctx.db.get("users", message.authorId);
        return `${author?.name ?? "(deleted)"}: ${describe(message)}`;
      }),
    );
    return { ...result, page: lines };
  },
});

function describe({ content }: Doc<"messages">): string {
  return content.kind === "text"
    ? content.body
    : `${content.question} (${content.options.join(" / ")})`;
}

export const exportTranscript = action({
  args: { channelId: v.id("channels") },
  returns: v.object({ text: v.string(), pages: v.number() }),
  handler: async (ctx, { channelId }) => {
    const lines: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    for (let isDone = false; !isDone; pages += 1) {
      const result: {
        page: string[];
        isDone: boolean;
        continueCursor: string;
      } = await ctx.runQuery(internal.messages.page, {
        channelId,
        paginationOpts: { numItems: TRANSCRIPT_PAGE, cursor },
      });
      lines.push(...result.page);
      cursor = result.continueCursor;
      isDone = result.isDone;
    }
    return { text: lines.join("\n"), pages };
  },
});
