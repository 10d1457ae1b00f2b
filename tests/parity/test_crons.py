"""Crons: `crons.ts` with every builder, what a push refuses, their records, and their runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from convex_test import FunctionError, ProjectError, UsageError

FUNCTIONS = """
    import { action, internalMutation, mutation, query } from "./_generated/server";
    import { ConvexError, v } from "convex/values";

    export const note = internalMutation({
        handler: async (ctx, args: any) => {
            const meta = await ctx.meta.getRequestMetadata();
            const identity = await ctx.auth.getUserIdentity();
            await ctx.db.insert("notes", { ...args, at: Date.now(), job: meta.scheduledFunctionId, identity });
            return "noted";
        },
    });
    export const slow = action(async (ctx, { ms, text }: any) => {
        await ctx.runMutation("jobs:note" as any, { text: `${text} begins` });
        await new Promise((resolve) => setTimeout(resolve, ms));
        await ctx.runMutation("jobs:note" as any, { text: `${text} ends` });
        return "slept";
    });
    export const fail = mutation(async (ctx) => {
        await ctx.db.insert("notes", { text: "never" });
        throw new ConvexError("boom");
    });
    export const failInAction = action(async () => { throw new Error("boom"); });
    export const checked = mutation({ args: { text: v.string() }, handler: async () => null });
    export const ask = query(async () => 1);
    export default internalMutation(async (ctx) => { await ctx.db.insert("notes", { text: "default" }); });
"""
FILES = {
    "convex/jobs.ts": FUNCTIONS,
    "convex/crons.ts": """
        import { cronJobs } from "convex/server";
        import { api, internal } from "./_generated/api";

        const crons = cronJobs();
        crons.interval("ten minutes", { minutes: 10 }, internal.jobs.note, { text: "interval" });
        crons.hourly("hourly", { minuteUTC: 30 }, internal.jobs.note, { text: "hourly" });
        crons.hourly("hourly too", internal.jobs.note, { text: "hourly too" });
        crons.daily("daily", { hourUTC: 9, minuteUTC: 5 }, internal.jobs.note, { text: "daily" });
        crons.weekly("weekly", { dayOfWeek: "sunday", hourUTC: 9 }, internal.jobs.note, { text: "weekly" });
        crons.monthly("monthly", { day: 31, hourUTC: 9 }, internal.jobs.note, { text: "monthly" });
        crons.cron("crontab", "0 0 1 * *", api.jobs.default);
        export default crons;
    """,
}
START = datetime(2030, 1, 1, tzinfo=UTC)  # a Tuesday


@pytest.fixture(autouse=True)
def frozen():
    with freeze_time(START) as frozen:
        yield frozen


@pytest.fixture
def t(project, frozen):
    with project.test(seed=1) as t:
        yield t


@pytest.fixture
def with_crons(make_t):
    """A `t` whose `crons.ts` has these lines."""

    def make(*lines):
        source = 'import { cronJobs } from "convex/server";\nconst crons = cronJobs();\n'
        return make_t(
            {"convex/jobs.ts": FUNCTIONS, "convex/crons.ts": source + "\n".join(lines) + "\nexport default crons;\n"},
            seed=1,
        )

    return make


def notes(t):
    found = t.run(lambda ctx: ctx.db.query("notes").collect())
    return [(note["text"], EPOCH + timedelta(milliseconds=note["at"]) - START) for note in found]


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# Records


def test_their_records(t):
    assert [(cron.name, cron.schedule, cron.next_run) for cron in t.crons] == [
        ("crontab", {"type": "cron", "cron": "0 0 1 * *"}, datetime(2030, 2, 1, tzinfo=UTC)),
        ("daily", {"type": "daily", "hourUTC": 9, "minuteUTC": 5}, datetime(2030, 1, 1, 9, 5, tzinfo=UTC)),
        ("hourly", {"type": "hourly", "minuteUTC": 30}, datetime(2030, 1, 1, 0, 30, tzinfo=UTC)),
        ("hourly too", {"type": "hourly"}, datetime(2030, 1, 1, 1, tzinfo=UTC)),
        ("monthly", {"type": "monthly", "day": 31, "hourUTC": 9}, datetime(2030, 1, 31, 9, tzinfo=UTC)),
        ("ten minutes", {"type": "interval", "minutes": 10}, START),
        ("weekly", {"type": "weekly", "dayOfWeek": "sunday", "hourUTC": 9}, datetime(2030, 1, 6, 9, tzinfo=UTC)),
    ]
    assert [(cron.function, cron.args) for cron in t.crons][:2] == [
        ("jobs", [{}]),
        ("jobs:note", [{"text": "daily"}]),
    ]


def test_a_project_without_crons(make_t):
    t = make_t({"convex/jobs.ts": FUNCTIONS})
    assert t.crons == []
    t.advance(days=1)


def test_crons_are_functions_of_no_job(t):
    t.advance(minutes=1)
    assert t.scheduled_functions == []
    [note] = t.run(lambda ctx: ctx.db.query("notes").collect())
    assert (note["job"], note["identity"]) == (None, None)


def test_a_cron_has_no_identity(t):
    t.with_identity(name="Sarah").run_cron("daily")
    assert t.run(lambda ctx: ctx.db.query("notes").first())["identity"] is None


# Runs


def test_an_interval_runs_first_when_the_backend_begins(t):
    t.advance(seconds=0)
    assert notes(t) == [("interval", timedelta(0))]
    assert t.crons[5].next_run == START + timedelta(minutes=10)


def test_they_run_at_their_own_moments(t):
    t.advance(hours=1)
    assert notes(t) == [
        ("interval", timedelta(0)),
        ("interval", timedelta(minutes=10)),
        ("interval", timedelta(minutes=20)),
        ("hourly", timedelta(minutes=30)),
        ("interval", timedelta(minutes=30)),
        ("interval", timedelta(minutes=40)),
        ("interval", timedelta(minutes=50)),
        ("hourly too", timedelta(hours=1)),
        ("interval", timedelta(hours=1)),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('crons.daily("x", { hourUTC: 9 }, "jobs:note" as any, { text: "x" });', 31),
        ('crons.weekly("x", { dayOfWeek: "monday", hourUTC: 9 }, "jobs:note" as any, { text: "x" });', 4),
        ('crons.monthly("x", { day: 31, hourUTC: 9 }, "jobs:note" as any, { text: "x" });', 1),
        ('crons.interval("x", { hours: 12 }, "jobs:note" as any, { text: "x" });', 63),
        ('crons.cron("x", "0 */6 * * *", "jobs:note" as any, { text: "x" });', 124),
        ('crons.cron("x", "*/30 9-17 * * 1-5", "jobs:note" as any, { text: "x" });', 23 * 18),
    ],
)
def test_how_often_they_run_in_a_month(with_crons, line, expected):
    t = with_crons(line)
    t.advance(days=31)
    assert len(notes(t)) == expected


def test_one_that_is_still_running_is_skipped(with_crons):
    t = with_crons('crons.interval("x", { minutes: 1 }, "jobs:slow" as any, { ms: 150000, text: "x" });')
    t.advance(minutes=6)
    assert notes(t) == [
        ("x begins", timedelta(0)),
        ("x ends", timedelta(minutes=2, seconds=30)),
        ("x begins", timedelta(minutes=3)),
        ("x ends", timedelta(minutes=5, seconds=30)),
        ("x begins", timedelta(minutes=6)),
    ]


def test_a_crontab_that_is_still_running_goes_on_with_its_next_match(with_crons):
    t = with_crons('crons.cron("x", "* * * * *", "jobs:slow" as any, { ms: 90000, text: "x" });')
    t.advance(minutes=4)
    assert [at for text, at in notes(t) if text == "x begins"] == [timedelta(minutes=1), timedelta(minutes=3)]


def test_a_cron_that_fails_goes_on(with_crons):
    t = with_crons(
        'crons.interval("a", { minutes: 1 }, "jobs:fail" as any);',
        'crons.interval("b", { minutes: 1 }, "jobs:failInAction" as any);',
        'crons.interval("c", { minutes: 1 }, "jobs:checked" as any, { text: 5 });',
    )
    t.advance(minutes=2)
    assert notes(t) == []
    assert [call.function for call in t.calls if call.error is not None] == [
        "jobs:fail",
        "jobs:failInAction",
        "jobs:checked",
    ] * 3
    assert [cron.next_run for cron in t.crons] == [START + timedelta(minutes=3)] * 3


def test_finishing_scheduled_functions_runs_no_crons(t):
    t.run(lambda ctx: ctx.scheduler.run_after(3600, "jobs:note", text="job"))
    t.finish_all_scheduled_functions()
    assert notes(t) == [("job", timedelta(hours=1))]


def test_they_are_of_each_backend(t, project):
    t.advance(minutes=30)
    with project.test(seed=2) as other:
        assert other.crons[5].next_run == START + timedelta(minutes=30)
    assert t.crons[5].next_run == START + timedelta(minutes=40)


def test_a_clock_that_is_frozen_later_counts(project, frozen):
    with project.test(seed=1) as t, freeze_time("2020-01-01T00:00:00Z"):
        t.advance(minutes=10)
        found = t.run(lambda ctx: ctx.db.query("notes").collect())
        assert [note["at"] for note in found] == [1577836800000, 1577837400000]


# One cron


def test_one_can_be_run_out_of_turn(t):
    assert t.run_cron("daily") == "noted"
    assert notes(t) == [("daily", timedelta(0))]
    assert t.crons[1].next_run == datetime(2030, 1, 1, 9, 5, tzinfo=UTC)


def test_one_that_is_an_action_runs_to_its_end(with_crons):
    t = with_crons('crons.interval("x", { hours: 1 }, "jobs:slow" as any, { ms: 5000, text: "x" });')
    assert t.run_cron("x") == "slept"
    assert notes(t) == [("x begins", timedelta(0)), ("x ends", timedelta(seconds=5))]


def test_one_that_fails_raises(with_crons):
    t = with_crons('crons.interval("x", { hours: 1 }, "jobs:fail" as any);')
    with pytest.raises(FunctionError, match="Uncaught ConvexError: boom"):
        t.run_cron("x")
    assert notes(t) == []


def test_one_that_does_not_exist(t):
    with pytest.raises(UsageError) as caught:
        t.run_cron("weakly")
    assert str(caught.value) == (
        "t.run_cron('weakly'): there is no such cron; there are 'crontab', 'daily', 'hourly', 'hourly too', 'monthly', "
        "'ten minutes', 'weekly'."
    )


def test_one_of_a_project_that_has_none(make_t):
    with pytest.raises(UsageError) as caught:
        make_t({"convex/jobs.ts": FUNCTIONS}).run_cron("x")
    assert str(caught.value) == "t.run_cron('x'): there is no such cron; the project has none."


# What a push refuses


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('crons.interval("x", {} as any, "jobs:note" as any);', "Must specify one of seconds, minutes, or hours"),
        (
            'crons.interval("x", { seconds: 1, hours: 1 } as any, "jobs:note" as any);',
            "Must specify one of seconds, minutes, or hours",
        ),
        ('crons.interval("x", { seconds: 0 }, "jobs:note" as any);', "Interval must be an integer greater than 0"),
        ('crons.interval("x", { hours: 1.5 }, "jobs:note" as any);', "Interval must be an integer greater than 0"),
        (
            'crons.hourly("x", { minuteUTC: 60 }, "jobs:note" as any);',
            "Minute of hour must be an integer from 0 to 59",
        ),
        ('crons.daily("x", { hourUTC: 24 }, "jobs:note" as any);', "Hour of day must be an integer from 0 to 23"),
        (
            'crons.weekly("x", { dayOfWeek: "Monday" as any, hourUTC: 1 }, "jobs:note" as any);',
            'Day of week must be a string like "monday".',
        ),
        (
            'crons.monthly("x", { day: 0, hourUTC: 1 }, "jobs:note" as any);',
            "Day of month must be an integer from 1 to 31",
        ),
        (
            'crons.interval("é", { hours: 1 }, "jobs:note" as any);',
            "Invalid cron identifier é: use ASCII letters that are not control characters",
        ),
        (
            'crons.interval("x", { hours: 1 }, "jobs:note" as any); crons.daily("x", { hourUTC: 1 }, "a:b" as any);',
            "Cron identifier registered twice: x",
        ),
    ],
)
def test_what_the_builders_refuse(with_crons, line, text):
    t = with_crons(line)
    with pytest.raises(ProjectError) as caught:
        t.advance(seconds=1)
    first, second, *_ = str(caught.value).splitlines()
    assert first == f"Failed to analyze crons.js: Uncaught Error: {text}"
    assert "convex/crons.ts:" in second


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('crons.cron("x", "* * * *", "jobs:note" as any);', "Failed to parse cron expression"),
        ('crons.cron("x", "@daily", "jobs:note" as any);', "Failed to parse cron expression"),
        (
            'crons.cron("x", "0 0 30 2 *", "jobs:note" as any);',
            'The cron spec "0 0 30 2 *" will never match any time',
        ),
        (
            'crons.interval("x", { hours: 1 }, "no:thing" as any);',
            "The cron job 'x' schedules a function that does not exist: no.js:thing",
        ),
        (
            'crons.interval("x", { hours: 1 }, "jobs:nothing" as any);',
            "The cron job 'x' schedules a function that does not exist: jobs.js:nothing",
        ),
        (
            'crons.interval("x", { hours: 1 }, "jobs:ask" as any);',
            "The cron job 'x' schedules a query function, only actions and mutations can be scheduled: jobs.js:ask",
        ),
        (
            'crons.crons["x"] = { name: "jobs:note", args: [{}], schedule: { type: "daily", hourUTC: 24 } };',
            'hourUTC must be 0-23 in {\n  "args": [\n    {}\n  ],\n  "name": "jobs:note",\n  "schedule": {\n    '
            '"hourUTC": 24,\n    "type": "daily"\n  }\n}',
        ),
    ],
)
def test_what_a_push_refuses(with_crons, line, text):
    t = with_crons(line)
    with pytest.raises(ProjectError) as caught:
        _ = t.crons
    assert str(caught.value) == f"{text}\n\nThe crons are defined in convex/crons.ts."


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("export const crons = 1;", "`convex/crons.js` must have a default export of a Crons object."),
        ("export default {};", "The default export of `convex/crons.js` is not a Crons object."),
        ("export default null;", "The default export of `convex/cron.js` is not a Router."),
        ("export default { isCrons: true };", ".export property on Crons object not found"),
        ("throw new Error('oops');\nexport default 1;", "Uncaught Error: oops"),
    ],
)
def test_what_is_no_crons_file(make_t, source, text):
    t = make_t({"convex/crons.ts": source})
    with pytest.raises(ProjectError) as caught:
        _ = t.crons
    lines = str(caught.value).splitlines()
    assert lines[0] == f"Failed to analyze crons.js: {text}"
    assert "convex/crons.ts" in lines[1]


def test_a_broken_file_of_crons_hurts_nobody_else(with_crons):
    t = with_crons('crons.cron("x", "nonsense", "jobs:note" as any);')
    t.run(lambda ctx: ctx.scheduler.run_after(0, "jobs:note", text="job"))
    t.finish_all_scheduled_functions()
    assert notes(t) == [("job", timedelta(0))]
