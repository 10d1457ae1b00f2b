"""Actions and calls that are in flight at the same time, and timers (as in `crates/isolate/src/environment/action`)."""

from __future__ import annotations

import time

import pytest

from convex_test import (
    FunctionError,
    api,
)
from tests.parity.action_functions import SOURCES, run

FILES = SOURCES


# Side by side


def test_mutations_side_by_side_all_commit(t):
    body = """await Promise.all([1, 2, 3].map((n) => ctx.runMutation(api.items.add, { n })));"""
    run(t, body)
    assert sorted(t.query(api.items.list)) == [1, 2, 3]


def test_one_of_several_fails(t):
    body = """
      const results = await Promise.allSettled([
        ctx.runMutation(api.items.add, { n: 1 }), ctx.runMutation(api.items.addThenFail, {}),
        ctx.runMutation(api.items.add, { n: 2 }),
      ]);
      return results.map((result) => result.status);"""
    assert run(t, body) == ["fulfilled", "rejected", "fulfilled"]
    assert sorted(t.query(api.items.list)) == [1, 2]


def test_actions_side_by_side_share_the_waiting_time(t):
    body = """
      const before = Date.now();
      await Promise.all([1000, 2000, 3000].map((ms) => ctx.runAction(api.items.sleepThenAdd, { n: ms, ms })));
      return Date.now() - before;"""
    assert 3000 <= run(t, body) < 3900
    assert t.query(api.items.list) == [1000, 2000, 3000]


def test_actions_side_by_side_finish_in_the_order_of_their_timers(t):
    body = """await Promise.all([300, 100, 200].map((ms) => ctx.runAction(api.items.sleepThenAdd, { n: ms, ms })));"""
    run(t, body)
    assert t.query(api.items.list) == [100, 200, 300]


def test_promise_race(t):
    body = """
      const wait = (ms) => new Promise((resolve) => setTimeout(() => resolve(ms), ms));
      return await Promise.race([wait(500), wait(50), wait(5000)]);"""
    assert run(t, body) == 50


# Timers


def test_a_timer_jumps_the_clock_and_nobody_sleeps(t):
    started = time.perf_counter()
    elapsed = run(
        t, "const at = Date.now(); await new Promise((r) => setTimeout(r, 3600_000)); return Date.now() - at;"
    )
    assert 3_600_000 <= elapsed < 3_601_000
    assert time.perf_counter() - started < 5


def test_the_jump_stays(t):
    before = t.query(api.items.now)
    run(t, "await new Promise((r) => setTimeout(r, 60_000));")
    assert t.query(api.items.now) - before >= 60_000


def test_a_function_that_is_called_after_the_jump_sees_the_new_time(t):
    body = """
      const before = await ctx.runQuery(api.items.now, {});
      await new Promise((r) => setTimeout(r, 10_000));
      return (await ctx.runQuery(api.items.now, {})) - before;"""
    assert 10_000 <= run(t, body) < 11_000


def test_timers_fire_in_the_order_of_their_times(t):
    body = """
      const seen = [];
      setTimeout(() => seen.push("c"), 30);
      setTimeout(() => seen.push("a"), 10);
      setTimeout(() => seen.push("b"), 20);
      await new Promise((r) => setTimeout(r, 40));
      return seen.join("");"""
    assert run(t, body) == "abc"


def test_timers_of_the_same_time_fire_in_the_order_they_were_set(t):
    body = """
      const seen = [];
      for (const name of "abc") setTimeout(() => seen.push(name), 10);
      await new Promise((r) => setTimeout(r, 10));
      return seen.join("");"""
    assert run(t, body) == "abc"


def test_a_timer_passes_its_arguments(t):
    assert run(t, "return await new Promise((r) => setTimeout((a, b) => r(a + b), 1, 2, 3));") == 5


def test_a_timer_without_a_time(t):
    assert run(t, 'return await new Promise((r) => setTimeout(() => r("now")));') == "now"


def test_a_cleared_timer_does_not_fire(t):
    body = """
      let fired = false;
      const id = setTimeout(() => { fired = true; }, 10);
      clearTimeout(id);
      await new Promise((r) => setTimeout(r, 20));
      return fired;"""
    assert run(t, body) is False


def test_an_interval_repeats_until_it_is_cleared(t):
    body = """
      let count = 0;
      await new Promise((resolve) => {
        const id = setInterval(() => { if (++count === 3) { clearInterval(id); resolve(); } }, 10);
      });
      await new Promise((r) => setTimeout(r, 100));
      return count;"""
    assert run(t, body) == 3


def test_a_timer_id_is_a_number(t):
    assert run(t, "const id = setTimeout(() => {}, 1); clearTimeout(id); return typeof id;") == "number"


def test_clearing_what_was_never_set(t):
    assert run(t, "clearTimeout(12345); clearTimeout(undefined); clearInterval(null); return 1;") == 1


def test_a_timer_that_nobody_waits_for_does_not_run(t):
    body = 'setTimeout(() => { ctx.runMutation(api.items.add, { n: 1 }); }, 1000); return "done";'
    assert run(t, body) == "done"
    assert t.query(api.items.list) == []


def test_an_abandoned_promise_that_never_settles(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await new Promise(() => {});")
    assert caught.value.text == "Returned promise will never resolve"
