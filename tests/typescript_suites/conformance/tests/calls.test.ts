import { convexTest } from "convex-test";
import { anyApi, type ApiFromModules } from "convex/server";
import { ConvexError, v } from "convex/values";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api, internal } from "../convex/_generated/api";
import { mutation, query } from "../convex/_generated/server";
import * as notes from "../convex/notes";
import schema from "../convex/schema";

const modules = import.meta.glob("../convex/**/*.*s");

export const double = query({ args: { n: v.number() }, handler: async (_ctx, { n }) => n * 2 });

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("both forms", () => {
  test("a schema and modules", async () => {
    const t = convexTest(schema, modules);
    await t.mutation(api.notes.add, { body: "hi" });
    expect(await t.query(api.notes.list)).toEqual(["hi"]);
  });
  test("options", async () => {
    const t = convexTest({ schema, modules });
    expect(await t.query(api.notes.list, {})).toEqual([]);
  });
  test("modules beside the tests by themselves", async () => {
    expect(await convexTest(schema).query(api.notes.list)).toEqual([]);
  });
  test("each has its own data", async () => {
    const first = convexTest(schema, modules);
    const second = convexTest(schema, modules);
    await first.mutation(api.notes.add, { body: "hi" });
    expect(await second.query(api.notes.list)).toEqual([]);
  });
  test("limits that a test sets", async () => {
    const t = convexTest({ schema, modules, transactionLimits: { documentsWritten: 1 } });
    await expect(
      t.run(async (ctx) => {
        await ctx.db.insert("notes", { body: "1" });
        await ctx.db.insert("notes", { body: "2" });
      }),
    ).rejects.toThrow("Too many writes");
  });
});

describe("functions", () => {
  test("internal ones are found", async () => {
    const t = convexTest(schema, modules);
    await t.mutation(internal.notes.secret, {});
    expect(await t.query(api.notes.list)).toEqual(["secret"]);
  });
  test("their own error comes out", async () => {
    const t = convexTest(schema, modules);
    await expect(t.mutation(api.notes.add, { body: "class" })).rejects.toThrow(notes.NoteError);
    const error = await t.mutation(api.notes.add, { body: "" }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ConvexError);
    expect(error.data).toEqual({ code: "empty", length: 0 });
  });
  test("one that throws leaves nothing behind", async () => {
    const t = convexTest(schema, modules);
    await expect(t.mutation(api.notes.add, { body: "late" })).rejects.toThrow(/^too late$/);
    expect(await t.query(api.notes.list)).toEqual([]);
  });
  test("arguments are held against their validators", async () => {
    const t = convexTest(schema, modules);
    await expect(t.mutation(api.notes.add, { body: 1 } as never)).rejects.toThrow("ArgumentValidationError");
  });
  test("parallel calls of an action", async () => {
    const t = convexTest(schema, modules);
    expect((await t.action(api.notes.both)).sort()).toEqual(["a", "b", "c"]);
  });
  test("parallel calls of a test", async () => {
    const t = convexTest(schema, modules);
    await Promise.all(["a", "b", "c"].map((body) => t.mutation(api.notes.add, { body })));
    expect(await t.query(api.notes.list)).toEqual(["a", "b", "c"]);
  });
  test("share their module's state with the test", async () => {
    const t = convexTest(schema, modules);
    const before = notes.calls;
    await t.mutation(api.notes.add, { body: "hi" });
    expect(notes.calls).toBe(before + 1);
  });
  test("may be in the test file", async () => {
    const t = convexTest(schema, import.meta.glob("./**/*.*s"));
    const own = anyApi as unknown as ApiFromModules<{ "calls.test": { double: typeof double } }>;
    expect(await t.query(own["calls.test"].double, { n: 4 })).toBe(8);
  });
  test("may be made on the spot", async () => {
    const made = { "./x.ts": async () => ({ add: mutation({ args: {}, handler: async (ctx) => ctx.db.insert("notes", { body: "made" }) }) }) };
    const t = convexTest(schema, made);
    await t.mutation(anyApi.x.add, {});
    expect(await t.run(async (ctx) => (await ctx.db.query("notes").collect()).length)).toBe(1);
  });
  test("one that does not exist", async () => {
    const t = convexTest(schema, modules);
    await expect(t.query((api as unknown as { notes: { nope: never } }).notes.nope)).rejects.toThrow("Could not find");
  });
});

describe("inline functions", () => {
  test("run in one transaction", async () => {
    const t = convexTest(schema, modules);
    const id = await t.run(async (ctx) => {
      const made = await ctx.db.insert("notes", { body: "inline" });
      expect((await ctx.db.get(made))?.body).toBe("inline");
      return made;
    });
    expect(await t.run(async (ctx) => (await ctx.db.get(id))?.body)).toBe("inline");
    await expect(
      t.run(async (ctx) => {
        await ctx.db.delete(id);
        throw new Error("undo");
      }),
    ).rejects.toThrow("undo");
    expect(await t.query(api.notes.list)).toEqual(["inline"]);
  });
  test("of every kind", async () => {
    const t = convexTest(schema, modules);
    await t.mutation(async (ctx) => ctx.db.insert("notes", { body: "x" }));
    expect(await t.query(async (ctx) => (await ctx.db.query("notes").collect()).length)).toBe(1);
    expect(await t.action(async (ctx) => await ctx.runQuery(api.notes.list))).toEqual(["x"]);
    expect(await t.run(async () => undefined)).toBeNull();
  });
  test("call functions in their transaction", async () => {
    const t = convexTest(schema, modules);
    await expect(
      t.mutation(async (ctx) => {
        await ctx.runMutation(internal.notes.write, { body: "nested" });
        throw new Error("undo");
      }),
    ).rejects.toThrow("undo");
    expect(await t.query(api.notes.list)).toEqual([]);
  });
  test("store files", async () => {
    const t = convexTest(schema, modules);
    const id = await t.run(async (ctx) => ctx.storage.store(new Blob(["content"], { type: "text/plain" })));
    const text = await t.run(async (ctx) => {
      expect(await ctx.storage.getUrl(id)).toContain("https://");
      return (await (ctx.storage as unknown as { get(id: string): Promise<Blob> }).get(id)).text();
    });
    expect(text).toBe("content");
    expect(await t.run(async (ctx) => (await ctx.db.system.get(id))?.size)).toBe(7);
  });
});

describe("who calls", () => {
  test("nobody at first", async () => {
    const t = convexTest(schema, modules);
    expect(await t.query(async (ctx) => ctx.auth.getUserIdentity())).toBeNull();
  });
  test("a user", async () => {
    const t = convexTest(schema, modules);
    const sarah = t.withIdentity({ name: "Sarah" });
    const identity = await sarah.query(async (ctx) => ctx.auth.getUserIdentity());
    expect(identity).toMatchObject({ name: "Sarah", issuer: "https://convex.test", subject: expect.any(String) });
    expect(identity?.tokenIdentifier).toBe(`https://convex.test|${identity?.subject}`);
    await sarah.mutation(api.notes.add, { body: "mine" });
    expect(await t.run(async (ctx) => (await ctx.db.query("notes").first())?.author)).toBe("Sarah");
  });
});

describe("the world outside", () => {
  test("HTTP actions", async () => {
    const t = convexTest(schema, modules);
    const response = await t.fetch("/echo", { method: "POST", body: "hello" });
    expect(response.status).toBe(201);
    expect(response.headers.get("x-seen")).toBe("yes");
    expect(await response.text()).toBe("HELLO");
    expect((await t.fetch("/nowhere")).status).toBe(404);
  });
  test("fetch that a test stubs", async () => {
    const t = convexTest(schema, modules);
    const mock = vi.fn(async (_url: string) => new Response("page"));
    vi.stubGlobal("fetch", mock);
    expect(await t.action(api.notes.download, { url: "https://example.com/" })).toBe("page");
    expect(mock).toHaveBeenCalledWith("https://example.com/");
    expect(await t.query(api.notes.list)).toEqual(["page"]);
    await expect(t.mutation(api.notes.download_in_mutation)).rejects.toThrow("fetch() in queries and mutations");
  });
  test("fetch that nobody stubs", async () => {
    const t = convexTest(schema, modules);
    await expect(t.action(api.notes.download, { url: "https://example.com/" })).rejects.toThrow("Nobody answers GET https://example.com/");
  });
  test("environment variables", async () => {
    const t = convexTest(schema, modules);
    expect(await t.query(api.notes.environment)).toBeNull();
    process.env.GREETING = "hello";
    expect(await t.query(api.notes.environment)).toBe("hello");
    delete process.env.GREETING;
  });
  test("the console of functions", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    await convexTest(schema, modules).query(async () => console.log("from a query", 1));
    expect(log).toHaveBeenCalledWith("from a query", 1);
  });
  test("no window, but cryptography", async () => {
    expect(typeof window).toBe("undefined");
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("a"));
    expect(new Uint8Array(digest).length).toBe(32);
  });
});
