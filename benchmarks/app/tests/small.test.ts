// Ten small tests, one by one the same as in test_small.py.
import { convexTest } from "convex-test";
import { expect, test } from "vitest";
import { api } from "../convex/_generated/api";
import schema from "../convex/schema";

const modules = import.meta.glob("../convex/**/*.*s");

test("a note is listed", async () => {
  const t = convexTest(schema, modules);
  await t.mutation(api.notes.add, { author: "Sarah", body: "Hi!" });
  expect(await t.query(api.notes.byAuthor, { author: "Sarah" })).toEqual([
    "Hi!",
  ]);
});

test("notes keep their order", async () => {
  const t = convexTest(schema, modules);
  for (const body of ["One", "Two", "Three"]) {
    await t.mutation(api.notes.add, { author: "Sarah", body });
  }
  expect(await t.query(api.notes.byAuthor, { author: "Sarah" })).toEqual([
    "One",
    "Two",
    "Three",
  ]);
});

test("authors are kept apart", async () => {
  const t = convexTest(schema, modules);
  await t.mutation(api.notes.add, { author: "Sarah", body: "Hi!" });
  await t.mutation(api.notes.add, { author: "Lee", body: "Hello!" });
  expect(await t.query(api.notes.byAuthor, { author: "Lee" })).toEqual([
    "Hello!",
  ]);
});

test("an empty note is refused", async () => {
  const t = convexTest(schema, modules);
  await expect(
    t.mutation(api.notes.add, { author: "Sarah", body: "" }),
  ).rejects.toThrow("Empty note");
});

test("a number is no body", async () => {
  const t = convexTest(schema, modules);
  await expect(
    t.mutation(api.notes.add, { author: "Sarah", body: 1 as any }),
  ).rejects.toThrow("Validator error");
});

test("a note is pinned", async () => {
  const t = convexTest(schema, modules);
  const id = await t.mutation(api.notes.add, { author: "Sarah", body: "Hi!" });
  await t.mutation(api.notes.pin, { id });
  expect((await t.query(api.notes.get, { id }))?.pinned).toBe(true);
});

test("a note is removed", async () => {
  const t = convexTest(schema, modules);
  const id = await t.mutation(api.notes.add, { author: "Sarah", body: "Hi!" });
  await t.mutation(api.notes.remove, { id });
  expect(await t.query(api.notes.get, { id })).toBe(null);
});

test("a group is counted", async () => {
  const t = convexTest(schema, modules);
  await t.mutation(api.notes.fill, { count: 20, groups: 4 });
  expect(await t.query(api.notes.countGroup, { group: 3 })).toBe(5);
});

test("the test writes itself", async () => {
  const t = convexTest(schema, modules);
  const id = await t.run((ctx) =>
    ctx.db.insert("notes", { group: 1, author: "Sarah", body: "Hi!", tags: [] }),
  );
  expect((await t.query(api.notes.get, { id }))?.body).toBe("Hi!");
});

test("tests start empty", async () => {
  const t = convexTest(schema, modules);
  expect(await t.query(api.notes.countAll, {})).toBe(0);
});
