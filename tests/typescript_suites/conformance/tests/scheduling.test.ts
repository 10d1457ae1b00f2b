import { convexTest } from "convex-test";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "../convex/_generated/api";
import schema from "../convex/schema";

const modules = import.meta.glob("../convex/**/*.*s");

afterEach(() => {
  vi.useRealTimers();
});

test("a function runs when the test moves time", async () => {
  vi.useFakeTimers();
  const t = convexTest(schema, modules);
  await t.mutation(api.notes.later, { body: "later", delay: 10_000 });
  vi.advanceTimersByTime(9_999);
  await t.finishInProgressScheduledFunctions();
  expect(await t.query(api.notes.list)).toEqual([]);
  vi.advanceTimersByTime(1);
  await t.finishInProgressScheduledFunctions();
  expect(await t.query(api.notes.list)).toEqual(["later"]);
});

test("a chain of functions runs to its end", async () => {
  vi.useFakeTimers();
  const t = convexTest(schema, modules);
  await t.mutation(api.notes.chain, { left: 3 });
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await t.query(api.notes.list)).toEqual(["chain 3", "chain 2", "chain 1", "chain 0"]);
});

test("a chain without end is an error", async () => {
  vi.useFakeTimers();
  const t = convexTest(schema, modules);
  await t.mutation(api.notes.chain, { left: 1000 });
  await expect(t.finishAllScheduledFunctions(vi.runAllTimers, 5)).rejects.toThrow("too many iterations");
});

test("real timers run what is scheduled when the test waits", async () => {
  const t = convexTest(schema, modules);
  await t.mutation(api.notes.later, { body: "soon", delay: 0 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await t.finishInProgressScheduledFunctions();
  expect(await t.query(api.notes.list)).toEqual(["soon"]);
});

test("what was scheduled in real time is drained by fake timers", async () => {
  const t = convexTest(schema, modules);
  await t.mutation(api.notes.later, { body: "soon", delay: 0 });
  await new Promise((resolve) => setTimeout(resolve, 0));
  vi.useFakeTimers();
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await t.query(api.notes.list)).toEqual(["soon"]);
});

test("jobs are records", async () => {
  vi.useFakeTimers();
  const t = convexTest(schema, modules);
  await t.mutation(api.notes.later, { body: "later", delay: 1000 });
  const states = () => t.run(async (ctx) => (await ctx.db.system.query("_scheduled_functions").collect()).map((job) => job.state.kind));
  expect(await states()).toEqual(["pending"]);
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await states()).toEqual(["success"]);
});

test("functions see the time that the test sets", async () => {
  vi.useFakeTimers();
  vi.setSystemTime(new Date("2030-05-01T12:00:00Z"));
  const t = convexTest(schema, modules);
  expect(await t.query(api.notes.clock)).toBe(Date.parse("2030-05-01T12:00:00Z"));
  vi.advanceTimersByTime(60_000);
  expect(await t.query(api.notes.clock)).toBe(Date.parse("2030-05-01T12:01:00Z"));
});

test("an action that waits moves the test's time", async () => {
  const t = convexTest(schema, modules);
  const before = Date.now();
  expect(await t.action(api.notes.wait)).toBeGreaterThanOrEqual(5000);
  expect(Date.now() - before).toBeGreaterThanOrEqual(5000);
});
