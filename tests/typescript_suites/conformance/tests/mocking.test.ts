import { afterEach, describe, expect, test, vi } from "vitest";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("mocks", () => {
  test("remember their calls", async () => {
    const mock = vi.fn((a: number) => a + 1);
    expect(mock(1)).toBe(2);
    mock.mockReturnValueOnce(10).mockResolvedValueOnce(11 as never);
    expect(mock(5)).toBe(10);
    await expect(mock(6)).resolves.toBe(11);
    expect(mock).toHaveBeenCalledTimes(3);
    expect(mock).toHaveBeenNthCalledWith(2, 5);
    expect(mock.mock.results[0]).toEqual({ type: "return", value: 2 });
  });
  test("spy on objects", () => {
    const object = { greet: (name: string) => `hi ${name}` };
    const spy = vi.spyOn(object, "greet").mockImplementation(() => "mocked");
    expect(object.greet("x")).toBe("mocked");
    expect(spy).toHaveBeenCalledWith("x");
    spy.mockRestore();
    expect(object.greet("x")).toBe("hi x");
  });
  test("cannot take the place of modules", () => {
    expect(() => vi.mock("./other")).toThrow("not supported: vi.mock in pytest");
    expect(() => (vi as unknown as { rewire(): void }).rewire()).toThrow("not supported: vi.rewire in pytest");
  });
});

describe("stubs", () => {
  test("of globals", () => {
    vi.stubGlobal("answer", 42);
    expect((globalThis as { answer?: number }).answer).toBe(42);
    vi.unstubAllGlobals();
    expect("answer" in globalThis).toBe(false);
  });
  test("of the environment", () => {
    vi.stubEnv("GREETING", "hello");
    expect(process.env.GREETING).toBe("hello");
    vi.unstubAllEnvs();
    expect(process.env.GREETING).toBeUndefined();
  });
});

describe("timers", () => {
  test("that are real do not sleep", async () => {
    const before = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(Date.now() - before).toBeGreaterThanOrEqual(4000);
  });
  test("that are fake wait for the test", () => {
    vi.useFakeTimers();
    const seen: number[] = [];
    setTimeout(() => seen.push(2), 200);
    setTimeout(() => seen.push(1), 100);
    const every = setInterval(() => seen.push(0), 150);
    vi.advanceTimersByTime(149);
    expect(seen).toEqual([1]);
    vi.advanceTimersByTime(51);
    expect(seen).toEqual([1, 0, 2]);
    clearInterval(every);
    expect(vi.getTimerCount()).toBe(0);
  });
  test("move the clock", () => {
    vi.useFakeTimers();
    vi.setSystemTime(new Date("2024-01-01T00:00:00Z"));
    expect(new Date().toISOString()).toBe("2024-01-01T00:00:00.000Z");
    vi.advanceTimersByTime(1500);
    expect(Date.now()).toBe(Date.parse("2024-01-01T00:00:01.500Z"));
    vi.useRealTimers();
    expect(Date.now()).toBeGreaterThan(Date.parse("2025-01-01"));
  });
  test("run to the end, what they start included", () => {
    vi.useFakeTimers();
    const seen: string[] = [];
    setTimeout(() => {
      seen.push("first");
      setTimeout(() => seen.push("second"), 1000);
    }, 1000);
    vi.runOnlyPendingTimers();
    expect(seen).toEqual(["first"]);
    vi.runAllTimers();
    expect(seen).toEqual(["first", "second"]);
  });
  test("let promises go on in between", async () => {
    vi.useFakeTimers();
    const seen: string[] = [];
    const work = (async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      seen.push("one");
      await new Promise((resolve) => setTimeout(resolve, 100));
      seen.push("two");
    })();
    await vi.advanceTimersByTimeAsync(200);
    expect(seen).toEqual(["one", "two"]);
    await work;
  });
  test("are an error when they are not fake", () => {
    expect(() => vi.runAllTimers()).toThrow("timers APIs are not mocked");
  });
});
