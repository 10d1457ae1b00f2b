// Times single operations inside one test, as test_calls.py does, and writes seconds per operation to a file.
import { convexTest } from "convex-test";
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { api } from "../convex/_generated/api";
import schema from "../convex/schema";

const modules = import.meta.glob("../convex/**/*.*s");
const BATCHES = 7;

async function perOperation(operations: number, run: () => Promise<unknown>) {
  const seconds: number[] = [];
  for (let batch = 0; batch <= BATCHES; batch += 1) {
    const start = performance.now();
    await run();
    seconds.push((performance.now() - start) / 1000 / operations);
  }
  return seconds.slice(1).sort((a, b) => a - b)[(BATCHES - 1) / 2];
}

test("calls", { timeout: 600_000 }, async () => {
  let t = convexTest(schema, modules);
  const mutation = await perOperation(100, async () => {
    for (let call = 0; call < 100; call += 1) {
      await t.mutation(api.notes.add, { author: "Sarah", body: "Hi!" });
    }
  });
  const insert = await perOperation(1000, () =>
    t.mutation(api.notes.fill, { count: 1000, groups: 10 }),
  );

  t = convexTest(schema, modules);
  await t.mutation(api.notes.fill, { count: 2000, groups: 10 });
  const collect = await perOperation(2000, () =>
    t.query(api.notes.countAll, {}),
  );

  t = convexTest(schema, modules);
  await t.mutation(api.notes.fill, { count: 10_000, groups: 100 });
  expect(await t.query(api.notes.countGroup, { group: 42 })).toBe(100);
  const hundred_rows = await perOperation(1, () =>
    t.query(api.notes.countGroup, { group: 42 }),
  );

  const figures = { mutation, insert, collect, hundred_rows };
  writeFileSync(process.env.BENCHMARK_FIGURES!, JSON.stringify(figures));
});
