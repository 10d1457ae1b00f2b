"""`t.advance`, and time that jumps while an action waits: one clock for jobs, crons and timers."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from freezegun import freeze_time

from convex_test import UsageError, js

FILES = {
    "convex/jobs.ts": """
        import { action, mutation } from "./_generated/server";

        export const note = mutation(async (ctx, { text }: any) => {
            await ctx.db.insert("notes", { text, at: Date.now() });
        });
        export const later = mutation(async (ctx, { ms, text }: any) => {
            await ctx.scheduler.runAfter(ms, "jobs:note" as any, { text });
        });
        export const sleep = action(async (ctx, { steps }: any) => {
            for (const ms of steps) {
                await new Promise((resolve) => setTimeout(resolve, ms));
                await ctx.runMutation("jobs:note" as any, { text: `woke after ${ms}` });
            }
            return Date.now();
        });
        export const watch = action(async (ctx) => {
            await ctx.runMutation("jobs:later" as any, { ms: 1000, text: "job" });
            await new Promise((resolve) => setTimeout(resolve, 3000));
            return await ctx.runQuery("jobs:count" as any, {});
        });
        export const now = mutation(async () => Date.now());
    """,
    "convex/crons.ts": """
        import { cronJobs } from "convex/server";
        const crons = cronJobs();
        crons.interval("every two seconds", { seconds: 2 }, "jobs:note" as any, { text: "cron" });
        export default crons;
    """,
}
START = datetime(2030, 1, 1, tzinfo=UTC)
NOW = "async () => Date.now()"


@pytest.fixture
def frozen():
    with freeze_time(START) as frozen:
        yield frozen


@pytest.fixture
def t(project, frozen):
    with project.test(seed=1) as t:
        yield t


def notes(t):
    found = t.run(lambda ctx: ctx.db.query("notes").collect())
    return [(note["text"], note["at"] - round(START.timestamp() * 1_000)) for note in found]


def elapsed(t):
    """Milliseconds since the beginning, on the deployment's clock."""
    return t.mutation("jobs:now") - round(START.timestamp() * 1_000)


@pytest.mark.parametrize(
    ("args", "units", "milliseconds"),
    [
        ((), {"seconds": 5}, 5_000),
        ((), {"seconds": 0.25}, 250),
        ((), {"minutes": 1, "seconds": 1}, 61_000),
        ((), {"hours": 1}, 3_600_000),
        ((), {"days": 1}, 86_400_000),
        ((), {"weeks": 1}, 604_800_000),
        ((), {"milliseconds": 7}, 7),
        ((), {"microseconds": 2_000}, 2),
        ((timedelta(minutes=2),), {}, 120_000),
        ((), {"seconds": 0}, 0),
    ],
)
def test_it_takes_what_a_timedelta_takes(bare_project, frozen, args, units, milliseconds):
    with bare_project.test() as t:
        t.advance(*args, **units)
        assert t.query(js(NOW)) == START.timestamp() * 1_000 + milliseconds


@pytest.mark.parametrize(
    ("args", "units", "text"),
    [
        ((), {}, "t.advance(…) takes a timedelta or keywords, but got nothing."),
        ((5,), {}, "t.advance(…) takes a timedelta or keywords, but got 5."),
        ((timedelta(1),), {"seconds": 1}, "t.advance(…) takes a timedelta or keywords, but got both."),
        ((), {"years": 1}, "t.advance(years=…): there is no such unit; known are weeks, days, hours"),
        ((), {"seconds": "5"}, "t.advance(seconds='5'): expected a number."),
        ((), {"seconds": True}, "t.advance(seconds=True): expected a number."),
        ((), {"seconds": -1}, "t.advance(…): time goes forward only, not by -1 seconds."),
        ((), {"days": 1e12}, "t.advance(days=1000000000000.0): this is no length of time."),
        ((), {"seconds": float("nan")}, "t.advance(seconds=nan): this is no length of time."),
    ],
)
def test_called_wrongly(t, args, units, text):
    with pytest.raises(UsageError) as caught:
        t.advance(*args, **units)
    assert str(caught.value).startswith(text)
    assert elapsed(t) == 0


def test_jobs_and_crons_run_at_their_own_moments_in_order(t):
    t.mutation("jobs:later", ms=3000, text="three")
    t.mutation("jobs:later", ms=1000, text="one")
    t.mutation("jobs:later", ms=2000, text="two")
    t.advance(seconds=4)
    assert notes(t) == [
        ("cron", 0),
        ("one", 1000),
        ("two", 2000),
        ("cron", 2000),
        ("three", 3000),
        ("cron", 4000),
    ]


def test_what_is_due_at_the_end_runs_and_what_is_later_does_not(t):
    t.mutation("jobs:later", ms=1000, text="at the end")
    t.mutation("jobs:later", ms=1001, text="later")
    t.advance(seconds=1)
    assert notes(t) == [("cron", 0), ("at the end", 1000)]
    assert elapsed(t) == 1000


def test_what_jobs_schedule_runs_on_the_way_too(t):
    t.mutation(js("async (ctx) => { await ctx.scheduler.runAfter(1000, 'jobs:later', {ms: 500, text: 'child'}); }"))
    t.advance(milliseconds=1600)
    assert notes(t) == [("cron", 0), ("child", 1500)]


def test_timers_of_jobs_run_on_the_way(t):
    t.mutation(js("async (ctx) => { await ctx.scheduler.runAfter(100, 'jobs:sleep', {steps: [500, 500, 5000]}); }"))
    t.advance(milliseconds=1500)
    assert notes(t) == [("cron", 0), ("woke after 500", 600), ("woke after 500", 1100)]
    t.advance(seconds=10)
    assert ("woke after 5000", 6100) in notes(t)


def test_a_frozen_clock_moves_along(t, frozen):
    t.advance(hours=1)
    assert datetime.now(UTC) == START + timedelta(hours=1)
    assert time.time() == START.timestamp() + 3600


def test_a_clock_that_the_test_moves_counts(t, frozen):
    t.mutation("jobs:later", ms=1000, text="job")
    frozen.tick(timedelta(seconds=10))
    t.finish_in_progress_scheduled_functions()
    assert notes(t) == [("job", 10_000)]


def test_crons_that_were_missed_run_once_and_late(t, frozen):
    frozen.tick(timedelta(seconds=11))
    t.advance(seconds=0)
    assert notes(t) == [("cron", 11_000)]
    t.advance(seconds=1)
    assert notes(t) == [("cron", 11_000), ("cron", 12_000)]


def test_without_a_frozen_clock_time_is_moved_by_exactly_that_much(project):
    with project.test(seed=1) as t:
        before = t.mutation("jobs:now")
        for ms in (1000, 2000, 3000):
            t.mutation("jobs:later", ms=ms, text="job")
        t.advance(hours=1)
        after = t.mutation("jobs:now")
        found = t.run(lambda ctx: ctx.db.query("notes").collect())
    assert 0 <= after - before - 3_600_000 < 5_000
    jobs = [note["at"] for note in found if note["text"] == "job"]
    crons = [note["at"] for note in found if note["text"] == "cron"]
    assert jobs[1] - jobs[0] < 1_100
    assert len(crons) == 1_801
    assert {later - earlier for earlier, later in pairwise(crons[1:])} == {2_000}


def test_real_time_does_not_creep_into_moved_time(project):
    with project.test(seed=1) as t:
        t.advance(seconds=10)
        found = t.run(lambda ctx: ctx.db.query("notes").collect())
    assert {note["at"] % 2_000 for note in found} == {found[0]["at"] % 2_000}


def test_time_jumps_to_the_timer_of_an_action(t, frozen):
    # What the action itself takes is added to its own clock.
    assert 120_000 <= t.action("jobs:sleep", steps=[60_000, 60_000]) - START.timestamp() * 1_000 < 180_000
    assert datetime.now(UTC) == START + timedelta(minutes=2)


def test_jobs_run_while_an_action_waits_and_crons_do_not(t):
    t.mutation("jobs:later", ms=500, text="on the way")
    t.mutation("jobs:later", ms=1000, text="same moment")
    t.mutation("jobs:later", ms=1001, text="later")
    t.action("jobs:sleep", steps=[1000])
    assert notes(t) == [("on the way", 500), ("same moment", 1000), ("woke after 1000", 1000)]


def test_an_action_that_does_not_wait_runs_no_jobs(t):
    t.mutation("jobs:later", ms=0, text="job")
    t.action("jobs:sleep", steps=[])
    assert notes(t) == []


def test_jobs_that_an_action_schedules_run_while_it_waits(t):
    t.action(
        js("""async (ctx) => {
            await ctx.scheduler.runAfter(1000, 'jobs:note', { text: 'job' });
            await new Promise((resolve) => setTimeout(resolve, 3000));
        }""")
    )
    assert notes(t) == [("job", 1000)]


def test_two_actions_of_jobs_wait_at_the_same_time(t):
    t.mutation(
        js("""async (ctx) => {
            await ctx.scheduler.runAfter(0, 'jobs:sleep', { steps: [100, 300] });
            await ctx.scheduler.runAfter(0, 'jobs:sleep', { steps: [200, 300] });
        }""")
    )
    t.finish_all_scheduled_functions()
    assert [at for _, at in notes(t)] == [100, 200, 400, 500]


def test_an_action_that_was_woken_late_waits_from_then_on(t, frozen):
    t.mutation(js("async (ctx) => { await ctx.scheduler.runAfter(0, 'jobs:sleep', { steps: [100, 50] }); }"))
    t.advance(seconds=0)
    frozen.tick(timedelta(seconds=1))
    t.mutation(js("async (ctx) => { await ctx.scheduler.runAfter(0, 'jobs:sleep', { steps: [10] }); }"))
    t.finish_all_scheduled_functions()
    assert notes(t)[1:] == [("woke after 100", 1000), ("woke after 10", 1010), ("woke after 50", 1050)]


def test_a_timer_sees_the_time_it_was_set_for(t):
    t.mutation(js("async (ctx) => { await ctx.scheduler.runAfter(1234, 'jobs:sleep', { steps: [4321] }); }"))
    t.finish_all_scheduled_functions()
    assert notes(t) == [("woke after 4321", 5555)]


@pytest.mark.parametrize("milliseconds", [1, 3, 7, 123, 999, 86_399_999])
def test_a_job_never_sees_a_time_before_its_own(project, milliseconds):
    with freeze_time("2030-01-01T00:00:00.007Z"), project.test(seed=1) as t:
        t.mutation("jobs:later", ms=milliseconds, text="job")
        t.finish_all_scheduled_functions()
        assert notes(t) == [("job", 7 + milliseconds)]
