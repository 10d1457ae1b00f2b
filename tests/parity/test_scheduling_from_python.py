"""`ctx.scheduler` of Python handlers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from convex_test import UsageError, api, internal

FILES = {
    "convex/jobs.ts": """
        import { internalMutation, mutation } from "./_generated/server";

        export const note = internalMutation({ handler: async (_ctx, _args: any) => null });
        export default mutation(async () => null);
    """,
}
START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def t(project):
    with freeze_time(START), project.test(seed=1) as t:
        yield t


def states(t):
    return [job.state for job in t.scheduled_functions]


def test_python_schedules_after_seconds(t):
    def handler(ctx):
        return [
            ctx.scheduler.run_after(5, internal.jobs.note, {"text": "a"}),
            ctx.scheduler.run_after(0.25, "jobs:note", text="b"),
            ctx.scheduler.run_after(timedelta(minutes=1), api.jobs.default),
        ]

    ids = t.run(handler)
    jobs = t.scheduled_functions
    assert [job.id for job in jobs] == ids
    assert [job.scheduled_time - START for job in jobs] == [
        timedelta(seconds=5),
        timedelta(seconds=0.25),
        timedelta(minutes=1),
    ]
    assert [(job.name, job.args) for job in jobs] == [
        ("jobs.js:note", [{"text": "a"}]),
        ("jobs.js:note", [{"text": "b"}]),
        ("jobs.js:default", [{}]),
    ]


def test_python_schedules_at_a_time(t):
    when = datetime(2030, 6, 1, 12, 30, tzinfo=UTC)
    t.mutation(lambda ctx: ctx.scheduler.run_at(when, "jobs:note", {}))
    assert t.scheduled_functions[0].scheduled_time == when


def test_python_cancels(t):
    job = t.action(lambda ctx: ctx.scheduler.run_after(5, "jobs:note"))
    with t.transaction() as ctx:
        ctx.scheduler.cancel(job)
    assert states(t) == ["canceled"]


def test_a_python_handler_that_raises_schedules_nothing(t):
    def handler(ctx):
        ctx.scheduler.run_after(0, "jobs:note")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        t.mutation(handler)
    assert states(t) == []


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda s: s.run_after("5", "jobs:note"),
            "ctx.scheduler.run_after('5', …): expected seconds, a number or a timedelta.",
        ),
        (
            lambda s: s.run_after(True, "jobs:note"),
            "ctx.scheduler.run_after(True, …): expected seconds, a number or a timedelta.",
        ),
        (
            lambda s: s.run_after(-1, "jobs:note"),
            "ctx.scheduler.run_after(-1, …): expected seconds, a number from 0 on.",
        ),
        (
            lambda s: s.run_after(float("nan"), "jobs:note"),
            "ctx.scheduler.run_after(nan, …): expected seconds, a number from 0 on.",
        ),
        (
            lambda s: s.run_at(datetime(2030, 1, 1), "jobs:note"),  # noqa: DTZ001
            "expected a datetime with a time zone, such as datetime(2030, 1, 1, tzinfo=UTC).",
        ),
        (lambda s: s.run_at(5, "jobs:note"), "ctx.scheduler.run_at(5, …): expected a datetime with a time zone"),
        (lambda s: s.cancel(5), "ctx.scheduler.cancel(5): an id is a str."),
        (lambda s: s.run_after(0, "jobs:note", {"x": object()}), "ctx.scheduler.run_after('jobs:note', …)"),
    ],
)
def test_python_called_wrongly(t, call, text):
    with pytest.raises(UsageError) as caught:
        t.run(lambda ctx: call(ctx.scheduler))
    assert text in str(caught.value)


def test_a_python_query_has_no_scheduler(t):
    with pytest.raises(AttributeError, match="scheduler"):
        t.query(lambda ctx: ctx.scheduler)


def test_camel_case_is_put_right(t):
    with pytest.raises(AttributeError, match="in Python it is run_after"):
        t.run(lambda ctx: ctx.scheduler.runAfter)


def test_a_scheduler_ends_with_its_transaction(t):
    scheduler = t.run(lambda ctx: ctx.scheduler)
    with pytest.raises(UsageError, match="has ended"):
        scheduler.run_after(0, "jobs:note")
