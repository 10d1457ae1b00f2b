import { asyncMap, pick } from "convex-helpers";
import { customAction, customCtx } from "convex-helpers/server/customFunctions";
import { zodToConvex } from "convex-helpers/server/zod4";
import { z } from "zod";
import { action } from "./_generated/server";
import { check } from "./check";

const withUser = customAction(action, customCtx(async () => ({ user: "Ann" })));
export const inner = withUser({ args: {}, handler: async (ctx) => (ctx as any).user });
export const run = check(async () => [
  await asyncMap([1, 2], async (n) => n * 2), pick({ a: 1, b: 2 }, ["a"]), zodToConvex(z.object({ a: z.string() })).kind,
]);
