import { httpRouter } from "convex/server";
import { ConvexError } from "convex/values";
import { api } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { type ActionCtx, httpAction } from "./_generated/server";
import type { Failure } from "./model/errors";

const http = httpRouter();

const STATUS: Record<Failure["code"], number> = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  invalid: 400,
  too_many: 429,
};

/** For bots: `POST /messages` with `{"channelId", "body"}`, and a token in `Authorization`. */
http.route({
  path: "/messages",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    if (!(await isSignedIn(ctx))) {
      return Response.json({ error: "unauthenticated" }, { status: 401 });
    }
    const { channelId, body } = (await request.json()) as {
      channelId: Id<"channels">;
      body: string;
    };
    try {
      const messageId = await ctx.runMutation(api.messages.send, {
        channelId,
        body,
      });
      return Response.json({ messageId }, { status: 201 });
    } catch (error) {
      if (!(error instanceof ConvexError)) {
        throw error;
      }
      const { code } = error.data as Failure;
      return Response.json({ error: code }, { status: STATUS[code] });
    }
  }),
});

/** In an HTTP action a token that is not valid is an error, no token at all is not. */
async function isSignedIn(ctx: ActionCtx): Promise<boolean> {
  try {
    return (await ctx.auth.getUserIdentity()) !== null;
  } catch {
    return false;
  }
}

export default http;
