// Times operations on large tables, as test_large.py does, and writes seconds per operation to a file.
import { convexTest, type TestConvex } from "convex-test";
import { writeFileSync } from "node:fs";
import { afterAll, expect, test, vi } from "vitest";
import { api } from "../convex/_generated/api";
import schema from "../convex/schema";

const modules = import.meta.glob("../convex/**/*.*s");
const timeout = 600_000;
const figures: Record<string, number> = {};

async function once<T>(name: string, operations: number, run: () => Promise<T>) {
  const start = performance.now();
  const result = await run();
  figures[name] = (performance.now() - start) / 1000 / operations;
  return result;
}

async function best(run: () => Promise<unknown>) {
  const seconds: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const start = performance.now();
    await run();
    seconds.push((performance.now() - start) / 1000);
  }
  return Math.min(...seconds);
}

async function fill(t: TestConvex<typeof schema>, count: number, groups: number) {
  for (let done = 0; done < count; done += 5000) {
    await t.mutation(api.notes.fill, { count: Math.min(count, 5000), groups });
  }
}

test("first call", { timeout }, async () => {
  const t = convexTest(schema, modules);
  await once("first_call", 1, () => t.query(api.notes.countAll, {}));
});

test("scan and ranges", { timeout }, async () => {
  const t = convexTest(schema, modules);
  await fill(t, 10_000, 100);
  await t.query(api.large.scan, {});
  await once("scan", 10_000, () => t.query(api.large.scan, {}));
  figures.range = await best(() => t.query(api.large.range, { from: 40 }));
  // There are no snapshots: the same state is made again.
  const fresh = convexTest(schema, modules);
  await once("restore", 1, () => fill(fresh, 10_000, 100));
});

test("pages of a large table", { timeout }, async () => {
  let t = convexTest(schema, modules);
  await fill(t, 1000, 10);
  const small = await best(() => t.query(api.large.range, { from: 4 }));
  t = convexTest(schema, modules);
  await fill(t, 100_000, 1000);
  figures.growth = (await best(() => t.query(api.large.range, { from: 400 }))) / small;
  // All hundred would take minutes.
  await once("pages", 3, async () => {
    let cursor: string | null = null;
    for (let page = 0; page < 3; page += 1) {
      const result: { continueCursor: string } = await t.query(api.large.page, { cursor });
      cursor = result.continueCursor;
    }
  });
});

test("search", { timeout }, async () => {
  const t = convexTest(schema, modules);
  await t.mutation(api.large.fillArticles, { from: 0, count: 10_000 });
  expect(await t.query(api.large.searchArticles, { words: "topic42 word" })).toBe(10);
  figures.search = await best(() => t.query(api.large.searchArticles, { words: "topic42 word" }));
});

test("writes", { timeout }, async () => {
  const t = convexTest(schema, modules);
  await t.mutation(api.large.fillEntries, { count: 1000 });
  await once("insert_5", 1000, () => t.mutation(api.large.fillEntries, { count: 1000 }));
  await t.mutation(api.large.nest, { count: 100 });
  await once("nested", 500, () => t.mutation(api.large.nest, { count: 500 }));
});

test("scheduled mutations", { timeout }, async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const t = convexTest(schema, modules);
  await t.mutation(api.large.schedule, { count: 1000 });
  await once("drain", 1, () => t.finishAllScheduledFunctions(vi.runAllTimers, 10_000));
  vi.useRealTimers();
  expect(await t.query(api.notes.countAll, {})).toBe(1000);
});

afterAll(() => {
  writeFileSync(process.env.BENCHMARK_FIGURES!, JSON.stringify(figures));
});
