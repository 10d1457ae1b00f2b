"""Who goes next among actions in flight and what is due at one moment: a defined order, or one that a seed draws.

In production actions run beside each other, and up to eight scheduled functions at once
(`SCHEDULED_JOB_EXECUTION_PARALLELISM` in `crates/common/src/knobs.rs`), so that any of these orders is possible.
"""

from __future__ import annotations

import time

import pytest
from freezegun import freeze_time

from convex_test import UsageError, js

FILES = {
    "convex/f.ts": """
        import { action, mutation, query } from "./_generated/server";

        export const note = mutation(async (ctx, { text }: any) => { await ctx.db.insert("notes", { text }); });
        export const notes = query(async (ctx) => (await ctx.db.query("notes").collect()).map((note) => note.text));
        export const get = query(async (ctx) => (await ctx.db.query("counters").first())?.n ?? 0);
        export const set = mutation(async (ctx, { n }: any) => {
            const found = await ctx.db.query("counters").first();
            if (found === null) await ctx.db.insert("counters", { n });
            else await ctx.db.patch(found._id, { n });
        });
        export const add = mutation(async (ctx) => {
            const found = await ctx.db.query("counters").first();
            if (found === null) await ctx.db.insert("counters", { n: 1 });
            else await ctx.db.patch(found._id, { n: found.n + 1 });
        });
        export const racy = action(async (ctx) => {
            const n = await ctx.runQuery("f:get" as any, {});
            await ctx.runMutation("f:set" as any, { n: n + 1 });
        });
        export const right = action(async (ctx) => { await ctx.runMutation("f:add" as any, {}); });
        export const steps = action(async (ctx, { name, ms }: any) => {
            for (const number of [1, 2, 3]) {
                if (ms !== undefined) await new Promise((resolve) => setTimeout(resolve, ms));
                await ctx.runMutation("f:note" as any, { text: `${name}${number}` });
            }
        });
        export const both = action(async (ctx, { name, count }: any) => {
            await Promise.all(Array.from({ length: count ?? 2 }, () => ctx.runAction(name, {})));
            return await ctx.runQuery("f:get" as any, {});
        });
        export const three = action(async (ctx, { ms }: any) => {
            const children = ["a", "b", "c"].map((name) => ctx.runAction("f:steps" as any, { name, ms }));
            await Promise.all(children);
        });
        export const atOnce = action(async (ctx) => {
            await Promise.all([1, 2, 3, 4].map((n) => ctx.runMutation("f:note" as any, { text: `${n}` })));
        });
        export const timers = action(async (ctx) => {
            const note = (text: string) => ctx.runMutation("f:note" as any, { text });
            await Promise.all([1, 2, 3].map(async (n) => {
                await new Promise((resolve) => setTimeout(resolve, 100));
                await note(`${n}`);
            }));
        });
        export const slowlyButEarlier = action(async (ctx, { busy, ms, text }: any) => {
            for (let i = 0; i < busy; i++);
            await new Promise((resolve) => setTimeout(resolve, ms));
            await ctx.runMutation("f:note" as any, { text });
        });
        export const schedule = mutation(async (ctx) => {
            for (const n of [1, 2, 3]) await ctx.scheduler.runAfter(0, "f:note" as any, { text: `${n}` });
            await ctx.scheduler.runAfter(1, "f:note" as any, { text: "later" });
        });
        export const scheduleSteps = mutation(async (ctx) => {
            for (const name of ["a", "b"]) await ctx.scheduler.runAfter(0, "f:steps" as any, { name });
            await ctx.scheduler.runAfter(0, "f:note" as any, { text: "job" });
        });
    """,
    "convex/crons.ts": """
        import { cronJobs } from "convex/server";
        const crons = cronJobs();
        for (const text of ["x", "y", "z"]) crons.cron(text, "0 0 * * *", "f:note" as any, { text });
        export default crons;
    """,
}
NOON = "2030-01-01T12:00:00Z"
SEEDS = range(12)
STEPS = sorted(f"{name}{number}" for name in "abc" for number in (1, 2, 3))


@pytest.fixture(autouse=True)
def _frozen():
    with freeze_time(NOON):
        yield


@pytest.fixture
def noted(project):
    """What `act` noted down, in order, shuffled by a seed or not."""

    def run(act, seed=None):
        with freeze_time(NOON), project.test(seed=seed or 0, shuffle=seed is not None) as t:
            act(t)
            return t.query("f:notes")

    return run


def call(name, **args):
    return lambda t: t.action(name, **args)


def drain(name):
    def act(t):
        t.mutation(name)
        t.finish_all_scheduled_functions()

    return act


def orders(noted, act):
    """The different orders that the seeds draw."""
    return {tuple(noted(act, seed)) for seed in SEEDS}


# The defined order


def test_an_action_goes_on_until_it_waits(noted):
    assert noted(call("f:three")) == ["a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"]


def test_actions_that_wait_take_turns(noted):
    assert noted(call("f:three", ms=10)) == ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"]


def test_calls_at_once_are_made_in_the_order_of_the_calls(noted):
    assert noted(call("f:atOnce")) == ["1", "2", "3", "4"]


def test_scheduled_actions_begin_one_after_the_other(noted):
    assert noted(drain("f:scheduleSteps")) == ["a1", "a2", "a3", "b1", "b2", "b3", "job"]


def test_the_speed_of_the_machine_does_not_matter(project):
    body = """async (ctx) => {
        await Promise.all([
            ctx.runAction("f:slowlyButEarlier", { busy: 0, ms: 100, text: "second" }),
            ctx.runAction("f:slowlyButEarlier", { busy: 2e5, ms: 99, text: "first" }),
        ]);
    }"""
    # With the machine's clock, on which the second one starts its timer more than a millisecond later.
    with freeze_time("2030-01-01", tick=True), project.test() as t:
        before = time.time()
        t.action(js(body))
        assert time.time() - before > 0.001
        assert t.query("f:notes") == ["first", "second"]


# Shuffled


@pytest.mark.parametrize(
    "act", [call("f:three"), call("f:three", ms=10), call("f:atOnce"), call("f:timers"), drain("f:schedule")]
)
def test_the_same_seed_draws_the_same_order(noted, act):
    assert [noted(act, seed) for seed in SEEDS] == [noted(act, seed) for seed in SEEDS]


@pytest.mark.parametrize(
    "act", [call("f:three"), call("f:three", ms=10), call("f:atOnce"), call("f:timers"), drain("f:scheduleSteps")]
)
def test_other_seeds_draw_other_orders(noted, act):
    assert len(orders(noted, act)) > 4


def test_what_an_action_awaits_stays_in_its_order(noted):
    for order in orders(noted, call("f:three")):
        assert sorted(order) == STEPS
        for name in "abc":
            assert [step for step in order if step[0] == name] == [f"{name}1", f"{name}2", f"{name}3"]


def test_actions_take_turns_at_each_call(noted):
    assert any(order[0][0] != order[1][0] for order in orders(noted, call("f:three")))


def test_what_is_due_later_stays_later(noted):
    found = orders(noted, drain("f:schedule"))
    assert {order[-1] for order in found} == {"later"}
    assert {frozenset(order[:3]) for order in found} == {frozenset("123")}
    assert len(found) > 2


def test_crons_of_one_moment(noted):
    found = orders(noted, lambda t: t.advance(hours=12))
    assert {frozenset(order) for order in found} == {frozenset("xyz")}
    assert len(found) > 2


def test_more_jobs_of_one_moment_than_run_at_once(noted):
    def act(t):
        t.mutation(
            js("async (ctx) => { for (let n = 0; n < 40; n++) await ctx.scheduler.runAfter(0, 'f:note', {text: n}); }")
        )
        t.finish_all_scheduled_functions()

    for order in orders(noted, act):
        assert sorted(order) == list(range(40))
        # The one that is the first in line may wait, but none overtakes more than those that run at once.
        assert all(number - at < 8 for at, number in enumerate(order))


def test_a_job_begins_before_or_after_what_is_under_way(noted):
    places = {order.index("job") for order in orders(noted, drain("f:scheduleSteps"))}
    assert len(places) > 2


def test_no_job_runs_beside_an_action_that_does_not_wait(project):
    for seed in SEEDS:
        with project.test(seed=seed, shuffle=True) as t:
            t.mutation("f:schedule")
            t.action("f:three")
            assert sorted(t.query("f:notes")) == STEPS


# What it is for


def test_a_race_is_found(project):
    def counted(name, seed, shuffle):
        with project.test(seed=seed, shuffle=shuffle) as t:
            return t.action("f:both", name=name)

    assert {counted("f:racy", seed, shuffle=False) for seed in SEEDS} == {2}
    assert {counted("f:racy", seed, shuffle=True) for seed in SEEDS} == {1, 2}
    assert {counted("f:right", seed, shuffle=True) for seed in SEEDS} == {2}


def test_a_race_between_scheduled_functions_is_found(project):
    found = set()
    for seed in SEEDS:
        with project.test(seed=seed, shuffle=True) as t:
            t.mutation(js("async (ctx) => { for (const n of [1, 2]) await ctx.scheduler.runAfter(0, 'f:racy', {}); }"))
            t.finish_all_scheduled_functions()
            found.add(t.query("f:get"))
    assert found == {1, 2}


def test_a_fork_shuffles_too(project):
    found = set()
    for seed in SEEDS:
        with project.test(seed=seed, shuffle=True) as t:
            found.add(t.fork().action("f:both", name="f:racy"))
    assert found == {1, 2}


def test_a_setting_that_is_none(project):
    with pytest.raises(UsageError, match="shuffle=3: expected True or False"), project.test(shuffle=3):
        pass
