"""Runs of pytest in processes of their own, in folders made for one test."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from textwrap import dedent

import pytest
from coverage import CoverageData

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

NOTES = """\
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation, mutation, query } from "./_generated/server";
import { grade } from "./model/grade";

export const list = query(async (ctx) => {
  return await ctx.db.query("notes").collect();
});

export const add = mutation({
  args: { score: v.number() },
  handler: async (ctx, { score }) => {
    await ctx.db.insert("notes", { grade: grade(score) });
    return null;
  },
});

export const relay = action(async (ctx) => {
  await ctx.runMutation(internal.notes.later, {});
});

export const later = internalMutation(async () => {
  return null;
});

export const spin = mutation(async () => {
  for (;;) {}
});

export const hoard = mutation(async () => {
  const all: unknown[] = [];
  for (;;) all.push(new Array(100000).fill(all.length));
});

export const fail = mutation(async (ctx, { id }: { id?: string }) => {
  const found = id?.length ?? 0;
  throw new Error(`trouble ${found}`);
});
"""
GRADE = """\
export function grade(score: number) {
  if (score > 10) {
    return "high";
  }
  return "low";
}
"""
UNUSED = """\
export const unused = () => {
  return 1;
};
"""
TESTS_OF_NOTES = """\
def test_low(t):
    t.mutation("notes:add", score=1)


def test_high(t):
    t.mutation("notes:add", score=11)
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
    return "\n".join(_without_calls(lines[start + 1 : end]))


def _without_calls(lines):
    """The lines without the section of calls, which has times in it and tests of its own."""
    shown = True
    for line in lines:
        if re.fullmatch(r"-{3,} .+ -{3,}", line):
            shown = "Calls of Convex functions" not in line
        if shown:
            yield line


@pytest.fixture(name="header")
def header_fixture():
    return header


@pytest.fixture(name="block")
def block_fixture():
    return block


class MeasuredApp:
    """An app with notes, whose tests run under coverage.py."""

    def __init__(self, app):
        self._app = app
        self.path = app.path

    def write(self, files):
        self._app.write(files)

    def append(self, name, text):
        """Puts a text at the end of a file."""
        file = self.path / name
        file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")

    def run(self, *args):
        return self._app.run(*args)

    def measured(self, *args):
        """Runs pytest under coverage of `convex`, in which nothing may fail; the files of the JSON report."""
        result = self.run("--cov=convex", "--cov-report=json", *args)
        assert set(result.parseoutcomes()) <= {"passed", "deselected", "warning", "warnings"}, result.stdout.str()
        return self.report()

    def report_after(self, *args):
        self.run(*args)
        return self.report()

    def report(self):
        """The files of the JSON report."""
        found = json.loads((self.path / "coverage.json").read_text(encoding="utf-8"))["files"]
        return {path.replace("\\", "/"): details for path, details in found.items()}

    def coverage(self, *args):
        """Runs a command of coverage.py."""
        command = [sys.executable, "-m", "coverage", *args]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
        return subprocess.run(command, cwd=self.path, env=environment, capture_output=True, text=True, check=False)

    def contexts(self, name):
        """The contexts of each line of a file."""
        data = CoverageData(str(self.path / ".coverage"))
        data.read()
        [path] = [each for each in data.measured_files() if each.endswith(name)]
        return {line: sorted(found) for line, found in data.contexts_by_lineno(path).items()}


@pytest.fixture
def notes(empty_app):
    """A project with two modules that tests use and one that they do not, and coverage configured."""
    files = {"convex/notes.ts": NOTES, "convex/model/grade.ts": GRADE, "convex/unused.ts": UNUSED}
    empty_app.make_project(files=files)
    empty_app.write({"test_notes.py": TESTS_OF_NOTES, ".coveragerc": "[run]\nplugins = convex_test.coverage\n"})
    return MeasuredApp(empty_app)
