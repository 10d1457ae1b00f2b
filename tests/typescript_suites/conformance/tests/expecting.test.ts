import { describe, expect, expectTypeOf, test, vi } from "vitest";

describe("matchers", () => {
  test("of values", () => {
    expect({ a: { b: [1, 2] } }).toEqual({ a: { b: [1, 2] }, c: undefined });
    expect({ a: 1 }).not.toStrictEqual({ a: 1, c: undefined });
    expect({ a: 1, b: 2 }).toMatchObject({ a: 1 });
    expect([1, 2, 3]).toContain(2);
    expect([{ a: 1 }]).toContainEqual({ a: 1 });
    expect("hello").toMatch(/ell/);
    expect(0.1 + 0.2).toBeCloseTo(0.3);
    expect({ a: { b: 1 } }).toHaveProperty("a.b", 1);
    expect(new Map([["a", 1]])).toEqual(new Map([["a", 1]]));
    expect(new Set([1])).not.toEqual(new Set([2]));
    expect(10n).toBe(10n);
    expect(NaN).toBeNaN();
    expect(new Date(0)).toEqual(new Date(0));
  });
  test("of asymmetry", () => {
    expect({ id: "abc", n: 1, list: [1, 2], text: "hi there" }).toEqual({
      id: expect.any(String),
      n: expect.anything(),
      list: expect.arrayContaining([2]),
      text: expect.stringContaining("there"),
    });
    expect({ a: 1, b: 2 }).toEqual(expect.objectContaining({ a: 1 }));
  });
  test("of promises", async () => {
    await expect(Promise.resolve(1)).resolves.toBe(1);
    await expect(Promise.reject(new TypeError("wrong"))).rejects.toThrow(TypeError);
    await expect(async () => {
      throw new Error("thrown");
    }).rejects.toThrowError(/thr/);
  });
  test("of chai", () => {
    expect([1, 2]).to.have.lengthOf(2);
    expect({ a: 1 }).to.deep.equal({ a: 1 });
  });
  test("that a test adds", () => {
    expect.extend({
      toBeEven: (received: number) => ({ pass: received % 2 === 0, message: () => `${received} is odd` }),
    });
    (expect(2) as unknown as { toBeEven(): void }).toBeEven();
    expect(() => (expect(3) as unknown as { toBeEven(): void }).toBeEven()).toThrow("3 is odd");
  });
});

test("counts assertions", () => {
  expect.assertions(2);
  expect(1).toBe(1);
  expect(2).toBe(2);
});
test.fails("notices an assertion too few", () => {
  expect.assertions(2);
  expect(1).toBe(1);
});
test.fails("notices that there is none", () => {
  expect.hasAssertions();
});
test.fails("goes on after a soft one", () => {
  expect.soft(1).toBe(2);
  expect(1).toBe(1);
});
test("polls", async () => {
  let n = 0;
  await expect.poll(() => ++n).toBe(3);
  await vi.waitFor(() => expect(++n).toBeGreaterThan(5));
});
test("types are nothing at run time", () => {
  expectTypeOf<string>().toBeString();
});

describe("snapshots", () => {
  test("in line", () => {
    expect({ b: 1, a: [true] }).toMatchInlineSnapshot(`
      {
        "a": [
          true,
        ],
        "b": 1,
      }
    `);
    expect(() => {
      throw new Error("bad");
    }).toThrowErrorMatchingInlineSnapshot(`[Error: bad]`);
  });
  test.fails("in line, and not as they were", () => {
    expect({ a: 1 }).toMatchInlineSnapshot(`{ "a": 2 }`);
  });
  test("in a file", () => {
    expect({ kept: "here" }).toMatchSnapshot();
  });
});
