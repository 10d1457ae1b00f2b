"""Jobs as documents: which is next, their states, rollback and snapshots. A property test against a naive list."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.clock import Clock
from convex_test.backend.limits import Limits
from convex_test.backend.scheduler import Scheduler, check_job_id
from convex_test.backend.schema.definition import EMPTY_SCHEMA
from convex_test.backend.store.store import Store
from convex_test.errors import FunctionError, LimitError
from convex_test.references import FunctionPath

MILLISECOND = 1_000_000
SUCCESS = {"kind": "success"}
PATH = FunctionPath("jobs.js", "note")


class StoppedClock(Clock):
    """A clock that stands where it was put."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000 * MILLISECOND

    def read(self) -> int:
        return self.now


def make():
    clock = StoppedClock()
    store = Store({"": EMPTY_SCHEMA, "other": EMPTY_SCHEMA}, clock=clock, random=Random(1))
    return clock, store, Scheduler(store)


def schedule(store, scheduler, milliseconds, *, component="", args=None, parent=None):
    transaction = store.begin()
    moment = store.clock.read() + milliseconds * MILLISECOND
    job = scheduler.schedule(transaction, component, replace(PATH, component=component), args or {}, moment, parent)
    transaction.commit()
    return job


def change(store, method, *args):
    transaction = store.begin()
    method(transaction, "", *args)
    transaction.commit()


def state(scheduler, job):
    return scheduler.document(job).value["state"]["kind"]


def test_there_is_none_at_first():
    _, _, scheduler = make()
    assert scheduler.next_job() is None
    assert scheduler.documents() == []


def test_the_earliest_is_next():
    _, store, scheduler = make()
    schedule(store, scheduler, 500)
    early = schedule(store, scheduler, 100)
    found = scheduler.next_job()
    assert (found.id, found.path, found.args) == (early, PATH, {})
    assert found.due == store.clock.read() + 100 * MILLISECOND


def test_of_one_moment_the_first_scheduled_is_next():
    _, store, scheduler = make()
    jobs = [schedule(store, scheduler, 100) for _ in range(5)]
    for job in jobs:
        assert scheduler.next_job().id == job
        change(store, scheduler.complete, job, SUCCESS)
    assert scheduler.next_job() is None


def test_what_is_scheduled_for_the_past_goes_behind_what_was_due_before():
    clock, store, scheduler = make()
    first = schedule(store, scheduler, 100)
    clock.now += 200 * MILLISECOND
    schedule(store, scheduler, -5_000)
    assert scheduler.next_job().id == first


def test_components_are_drained_together():
    _, store, scheduler = make()
    schedule(store, scheduler, 200)
    other = schedule(store, scheduler, 100, component="other")
    found = scheduler.next_job()
    assert (found.id, found.component) == (other, "other")


def test_a_function_of_another_component_runs_there():
    _, store, scheduler = make()
    transaction = store.begin()
    here = FunctionPath("jobs.js", "note", "other")
    scheduler.schedule(transaction, "", here, {}, store.clock.read(), None)
    transaction.commit()
    assert (scheduler.next_job().component, scheduler.next_job().path) == ("", here)


def test_what_was_rolled_back_is_not_there():
    _, store, scheduler = make()
    transaction = store.begin()
    scheduler.schedule(transaction, "", PATH, {}, store.clock.read(), None)
    transaction.rollback()
    assert scheduler.next_job() is None


def test_a_cancel_that_was_rolled_back_does_not_count():
    _, store, scheduler = make()
    job = schedule(store, scheduler, 0)
    transaction = store.begin()
    scheduler.cancel(transaction, "", job)
    transaction.rollback()
    assert scheduler.next_job().id == job


def test_a_started_job_is_not_next():
    _, store, scheduler = make()
    job = schedule(store, scheduler, 0)
    change(store, scheduler.start, job, "request", "execution")
    assert scheduler.next_job() is None
    assert scheduler.document(job).value["state"] == {
        "kind": "inProgress",
        "request_id": "request",
        "execution_id": "execution",
    }


@pytest.mark.parametrize("last", [SUCCESS, {"kind": "failed", "error": "x"}, {"kind": "canceled"}])
def test_a_last_state_stays(last):
    _, store, scheduler = make()
    job = schedule(store, scheduler, 0)
    change(store, scheduler.complete, job, last)
    before = scheduler.document(job).json
    change(store, scheduler.complete, job, SUCCESS)
    change(store, scheduler.cancel, job)
    assert scheduler.document(job).json == before
    assert scheduler.document(job).value["completedTime"] >= store.clock.read() / MILLISECOND


def test_children_of_a_canceled_job_are_canceled():
    _, store, scheduler = make()
    parent = schedule(store, scheduler, 0)
    child = schedule(store, scheduler, 100, parent=parent)
    change(store, scheduler.cancel, parent)
    orphan = schedule(store, scheduler, 100, parent=parent)
    assert (state(scheduler, child), state(scheduler, orphan)) == ("pending", "canceled")
    value = scheduler.document(orphan).value
    assert value["scheduledTime"] == value["completedTime"]
    assert scheduler.parent(child) == parent


def test_a_snapshot_brings_jobs_back():
    _, store, scheduler = make()
    job = schedule(store, scheduler, 0)
    snapshot = store.snapshot()
    change(store, scheduler.complete, job, SUCCESS)
    later = schedule(store, scheduler, 0)
    store.restore(snapshot)
    assert scheduler.next_job().id == job
    assert scheduler.document(later) is None


def test_an_id_of_another_table():
    _, store, scheduler = make()
    transaction = store.begin()
    file = transaction.insert_system("", "_storage", {})
    with pytest.raises(FunctionError) as caught:
        scheduler.cancel(transaction, "", file.id)
    assert caught.value.text == (
        "Invalid scheduled function ID. The ID must be an ID on the '_scheduled_functions' table."
    )
    transaction.rollback()


def test_what_is_no_id():
    with pytest.raises(FunctionError) as caught:
        check_job_id("abc")
    assert caught.value.text == "Invalid argument `id` for `db.cancel_job`: Unable to decode ID: Invalid ID length 3"


def test_the_limit():
    _, store, scheduler = make()
    transaction = store.begin(limits=Limits(functions_scheduled=2))
    for _ in range(2):
        scheduler.schedule(transaction, "", PATH, {}, 0, None)
    with pytest.raises(LimitError):
        scheduler.schedule(transaction, "", PATH, {}, 0, None)
    transaction.commit()
    assert len(scheduler.documents()) == 2


def test_failures_are_unseen_until_the_table_is_read():
    _, store, scheduler = make()
    first, second = schedule(store, scheduler, 0), schedule(store, scheduler, 0)
    change(store, scheduler.complete, first, {"kind": "failed", "error": "x"})
    assert scheduler.unseen_failures() == [first]
    store.jobs_were_read = True
    change(store, scheduler.complete, second, {"kind": "failed", "error": "x"})
    assert scheduler.unseen_failures() == [second]
    store.jobs_were_read = True
    assert scheduler.unseen_failures() == []


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("schedule"), st.integers(-50, 50)),
            st.tuples(st.just("schedule and roll back"), st.integers(-50, 50)),
            st.tuples(st.just("cancel"), st.integers(0, 30)),
            st.tuples(st.just("run"), st.none()),
            st.tuples(st.just("wait"), st.integers(0, 60)),
        ),
        max_size=60,
    )
)
def test_the_order_is_that_of_a_sorted_list(steps):
    clock, store, scheduler = make()
    jobs = []
    pending = []
    for step, number in steps:
        if step == "schedule":
            job = schedule(store, scheduler, number)
            moment = clock.read() + number * MILLISECOND
            pending.append((max(moment, clock.read()), len(jobs), job))
            jobs.append(job)
        elif step == "schedule and roll back":
            transaction = store.begin()
            scheduler.schedule(transaction, "", PATH, {}, clock.read() + number * MILLISECOND, None)
            transaction.rollback()
        elif step == "cancel" and jobs:
            job = jobs[number % len(jobs)]
            change(store, scheduler.cancel, job)
            pending = [entry for entry in pending if entry[2] != job]
        elif step == "wait":
            clock.now += number * MILLISECOND
        elif step == "run" and pending:
            pending.sort()
            change(store, scheduler.complete, pending.pop(0)[2], SUCCESS)
        found = scheduler.next_job()
        assert (None if found is None else found.id) == (min(pending)[2] if pending else None)
