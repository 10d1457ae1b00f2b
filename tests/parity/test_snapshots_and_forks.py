"""State as a value: `t.snapshot()`, `t.restore(s)`, `t.fork()`."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test import ConvexTestError, LimitError, UsageError, js

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";

        export default defineSchema({
          items: defineTable({ n: v.number() }).index("by_n", ["n"]).searchIndex("by_text", { searchField: "text" }),
        }, { schemaValidation: false });
        """,
    "convex/items.ts": """
        import { internal } from "./_generated/api";
        import { action, internalMutation, mutation, query } from "./_generated/server";

        export const list = query(async ({ db }) =>
          (await db.query("items").withIndex("by_n").collect()).map((item) => item.n));
        export const add = mutation(async ({ db }, { n }) => await db.insert("items", { n }));
        export const later = mutation(async ({ scheduler }, { seconds, n }) => {
          await scheduler.runAfter(seconds * 1000, internal.items.addLater, { n });
        });
        export const addLater = internalMutation(async ({ db }, { n }) => { await db.insert("items", { n }); });
        export const failLater = mutation(async ({ scheduler }) => {
          await scheduler.runAfter(0, internal.items.fail, {});
        });
        export const fail = internalMutation(async () => { throw new Error("no"); });
        export const reach = action(async () => {
          try { await fetch("https://example.com/x"); } catch { return "swallowed"; }
        });
        export const found = query(async ({ db }, { text }) =>
          (await db.query("items").withSearchIndex("by_text", (q) => q.search("text", text)).collect())
            .map((item) => item.text));
        """,
    "convex/crons.ts": """
        import { cronJobs } from "convex/server";
        import { internal } from "./_generated/api";

        const crons = cronJobs();
        crons.interval("tick", { minutes: 10 }, internal.items.addLater, { n: 100 });
        export default crons;
        """,
}


def items(t: Any) -> list[int]:
    return t.query("items:list")


def add(t: Any, *numbers: int) -> list[str]:
    return [t.mutation("items:add", n=n) for n in numbers]


# Snapshots


def test_a_snapshot_brings_documents_back(t):
    first, second = add(t, 1, 2)
    before = t.run(lambda ctx: ctx.db.query("items").collect())
    snapshot = t.snapshot()
    t.run(lambda ctx: (ctx.db.delete(first), ctx.db.patch(second, {"n": 5}), ctx.db.insert("new", {})))
    t.restore(snapshot)
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == before
    assert items(t) == [1, 2]
    assert t.run(lambda ctx: ctx.db.query("new").collect()) == []


def test_a_snapshot_may_be_restored_again_and_again(t):
    add(t, 1)
    snapshot = t.snapshot()
    for _ in range(3):
        add(t, 2)
        assert items(t) == [1, 2]
        t.restore(snapshot)
        assert items(t) == [1]


def test_documents_after_a_restore_have_new_ids(t):
    snapshot = t.snapshot()
    first = add(t, 1)
    t.restore(snapshot)
    assert add(t, 1) != first


def test_documents_after_a_restore_are_created_later(t):
    snapshot = t.snapshot()
    add(t, 1)
    [before] = t.run(lambda ctx: ctx.db.query("items").collect())
    t.restore(snapshot)
    add(t, 2)
    [after] = t.run(lambda ctx: ctx.db.query("items").collect())
    assert after["_creationTime"] > before["_creationTime"]


def test_search_follows_a_restore(t):
    t.run(lambda ctx: ctx.db.insert("items", {"n": 1, "text": "red fox"}))
    assert t.query("items:found", text="fox") == ["red fox"]
    snapshot = t.snapshot()
    t.run(lambda ctx: ctx.db.insert("items", {"n": 2, "text": "blue fox"}))
    assert sorted(t.query("items:found", text="fox")) == ["blue fox", "red fox"]
    t.restore(snapshot)
    assert t.query("items:found", text="fox") == ["red fox"]


def test_a_snapshot_goes_into_another_t_of_the_project(t, project):
    [first] = add(t, 1)
    snapshot = t.snapshot()
    with project.test(seed=2) as other:
        add(other, 7)
        other.restore(snapshot)
        add(other, 2)
        assert items(other) == [1, 2]
        assert other.run(lambda ctx: ctx.db.get(first))["n"] == 1
    assert items(t) == [1]


def test_a_load_can_be_undone(t):
    add(t, 1)
    snapshot = t.snapshot()
    t.load({"items": [{"n": 5}]}, mode="append")
    assert items(t) == [1, 5]
    t.load({"items": [{"n": 6}]}, mode="replace")
    assert items(t) == [6]
    t.restore(snapshot)
    assert items(t) == [1]


def test_a_restore_changes_neither_the_environment_nor_logs_nor_calls(t):
    t.env["A"] = "1"
    t.query(js("async () => console.log('before')"))
    snapshot = t.snapshot()
    t.env["A"] = "2"
    t.query(js("async () => console.log('after')"))
    t.restore(snapshot)
    assert t.env["A"] == "2"
    assert [line.message for line in t.logs] == ["'before'", "'after'"]
    assert len(t.calls) == 2


def test_time_does_not_go_back(t):
    snapshot = t.snapshot()
    t.advance(hours=1)
    before = t.query(js("async () => Date.now()"))
    t.restore(snapshot)
    assert t.query(js("async () => Date.now()")) >= before


def test_scheduled_functions_are_pending_again(t):
    t.mutation("items:later", seconds=5, n=3)
    snapshot = t.snapshot()
    t.finish_all_scheduled_functions()
    assert items(t) == [3]
    t.restore(snapshot)
    assert items(t) == []
    assert [job.state for job in t.scheduled_functions] == ["pending"]
    t.finish_all_scheduled_functions()
    assert items(t) == [3]


def test_crons_are_due_when_they_were(t):
    [cron] = t.crons
    snapshot = t.snapshot()
    t.advance(minutes=25)
    assert t.crons[0].next_run > cron.next_run
    t.restore(snapshot)
    assert t.crons[0].next_run == cron.next_run


def test_crons_that_nobody_asked_for_are_due_when_they_were(t, project):
    snapshot = t.snapshot()
    with project.test(seed=2) as other:
        other.restore(snapshot)
        assert other.crons[0].next_run == t.crons[0].next_run


def test_a_snapshot_says_what_it_holds(t):
    add(t, 1)
    assert re.fullmatch(r"<Snapshot of 1 document of .*>", repr(t.snapshot()))


@pytest.mark.parametrize("value", [None, "snapshot", {}])
def test_only_snapshots_are_restored(t, value):
    with pytest.raises(UsageError) as caught:
        t.restore(value)
    assert str(caught.value) == f"t.restore({value!r}): expected what t.snapshot() returned."


def test_a_snapshot_of_another_project_is_refused(t, bare_project):
    add(t, 1)
    with bare_project.test() as other, pytest.raises(UsageError, match="a snapshot of another project"):
        other.restore(t.snapshot())


@pytest.mark.parametrize("call", [lambda t: t.snapshot(), lambda t: t.fork(), lambda t: t.load({})])
def test_a_transaction_must_end_first(t, call):
    with t.transaction(), pytest.raises(UsageError, match="while a transaction is open"):
        call(t)
    call(t)


def test_a_restore_must_not_be_in_a_transaction(t):
    snapshot = t.snapshot()
    with t.transaction() as ctx, pytest.raises(UsageError, match="while a transaction is open"):
        ctx.db.insert("items", {"n": 1})
        t.restore(snapshot)


# Forks


def test_a_fork_is_independent(t):
    add(t, 1)
    fork = t.fork()
    add(t, 2)
    add(fork, 3)
    assert (items(t), items(fork)) == ([1, 2], [1, 3])


def test_a_fork_shares_the_documents(t):
    [first] = add(t, 1)
    fork = t.fork()

    def document(of: Any) -> Any:
        return of._deployment.store.namespace("").table("items").documents[first]

    assert document(fork) is document(t)
    add(fork, 2)
    assert document(fork) is document(t)


def test_a_fork_makes_other_ids(t):
    forks = [t, t.fork(), t.fork()]
    forks.append(forks[1].fork())
    assert len({add(each, 1)[0] for each in forks}) == 4
    assert len({each.seed for each in forks}) == 4


def test_forks_repeat_with_the_seed(project):
    made = []
    for _ in range(2):
        with project.test(seed=7) as t:
            made.append([t.fork().query(js("async () => Math.random()")), t.query(js("async () => Math.random()"))])
    assert made[0] == made[1]
    assert made[0][0] != made[0][1]


def test_a_fork_changes_nothing_for_its_parent(project):
    results = []
    for forks in (0, 2):
        with project.test(seed=7) as t:
            for _ in range(forks):
                add(t.fork(), 1)
            results.append(t.query(js("async () => Math.random()")))
    assert results[0] == results[1]


def test_a_fork_has_the_identity(t):
    sarah = t.with_identity(name="Sarah")
    who = js("async ({ auth }) => (await auth.getUserIdentity())?.name ?? null")
    assert (sarah.fork().query(who), t.fork().query(who)) == ("Sarah", None)


def test_a_fork_has_the_settings(project):
    with project.test(env={"A": "1"}, limits={"documentsWritten": 1}, timeout=3.0) as t:
        t.env["B"] = "2"
        fork = t.fork()
        assert (fork.env.get("A"), fork.env.get("B")) == ("1", None)
        fork.env["A"] = "changed"
        assert t.env["A"] == "1"
        with pytest.raises(LimitError):
            fork.run(lambda ctx: [ctx.db.insert("items", {"n": n}) for n in range(3)])
        assert fork._deployment.time_limit("query") == 3.0


def test_a_fork_has_the_components(t):
    (t.root / "counter").mkdir()
    config = 'import { defineComponent } from "convex/server"; export default defineComponent("counter");'
    (t.root / "counter" / "convex.config.ts").write_text(config, encoding="utf-8")
    t.register_component("counter", "counter")
    with t.transaction(component="counter") as ctx:
        ctx.db.insert("steps", {"by": 1})
    assert [step["by"] for step in t.fork().run(lambda ctx: ctx.db.query("steps").collect(), component="counter")] == [
        1
    ]


def test_a_fork_runs_its_own_jobs(t):
    t.mutation("items:later", seconds=5, n=3)
    fork = t.fork()
    fork.finish_all_scheduled_functions()
    assert (items(t), items(fork)) == ([], [3])
    t.finish_all_scheduled_functions()
    assert items(t) == [3]


def test_a_fork_is_not_behind_what_has_happened(t):
    t.advance(days=1)
    t.load({"items": []}, mode="replace")
    t.mutation("items:later", seconds=60, n=3)
    fork = t.fork()
    fork.advance(seconds=59)
    assert items(fork) == []
    fork.advance(seconds=2)
    assert items(fork) == [3]
    assert items(t) == []


def test_a_fork_has_the_cron_times(t):
    t.advance(minutes=15)
    assert t.fork().crons[0].next_run == t.crons[0].next_run


def test_forks_end_with_their_t(project):
    with project.test(seed=1) as t:
        fork = t.fork()
        assert items(fork.fork()) == []
    with project.test(seed=1) as t:
        assert items(t) == []


def test_a_fetch_that_nobody_answers_in_a_fork_is_noticed(project):
    with pytest.raises(UsageError, match="Functions fetched what"), project.test() as t:
        assert t.fork().action("items:reach") == "swallowed"


def test_a_fork_has_routes_of_its_own(t):
    fork = t.fork()
    fork.outbound.get("https://example.com/x").respond(json=1)
    assert fork.action("items:reach") is None
    assert (len(fork.outbound.calls), len(t.outbound.calls)) == (1, 0)


@pytest.mark.parametrize("forked", [False, True])
def test_failed_jobs_are_reported_where_they_failed(project, forked):
    def run() -> None:
        with project.test(failed_jobs="error") as t:
            t.mutation("items:failLater")
            (t.fork() if forked else t).finish_all_scheduled_functions()

    with pytest.raises(ConvexTestError, match="1 scheduled function failed"):
        run()


def test_failures_that_a_restore_undoes_are_not_reported(project):
    with project.test(failed_jobs="error") as t:
        t.mutation("items:failLater")
        snapshot = t.snapshot()
        t.finish_all_scheduled_functions()
        t.restore(snapshot)


STEPS = st.lists(
    st.tuples(st.just("add"), st.integers(0, 2), st.integers(0, 9))
    | st.tuples(st.just("snapshot"), st.integers(0, 2), st.just(0))
    | st.tuples(st.just("restore"), st.integers(0, 2), st.integers(0, 9))
    | st.tuples(st.just("fork"), st.integers(0, 2), st.just(0))
    | st.tuples(st.just("clear"), st.integers(0, 2), st.just(0)),
    max_size=12,
)


@given(STEPS)
def test_snapshots_and_forks_are_copies(project, steps):
    """The model: each state is a list of numbers, and everything copies it."""
    with project.test(seed=1) as t:
        tests, models = [t], [[]]
        snapshots: list[tuple[Any, list[int]]] = []
        for step, which, value in steps:
            index = which % len(tests)
            current, model = tests[index], models[index]
            if step == "add":
                current.run(lambda ctx, value=value: ctx.db.insert("items", {"n": value}))
                model.append(value)
            elif step == "clear":
                current.load({"items": []}, mode="replace")
                model.clear()
            elif step == "snapshot":
                snapshots.append((current.snapshot(), sorted(model)))
            elif step == "fork" and len(tests) < 3:
                tests.append(current.fork())
                models.append(list(model))
            elif step == "restore" and snapshots:
                saved, numbers = snapshots[value % len(snapshots)]
                current.restore(saved)
                models[index] = list(numbers)
        for current, model in zip(tests, models, strict=True):
            found = current.run(lambda ctx: [row["n"] for row in ctx.db.query("items").with_index("by_n").collect()])
            assert found == sorted(model)


def test_files_are_part_of_the_state(t):
    first = t.run(lambda ctx: ctx.storage.store(b"1"))
    snapshot = t.snapshot()
    second = t.run(lambda ctx: (ctx.storage.delete(first), ctx.storage.store(b"2"))[1])
    fork = t.fork()
    t.restore(snapshot)
    assert [t.run(lambda ctx, id=id: ctx.storage.get(id)) for id in (first, second)] == [b"1", None]
    assert [fork.run(lambda ctx, id=id: ctx.storage.get(id)) for id in (first, second)] == [None, b"2"]
