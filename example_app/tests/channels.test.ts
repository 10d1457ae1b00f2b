// A test as one writes it for Vitest and convex-test: pytest runs it beside the others.
import { convexTest } from "convex-test";
import { beforeEach, describe, expect, test } from "vitest";
import { api } from "../convex/_generated/api";
import schema from "../convex/schema";

const modules = import.meta.glob("../convex/**/*.*s");

describe("a channel", () => {
  let t: ReturnType<typeof convexTest>;

  beforeEach(() => {
    t = convexTest(schema, modules);
  });

  test("belongs to who made it", async () => {
    const sarah = t.withIdentity({ name: "Sarah" });
    await sarah.mutation(api.users.signIn);
    const channelId = await sarah.mutation(api.channels.create, { name: "General" });

    const people = await sarah.query(api.channels.members, { channelId });

    expect(people).toEqual([{ name: "Sarah", role: "owner" }]);
    const memberships = await t.run(async (ctx) => await ctx.db.query("members").collect());
    expect(memberships).toHaveLength(1);
  });

  test("is for people who have signed in", async () => {
    await expect(t.mutation(api.channels.create, { name: "General" })).rejects.toThrow("Sign in first");
  });
});
