"""`ctx.meta.getSnapshotTs()`: the clock of commit timestamps (`src/server/meta.ts`, `src/server/impl/meta_impl.ts`)."""

from __future__ import annotations

import time

import pytest

from convex_test import ConvexInt64, FunctionError, api, js

FILES = {
    "convex/clock.ts": """
        import { mutation, query } from "./_generated/server";
        import { api } from "./_generated/api";
        export const now = query(async (ctx) => ctx.meta.getSnapshotTs());
        export const write = mutation(async (ctx) => {
          await ctx.db.insert("items", { at: ctx.db.vars.commitTs });
          return { own: ctx.db.vars.commitTs, snapshot: ctx.meta.getSnapshotTs() };
        });
        export const nested = mutation(async (ctx): Promise<any> => {
          await ctx.db.insert("items", {});
          return [
            ctx.meta.getSnapshotTs(), await ctx.runQuery(api.clock.now, {}),
            (await ctx.runMutation(api.clock.write, {})).snapshot,
          ];
        });
    """
}
SNAPSHOT = js("(ctx) => ctx.meta.getSnapshotTs()")


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_it_is_a_bigint_at_once(t, kind):
    assert getattr(t, kind)(js("(ctx) => typeof ctx.meta.getSnapshotTs()")) == "bigint"


def test_it_is_in_nanoseconds(t):
    before = time.time_ns()
    timestamp = t.query(SNAPSHOT)
    assert isinstance(timestamp, ConvexInt64)
    assert before - 2_000 <= timestamp <= time.time_ns() + 1_000


def test_it_is_before_the_own_commit(t):
    written = t.mutation(api.clock.write)
    assert written["snapshot"] < written["own"]


def test_it_is_not_before_a_commit_that_it_can_see(t):
    for _ in range(5):
        written = t.mutation(api.clock.write)
        assert written["own"] <= t.query(api.clock.now)
        assert written["own"] <= t.mutation(SNAPSHOT)


def test_it_is_not_before_a_visible_commit_while_the_clock_stands_still(t, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    first = t.mutation(api.clock.write)
    seen = t.query(api.clock.now)
    second = t.mutation(api.clock.write)
    assert first["snapshot"] < first["own"] <= seen < second["own"]
    assert first["own"] <= second["snapshot"] < second["own"]


def test_nested_calls_have_the_same(t):
    own, query, mutation = t.mutation(api.clock.nested)
    assert own == query == mutation


def test_it_stays_the_same_during_a_function(t):
    first, second = t.mutation(
        js(
            "async (ctx) => { const first = ctx.meta.getSnapshotTs(); await ctx.db.insert('items', {}); "
            "return [first, ctx.meta.getSnapshotTs()]; }"
        )
    )
    assert first == second


def test_it_bounds_an_iteration_over_commits(t):
    t.mutation(api.clock.write)
    snapshot = t.query(api.clock.now)
    t.mutation(api.clock.write)
    documents = t.run(lambda ctx: ctx.db.query("items").collect())
    assert [document["at"] <= snapshot for document in documents] == [True, False]


def test_actions_do_not_have_it(t):
    assert t.action(js("(ctx) => ctx.meta.getSnapshotTs === undefined")) is True


def test_the_operation_is_unknown_in_actions(t):
    with pytest.raises(FunctionError) as caught:
        t.action(js("() => Convex.syscall('1.0/getSnapshotTs', '{}')"))
    assert caught.value.message == "Unknown operation 1.0/getSnapshotTs"


def test_python_has_the_same(t):
    with t.transaction() as ctx:
        snapshot = ctx.meta.get_snapshot_ts()
        assert isinstance(snapshot, ConvexInt64)
        assert ctx.call(SNAPSHOT) == snapshot
        assert ctx.run_query(api.clock.now) == snapshot


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_python_handlers_have_it(t, kind):
    assert isinstance(getattr(t, kind)(lambda ctx: ctx.meta.get_snapshot_ts()), ConvexInt64)


def test_python_actions_do_not_have_it(t):
    with pytest.raises(AttributeError, match="has no attribute 'get_snapshot_ts'"):
        t.action(lambda ctx: ctx.meta.get_snapshot_ts())
