"""Functions on the clock that Python has: freezegun's, time-machine's, or the machine's. Each test is a trap.

freezegun answers with the real time to whoever is called from a module of its ignore list within five frames, patches
`time.monotonic` and `time.perf_counter` as well, and replaces only what it finds in modules.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from queue import Queue

import pytest
import time_machine
from freezegun import freeze_time

from convex_test import FunctionTimeoutError, js

FILES = {
    "convex/clock.ts": """
        import { action, mutation, query } from "./_generated/server";
        export const now = query(async () => [Date.now(), +new Date(), Date.parse(Date())]);
        export const often = mutation(async () => {
            const seen = new Set<number>();
            for (let i = 0; i < 1000; i++) seen.add(Date.now());
            return seen.size;
        });
        export const insert = mutation(async (ctx) => await ctx.db.get(await ctx.db.insert("items", {})));
        export const sleep = action(async (_ctx, { ms }: { ms: number }) => {
            const before = Date.now();
            await new Promise((resolve) => setTimeout(resolve, ms));
            return Date.now() - before;
        });
        export const later = mutation(async (ctx) => {
            await ctx.scheduler.runAfter(60_000, "clock:insert" as any, {});
        });
        export const busy = query(async () => { while (true); });
    """,
    "convex/crons.ts": """
        import { cronJobs } from "convex/server";
        const crons = cronJobs();
        crons.interval("every minute", { minutes: 1 }, "clock:insert" as any, {});
        export default crons;
    """,
}
START = datetime(2030, 1, 1, tzinfo=UTC)
MILLISECONDS = 1_893_456_000_000


def frozen_by_freezegun():
    return freeze_time(START)


def frozen_by_time_machine():
    return time_machine.travel(START, tick=False)


@pytest.fixture(params=[frozen_by_freezegun, frozen_by_time_machine], ids=["freezegun", "time-machine"])
def frozen(request):
    """A clock that stands still."""
    with request.param() as clock:
        yield clock


def times(t):
    return t.query("clock:now")


def python_milliseconds():
    return round(datetime.now(UTC).timestamp() * 1000)


# What functions see


def test_the_clock_of_quickjs_is_not_that_of_functions(frozen, t):
    assert times(t) == [MILLISECONDS] * 3


def test_python_and_typescript_agree(frozen, t):
    assert times(t)[0] == python_milliseconds() == round(time.time() * 1000)
    t.advance(hours=1)
    assert times(t)[0] == python_milliseconds() == MILLISECONDS + 3_600_000


def test_a_backend_that_was_made_before_the_clock_was_frozen(t):
    with frozen_by_freezegun():
        assert times(t) == [MILLISECONDS] * 3
    with frozen_by_time_machine():
        assert times(t) == [MILLISECONDS] * 3


def test_a_backend_that_outlives_the_frozen_clock(project):
    with frozen_by_freezegun():
        context = project.test()
        t = context.__enter__()
    now = times(t)[0]
    assert abs(now - python_milliseconds()) < 60_000
    context.__exit__(None, None, None)


def test_the_clock_is_read_once_for_a_transaction(t, monkeypatch):
    readings = []
    real = time.time

    def counted():
        readings.append(None)
        return real()

    t.mutation("clock:often")
    monkeypatch.setattr(time, "time", counted)
    assert t.mutation("clock:often") == 1
    assert len(readings) == 1


def test_the_depth_of_the_call_does_not_matter(frozen, t):
    def deeply(levels):
        return times(t) if levels == 0 else deeply(levels - 1)

    assert [deeply(levels) for levels in (0, 1, 5, 20)] == [[MILLISECONDS] * 3] * 4


class FromTheQueue(Queue):
    """Calls back from a module that freezegun ignores."""

    def _put(self, item):
        item()


def test_a_call_out_of_a_module_that_freezegun_ignores(frozen, t):
    found = []
    FromTheQueue().put(lambda: found.append(times(t)))
    assert found == [[MILLISECONDS] * 3]


def test_a_backend_made_out_of_a_module_that_freezegun_ignores(frozen, project):
    found = []

    def make():
        with project.test() as t:
            found.append((times(t), t.crons[0].next_run))

    FromTheQueue().put(make)
    assert found == [([MILLISECONDS] * 3, START)]


# Moving it


def test_freezeguns_clock_is_ticked(project):
    with freeze_time(START) as clock, project.test() as t:
        clock.tick(timedelta(minutes=5))
        assert times(t)[0] == MILLISECONDS + 300_000
        t.advance(minutes=5)
        assert clock() == datetime(2030, 1, 1, 0, 10)  # noqa: DTZ001 - freezegun's own are naive


def test_time_machines_clock_is_shifted(project):
    with time_machine.travel(START, tick=False) as traveller, project.test() as t:
        traveller.shift(timedelta(minutes=5))
        assert times(t)[0] == MILLISECONDS + 300_000
        t.advance(minutes=5)
        assert datetime.now(UTC) == START + timedelta(minutes=10)


def test_a_ticking_clock_goes_on_after_an_advance(project):
    for clock in (freeze_time(START, tick=True), time_machine.travel(START, tick=True)):
        with clock, project.test() as t:
            t.advance(days=1)
            first = times(t)[0]
            assert 86_400_000 <= first - MILLISECONDS < 86_400_000 + 60_000
            assert abs(first - python_milliseconds()) < 60_000
            time.sleep(0.005)
            assert times(t)[0] > first


def test_moving_the_clock_to_a_later_moment(project):
    with freeze_time(START) as clock, project.test() as t:
        t.mutation("clock:later")
        clock.move_to(START + timedelta(days=1))
        assert times(t)[0] == MILLISECONDS + 86_400_000
        t.finish_all_scheduled_functions()
        assert [job.state for job in t.scheduled_functions] == ["success"]
    with time_machine.travel(START, tick=False) as traveller, project.test() as t:
        traveller.move_to(START + timedelta(days=1))
        assert times(t)[0] == MILLISECONDS + 86_400_000


def test_moving_the_clock_back_never_goes_behind_a_commit(project):
    with freeze_time(START) as clock, project.test() as t:
        first = t.mutation("clock:insert")
        clock.move_to(START - timedelta(days=1))
        second = t.mutation("clock:insert")
        assert second["_creationTime"] > first["_creationTime"]
        assert times(t)[0] >= MILLISECONDS


def test_what_is_due_when_the_clock_was_moved_back(project):
    with freeze_time(START) as clock, project.test() as t:
        t.mutation("clock:later")
        clock.move_to(START - timedelta(minutes=1))
        t.advance(minutes=1, seconds=59)
        assert [job.state for job in t.scheduled_functions] == ["pending"]
        t.advance(seconds=1)
        assert [job.state for job in t.scheduled_functions] == ["success"]


def test_an_action_that_sleeps_moves_the_clock(frozen, t):
    # What the action itself takes is added to its own clock.
    assert 600_000 <= t.action("clock:sleep", ms=600_000) < 660_000
    assert python_milliseconds() == MILLISECONDS + 600_000


def test_blocks_within_blocks(project):
    with project.test() as t, freeze_time(START):
        assert times(t)[0] == MILLISECONDS
        with freeze_time(START + timedelta(days=1)):
            assert times(t)[0] == MILLISECONDS + 86_400_000


def test_a_clock_of_its_own_for_each_use(project):
    @freeze_time(START)
    def decorated(t):
        return times(t)[0]

    with project.test() as t:
        assert decorated(t) == decorated(t) == MILLISECONDS


def test_advances_of_two_backends_move_the_one_frozen_clock(frozen, project):
    with project.test() as first, project.test() as second:
        first.advance(minutes=1)
        assert times(second)[0] == times(first)[0] == MILLISECONDS + 60_000


def test_without_a_frozen_clock_each_backend_moves_alone(project):
    with project.test() as first, project.test() as second:
        first.advance(days=1)
        assert abs(times(first)[0] - times(second)[0] - 86_400_000) < 60_000


# Time zones


@pytest.mark.parametrize("hours", [-8, 2, 5.5])
def test_the_time_zone_of_the_frozen_clock_is_none_of_functions(project, hours):
    with freeze_time(START, tz_offset=hours), project.test() as t:
        assert times(t)[0] == MILLISECONDS
        assert t.query(js("async () => [new Date().getHours(), new Date().getTimezoneOffset()]")) == [0, 0]
        assert t.crons[0].next_run == START


def test_a_moment_in_a_zone_of_its_own(project):
    there = START.astimezone(timezone(timedelta(hours=-7)))
    for clock in (freeze_time(there), time_machine.travel(there, tick=False)):
        with clock, project.test() as t:
            assert times(t)[0] == MILLISECONDS


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of the process is fixed")
def test_the_time_zone_of_the_process_is_none_of_functions(project, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        with freeze_time(START), project.test() as t:
            assert times(t) == [MILLISECONDS] * 3
            assert t.query(js("async () => new Date().toString()")).endswith(
                "00:00:00 GMT+0000 (Coordinated Universal Time)"
            )
            t.mutation("clock:later")
            assert t.scheduled_functions[0].scheduled_time == START + timedelta(minutes=1)
    finally:
        monkeypatch.undo()
        time.tzset()


# What must not stand still


def test_time_limits_are_of_the_real_clock(frozen, project):
    with project.test(timeout=0.1) as t, pytest.raises(FunctionTimeoutError):
        t.query("clock:busy")


def test_durations_are_of_the_real_clock(frozen, t):
    times(t)
    assert 0 < t.calls[-1].duration < 60


def test_a_clock_that_is_frozen_between_calls_jumps_over_no_limit(project):
    with project.test(timeout=5) as t:
        times(t)
        with freeze_time("1990-01-01"):
            times(t)
        with freeze_time("2090-01-01"):
            times(t)
        times(t)
    assert all(0 < call.duration < 60 for call in t.calls)


def test_draining_never_sleeps(frozen, t, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("slept"))
    t.mutation("clock:later")
    t.finish_all_scheduled_functions()
    assert [job.state for job in t.scheduled_functions] == ["success"]


# Much of it


def test_a_week_of_minutely_crons(frozen, project):
    with project.test(seed=1) as t:
        t.advance(weeks=1)
        assert len(t.calls) == 7 * 24 * 60 + 1
        last = t.calls[-1].result["_creationTime"]
    assert last == MILLISECONDS + 7 * 86_400_000
