"""Scheduled functions, crons, and moving time. Nothing sleeps, and nothing runs before the test says so."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from convex_test import api


@pytest.fixture
def task(sarah, general):
    return sarah.mutation(api.tasks.create, channelId=general, title="Order cake")


@pytest.fixture
def bodies(t):
    """The texts of all messages so far."""

    def read():
        return [message["content"]["body"] for message in t.run(lambda ctx: ctx.db.query("messages").collect())]

    return read


def test_a_reminder_comes_when_its_time_has_come(t, sarah, task, bodies):
    sarah.mutation(api.reminders.remind, taskId=task, minutes=30)

    t.advance(minutes=29)
    assert bodies() == []

    t.advance(minutes=1)
    assert bodies() == ["Reminder: Order cake"]


def test_time_can_jump_to_whatever_is_scheduled(t, sarah, task, bodies):
    sarah.mutation(api.reminders.remind, taskId=task, minutes=60 * 24 * 365)

    t.finish_all_scheduled_functions()

    assert bodies() == ["Reminder: Order cake"]


def test_nobody_is_reminded_of_what_is_done(t, sarah, task, bodies):
    sarah.mutation(api.reminders.remind, taskId=task, minutes=30)
    sarah.mutation(api.tasks.complete, taskId=task)

    t.finish_all_scheduled_functions()

    assert bodies() == []


def test_a_reminder_can_be_canceled(t, sarah, task, bodies):
    reminder = sarah.mutation(api.reminders.remind, taskId=task, minutes=30)
    sarah.mutation(api.reminders.cancel, reminder=reminder)

    t.finish_all_scheduled_functions()

    assert bodies() == []
    assert [job.state for job in t.scheduled_functions] == ["canceled"]


def test_what_is_scheduled_can_be_looked_at(t, sarah, task):
    with freeze_time("2030-01-01 12:00"):
        sarah.mutation(api.reminders.remind, taskId=task, minutes=30)

    (job,) = t.scheduled_functions
    assert (job.name, job.args, job.state) == ("reminders.js:send", [{"taskId": task}], "pending")
    assert job.scheduled_time == datetime(2030, 1, 1, 12, 30, tzinfo=UTC)


def test_a_reminder_that_fails_does_not_fail_the_test(t, sarah, task):
    """But when nobody looks at it, the test ends with a warning."""
    sarah.mutation(api.reminders.remind, taskId=task, minutes=30)
    t.run(lambda ctx: ctx.db.delete(task))

    t.finish_all_scheduled_functions()

    (job,) = t.scheduled_functions
    assert job.state == "failed"
    assert "The task has gone" in job.error


def test_python_can_schedule_too(t, task, bodies):
    t.run(lambda ctx: ctx.scheduler.run_after(60, "reminders:send", {"taskId": task}))

    t.advance(timedelta(minutes=1))

    assert bodies() == ["Reminder: Order cake"]


@pytest.mark.convex(identity={"name": "Sarah"})
def test_the_cron_runs_every_morning(t, bodies):
    with freeze_time("2030-01-01 12:00") as clock:
        t.mutation(api.users.signIn)
        channel = t.mutation(api.channels.create, name="general")
        t.mutation(api.tasks.create, channelId=channel, title="Order cake", dueAt=datetime.now(UTC).timestamp() * 1000)

        t.advance(days=2)

        assert bodies() == ["Overdue: Order cake", "Overdue: Order cake"]
        assert clock() == datetime(2030, 1, 3, 12)  # noqa: DTZ001


def test_a_cron_can_be_run_at_any_time(t):
    assert t.run_cron("overdue tasks") == 0
    assert [(cron.name, cron.function) for cron in t.crons] == [("overdue tasks", "reminders:sendOverdue")]
