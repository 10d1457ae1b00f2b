"""Two projects: one that keeps to everything, one with a planted bug for each property."""

from __future__ import annotations

import shutil
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from convex_test import load_project
from tests.conftest import link_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = """
    import { defineSchema, defineTable } from "convex/server";
    import { v } from "convex/values";
    export default defineSchema({
      notes: defineTable({ text: v.string(), owner: v.string() }).index("by_owner", ["owner"]),
    });
"""
GOOD = """
    import { ConvexError, v } from "convex/values";
    import { internal } from "./_generated/api";
    import { action, internalMutation, mutation, query } from "./_generated/server";

    async function requireUser(ctx: any) {
      const user = await ctx.auth.getUserIdentity();
      if (user === null) throw new ConvexError("Sign in first");
      return user.subject;
    }
    const note = v.object({ _id: v.id("notes"), _creationTime: v.number(), text: v.string(), owner: v.string() });

    export const add = mutation({
      args: { text: v.string() },
      returns: v.id("notes"),
      handler: async (ctx, { text }) => {
        const owner = await requireUser(ctx);
        const id = await ctx.db.insert("notes", { text, owner });
        if (text.trim() === "") throw new ConvexError("Empty");
        await ctx.scheduler.runAfter(1000, internal.good.tick, {});
        return id;
      },
    });
    export const mine = query({
      args: { limit: v.optional(v.number()) },
      returns: v.array(note),
      handler: async (ctx, { limit }) => {
        const owner = await requireUser(ctx);
        const found = await ctx.db.query("notes").withIndex("by_owner", (q) => q.eq("owner", owner)).collect();
        return limit === undefined ? found : found.slice(0, limit > 0 ? limit : 0);
      },
    });
    export const lottery = query({ args: {}, returns: v.number(), handler: async () => Math.random() + Date.now() });
    export const remove = mutation({
      args: { note: v.id("notes") },
      returns: v.null(),
      handler: async (ctx, args) => {
        const owner = await requireUser(ctx);
        const found = await ctx.db.get(args.note);
        if (found === null || found.owner !== owner) throw new ConvexError("No such note");
        await ctx.db.delete(args.note);
        return null;
      },
    });
    export const twice = action({
      args: { text: v.string() },
      returns: v.null(),
      handler: async (ctx, { text }) => {
        await requireUser(ctx);
        await ctx.runMutation(internal.good.tick, {});
        await ctx.runMutation(internal.good.tick, {});
        return null;
      },
    });
    export const tick = internalMutation({ args: {}, handler: async () => null });
"""
BAD = """
    import { ConvexError, v } from "convex/values";
    import { internal } from "./_generated/api";
    import { action, internalMutation, mutation, query } from "./_generated/server";

    export const add = mutation({
      args: { text: v.string() },
      handler: async (ctx, { text }) => await ctx.db.insert("notes", { text, owner: "x" }),
    });
    // Crashes when the note is gone.
    export const length = query({
      args: { note: v.id("notes") },
      handler: async (ctx, { note }) => (await ctx.db.get(note))!.text.length,
    });
    export const remove = mutation({ args: { note: v.id("notes") }, handler: async (ctx, { note }) => {
      if ((await ctx.db.get(note)) === null) throw new ConvexError("No such note");
      await ctx.db.delete(note);
    } });
    // Crashes for two notes only.
    export const second = query({ args: {}, handler: async (ctx) => {
      const notes = await ctx.db.query("notes").collect();
      if (notes.length > 1) throw new Error("too many");
    } });
    // Not what it promises, when a note is empty.
    export const longest = query({
      args: {},
      returns: v.union(v.string(), v.null()),
      handler: async (ctx) => {
        const notes = await ctx.db.query("notes").collect();
        return notes.length === 0 ? null : ((notes[0].text || undefined) as any) ?? 0;
      },
    });
    // Remembers what it has seen.
    let cache: number | null = null;
    export const count = query({ args: {}, handler: async (ctx) => {
      cache ??= (await ctx.db.query("notes").collect()).length;
      return cache;
    } });
    let failures = 0;
    export const fail = mutation({ args: { n: v.number() }, handler: async (_ctx, { n }) => {
      if (n > 1000) { failures += 1; throw new ConvexError("no"); }
    } });
    export const failed = query({ args: {}, handler: async () => failures });
    // Does nothing when it has to run again.
    const done = new Set<string>();
    export const once = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) => {
      if (done.has(text)) return null;
      done.add(text);
      return await ctx.db.insert("notes", { text, owner: "x" });
    } });
    export const unchecked = mutation(async () => null);
    export const fetches = action({ args: {}, handler: async () => { await fetch("https://api.example.com/"); } });
"""


def write(root: Path, example_app: Path, files: dict[str, str]) -> Any:
    shutil.copytree(example_app / "convex" / "_generated", root / "convex" / "_generated")
    shutil.copy(example_app / "package.json", root / "package.json")
    link_folder(root / "node_modules", example_app / "node_modules")
    for name, text in files.items():
        (root / name).write_text(dedent(text), encoding="utf-8")
    return load_project(root)


@pytest.fixture(scope="session")
def good_project(tmp_path_factory: pytest.TempPathFactory, example_app: Path) -> Any:
    root = tmp_path_factory.mktemp("good")
    return write(root, example_app, {"convex/schema.ts": SCHEMA, "convex/good.ts": GOOD})


@pytest.fixture(scope="session")
def bad_project(tmp_path_factory: pytest.TempPathFactory, example_app: Path) -> Any:
    root = tmp_path_factory.mktemp("bad")
    return write(root, example_app, {"convex/schema.ts": SCHEMA, "convex/bad.ts": BAD})


@pytest.fixture
def good(good_project: Any) -> Iterator[Any]:
    with good_project.test(seed=1) as t:
        yield t


@pytest.fixture
def bad(bad_project: Any) -> Iterator[Any]:
    with bad_project.test(seed=1) as t:
        yield t
