import { Resend } from "@convex-dev/resend";
import { components, internal } from "./_generated/api";
import { internalMutation, query } from "./_generated/server";
import { check } from "./check";

const resend = new Resend((components as any).resend, { apiKey: "re_test" });
const email = { from: "Me <delivered@resend.dev>", to: "delivered@resend.dev", subject: "Hi", html: "<p>Hi</p>" };
export const keep = internalMutation(async (ctx, { id }: { id: string }) => { await ctx.db.insert("sent" as any, { id } as any); });
export const run = check(async (ctx) => {
  await ctx.runMutation((internal as any).dev_resend.keep, { id: await resend.sendEmail(ctx, email) });
});
export const after = query(async (ctx) => {
  const sent: any = await ctx.db.query("sent" as any).first();
  return (await resend.status(ctx, sent.id))?.status;
});
