"""Projects made to go wrong. After each error the same `t` and a fresh one have to work as if nothing had happened."""

from __future__ import annotations

import shutil
from textwrap import dedent

import pytest

from convex_test import load_project

SURVIVOR = """\
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const add = mutation({
  args: { n: v.number() },
  handler: async (ctx, { n }) => {
    await ctx.db.insert("items", { n });
  },
});

export const all = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("items").collect()).map(({ n }) => n),
});
"""

SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  items: defineTable({ n: v.number() }).index("by_n", ["n"]),
});
"""


@pytest.fixture(scope="session")
def write_app(tmp_path_factory, example_app):
    """Writes a project with `convex/survivor.ts` and a schema beside the given files; returns its root."""

    def write(files):
        root = tmp_path_factory.mktemp("messages").resolve() / "app"
        shutil.copytree(example_app / "convex" / "_generated", root / "convex" / "_generated")
        shutil.copy(example_app / "package.json", root / "package.json")
        (root / "node_modules").symlink_to(example_app / "node_modules", target_is_directory=True)
        for name, text in {"convex/survivor.ts": SURVIVOR, "convex/schema.ts": SCHEMA, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return root

    return write


@pytest.fixture(scope="module")
def project(request, write_app):
    """The project of a test file, from its `FILES`."""
    return load_project(write_app(request.module.FILES))


@pytest.fixture
def survives(project):
    """Opens a `t`; when the test is done with it, it and a fresh one must work, and hold nothing half-written."""

    def check(t):
        assert t.query("survivor:all") == []
        t.mutation("survivor:add", n=1)
        assert t.query("survivor:all") == [1]

    opened = []

    def make(**options):
        context = project.test(seed=1, **options)
        opened.append(context)
        made.append(context.__enter__())
        return made[-1]

    made = []
    yield make
    for t in made:
        check(t)
    for context in opened:
        context.__exit__(None, None, None)
    with project.test(seed=2) as fresh:
        check(fresh)


@pytest.fixture
def t(survives):
    return survives()


@pytest.fixture
def impatient(survives):
    """A `t` whose functions may run for a third of a second."""
    return survives(timeout=0.3)


@pytest.fixture
def failure():
    """Calls something that must raise `kind`; the error."""

    def call(kind, function, *args, **kwargs):
        with pytest.raises(kind) as caught:
            function(*args, **kwargs)
        assert type(caught.value) is kind
        return caught.value

    return call
