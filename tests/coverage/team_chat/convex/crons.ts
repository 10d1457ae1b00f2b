import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.daily(
  "overdue tasks",
  { hourUTC: 8, minuteUTC: 0 },
  internal.reminders.sendOverdue,
);

export default crons;
