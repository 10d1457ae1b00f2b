"""`finish_in_progress_scheduled_functions`, `finish_all_scheduled_functions`, the order of jobs, and endless chains."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from freezegun import freeze_time

from convex_test import SchedulerLoopError, UsageError, js

FILES = {
    "convex/jobs.ts": """
        import { action, mutation } from "./_generated/server";

        const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

        export const note = mutation(async (ctx, { text }: any) => {
            await ctx.db.insert("notes", { text, at: Date.now() });
        });
        export const again = mutation(async (ctx, { delay }: any) => {
            await ctx.scheduler.runAfter(delay, "jobs:again" as any, { delay });
        });
        export const twice = mutation(async (ctx) => {
            await ctx.scheduler.runAfter(0, "jobs:twice" as any, {});
            await ctx.scheduler.runAfter(0, "jobs:twice" as any, {});
        });
        export const countdown = mutation(async (ctx, { left, delay }: any) => {
            await ctx.db.insert("notes", { text: left, at: Date.now() });
            if (left > 0) await ctx.scheduler.runAfter(delay, "jobs:countdown" as any, { left: left - 1, delay });
        });
        export const slow = action(async (ctx, { ms, text }: any) => {
            await ctx.runMutation("jobs:note" as any, { text: `${text} begins` });
            await sleep(ms);
            await ctx.runMutation("jobs:note" as any, { text: `${text} ends` });
        });
        export const abandoned = action(async (ctx) => {
            void sleep(1000).then(() => ctx.runMutation("jobs:note" as any, { text: "never" }));
        });
        export const parent = action(async (ctx, { ms, text }: any) => {
            await ctx.runAction("jobs:slow" as any, { ms, text });
        });
    """,
}
START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def t(project):
    with freeze_time(START), project.test(seed=1) as t:
        yield t


def schedule(t, *jobs):
    """`(milliseconds, function, args)` each, in one mutation."""
    t.mutation(
        js("async (ctx, jobs) => { for (const [ms, f, args] of jobs) await ctx.scheduler.runAfter(ms, f, args); }"),
        [[ms, f"jobs:{function}", args] for ms, function, args in jobs],
    )


def notes(t):
    """What was noted, with the milliseconds since the beginning."""
    found = t.run(lambda ctx: ctx.db.query("notes").collect())
    return [(note["text"], note["at"] - round(START.timestamp() * 1_000)) for note in found]


def states(t):
    return [job.state for job in t.scheduled_functions]


def test_in_progress_runs_what_is_due_now_only(t):
    schedule(t, (0, "note", {"text": "now"}), (1, "note", {"text": "later"}))
    t.finish_in_progress_scheduled_functions()
    assert notes(t) == [("now", 0)]
    assert states(t) == ["success", "pending"]


def test_in_progress_runs_what_the_due_ones_schedule_for_now(t):
    schedule(t, (0, "countdown", {"left": 3, "delay": 0}))
    t.finish_in_progress_scheduled_functions()
    assert notes(t) == [(3, 0), (2, 0), (1, 0), (0, 0)]


def test_in_progress_runs_actions_to_their_end(t):
    schedule(t, (0, "slow", {"ms": 5000, "text": "slow"}), (2000, "note", {"text": "on the way"}))
    schedule(t, (6000, "note", {"text": "later"}))
    t.finish_in_progress_scheduled_functions()
    assert notes(t) == [("slow begins", 0), ("on the way", 2000), ("slow ends", 5000)]
    assert states(t) == ["success", "success", "pending"]


def test_in_progress_finishes_what_an_advance_left_running(t):
    schedule(t, (1000, "slow", {"ms": 5000, "text": "slow"}))
    t.advance(seconds=2)
    assert states(t) == ["inProgress"]
    t.finish_in_progress_scheduled_functions()
    assert states(t) == ["success"]
    assert notes(t) == [("slow begins", 1000), ("slow ends", 6000)]


def test_in_progress_with_nothing_to_do_does_nothing(t):
    t.finish_in_progress_scheduled_functions()
    assert t.mutation(js("async () => Date.now()")) == START.timestamp() * 1_000


def test_all_moves_time_to_each_job(t):
    schedule(t, (3_600_000, "note", {"text": "hour"}), (60_000, "note", {"text": "minute"}))
    t.finish_all_scheduled_functions()
    assert notes(t) == [("minute", 60_000), ("hour", 3_600_000)]
    assert t.mutation(js("async () => Date.now()")) == START.timestamp() * 1_000 + 3_600_000


def test_all_runs_chains(t):
    schedule(t, (1000, "countdown", {"left": 2, "delay": 1000}))
    t.finish_all_scheduled_functions()
    assert notes(t) == [(2, 1000), (1, 2000), (0, 3000)]


def test_all_waits_for_actions(t):
    schedule(t, (0, "slow", {"ms": 100, "text": "a"}), (10, "slow", {"ms": 10, "text": "b"}))
    t.finish_all_scheduled_functions()
    assert notes(t) == [("a begins", 0), ("b begins", 10), ("b ends", 20), ("a ends", 100)]


def test_jobs_of_one_moment_run_in_the_order_of_scheduling(t):
    schedule(t, *[(1000, "note", {"text": number}) for number in range(20)])
    schedule(t, (0, "note", {"text": "first"}))
    t.finish_all_scheduled_functions()
    assert [text for text, _ in notes(t)] == ["first", *range(20)]


def test_what_is_overdue_goes_by_the_time_it_was_scheduled(t):
    schedule(t, (500, "note", {"text": "earlier"}))
    with freeze_time("2030-01-01T00:00:02Z"):
        t.mutation(
            js("async (ctx) => { await ctx.scheduler.runAt(0 + Date.now() - 1900, 'jobs:note', {text: 'past'}); }")
        )
        t.finish_in_progress_scheduled_functions()
    assert notes(t) == [("earlier", 2000), ("past", 2000)]


def test_camel_case_twins(t):
    schedule(t, (0, "note", {"text": "now"}), (1, "note", {"text": "later"}))
    t.finishInProgressScheduledFunctions()
    assert len(notes(t)) == 1
    t.finishAllScheduledFunctions()
    assert len(notes(t)) == 2


def test_jobs_are_shared_with_other_identities(t):
    schedule(t.with_identity(name="Sarah"), (0, "note", {"text": "hers"}))
    assert [job.state for job in t.with_identity(name="Lee").scheduled_functions] == ["pending"]
    t.with_identity(name="Lee").finish_all_scheduled_functions()
    assert states(t) == ["success"]


def test_an_action_of_a_job_can_be_finished_through_another_identity(t):
    schedule(t, (0, "slow", {"ms": 5000, "text": "slow"}))
    t.with_identity(name="Sarah").advance(seconds=1)
    t.finish_in_progress_scheduled_functions()
    assert states(t) == ["success"]


def test_what_an_action_leaves_behind_ends_with_it(t):
    schedule(t, (0, "abandoned", {}), (5000, "note", {"text": "later"}))
    t.finish_all_scheduled_functions()
    assert notes(t) == [("later", 5000)]


def test_an_action_of_a_job_may_run_actions(t):
    schedule(t, (0, "parent", {"ms": 50, "text": "child"}))
    t.advance(seconds=1)
    assert notes(t) == [("child begins", 0), ("child ends", 50)]
    assert states(t) == ["success"]


def test_a_failing_job_does_not_stop_the_others(t):
    schedule(t, (0, "note", {"text": 1}))
    t.mutation(js("async (ctx) => { await ctx.scheduler.runAfter(0, 'jobs:again', {delay: -1}); }"))
    schedule(t, (0, "note", {"text": 2}))
    t.finish_all_scheduled_functions()
    assert states(t) == ["success", "failed", "success"]


def test_two_backends_do_not_share_jobs(t, project):
    with project.test(seed=2) as other:
        schedule(t, (0, "note", {"text": "mine"}))
        other.finish_all_scheduled_functions()
        assert states(t) == ["pending"]
        assert states(other) == []


# Endless chains


def test_an_endless_chain_is_an_error_that_shows_it(t):
    schedule(t, (0, "again", {"delay": 60_000}))
    with pytest.raises(SchedulerLoopError) as caught:
        t.finish_all_scheduled_functions()
    assert str(caught.value).splitlines() == [
        "t.finish_all_scheduled_functions() ran a chain of 1,000 scheduled functions, and there is still another one:",
        "  2030-01-01T00:00:00.000+00:00  jobs:again",
        "  2030-01-01T00:01:00.000+00:00  jobs:again",
        "  2030-01-01T00:02:00.000+00:00  jobs:again",
        "  2030-01-01T00:03:00.000+00:00  jobs:again",
        "  2030-01-01T00:04:00.000+00:00  jobs:again",
        "  … 991 more …",
        "  2030-01-01T16:36:00.000+00:00  jobs:again",
        "  2030-01-01T16:37:00.000+00:00  jobs:again",
        "  2030-01-01T16:38:00.000+00:00  jobs:again",
        "  2030-01-01T16:39:00.000+00:00  jobs:again",
        "  2030-01-01T16:40:00.000+00:00  jobs:again",
        "If it is meant to go on for ever, move time as far as the test needs: t.advance(minutes=…).",
    ]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda t: t.advance(seconds=1), "t.advance(…)"),
        (lambda t: t.finish_in_progress_scheduled_functions(), "t.finish_in_progress_scheduled_functions()"),
        (lambda t: t.action("jobs:slow", ms=1, text=""), "An action that waits"),
    ],
)
def test_a_chain_without_delays_ends_everywhere(t, call, name):
    schedule(t, (0, "again", {"delay": 0}))
    with pytest.raises(SchedulerLoopError) as caught:
        call(t)
    assert str(caught.value).startswith(f"{name} ran a chain of 1,000 scheduled functions")


def test_an_explosion_ends_too(t):
    schedule(t, (0, "twice", {}))
    with pytest.raises(SchedulerLoopError, match=r"ran 10,000 functions that scheduled functions had scheduled"):
        t.finish_all_scheduled_functions()


def test_a_chain_with_delays_may_be_as_long_as_time_is_moved(t):
    schedule(t, (0, "again", {"delay": 1000}))
    t.advance(seconds=1500)
    assert len(t.scheduled_functions) == 1502


def test_many_jobs_are_no_chain(t):
    for _ in range(3):
        schedule(t, *[(0, "note", {"text": 1})] * 500)
    t.finish_all_scheduled_functions()
    assert set(states(t)) == {"success"}


def test_after_an_endless_chain_the_backend_can_still_be_used(t):
    schedule(t, (0, "again", {"delay": 60_000}))
    with pytest.raises(SchedulerLoopError):
        t.finish_all_scheduled_functions()
    assert states(t)[-1] == "pending"
    t.advance(minutes=1)
    assert t.mutation("jobs:note", text="fine") is None


# Transactions of the test


def test_nothing_can_be_drained_within_a_transaction(t):
    schedule(t, (0, "note", {"text": 1}))
    with t.transaction(), pytest.raises(UsageError, match="while a transaction is open"):
        t.finish_all_scheduled_functions()
    t.finish_all_scheduled_functions()
    assert states(t) == ["success"]


def test_nothing_sleeps(t):
    schedule(t, (0, "slow", {"ms": 86_400_000, "text": "day"}))
    t.finish_all_scheduled_functions()
    assert notes(t)[-1] == ("day ends", 86_400_000)
