import { convexTest } from "convex-test";
import { componentsGeneric, createFunctionHandle } from "convex/server";
import { expect, test } from "vitest";
import counterSchema from "../counter/schema";
import schema from "../convex/schema";

const modules = import.meta.glob("../convex/**/*.*s");
const counterModules = import.meta.glob("../counter/**/*.ts");
const components = componentsGeneric() as any;

function setUp() {
  const t = convexTest(schema, modules);
  t.registerComponent("counter", counterSchema, counterModules);
  return t;
}

test("a component has tables of its own", async () => {
  const t = setUp();
  await t.mutation(async (ctx) => await ctx.runMutation(components.counter.public.add, { name: "a" }));
  expect(await t.query(async (ctx) => await ctx.runQuery(components.counter.public.count, {}))).toBe(1);
  await expect(t.run(async (ctx) => await (ctx.db as any).query("counters").collect())).resolves.toEqual([]);
});

test("its functions may be called by the test", async () => {
  const t = setUp();
  await t.mutation(components.counter.public.add, { name: "a" });
  expect(await t.query(components.counter.public.count, {})).toBe(1);
});

test("its writes are undone with those of its caller", async () => {
  const t = setUp();
  await expect(
    t.mutation(async (ctx) => {
      await ctx.runMutation(components.counter.public.add, { name: "a" });
      throw new Error("undo");
    }),
  ).rejects.toThrow("undo");
  expect(await t.query(components.counter.public.count, {})).toBe(0);
});

test("a function handle leads to it", async () => {
  const t = setUp();
  await t.mutation(async (ctx) => {
    const handle = await createFunctionHandle(components.counter.public.add);
    await ctx.runMutation(handle as never, { name: "a" } as never);
  });
  expect(await t.query(components.counter.public.count, {})).toBe(1);
});

test("actions in flight do not disturb each other", async () => {
  const t = setUp();
  await Promise.all(
    ["a", "b", "c"].map((name) =>
      t.action(async (ctx) => {
        await Promise.all([
          ctx.runMutation(components.counter.public.add, { name }),
          ctx.runMutation(components.counter.public.add, { name: name + name }),
        ]);
      }),
    ),
  );
  expect(await t.query(components.counter.public.count, {})).toBe(6);
});

test("another t does not have it", async () => {
  await expect(
    convexTest(schema, modules).mutation(async (ctx) => await ctx.runMutation(components.counter.public.add, { name: "a" })),
  ).rejects.toThrow("counter");
});
