import { Migrations } from "@convex-dev/migrations";
import { components, internal } from "./_generated/api";
import { internalMutation, query } from "./_generated/server";
import { check } from "./check";

const migrations = new Migrations((components as any).migrations);
export const fill = internalMutation(async (ctx) => { for (let n = 0; n < 3; n++) await ctx.db.insert("users" as any, { n } as any); });
export const rename = migrations.define({ table: "users", migrateOne: (_ctx, user: any) => ({ name: `user ${user.n}` }) as any });
export const run = check(async (ctx) => {
  await ctx.runMutation((internal as any).dev_migrations.fill, {});
  await migrations.runOne(ctx, (internal as any).dev_migrations.rename);
  return null;
});
export const after = query(async (ctx) => (await ctx.db.query("users" as any).collect()).map((user: any) => user.name));
