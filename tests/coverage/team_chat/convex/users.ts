import { doc } from "convex-helpers/validators";
import { ConvexError, v } from "convex/values";
import { internalQuery, mutation, query } from "./_generated/server";
import { findUser } from "./model/auth";
import type { Failure } from "./model/errors";
import { userMutation } from "./model/functions";
import schema, { preferences } from "./schema";

/** Called by clients after every sign-in: keeps name and email as the identity provider has them. */
export const signIn = mutation({
  args: {},
  returns: v.id("users"),
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    if (identity === null) {
      throw new ConvexError<Failure>({
        code: "unauthenticated",
        message: "Sign in first",
      });
    }
    const profile = {
      name: identity.name ?? "Anonymous",
      email: identity.email,
    };
    const user = await findUser(ctx);
    if (user !== null) {
      await ctx.db.patch("users", user._id, profile);
      return user._id;
    }
    return await ctx.db.insert("users", {
      tokenIdentifier: identity.tokenIdentifier,
      ...profile,
    });
  },
});

export const me = query({
  args: {},
  returns: v.union(doc(schema, "users"), v.null()),
  handler: async (ctx) => await findUser(ctx),
});

export const setPreferences = userMutation({
  args: { preferences: v.optional(preferences) },
  returns: v.null(),
  handler: async (ctx, args) => {
    await ctx.db.patch("users", ctx.user._id, {
      preferences: args.preferences,
    });
    return null;
  },
});

export const get = internalQuery({
  args: { userId: v.id("users") },
  returns: v.union(doc(schema, "users"), v.null()),
  handler: async (ctx, args) => await ctx.db.get("users", args.userId),
});
