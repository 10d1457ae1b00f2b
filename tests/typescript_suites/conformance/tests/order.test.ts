import { TestRunner, afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, test } from "vitest";

const order: string[] = [];

beforeAll(() => {
  order.push("beforeAll");
  return () => void order.push("cleanup of beforeAll");
});
afterAll(() => void order.push("afterAll"));
beforeEach(() => {
  order.push("outer before");
  return () => void order.push("cleanup of outer before");
});
afterEach(() => void order.push("outer after"));

describe("a suite", () => {
  beforeAll(() => void order.push("inner beforeAll"));
  beforeEach(() => void order.push("inner before 1"));
  beforeEach(() => void order.push("inner before 2"));
  afterEach(() => void order.push("inner after 1"));
  afterEach(() => void order.push("inner after 2"));

  test("runs between its hooks", () => {
    onTestFinished(() => void order.push("finished"));
    order.push("test");
    expect(order.slice(-5)).toEqual(["inner beforeAll", "outer before", "inner before 1", "inner before 2", "test"]);
  });

  test("undoes them from the inside out", () => {
    const ended = order.slice(order.indexOf("test") + 1, order.lastIndexOf("outer before"));
    expect(ended).toEqual(["inner after 2", "inner after 1", "outer after", "cleanup of outer before", "finished"]);
  });
});

test("stands beside a suite and comes before it", () => {
  expect(order).toEqual(["beforeAll", "outer before"]);
});

describe("rows", () => {
  test.each([
    [1, 2, 3],
    [2, 3, 5],
  ])("%i + %i = %i", (a, b, sum) => {
    expect(a + b).toBe(sum);
  });
  test.each([{ name: "Sarah", age: 1 }])("$name is $age", ({ name, age }) => {
    expect([name, age]).toEqual(["Sarah", 1]);
  });
  test.for([[1, 2]])("for %i", ([a, b], { expect }) => {
    expect(a + b).toBe(3);
  });
  test.each`
    a    | b
    ${1} | ${2}
    ${3} | ${4}
  `("table $a $b", ({ a, b }) => {
    expect(b - a).toBe(1);
  });
});

describe.each(["x", "y"])("suite %s", (letter) => {
  test("has its row", () => expect(["x", "y"]).toContain(letter));
});

test.skip("is left out", () => expect.unreachable());
test.skipIf(true)("is left out by a condition", () => expect.unreachable());
test.runIf(true)("is run by a condition", () => {});
test.todo("is to be written");
test.fails("is expected to fail", () => expect(1).toBe(2));
test("may be tried again", { retry: 2 }, ({ task }) => {
  (task.meta as { tries?: number }).tries = 1;
  attempts++;
  expect(attempts).toBe(2);
});
let attempts = 0;
test("leaves itself out", ({ skip }) => skip("for a reason"));

describe.concurrent("in one go", () => {
  it("runs one after the other", async () => {
    running++;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(running--).toBe(1);
  });
  it("runs alone", async () => {
    expect(running).toBe(0);
  });
});
let running = 0;

const made: string[] = [];
const withFixtures = test.extend<{ base: string; user: { name: string }; plain: number }>({
  plain: 5,
  base: async ({}, use) => {
    made.push("base");
    await use("b");
    made.push("base ends");
  },
  user: async ({ base }, use) => {
    made.push("user");
    await use({ name: `${base}!` });
    made.push("user ends");
  },
});

describe("fixtures", () => {
  withFixtures("are made when they are wanted", ({ user, plain }) => {
    expect(user.name).toBe("b!");
    expect(plain).toBe(5);
    expect(made).toEqual(["base", "user"]);
  });
  withFixtures("are undone after the test", ({ plain }) => {
    expect(plain).toBe(5);
    expect(made).toEqual(["base", "user", "user ends", "base ends"]);
  });
});

const named = (TestRunner as any).createTaskCollector(function (this: object, name: string, run: (context: unknown) => void) {
  (TestRunner as any).getCurrentSuite().task(`kind of its own: ${name}`, { ...this, handler: run });
});

describe("a library's own kind of test", () => {
  named("runs", () => {
    expect((TestRunner as any).getCurrentTest().name).toBe("kind of its own: runs");
    expect((TestRunner as any).getSuiteHooks((TestRunner as any).getCurrentTest().file).beforeEach).toHaveLength(1);
  });
  named.each([1, 2])("has rows %i", (row: number) => expect(row).toBeLessThan(3));
  named.skip("is left out", () => expect.unreachable());
});
