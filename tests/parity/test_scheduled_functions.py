"""Scheduling and canceling functions, the states of jobs, and how a job runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from convex_test import ConvexError, FunctionError, LimitError, js

FILES = {
    "convex/jobs.ts": """
        import { action, internalAction, internalMutation, mutation, query } from "./_generated/server";
        import { v, ConvexError } from "convex/values";

        export const note = internalMutation({
            handler: async (ctx, args: any) => { await ctx.db.insert("notes", args); },
        });
        export const checked = mutation({
            args: { text: v.string() },
            handler: async (ctx, args) => { await ctx.db.insert("notes", args); },
        });
        export const look = mutation(async (ctx) => {
            const meta = await ctx.meta.getRequestMetadata();
            const job = await ctx.db.system.get(meta.scheduledFunctionId as any);
            await ctx.db.insert("notes", {
                job, meta, identity: await ctx.auth.getUserIdentity(), at: Date.now(),
            });
        });
        export const lookFromAction = internalAction(async (ctx) => {
            const meta = await ctx.meta.getRequestMetadata();
            await ctx.runMutation("jobs:look" as any, {});
            await ctx.runMutation("jobs:note" as any, { action: meta, identity: await ctx.auth.getUserIdentity() });
        });
        export const fail = mutation(async (ctx) => {
            await ctx.db.insert("notes", { text: "never" });
            throw new Error("boom");
        });
        export const failWithData = mutation(async () => { throw new ConvexError({ code: 7 }); });
        export const failInAction = action(async (ctx) => {
            await ctx.runMutation("jobs:note" as any, { text: "stays" });
            throw new Error("boom");
        });
        export const scheduleAndFail = mutation(async (ctx) => {
            await ctx.scheduler.runAfter(0, "jobs:note" as any, { text: "child" });
            throw new Error("no");
        });
        export const cancelItself = mutation(async (ctx) => {
            const meta = await ctx.meta.getRequestMetadata();
            await ctx.scheduler.cancel(meta.scheduledFunctionId as any);
            await ctx.db.insert("notes", { text: "after" });
        });
        export const cancelItselfFromAction = action(async (ctx) => {
            const meta = await ctx.meta.getRequestMetadata();
            await ctx.scheduler.cancel(meta.scheduledFunctionId as any);
            await ctx.scheduler.runAfter(60000, "jobs:note" as any, { text: "child" });
        });
        export const ask = query(async () => 1);
        export default mutation(async (ctx) => { await ctx.db.insert("notes", { text: "default" }); });
    """,
    "convex/dir/file.ts": """
        import { mutation } from "../_generated/server";
        export const run = mutation(async (ctx) => { await ctx.db.insert("notes", { text: "dir" }); });
    """,
}
START = datetime(2030, 1, 1, tzinfo=UTC)
FIVE_YEARS = 5 * 366 * 24 * 3600


@pytest.fixture
def t(project, freezer):
    freezer.move_to(START)
    with project.test(seed=1) as t:
        yield t


@pytest.fixture
def freezer():
    from freezegun import freeze_time

    with freeze_time(START) as frozen:
        yield frozen


def notes(t):
    found = t.run(lambda ctx: ctx.db.query("notes").collect())
    return [{name: value for name, value in note.items() if not name.startswith("_")} for note in found]


def schedule(t, source, kind="mutation"):
    return getattr(t, kind)(js(f"async (ctx) => await ctx.scheduler.{source}"))


def documents(t):
    return t.run(lambda ctx: ctx.db.system.query("_scheduled_functions").collect())


def states(t):
    return [job.state for job in t.scheduled_functions]


# What is written


def test_a_job_is_a_document(t):
    job = schedule(t, "runAfter(5000, 'jobs:note', { text: 'hi' })")
    [document] = documents(t)
    creation_time = document.pop("_creationTime")
    assert abs(creation_time - START.timestamp() * 1_000) < 1
    assert document == {
        "_id": job,
        "name": "jobs.js:note",
        "args": [{"text": "hi"}],
        "scheduledTime": START.timestamp() * 1_000 + 5_000,
        "state": {"kind": "pending"},
    }


def test_its_id_is_one_of_the_system_table(t):
    job = schedule(t, "runAfter(0, 'jobs:note', {})")
    assert job.startswith("kc2")
    assert t.run(lambda ctx: ctx.db.system.normalize_id("_scheduled_functions", job)) == job


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("'jobs:note'", "jobs.js:note"),
        ("internal.jobs.note", "jobs.js:note"),
        ("api.dir.file.run", "dir/file.js:run"),
        ("api.jobs.default", "jobs.js:default"),
    ],
)
def test_its_name_is_the_whole_path(t, reference, name):
    t.mutation(js(f"async (ctx) => {{ await ctx.scheduler.runAfter(0, {reference}, {{}}); }}"))
    assert documents(t)[0]["name"] == name


def test_run_at_takes_a_date_or_milliseconds(t):
    schedule(t, "runAt(new Date('2030-02-01T00:00:00Z'), 'jobs:note', {})")
    schedule(t, "runAt(Date.UTC(2030, 2, 1), 'jobs:note', {})")
    assert [job.scheduled_time for job in t.scheduled_functions] == [
        datetime(2030, 2, 1, tzinfo=UTC),
        datetime(2030, 3, 1, tzinfo=UTC),
    ]


def test_a_time_in_the_past_is_kept_and_due_at_once(t):
    schedule(t, "runAt(Date.UTC(2029, 0, 1), 'jobs:note', {})")
    assert documents(t)[0]["scheduledTime"] == datetime(2029, 1, 1, tzinfo=UTC).timestamp() * 1_000
    t.advance(seconds=0)
    [job] = t.scheduled_functions
    assert job.state == "success"
    assert abs(job.completed_time - START) < timedelta(milliseconds=1)


def test_nothing_runs_before_it_is_asked_to(t):
    schedule(t, "runAfter(0, 'jobs:note', {})")
    assert states(t) == ["pending"]
    assert notes(t) == []


def test_arguments_may_be_left_out(t):
    schedule(t, "runAfter(0, 'jobs:look')")
    assert documents(t)[0]["args"] == [{}]


def test_a_job_is_seen_in_the_transaction_that_schedules_it(t):
    seen = t.mutation(
        js("""async (ctx) => {
            const id = await ctx.scheduler.runAfter(0, 'jobs:note', {});
            return (await ctx.db.system.get(id)).state;
        }""")
    )
    assert seen == {"kind": "pending"}


# Errors


@pytest.mark.parametrize("kind", ["mutation", "action"])
@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("runAfter('1', 'jobs:note')", "`delayMs` must be a number"),
        ("runAfter(Infinity, 'jobs:note')", "`delayMs` must be a finite number"),
        ("runAfter(-1, 'jobs:note')", "`delayMs` must be non-negative"),
        ("runAt('tomorrow', 'jobs:note')", "The invoke time must a Date or a timestamp"),
        (
            "runAt(-1000, 'jobs:note')",
            "Invalid arguments for `ts`: cannot convert float seconds to Duration: value is negative",
        ),
        (
            "runAt(1e30, 'jobs:note')",
            "Invalid arguments for `ts`: cannot convert float seconds to Duration: value is either too big or NaN",
        ),
        (
            f"runAt(Date.UTC(2030, 0, 1) + {FIVE_YEARS + 1}000, 'jobs:note')",
            "UnixTimestamp(2051568001s) is more than 5 years in the future",
        ),
        (
            f"runAt(Date.UTC(2030, 0, 1) - {FIVE_YEARS}500, 'jobs:note')",
            "UnixTimestamp(1735343999.5s) is more than 5 years in the past",
        ),
        ("cancel('x')", "Invalid argument `id` for `db.cancel_job`: Unable to decode ID: Invalid ID length 1"),
        ("runAfter(0, 'jobs:note', { $x: 1 })", "Field name $x starts with a '$', which is reserved."),
    ],
)
def test_what_cannot_be_scheduled(t, kind, source, text):
    with pytest.raises(FunctionError) as caught:
        schedule(t, source, kind)
    assert caught.value.text == f"Uncaught Error: {text}"
    assert states(t) == []


@pytest.mark.parametrize(
    ("name", "mutation", "action"),
    [
        (
            "nothing:here",
            "Attempted to schedule function at nonexistent path: nothing.js",
            "Couldn't resolve api.nothing.here",
        ),
        (
            "jobs:nothing",
            "Attempted to schedule function, but no exported function nothing found in the file: jobs.js. "
            "Did you forget to export it?",
            "Couldn't resolve api.jobs.nothing",
        ),
    ],
)
def test_a_function_that_does_not_exist_cannot_be_scheduled(t, name, mutation, action):
    for kind, text in (("mutation", mutation), ("action", action)):
        with pytest.raises(FunctionError) as caught:
            schedule(t, f"runAfter(0, '{name}')", kind)
        assert caught.value.text == f"Uncaught Error: {text}"
    assert states(t) == []


def test_a_commit_timestamp_cannot_be_an_argument(t):
    with pytest.raises(FunctionError) as caught:
        schedule(t, "runAfter(0, 'jobs:note', { x: ctx.db.vars.commitTs })")
    assert caught.value.message == (
        "Invalid arguments for jobs.js:note: Field name $commitTs starts with '$', which is reserved."
    )


def test_an_error_of_the_scheduler_can_be_caught(t):
    source = "async (ctx) => { try { await ctx.scheduler.runAfter(0, 'no:no') } catch (e) { return e.message } }"
    assert t.mutation(js(source)) == "Attempted to schedule function at nonexistent path: no.js"
    assert t.action(js(source)) == "Couldn't resolve api.no.no"


@pytest.mark.parametrize("kind", ["mutation", "action"])
def test_canceling_what_is_no_job(t, kind):
    note = t.run(lambda ctx: ctx.db.insert("notes", {}))
    with pytest.raises(FunctionError) as caught:
        schedule(t, f"cancel('{note}')", kind)
    assert caught.value.message == (
        "Invalid scheduled function ID. The ID must be an ID on the '_scheduled_functions' table."
    )


def test_a_query_has_no_scheduler(t):
    assert t.query(js("async (ctx) => typeof ctx.scheduler")) == "undefined"


def test_at_most_a_thousand_in_one_mutation(t):
    source = "async (ctx) => { for (let i = 0; i < 1001; i++) await ctx.scheduler.runAfter(0, 'jobs:note', {}) }"
    with pytest.raises(LimitError) as caught:
        t.mutation(js(source))
    assert caught.value.message == "Too many functions scheduled by this mutation (limit: 1000)"
    assert states(t) == []


def test_an_action_may_schedule_more(t):
    t.action(js("async (ctx) => { for (let i = 0; i < 1001; i++) await ctx.scheduler.runAfter(0, 'jobs:note', {}) }"))
    assert len(t.scheduled_functions) == 1001


def test_at_most_sixteen_mebibytes_in_one_mutation(t):
    text = "x".join([""] * ((4 << 20) + 1))
    source = "async (ctx, text) => { for (let i = 0; i < 4; i++) await ctx.scheduler.runAfter(0, 'jobs:note', {text}) }"
    with pytest.raises(LimitError) as caught:
        t.mutation(js(source), text)
    assert caught.value.message == (
        "Too large total size of the arguments of scheduled functions from this mutation (limit: 16777216 bytes)"
    )


# Transactions


def test_a_mutation_that_fails_schedules_nothing(t):
    with pytest.raises(FunctionError):
        t.mutation("jobs:scheduleAndFail")
    t.finish_all_scheduled_functions()
    assert states(t) == []


def test_a_nested_mutation_that_fails_schedules_nothing(t):
    t.mutation(
        js("""async (ctx) => {
            await ctx.scheduler.runAfter(0, 'jobs:note', { text: 'before' });
            try { await ctx.runMutation('jobs:scheduleAndFail', {}); } catch {}
            await ctx.scheduler.runAfter(0, 'jobs:note', { text: 'after' });
        }""")
    )
    t.finish_all_scheduled_functions()
    assert notes(t) == [{"text": "before"}, {"text": "after"}]


def test_a_cancel_that_is_rolled_back_does_not_count(t):
    job = schedule(t, "runAfter(0, 'jobs:note', {})")
    with pytest.raises(ConvexError):
        t.mutation(js("async (ctx, id) => { await ctx.scheduler.cancel(id); throw new ConvexError('no'); }"), job)
    t.finish_all_scheduled_functions()
    assert states(t) == ["success"]


def test_an_action_schedules_at_once(t):
    with pytest.raises(FunctionError):
        t.action(js("async (ctx) => { await ctx.scheduler.runAfter(0, 'jobs:note', {}); throw new Error('no'); }"))
    assert states(t) == ["pending"]


# Running


def test_a_mutation_job_sees_itself_in_progress_and_succeeds(t):
    job = schedule(t, "runAfter(1000, 'jobs:look')")
    t.advance(seconds=1)
    [note] = notes(t)
    assert note["job"]["_id"] == job
    assert note["job"]["state"].keys() == {"kind", "request_id", "execution_id"}
    assert note["job"]["state"]["kind"] == "inProgress"
    assert note["job"]["state"]["request_id"] == note["meta"]["requestId"]
    [document] = documents(t)
    assert document["state"] == {"kind": "success"}
    assert document["completedTime"] == document["scheduledTime"] == note["at"]


def test_an_action_job_is_in_progress_for_all(t):
    job = schedule(t, "runAfter(0, 'jobs:lookFromAction')")
    t.finish_in_progress_scheduled_functions()
    look, note = notes(t)
    assert look["job"]["state"]["kind"] == "inProgress"
    assert look["meta"]["scheduledFunctionId"] == note["action"]["scheduledFunctionId"] == job
    assert states(t) == ["success"]


def test_a_job_has_no_identity_and_no_client(t):
    sarah = t.with_identity(name="Sarah")
    schedule(sarah, "runAfter(0, 'jobs:look')")
    schedule(sarah, "runAfter(0, 'jobs:lookFromAction')")
    sarah.finish_all_scheduled_functions()
    first, second, third = notes(t)
    assert first["identity"] is second["identity"] is third["identity"] is None
    assert first["meta"]["ip"] is first["meta"]["userAgent"] is first["meta"]["authToken"] is None


def test_a_call_of_the_test_has_no_scheduled_function_id(t):
    assert t.mutation(js("async (ctx) => (await ctx.meta.getRequestMetadata()).scheduledFunctionId")) is None


def test_what_a_failing_mutation_wrote_is_gone(t):
    schedule(t, "runAfter(0, 'jobs:fail')")
    t.finish_all_scheduled_functions()
    assert notes(t) == []
    [job] = t.scheduled_functions
    assert job.state == "failed"
    assert job.error.startswith("Uncaught Error: boom\n    at ")
    assert "convex/jobs.ts:" in job.error
    assert job.error.endswith(")\n")
    assert documents(t)[0]["state"] == {"kind": "failed", "error": job.error}


def test_what_a_failing_action_did_stays(t):
    schedule(t, "runAfter(0, 'jobs:failInAction')")
    t.finish_all_scheduled_functions()
    assert notes(t) == [{"text": "stays"}]
    assert t.scheduled_functions[0].error.startswith("Uncaught Error: boom\n    at ")


def test_a_convex_error_is_recorded_with_its_data(t):
    schedule(t, "runAfter(0, 'jobs:failWithData')")
    t.finish_all_scheduled_functions()
    assert t.scheduled_functions[0].error.startswith('Uncaught ConvexError: {"code":7}\n    at ')


def test_a_failed_job_is_not_run_again(t):
    schedule(t, "runAfter(0, 'jobs:failInAction')")
    t.finish_all_scheduled_functions()
    t.advance(days=1)
    assert len(notes(t)) == 1
    assert states(t) == ["failed"]


def test_arguments_are_validated_when_the_job_runs(t):
    schedule(t, "runAfter(0, 'jobs:checked', { text: 1 })")
    t.finish_all_scheduled_functions()
    [job] = t.scheduled_functions
    assert job.state == "failed"
    assert job.error == (
        "ArgumentValidationError: Value does not match validator.\nPath: .text\nValue: 1.0\nValidator: v.string()\n"
    )


def test_a_query_is_accepted_and_fails(t):
    schedule(t, "runAfter(0, 'jobs:ask')")
    t.finish_all_scheduled_functions()
    [job] = t.scheduled_functions
    assert (job.state, job.error) == (
        "failed",
        'Unsupported function type. FunctionName("ask") in module "jobs.js" is defined as a Query. "\n'
        '                            "Only Mutation and Action can be scheduled.',
    )


def test_internal_and_public_functions_may_be_scheduled(t):
    t.mutation(
        js("""async (ctx) => {
            await ctx.scheduler.runAfter(0, internal.jobs.note, { text: 'internal' });
            await ctx.scheduler.runAfter(0, api.jobs.checked, { text: 'public' });
            await ctx.scheduler.runAfter(0, api.jobs.default, {});
            await ctx.scheduler.runAfter(0, 'dir/file:run', {});
        }""")
    )
    t.finish_all_scheduled_functions()
    assert [note["text"] for note in notes(t)] == ["internal", "public", "default", "dir"]


def test_calls_of_jobs_are_recorded(t):
    schedule(t, "runAfter(0, 'jobs:note', { text: 'hi' })")
    t.finish_all_scheduled_functions()
    call = t.calls[-1]
    assert (call.function, call.kind, call.args, call.error) == ("jobs:note", "mutation", {"text": "hi"}, None)


# Canceling


@pytest.mark.parametrize("kind", ["mutation", "action"])
def test_a_canceled_job_never_runs(t, kind):
    job = schedule(t, "runAfter(1000, 'jobs:note', {})")
    schedule(t, f"cancel('{job}')", kind)
    t.advance(seconds=2)
    assert notes(t) == []
    [document] = documents(t)
    assert document["state"] == {"kind": "canceled"}
    assert abs(document["completedTime"] - START.timestamp() * 1_000) < 1


@pytest.mark.parametrize("function", ["note", "fail"])
def test_canceling_a_job_that_has_ended_changes_nothing(t, function):
    job = schedule(t, f"runAfter(0, 'jobs:{function}', {{}})")
    t.finish_all_scheduled_functions()
    before = documents(t)
    schedule(t, f"cancel('{job}')")
    assert documents(t) == before


def test_canceling_twice_changes_nothing(t):
    job = schedule(t, "runAfter(0, 'jobs:note', {})")
    schedule(t, f"cancel('{job}')")
    before = documents(t)
    t.advance(seconds=1)
    schedule(t, f"cancel('{job}')")
    assert documents(t) == before


def test_a_mutation_that_cancels_itself_succeeds_with_a_warning(t):
    schedule(t, "runAfter(0, 'jobs:cancelItself')")
    t.finish_all_scheduled_functions()
    assert states(t) == ["success"]
    assert notes(t) == [{"text": "after"}]
    assert [(line.level, line.message) for line in t.logs] == [
        (
            "WARN",
            "A scheduled mutation canceling itself is deprecated and will throw an error in a future version of "
            "Convex.",
        )
    ]


def test_an_action_that_cancels_itself_goes_on_and_what_it_schedules_is_canceled(t):
    schedule(t, "runAfter(0, 'jobs:cancelItselfFromAction')")
    t.finish_all_scheduled_functions()
    parent, child = t.scheduled_functions
    assert (parent.state, child.state) == ("canceled", "canceled")
    assert child.completed_time == child.scheduled_time
    assert abs(child.scheduled_time - START) < timedelta(milliseconds=1)
    assert notes(t) == []
