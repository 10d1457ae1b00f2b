"""The clock and random numbers of functions.

Imitated: `crates/isolate/src/environment/udf/phase.rs`, `crates/common/src/document.rs`.
"""

from __future__ import annotations

import math
import re
import struct
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from freezegun import freeze_time

from convex_test import FunctionError, api, js

FILES = {
    "convex/clock.ts": """
        import { action, mutation, query } from "./_generated/server";
        const atImport = Date.now();
        const randomAtImport = Math.random();
        export const now = query(async () => Date.now());
        export const nowInMutation = mutation(async () => Date.now());
        export const nowInAction = action(async () => Date.now());
        export const imported = query(async () => [atImport, randomAtImport]);
        export const random = query(async () => Math.random());
        export const randomInMutation = mutation(async () => Math.random());
        export const createdAt = mutation(async (ctx) => {
          const id = await ctx.db.insert("items", {});
          return (await ctx.db.get(id))!._creationTime;
        });
    """,
}
MOMENT = datetime(2024, 2, 29, 12, 30, 45, 678000, tzinfo=UTC)
MILLISECONDS = 1709209845678
STEP = 0.000244140625


def run(t, body, *args, kind="mutation"):
    return getattr(t, kind)(js(f"async (ctx, ...args) => {{ {body} }}"), *args)


@pytest.fixture
def frozen(project):
    """A `t` under a frozen clock, and the clock. pytest's own stays as it is."""
    with freeze_time(MOMENT, ignore=["_pytest.timing"]) as clock, project.test(seed=1) as t:
        yield t, clock


# The time of a function


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_time_stands_still_while_a_function_runs(t, kind):
    body = """
      const before = Date.now();
      for (let i = 0; i < 200000; i++);
      await ctx.db.query("items").collect();
      return [before === Date.now(), before === new Date().getTime()];"""
    assert run(t, body, kind=kind) == [True, True]


def test_time_is_whole_milliseconds(t):
    assert isinstance(t.query(api.clock.now), int)


def test_time_is_the_machines(t):
    before = datetime.now(UTC).timestamp() * 1000
    now = t.query(api.clock.now)
    after = datetime.now(UTC).timestamp() * 1000
    assert math.floor(before) <= now <= after


@pytest.mark.parametrize("reference", [api.clock.now, api.clock.nowInMutation, api.clock.nowInAction])
def test_a_frozen_clock_is_the_functions_time(frozen, reference):
    t, _ = frozen
    kind = {"now": "query", "nowInMutation": "mutation", "nowInAction": "action"}[reference._path[-1]]
    assert getattr(t, kind)(reference) == MILLISECONDS


def test_a_frozen_clock_that_ticks(frozen):
    t, clock = frozen
    clock.tick(timedelta(hours=1))
    assert t.query(api.clock.now) == MILLISECONDS + 3_600_000


def test_a_frozen_clock_that_is_set(frozen):
    t, clock = frozen
    clock.move_to("2030-01-01")
    assert t.query(js("async () => new Date().toISOString()")) == "2030-01-01T00:00:00.000Z"


def test_a_date_without_arguments_is_the_functions_time(frozen):
    t, _ = frozen
    assert run(t, "return new Date().toISOString();") == "2024-02-29T12:30:45.678Z"
    assert run(t, "return Date();") == "Thu Feb 29 2024 12:30:45 GMT+0000 (Coordinated Universal Time)"


def test_milliseconds_are_cut_off_not_rounded(project):
    with freeze_time("2024-02-29 12:30:45.678900"), project.test(seed=1) as t:
        assert t.query(api.clock.now) == MILLISECONDS


def test_a_nested_call_has_its_callers_time(frozen):
    t, _ = frozen
    assert run(
        t, "return [await ctx.runQuery(api.clock.now, {}), await ctx.runMutation(api.clock.nowInMutation, {})];"
    ) == [
        MILLISECONDS,
        MILLISECONDS,
    ]


def test_modules_load_at_one_time_for_all_calls(frozen):
    t, clock = frozen
    first = t.query(api.clock.imported)
    clock.tick(timedelta(days=1))
    assert t.query(api.clock.imported) == first


def test_the_time_of_an_action_goes_on(t):
    body = """
      const before = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return Date.now() - before;"""
    assert 1500 <= run(t, body, kind="action") < 2500


def test_an_awaited_timer_moves_a_frozen_clock(frozen):
    t, _ = frozen
    body = "await new Promise((resolve) => setTimeout(resolve, 90_000)); return await ctx.runQuery(api.clock.now, {});"
    assert run(t, body, kind="action") == MILLISECONDS + 90_000
    assert datetime.now(UTC) == MOMENT + timedelta(seconds=90)


def test_a_transaction_of_python_has_the_time_of_its_beginning(frozen):
    t, clock = frozen
    with t.transaction() as ctx:
        clock.tick(timedelta(seconds=5))
        assert ctx.run_query(api.clock.now) == MILLISECONDS


def test_the_time_never_goes_back_behind_a_commit(frozen):
    t, clock = frozen
    first = t.mutation(api.clock.createdAt)
    clock.move_to("2020-01-01")
    assert t.mutation(api.clock.createdAt) > first
    assert t.query(api.clock.now) >= math.floor(first)


# _creationTime


def test_a_creation_time_is_the_frozen_time(frozen):
    t, _ = frozen
    assert t.mutation(api.clock.createdAt) == MILLISECONDS


def test_creation_times_in_a_transaction_are_the_next_floats(frozen):
    t, _ = frozen
    body = """
      const times = [];
      for (let i = 0; i < 3; i++) times.push((await ctx.db.get(await ctx.db.insert("items", {})))._creationTime);
      return times;"""
    assert run(t, body) == [MILLISECONDS, MILLISECONDS + STEP, MILLISECONDS + 2 * STEP]


def test_a_later_transaction_has_later_creation_times(frozen):
    t, _ = frozen
    first = t.mutation(api.clock.createdAt)
    second = t.mutation(api.clock.createdAt)
    assert second > first
    assert second < first + 1


def test_a_creation_time_is_that_of_the_beginning_of_the_transaction(frozen):
    t, clock = frozen
    with t.transaction() as ctx:
        clock.tick(timedelta(seconds=5))
        document = ctx.db.get(ctx.db.insert("items", {}))
    assert document["_creationTime"] == MILLISECONDS


def test_a_patch_keeps_the_creation_time(frozen):
    t, clock = frozen
    document_id = run(t, 'return await ctx.db.insert("items", { n: 1 });')
    clock.tick(timedelta(seconds=5))
    body = "await ctx.db.patch(args[0], { n: 2 }); return (await ctx.db.get(args[0]))._creationTime;"
    assert run(t, body, document_id) == MILLISECONDS


def test_a_replace_keeps_the_creation_time(frozen):
    t, clock = frozen
    document_id = run(t, 'return await ctx.db.insert("items", { n: 1 });')
    clock.tick(timedelta(seconds=5))
    body = "await ctx.db.replace(args[0], { n: 2 }); return (await ctx.db.get(args[0]))._creationTime;"
    assert run(t, body, document_id) == MILLISECONDS


def test_a_failed_insert_uses_up_a_creation_time(frozen):
    t, _ = frozen
    body = """
      try { await ctx.db.insert("items", { _x: 1 }); } catch {}
      return (await ctx.db.get(await ctx.db.insert("items", {})))._creationTime;"""
    assert run(t, body) == MILLISECONDS + STEP


def test_an_id_holds_the_day(frozen):
    t, _ = frozen
    document_id = run(t, 'return await ctx.db.insert("items", {});')
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    bits = "".join(f"{alphabet.index(c):05b}" for c in document_id)
    raw = int(bits[: len(bits) // 8 * 8], 2).to_bytes(len(bits) // 8, "big")
    (day,) = struct.unpack(">H", raw[-4:-2])
    assert day == (MOMENT - datetime(1970, 1, 1, tzinfo=UTC)).days


# Random numbers


def test_random_numbers_are_between_0_and_1(t):
    numbers = run(t, "return Array.from({ length: 1000 }, () => Math.random());")
    assert all(0 <= number < 1 for number in numbers)
    assert len(set(numbers)) == 1000
    assert 0.4 < sum(numbers) / 1000 < 0.6


RECORD = """
  const id = await ctx.db.insert("items", {});
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [id, Math.random(), crypto.randomUUID(), [...bytes], await ctx.runQuery(api.clock.random, {})];"""


def play(project, seed):
    with freeze_time(MOMENT), project.test(seed=seed) as t:
        return [run(t, RECORD) for _ in range(3)]


def test_the_same_seed_repeats_everything(project):
    assert play(project, 42) == play(project, 42)


def test_another_seed_changes_everything(project):
    first, second = play(project, 42), play(project, 43)
    assert not [pair for pair in zip(chain(*first), chain(*second), strict=True) if pair[0] == pair[1]]


def test_each_call_has_numbers_of_its_own(t):
    assert len({t.query(api.clock.random) for _ in range(10)}) == 10


def test_numbers_do_not_depend_on_calls_of_other_tests(project):
    with project.test(seed=5) as t:
        first = t.query(api.clock.random)
    with project.test(seed=6) as t:
        t.query(api.clock.random)
    with project.test(seed=5) as t:
        assert t.query(api.clock.random) == first


def test_the_seed_is_known(project):
    with project.test(seed=7) as t:
        assert t.seed == 7


def test_a_drawn_seed_repeats_the_test(project):
    with project.test() as t:
        first, seed = t.query(api.clock.random), t.seed
    with project.test(seed=seed) as t:
        assert t.query(api.clock.random) == first


def test_modules_draw_the_same_numbers_in_all_calls(t):
    assert t.query(api.clock.imported)[1] == t.query(api.clock.imported)[1]


def test_nested_calls_draw_from_their_own_numbers(t):
    body = "return [Math.random(), await ctx.runQuery(api.clock.random, {}), Math.random()];"
    assert len(set(run(t, body))) == 3


def test_ids_are_all_different(t):
    ids = run(
        t, 'const ids = []; for (let i = 0; i < 500; i++) ids.push(await ctx.db.insert("items", {})); return ids;'
    )
    assert len(set(ids)) == 500


def test_a_random_uuid_is_of_version_4(t):
    assert re.fullmatch(
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", run(t, "return crypto.randomUUID();")
    )


def test_get_random_values_fills_and_returns_its_argument(t):
    body = """
      const values = new Uint32Array(4);
      return [crypto.getRandomValues(values) === values, [...values].every((value) => value === 0), values.length];"""
    assert run(t, body) == [True, False, 4]


def test_get_random_values_of_too_many(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "crypto.getRandomValues(new Uint8Array(65537));")
    assert caught.value.text == (
        "Uncaught TypeError: Byte length (65537) exceeds the number of bytes of entropy available via this API (65536)"
    )


def test_get_random_values_of_floats(t):
    body = "try { crypto.getRandomValues(new Float64Array(1)); } catch (error) { return error.name; }"
    assert run(t, body) == "TypeMismatchError"
