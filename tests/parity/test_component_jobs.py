"""Scheduled functions, crons and files of components, and function handles.

Imitated: `schedule` and `cancel_job` in `crates/isolate/src/environment/udf/async_syscall.rs`,
`crates/model/src/components/handles.rs`, `crates/model/src/scheduled_jobs`, `crates/file_storage/src/core.rs`.
"""

from __future__ import annotations

import pytest

from convex_test import FunctionError, ProjectError, UsageError, api, components, internal, js, load_project

FILES = {
    "convex/convex.config.ts": """
        import { defineApp } from "convex/server";
        import worker from "./worker/convex.config";
        const app = defineApp();
        app.use(worker);
        export default app;
    """,
    "convex/app.ts": """
        import { mutation, query, action, internalMutation } from "./_generated/server";
        import { components, internal, api } from "./_generated/api";
        import { createFunctionHandle } from "convex/server";

        export const note = internalMutation(async (ctx, { text }: { text: string }) => {
          await ctx.db.insert("notes", { text });
          return "noted " + text;
        });
        export const later = mutation(async (ctx, { text }: { text: string }) =>
          await ctx.scheduler.runAfter(1000, components.worker.jobs.note, { text }));
        export const laterByHandle = mutation(async (ctx) => {
          const handle = await createFunctionHandle(internal.app.note);
          return await ctx.runMutation(components.worker.jobs.schedule, { handle, text: "from worker" });
        });
        export const handleOf = query(async () => await createFunctionHandle(internal.app.note));
        export const handleOfWorker = action(async () => await createFunctionHandle(components.worker.jobs.note));
        export const handleOfHandle = query(async (_ctx, { handle }: { handle: any }) =>
          await createFunctionHandle(handle));
        export const handleOfNothing = query(async () => await createFunctionHandle((api as any).app.nope));
        export const call = mutation(async (ctx, { handle }: { handle: any }) =>
          await ctx.runMutation(handle, { text: "called" }));
        export const callFromAction = action(async (ctx, { handle }: { handle: any }) =>
          await ctx.runMutation(handle, { text: "called" }));
        export const pass = mutation(async (ctx) => await ctx.runMutation(components.worker.jobs.call, {
          handle: await createFunctionHandle(internal.app.note),
        }));
    """,
    "convex/worker/convex.config.ts": """
        import { defineComponent } from "convex/server";
        export default defineComponent("worker");
    """,
    "convex/worker/jobs.ts": """
        import { mutation, query, internalMutation, internalAction } from "./_generated/server";
        import { internal } from "./_generated/api";

        export const note = mutation(async (ctx, { text }: { text: string }) => {
          await ctx.db.insert("notes", { text });
        });
        export const schedule = mutation(async (ctx, { handle, text }: { handle: any; text: string }) =>
          await ctx.scheduler.runAfter(1000, handle, { text }));
        export const scheduleOwn = mutation(async (ctx) => await ctx.scheduler.runAfter(0, internal.jobs.tick, {}));
        export const scheduleFailing = mutation(async (ctx) => await ctx.scheduler.runAfter(0, internal.jobs.fail, {}));
        export const tick = internalMutation(async (ctx) => { await ctx.db.insert("notes", { text: "tick" }); });
        export const fail = internalAction(async () => { throw new Error("broken"); });
        export const call = mutation(async (ctx, { handle }: { handle: any }) =>
          await ctx.runMutation(handle, { text: "from component" }));
        export const jobs = query(async (ctx) =>
          (await ctx.db.system.query("_scheduled_functions").collect()).map((job) => [job.name, job.state.kind]));
        export const store = mutation(async (ctx) => await ctx.storage.generateUploadUrl());
        export const url = query(async (ctx, { id }: { id: any }) => await ctx.storage.getUrl(id));
    """,
    "convex/worker/crons.ts": """
        import { cronJobs } from "convex/server";
        import { internal } from "./_generated/api";
        const crons = cronJobs();
        crons.interval("tick", { minutes: 10 }, internal.jobs.tick, {});
        export default crons;
    """,
}


@pytest.fixture
def t(make_t):
    return make_t(FILES)


def notes(t, component=None):
    found = t.run(lambda ctx: ctx.db.query("notes").collect(), component=component)
    return [document["text"] for document in found]


# Scheduled functions


def test_the_app_schedules_a_function_of_a_component(t):
    t.mutation(api.app.later, text="a")
    t.finish_all_scheduled_functions()
    assert (notes(t), notes(t, "worker")) == ([], ["a"])


def test_the_job_lies_where_it_was_scheduled(t):
    t.mutation(api.app.later, text="a")
    [job] = t.scheduled_functions
    assert (job.name, job.component) == ("jobs.js:note", "")
    assert t.query(components.worker.jobs.jobs) == []


def test_a_component_schedules_its_own_functions(t):
    t.mutation(components.worker.jobs.scheduleOwn)
    assert t.query(components.worker.jobs.jobs) == [["jobs.js:tick", "pending"]]
    t.finish_in_progress_scheduled_functions()
    assert t.query(components.worker.jobs.jobs) == [["jobs.js:tick", "success"]]
    assert notes(t, "worker") == ["tick"]


def test_a_component_schedules_a_function_of_the_app_by_its_handle(t):
    t.mutation(api.app.laterByHandle)
    [job] = t.scheduled_functions
    assert (job.name, job.component, job.state) == ("app.js:note", "worker", "pending")
    t.finish_all_scheduled_functions()
    assert (notes(t), notes(t, "worker")) == (["from worker"], [])
    assert t.scheduled_functions[0].state == "success"


def test_where_a_job_runs_survives_snapshots_and_forks(t):
    t.mutation(api.app.laterByHandle)
    fork, snapshot = t.fork(), t.snapshot()
    fork.finish_all_scheduled_functions()
    assert notes(fork) == ["from worker"]
    t.finish_all_scheduled_functions()
    t.restore(snapshot)
    t.finish_all_scheduled_functions()
    assert notes(t) == ["from worker"]


def test_a_failing_job_of_a_component_is_reported(t):
    t.mutation(components.worker.jobs.scheduleFailing)
    t.finish_in_progress_scheduled_functions()
    [job] = t.scheduled_functions
    assert (job.state, job.component) == ("failed", "worker")
    assert job.error.startswith("Uncaught Error: broken\n")


def test_scheduling_what_a_component_does_not_have(t):
    with pytest.raises(FunctionError, match=r"Attempted to schedule function at nonexistent path: worker nope\.js"):
        t.run(js("async (ctx) => await ctx.scheduler.runAfter(0, 'nope:x', {})"), component="worker")


# Crons


def test_crons_of_a_component_run_in_it(t):
    t.advance(minutes=25)
    assert notes(t, "worker") == ["tick", "tick", "tick"]


def test_crons_name_their_component(t):
    [cron] = t.crons
    assert (cron.name, cron.component, cron.function) == ("tick", "worker", "jobs:tick")


def test_a_cron_of_a_component_runs_out_of_turn(t):
    t.run_cron("tick", component="worker")
    assert notes(t, "worker") == ["tick"]
    with pytest.raises(UsageError) as caught:
        t.run_cron("tick")
    assert str(caught.value) == "t.run_cron('tick'): there is no such cron; there are 'tick' of 'worker'."


# Handles


def test_a_handle_names_the_function(t):
    handle = t.query(api.app.handleOf)
    assert handle.startswith("function://")
    assert handle.endswith("#app:note")


def test_a_handle_is_called(t):
    handle = t.query(api.app.handleOf)
    assert t.mutation(api.app.call, handle=handle) == "noted called"
    assert t.action(api.app.callFromAction, handle=handle) == "noted called"
    assert notes(t) == ["called", "called"]


def test_a_handle_of_a_component_writes_there(t):
    t.mutation(api.app.call, handle=t.action(api.app.handleOfWorker))
    assert (notes(t), notes(t, "worker")) == ([], ["called"])


def test_a_component_calls_back(t):
    assert t.mutation(api.app["pass"]) == "noted from component"
    assert (notes(t), notes(t, "worker")) == (["from component"], [])


def test_a_handle_of_a_handle_is_the_same(t):
    handle = t.query(api.app.handleOf)
    assert t.query(api.app.handleOfHandle, handle=handle) == handle


def test_only_the_id_of_a_handle_counts(t):
    handle = t.query(api.app.handleOf).partition("#")[0]
    assert t.mutation(api.app.call, handle=handle) == "noted called"
    assert t.mutation(api.app.call, handle=handle + "#what:ever") == "noted called"


def test_a_handle_is_the_same_in_every_test(write_project):
    project = load_project(write_project(FILES))
    with project.test(seed=1) as one, project.test(seed=2) as other:
        assert one.query(api.app.handleOf) == other.query(api.app.handleOf)


def test_a_handle_of_no_function(t):
    with pytest.raises(FunctionError, match="Uncaught Error: Function handle not found"):
        t.query(api.app.handleOfNothing)


def test_an_unknown_handle(t):
    stranger = t.run(lambda ctx: ctx.db.insert("notes", {"text": ""}))
    with pytest.raises(FunctionError, match="Uncaught Error: Function handle not found"):
        t.mutation(api.app.call, handle=f"function://{stranger}")


def test_a_malformed_handle(t):
    with pytest.raises(FunctionError, match="Invalid arguments for `runUdf`: Unable to decode ID: "):
        t.mutation(api.app.call, handle="function://nonsense")


def test_handles_in_python(t):
    handle = t.run(lambda ctx: ctx.create_function_handle(internal.app.note))
    assert handle == t.query(api.app.handleOf)
    assert t.mutation(lambda ctx: ctx.run_mutation(handle, text="py")) == "noted py"


# Files


def test_files_of_a_component_are_its_own(t):
    upload = t.mutation(components.worker.jobs.store)
    stored = t.fetch(upload, method="POST", content=b"hello").json()["storageId"]
    url = t.query(components.worker.jobs.url, id=stored)
    assert "?component=" in url
    assert t.fetch(url).content == b"hello"
    assert t.run(lambda ctx: ctx.storage.get(stored)) is None
    assert t.run(lambda ctx: ctx.storage.get(stored), component="worker") == b"hello"


def test_without_the_component_the_url_finds_nothing(t):
    stored = t.run(lambda ctx: ctx.storage.store(b"x"), component="worker")
    url = t.query(components.worker.jobs.url, id=stored).partition("?")[0]
    assert t.fetch(url).status_code == 404


# Mounting from a test


def test_a_component_is_mounted_by_a_test(make_t):
    t = make_t({name: text for name, text in FILES.items() if name not in ("convex/convex.config.ts", "convex/app.ts")})
    t.register_component("extra", "convex/worker")
    t.mutation(components.extra.jobs.note, text="x")
    assert notes(t, "extra") == ["x"]
    fork = t.fork()
    assert notes(fork, "extra") == ["x"]


def test_a_component_in_a_component(t):
    t.register_component("worker/inner", "convex/worker")
    t.mutation(components.worker.inner.jobs.note, text="x")
    assert (notes(t, "worker"), notes(t, "worker/inner")) == ([], ["x"])


@pytest.mark.parametrize(
    ("path", "folder", "problem"),
    [
        ("worker", "convex/worker", "there is a component at that path already."),
        ("nobody/x", "convex/worker", "there is no component 'nobody' to mount it in."),
        ("a-b", "convex/worker", "Identifier a-b has invalid character '-'"),
        ("", "convex/worker", "expected the path of a component, such as 'counter'."),
        ("x", "convex", None),
        ("x", "nowhere", "is no component: it has no convex.config.ts or convex.config.js."),
        ("x", None, "expected a folder as str or Path."),
    ],
)
def test_what_cannot_be_mounted(t, path, folder, problem):
    expected = ProjectError if problem is None else UsageError
    with pytest.raises(expected) as caught:
        t.register_component(path, folder)
    assert (problem or "exports a definition of another kind") in str(caught.value)
