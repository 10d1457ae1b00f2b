import { ConvexError } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";
import type { Failure } from "./errors";

/** The signed-in user's document, or null: not signed in, or never called `users.signIn`. */
export async function findUser(ctx: QueryCtx): Promise<Doc<"users"> | null> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) {
    return null;
  }
  return await ctx.db
    .query("users")
    .withIndex("by_token", (q) =>
      q.eq("tokenIdentifier", identity.tokenIdentifier),
    )
    .unique();
}

export async function requireUser(ctx: QueryCtx): Promise<Doc<"users">> {
  const user = await findUser(ctx);
  if (user === null) {
    throw new ConvexError<Failure>({
      code: "unauthenticated",
      message: "Sign in first",
    });
  }
  return user;
}
