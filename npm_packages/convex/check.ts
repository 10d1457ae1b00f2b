import type { GenericActionCtx } from "convex/server";
import { action } from "./_generated/server";

export const check = (body: (ctx: GenericActionCtx<any>) => Promise<unknown>) =>
  action({ args: {}, handler: async (ctx): Promise<any> => JSON.parse(JSON.stringify((await body(ctx)) ?? null)) });
