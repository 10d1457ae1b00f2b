import {
  customCtx,
  customMutation,
  customQuery,
} from "convex-helpers/server/customFunctions";
import { internalQuery, mutation, query } from "../_generated/server";
import { requireUser } from "./auth";

/** A public query for signed-in users, who are at `ctx.user`. */
export const userQuery = customQuery(
  query,
  customCtx(async (ctx) => ({ user: await requireUser(ctx) })),
);

/** A query of this app's own functions, on behalf of the signed-in user. */
export const internalUserQuery = customQuery(
  internalQuery,
  customCtx(async (ctx) => ({ user: await requireUser(ctx) })),
);

/** A public mutation for signed-in users, who are at `ctx.user`. */
export const userMutation = customMutation(
  mutation,
  customCtx(async (ctx) => ({ user: await requireUser(ctx) })),
);
