"""`AsyncLocalStorage` and `AsyncResource` in a project: contexts follow every `await`, as in V8."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convex_test import FunctionError, js
from convex_test.errors import UnsupportedError

VECTORS = Path(__file__).parent.parent / "vectors" / "async_context.json"
PROGRAMS = json.loads(VECTORS.read_text(encoding="utf-8"))["programs"]
FILES = {
    "convex/programs.ts": 'import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";\n'
    'import { action } from "./_generated/server";\n'
    "const programs: any[] = [\n" + "".join(f"{program['source']},\n" for program in PROGRAMS) + "];\n"
    "export const run = action(async (_ctx, { at }: { at: number }) => await programs[at]());\n",
    "convex/users.ts": """\
        import { AsyncLocalStorage } from "async_hooks";
        import { action, internalQuery, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";

        const user = new AsyncLocalStorage<string>();
        export const read = internalQuery(async () => user.getStore() ?? "nobody");
        async function current(ctx: any) {
          await ctx.db.query("notes").collect();
          return user.getStore();
        }
        export const add = mutation({ handler: async (ctx, { name }: { name: string }) =>
          await user.run(name, async () => {
            await ctx.db.insert("notes", { text: user.getStore() });
            for await (const note of ctx.db.query("notes")) if (user.getStore() !== name) throw new Error(note.text);
            return await current(ctx);
          }) });
        export const both = query(async (ctx) => {
          const outside = () => user.run("Cat", () => user.exit(() => current(ctx)));
          const all = [user.run("Ann", () => current(ctx)), user.run("Bob", () => current(ctx)), outside()];
          return (await Promise.all(all)).map(String);
        });
        export const nested = action(async (ctx) => await user.run("Ann", () => ctx.runQuery(internal.users.read)));
        export const twice = action(async () => {
          const before = user.getStore();
          user.enterWith("left");
          return before ?? null;
        });
        async function failing() {
          await null;
          throw new Error("after");
        }
        export const fails = query(async function outer() {
          await failing();
        });
        async function failingAtOnce() {
          throw new Error("before");
        }
        export const failsAtOnce = query(async function outer() {
          await failingAtOnce();
        });
        export const unhandled = mutation(async (ctx) => {
          failing();
          await ctx.db.insert("notes", {});
        });
        export const store = () => user.getStore();
        export const within = (name: string, callback: () => any) => user.run(name, callback);
        """,
}


@pytest.mark.parametrize("at", range(len(PROGRAMS)))
def test_a_program_logs_what_it_logs_in_v8(t, at):
    assert t.action("programs:run", {"at": at}) == PROGRAMS[at]["logged"]


def test_a_store_survives_awaits(t):
    assert t.mutation("users:add", {"name": "Ann"}) == "Ann"


def test_stores_of_several_at_a_time_are_kept_apart(t):
    assert t.query("users:both") == ["Ann", "Bob", "undefined"]


def test_a_nested_function_has_a_context_of_its_own(t):
    assert t.action("users:nested") == "nobody"


def test_a_store_does_not_outlive_its_function(t):
    assert [t.action("users:twice"), t.action("users:twice")] == [None, None]


def frames(t, function):
    with pytest.raises(FunctionError) as caught:
        t.query(function)
    return [(frame.function, Path(frame.file).name, frame.line) for frame in caught.value.frames]


def test_the_frames_of_an_error_after_an_await(t):
    assert frames(t, "users:fails")[0] == ("failing", "users.ts", 30)


def test_the_frames_of_an_error_before_the_first_await(t):
    assert frames(t, "users:failsAtOnce")[:2] == [("failingAtOnce", "users.ts", 36), ("outer", "users.ts", 39)]


def test_a_rejection_that_nobody_handles_ends_the_function(t):
    with pytest.raises(FunctionError, match="after"):
        t.mutation("users:unhandled")
    assert t.run(lambda ctx: ctx.db.query("notes").collect()) == []


def test_a_snippet_loses_the_store_at_its_own_await(t):
    snippet = js("""async () => {
        const { store, within } = await load("users");
        return await within("Ann", async () => { const before = store(); await null; return [before, store()]; });
    }""")
    with pytest.raises(UnsupportedError, match="AsyncLocalStorage across await in code that is not the project's"):
        t.query(snippet)
