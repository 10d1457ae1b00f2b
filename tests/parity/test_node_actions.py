"""Modules with `"use node"`: what an action there can do, and how it is called."""

from __future__ import annotations

import pytest

from convex_test import ConvexInt64, FunctionError, UsageError, api, internal, js, module
from convex_test.errors import ArgumentValidationError, FunctionNotFoundError, ReturnsValidationError

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          notes: defineTable({ text: v.string(), vector: v.optional(v.array(v.float64())) })
            .vectorIndex("by_vector", { vectorField: "vector", dimensions: 2 }),
        });
    """,
    "convex/notes.ts": """
        import { v } from "convex/values";
        import { action, internalMutation, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";
        export const add = internalMutation({
          args: { text: v.string(), vector: v.optional(v.array(v.number())) },
          handler: async (ctx, args) => {
            console.log("adding", args.text);
            return await ctx.db.insert("notes", args);
          },
        });
        export const all = query(async (ctx) => (await ctx.db.query("notes").collect()).map((note) => note.text));
        export const refuse = internalMutation(async (ctx) => {
          await ctx.db.insert("notes", { text: "lost" });
          throw new Error("no notes today");
        });
        export const later = mutation(async (ctx) => {
          await ctx.scheduler.runAfter(60_000, internal.node.scheduled, { text: "later" });
        });
        export const laterNowhere = mutation(async (ctx) => {
          await ctx.scheduler.runAfter(0, (internal as any).node.missing, {});
        });
        export const callNode = action(async (ctx): Promise<unknown> =>
          await ctx.runAction(internal.node.digest, { text: "abc" }));
    """,
    "convex/crons.ts": """
        import { cronJobs } from "convex/server";
        import { internal } from "./_generated/api";
        const crons = cronJobs();
        crons.interval("tick", { hours: 1 }, internal.node.scheduled, { text: "cron" });
        export default crons;
    """,
    "convex/http.ts": """
        import { httpRouter } from "convex/server";
        import { httpAction } from "./_generated/server";
        import { internal } from "./_generated/api";
        const http = httpRouter();
        http.route({
          path: "/digest",
          method: "POST",
          handler: httpAction(async (ctx, request) =>
            new Response(await ctx.runAction(internal.node.digest, { text: await request.text() }))),
        });
        export default http;
    """,
    "convex/shared.ts": """
        export const greet = (name: string) => `Hello, ${name}`;
    """,
    "convex/node.ts": """
        "use node";
        import { createHash } from "node:crypto";
        import { readFile, writeFile } from "node:fs/promises";
        import { tmpdir } from "node:os";
        import path from "path";
        import { v } from "convex/values";
        import { api, internal } from "./_generated/api";
        import { action, internalAction } from "./_generated/server";
        import { greet } from "./shared";

        export const digest = internalAction({
          args: { text: v.string() },
          returns: v.string(),
          handler: async (_ctx, { text }) => createHash("sha256").update(text).digest("hex").slice(0, 8),
        });
        export const echo = action({ args: { value: v.any() }, handler: async (_ctx, { value }) => value });
        export const wrong = action({ returns: v.string(), handler: async () => 1 as any });
        export const buffer = action(async () => Buffer.from("hé").toString("base64"));
        export const shared = action(async () => greet("Node"));
        export const file = action(async () => {
          const name = path.join(tmpdir(), `convex-test-${process.pid}.txt`);
          await writeFile(name, "kept");
          return await readFile(name, "utf8");
        });
        export const functions = action(async (ctx) => {
          await ctx.runMutation(internal.notes.add, { text: "from Node" });
          const [notes, digest] = await Promise.all([
            ctx.runQuery(api.notes.all),
            ctx.runAction(internal.node.digest, { text: "abc" }),
          ]);
          return { notes, digest };
        });
        export const scheduled = internalAction({
          args: { text: v.string() },
          handler: async (ctx, { text }) => { await ctx.runMutation(internal.notes.add, { text }); },
        });
        export const schedule = action(async (ctx) =>
          await ctx.scheduler.runAfter(1000, internal.node.scheduled, { text: "soon" }));
        export const cancel = action(async (ctx) =>
          await ctx.scheduler.cancel(await ctx.scheduler.runAfter(1000, internal.node.scheduled, { text: "never" })));
        export const files = action(async (ctx) => {
          const id = await ctx.storage.store(new Blob(["content"], { type: "text/plain" }));
          const blob = await ctx.storage.get(id);
          const found = [blob instanceof Blob, await blob!.text(), await blob!.text(), blob!.type];
          const url = await ctx.storage.getUrl(id);
          found.push(await (await fetch(url!)).text(), (await ctx.storage.getMetadata(id))!.size);
          await ctx.storage.delete(id);
          return [...found, await ctx.storage.get(id)];
        });
        export const search = action(async (ctx) =>
          (await ctx.vectorSearch("notes", "by_vector", { vector: [1, 0], limit: 1 })).length);
        export const identity = action(async (ctx) => (await ctx.auth.getUserIdentity())?.name ?? null);
        export const metadata = action(async (ctx) => [
          await ctx.meta.getFunctionMetadata(),
          (await ctx.meta.getDeploymentMetadata()).name,
          (await ctx.meta.getRequestMetadata()).requestId,
        ]);
        export const environment = action(async () => [process.env.API_KEY ?? null, process.env.CONVEX_SITE_URL]);
        export const variables = action(async () => Object.keys(process.env).sort());
        export const syscall = action({
          args: { op: v.string() },
          handler: async (_ctx, { op }) => await (globalThis as any).Convex.asyncSyscall(op, "{}"),
        });
        export const globals = action(async () => [
          typeof require, typeof module, typeof exports, typeof __dirname, typeof setImmediate, typeof queueMicrotask,
          typeof structuredClone, require("node:path").sep.length,
        ]);
        export async function helper(ctx: any, text: string) {
          return [text, process.release.name, await ctx.runQuery(api.notes.all)];
        }
        let count = 0;
        export const counted = action(async () => ++count);
        export default action(async () => "default");
    """,
}


def failure(kind, call, *args, **kwargs):
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    return caught.value


# Calls


def test_nodes_own_modules_are_there(t):
    assert t.action(internal.node.digest, text="abc") == "ba7816bf"
    assert t.action(api.node.buffer) == "aMOp"
    assert t.action(api.node.file) == "kept"


def test_modules_are_shared_with_the_other_runtime(t):
    assert t.action(api.node.shared) == "Hello, Node"


def test_the_default_export(t):
    assert t.action(api.node.default) == "default"
    assert t.action("node") == "default"


@pytest.mark.parametrize(
    "value",
    [None, True, 1, -0.5, ConvexInt64(2**60), "é\n\0☃", b"\x00\xff", [1, [None]], {"a": {"b": []}}],
)
def test_values_come_back_unchanged(t, value):
    assert t.action(api.node.echo, value=value) == value


def test_queries_mutations_and_actions(t):
    assert t.action(api.node.functions) == {"notes": ["from Node"], "digest": "ba7816bf"}


def test_the_calls_are_a_tree(t):
    t.action(api.node.functions)

    (call,) = t.calls
    assert [(child.kind, child.function) for child in call.children] == [
        ("mutation", "notes:add"),
        ("query", "notes:all"),
        ("action", "node:digest"),
    ]


def test_from_an_action_of_the_other_runtime(t):
    assert t.action(api.notes.callNode) == "ba7816bf"


def test_from_an_http_action(t):
    assert t.fetch("/digest", method="POST", content=b"abc").text == "ba7816bf"


def test_scheduled_by_a_mutation(t):
    t.mutation(api.notes.later)
    t.advance(seconds=59)
    assert "later" not in t.query(api.notes.all)

    t.advance(seconds=1)
    assert "later" in t.query(api.notes.all)
    assert t.scheduled_functions[0].state == "success"


def test_scheduled_and_cancelled_by_itself(t):
    t.action(api.node.schedule)
    t.action(api.node.cancel)
    t.finish_all_scheduled_functions()

    assert t.query(api.notes.all) == ["soon"]


def test_by_a_cron(t):
    t.run_cron("tick")
    assert t.query(api.notes.all) == ["cron"]

    t.advance(hours=1)
    assert t.query(api.notes.all) == ["cron", "cron", "cron"]


def test_a_helper_of_its_module_runs_in_node(t):
    assert t.action(module("node").helper, "text") == ["text", "node", []]


@pytest.mark.parametrize("method", ["query", "mutation", "run"])
def test_a_helper_of_its_module_needs_an_action(t, method):
    error = failure(UsageError, getattr(t, method), module("node").helper, "text")

    assert str(error) == (
        'node:helper: convex/node.ts has the directive "use node", and only actions run in Node.js: t.action(…).'
    )


# What it is told


def test_files(t):
    assert t.action(api.node.files) == [True, "content", "content", "text/plain", "content", 7, None]


def test_vector_search(t):
    t.mutation(internal.notes.add, text="north", vector=[0, 1])
    t.mutation(internal.notes.add, text="east", vector=[1, 0])

    assert t.action(api.node.search) == 1


def test_the_callers_identity(t):
    assert t.with_identity(name="Sarah").action(api.node.identity) == "Sarah"
    assert t.action(api.node.identity) is None


def test_metadata(t):
    """The function's name is not shortened when it is the default export; the component is always the app."""
    function, deployment, request_id = t.action(api.node.metadata)

    assert function == {"name": "node:metadata", "componentPath": "", "type": "action", "visibility": "public"}
    assert deployment == "convex-test-000"
    assert request_id == "0000000000000001"


def test_environment_variables(t):
    assert t.action(api.node.environment) == [None, "https://convex-test-000.convex.site"]
    t.env["API_KEY"] = "secret"
    assert t.action(api.node.environment)[0] == "secret"


def test_of_the_machines_environment_it_sees_what_a_deployment_has(t, monkeypatch):
    monkeypatch.setenv("CONVEX_TEST_LEAK", "1")
    names = set(t.action(api.node.variables))

    assert {"CONVEX_CLOUD_URL", "CONVEX_SITE_URL", "TZ"} <= names
    assert names <= {"PATH", "PWD", "LANG", "TZ", "UTC", "NODE_PATH", "CONVEX_CLOUD_URL", "CONVEX_SITE_URL"}


def test_node_globals(t):
    assert t.action(api.node.globals) == [
        *["function", "object", "object", "string", "function", "function", "function"],
        1,
    ]


# What is refused


def test_arguments_are_checked(t):
    assert type(failure(ArgumentValidationError, t.action, internal.node.digest, text=1)) is ArgumentValidationError


def test_results_are_checked(t):
    text = str(failure(ReturnsValidationError, t.action, api.node.wrong))

    assert text.startswith("ReturnsValidationError: Value does not match validator.")


def test_an_internal_action_is_not_public(t):
    failure(FunctionNotFoundError, t.action, api.node.digest, text="abc")


def test_an_action_is_no_query(t):
    assert failure(FunctionError, t.query, api.node.buffer).text == (
        "Trying to execute node.js:buffer as Query, but it is defined as Action."
    )


def test_scheduling_a_function_that_its_module_has_not(t):
    assert failure(FunctionError, t.mutation, api.notes.laterNowhere).text.startswith(
        "Uncaught Error: Attempted to schedule function, but no exported function missing found in the file: node.js"
    )


def test_arguments_above_5_mib(t):
    assert len(t.action(api.node.echo, value="x" * (5 * 2**20 - 100))) > 5_000_000
    assert failure(FunctionError, t.action, api.node.echo, value="x" * (5 * 2**20)).text == (
        "Node actions arguments size is too large. The maximum size is 5 MiB. Reduce the size of the arguments or "
        "consider using Convex runtime actions instead, which have a 16 MiB limit. "
        "See https://docs.convex.dev/functions/runtimes"
    )


@pytest.mark.parametrize("op", ["1.0/insert", "1.0/queryPage", "1.0/nonsense"])
def test_operations_of_the_database(t, op):
    assert failure(FunctionError, t.action, api.node.syscall, op=op).text == f"Uncaught Error: Unknown operation {op}"


def test_operations_without_the_id_of_the_call(t):
    assert failure(FunctionError, t.action, api.node.syscall, op="1.0/getUserIdentity").text == (
        "Uncaught Error: Invalid syscall. The Convex syscalls are for internal Convex use and should not be called "
        "directly."
    )


# Listing


def test_its_functions_are_listed(t):
    listed = {function.path: (function.kind, function.visibility) for function in t.functions}

    assert listed["node:digest"] == ("action", "internal")
    assert listed["node:echo"] == ("action", "public")


# Module state


def test_modules_keep_their_state_during_a_test(t):
    assert [t.action(api.node.counted), t.action(api.node.counted)] == [1, 2]


def test_modules_are_fresh_in_each_test(project):
    for _ in range(2):
        with project.test() as t:
            assert t.action(api.node.counted) == 1


def test_modules_are_fresh_for_each_call(project):
    with project.test(isolation="call") as t:
        assert [t.action(api.node.counted), t.action(api.node.counted)] == [1, 1]


def test_modules_are_fresh_when_an_environment_variable_changes(t):
    t.action(api.node.counted)
    t.env["CHANGED"] = "1"

    assert t.action(api.node.counted) == 1


def test_a_snippet_runs_in_the_other_runtime(t):
    assert t.action(js("async (ctx) => typeof process.version")) == "undefined"


def test_external_packages_are_imported_when_it_runs(write_project, tmp_path):
    """Those that convex.json names, and no others."""
    from convex_test import load_project

    source = """
        "use node";
        import { name } from "outside";
        import { action } from "./_generated/server";
        export const where = action(async () => [name, typeof (globalThis as any).outsideLoaded]);
        export const hidden = action(async () => require(["es", "build"].join("")).version);
    """
    root = write_project({"convex/node.ts": source, "convex.json": '{"node": {"externalPackages": ["outside"]}}'})
    modules = root / "node_modules"
    installed = modules.resolve()
    modules.unlink()
    (modules / "outside").mkdir(parents=True)
    for name in ("convex", "esbuild"):
        (modules / name).symlink_to(installed / name, target_is_directory=True)
    (root / "package.json").write_text('{"dependencies": {"convex": "1.48.0", "outside": "1.0.0"}}')
    (modules / "outside" / "package.json").write_text('{"name": "outside", "type": "module", "exports": "./main.js"}')
    (modules / "outside" / "main.js").write_text('globalThis.outsideLoaded = true; export const name = "outside";')

    with load_project(root).test() as t:
        assert t.action("node:where") == ["outside", "boolean"]
        with pytest.raises(FunctionError, match="Cannot find module 'esbuild'"):
            t.action("node:hidden")
