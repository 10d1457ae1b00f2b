import rateLimiter from "@convex-dev/rate-limiter/convex.config.js";
import shardedCounter from "@convex-dev/sharded-counter/convex.config.js";
import { defineApp } from "convex/server";
import audit from "./audit/convex.config.js";

const app = defineApp();
app.use(audit);
app.use(rateLimiter);
app.use(shardedCounter);

export default app;
