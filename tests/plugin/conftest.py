"""Runs of pytest in processes of their own, in folders made for one test."""

from __future__ import annotations

import re
import shutil
from textwrap import dedent

import pytest

MESSAGES = """\
import { ConvexError, v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

function check(body: string) {
  if (body === "") {
    throw new ConvexError({ code: "empty" });
  }
}

export const send = mutation({
  args: { body: v.string() },
  handler: async (ctx, { body }) => {
    console.log("sending", body);
    check(body);
    return await ctx.db.insert("messages", { body });
  },
});

export const list = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("messages").collect()).map(({ body }) => body),
});

export const relay = action({
  args: { body: v.string() },
  handler: async (ctx, { body }): Promise<string> => {
    return await ctx.runMutation(api.messages.send, { body });
  },
});

export const fail = mutation({
  args: {},
  handler: async () => {
    console.warn("about to fail");
    throw new Error("plain trouble");
  },
});

export const relayFailure = action({
  args: {},
  handler: async (ctx): Promise<null> => await ctx.runMutation(api.messages.fail, {}),
});

export const loop = query(async () => {
  while (true);
});

let calls = 0;

export const count = query(async () => ++calls);

export const variable = query({
  args: { name: v.string() },
  handler: async (_ctx, { name }) => process.env[name] ?? null,
});

export const now = query(async () => Date.now());

export const whoami = query(async (ctx) => (await ctx.auth.getUserIdentity())?.name ?? null);
"""


class App:
    """The folder of a run: files, and pytest in it."""

    def __init__(self, pytester, example_app):
        self.pytester = pytester
        self.path = pytester.path
        self._example_app = example_app

    def write(self, files):
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")

    def make_project(self, folder=".", files=None):
        """A Convex project with `convex/messages.ts`, or with the given files instead."""
        root = self.path / folder
        shutil.copytree(self._example_app / "convex" / "_generated", root / "convex" / "_generated")
        shutil.copy(self._example_app / "package.json", root / "package.json")
        (root / "node_modules").symlink_to(self._example_app / "node_modules", target_is_directory=True)
        for name, text in ({"convex/messages.ts": MESSAGES} if files is None else files).items():
            self.write({f"{folder}/{name}": text})
        return root

    def run(self, *args):
        """pytest in a process of its own; in the order of the files."""
        return self.pytester.runpytest_subprocess("-p", "no:randomly", *args)

    def run_in_any_order(self, *args):
        return self.pytester.runpytest_subprocess(*args)


@pytest.fixture
def empty_app(pytester, example_app, tmp_path_factory, monkeypatch):
    """A folder with nothing in it."""
    monkeypatch.setenv("CONVEX_TEST_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("CI", raising=False)
    return App(pytester, example_app)


@pytest.fixture
def app(empty_app):
    """A folder with a Convex project in it."""
    empty_app.make_project()
    return empty_app


def header(result):
    """The plugin's header line, or None."""
    lines = [line for line in result.outlines if line.startswith("convex: ")]
    assert len(lines) <= 1
    return lines[0] if lines else None


def block(result, title):
    """The lines below the separator with this title, up to the next test's."""
    lines = result.outlines
    start = next(at for at, line in enumerate(lines) if re.fullmatch(rf"_+ {re.escape(title)} _+", line))
    end = next(
        at for at, line in enumerate(lines) if at > start and re.fullmatch(r"(_{3,} .+ _{3,}|={3,}.*={3,})", line)
    )
    return "\n".join(lines[start + 1 : end])


@pytest.fixture(name="header")
def header_fixture():
    return header


@pytest.fixture(name="block")
def block_fixture():
    return block
