import { MINUTE, RateLimiter } from "@convex-dev/rate-limiter";
import { components } from "./_generated/api";
import { check } from "./check";

const limiter = new RateLimiter((components as any).rateLimiter, { send: { kind: "fixed window", rate: 2, period: MINUTE } });
export const run = check(async (ctx) => {
  const answers: boolean[] = [];
  for (let i = 0; i < 3; i++) answers.push((await limiter.limit(ctx, "send", { key: "ann" })).ok);
  return answers;
});
