"""Scheduled functions that failed or were left over, and that the test did not look at; calls that nobody awaited."""

from __future__ import annotations

import pytest

JOBS = """\
import { action, mutation, query } from "./_generated/server";

export const fail = mutation(async () => { throw new Error("boom"); });
export const failInAction = action(async () => { throw new Error("bang"); });
export const note = mutation(async () => null);
export const forgets = mutation(async (ctx) => { void ctx.db.insert("notes", {}); });
export const schedule = mutation(async (ctx, { name, ms }: any) => await ctx.scheduler.runAfter(ms ?? 0, name, {}));
export const statuses = query(async (ctx) => await ctx.db.system.query("_scheduled_functions").collect());
"""
FAILING = """\
import pytest
from convex_test import js

def test_failing(t):
    t.mutation("jobs:schedule", name="jobs:fail")
    t.finish_all_scheduled_functions()
"""


@pytest.fixture
def app(empty_app):
    empty_app.make_project(files={"convex/jobs.ts": JOBS})
    return empty_app


def test_a_failed_job_is_a_warning(app):
    app.write({"test_a.py": FAILING})
    result = app.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*ScheduledFunctionWarning: 1 scheduled function failed, and the test did not look at them:",
            "*  jobs:fail: Uncaught Error: boom",
            "*Look at t.scheduled_functions (of crons, at t.crons), or switch this off: "
            '@pytest.mark.convex(failed_jobs="ignore"), or in the ini file convex_failed_jobs = ignore.',
        ]
    )


@pytest.mark.parametrize(
    "look",
    [
        "t.scheduled_functions",
        "t.run(lambda ctx: ctx.db.system.query('_scheduled_functions').collect())",
        "t.run(lambda ctx: ctx.db.system.get(job))",
        "t.run(js('async (ctx, id) => await ctx.db.system.get(id)'), job)",
        "t.query('jobs:statuses')",
    ],
)
def test_a_failed_job_that_was_looked_at_is_none(app, look):
    app.write(
        {
            "test_a.py": f"""\
                from convex_test import js

                def test_failing(t):
                    job = t.mutation("jobs:schedule", name="jobs:failInAction")
                    t.finish_all_scheduled_functions()
                    {look}
            """
        }
    )
    app.run("-W", "error").assert_outcomes(passed=1)


def test_looking_before_it_fails_does_not_count(app):
    app.write({"test_a.py": FAILING.replace("    t.finish", "    t.scheduled_functions\n    t.finish")})
    app.run().assert_outcomes(passed=1, warnings=1)


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": "[pytest]\nconvex_failed_jobs = error\n", "test_a.py": FAILING},
        {
            "pytest.ini": "[pytest]\nconvex_failed_jobs = ignore\n",
            "test_a.py": FAILING.replace("def test", "@pytest.mark.convex(failed_jobs='error')\ndef test"),
        },
    ],
)
def test_it_can_be_an_error(app, files):
    app.write(files)
    result = app.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*1 scheduled function failed, and the test did not look at them:"])


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": "[pytest]\nconvex_failed_jobs = ignore\n", "test_a.py": FAILING},
        {"test_a.py": FAILING.replace("def test", "@pytest.mark.convex(failed_jobs='ignore')\ndef test")},
    ],
)
def test_it_can_be_ignored(app, files):
    app.write(files)
    app.run("-W", "error").assert_outcomes(passed=1)


PENDING = """\
import pytest

def test_pending(t):
    t.mutation("jobs:schedule", name="jobs:note", ms=5000)
"""


def test_a_pending_job_is_nothing_special(app):
    app.write({"test_a.py": PENDING})
    app.run("-W", "error").assert_outcomes(passed=1)


def test_a_pending_job_can_be_a_warning(app):
    app.write({"pytest.ini": "[pytest]\nconvex_pending_jobs = warn\n", "test_a.py": PENDING})
    result = app.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["*1 scheduled function had not ended when the test did:", "*  jobs:note: pending", "*Finish them, or switch*"]
    )


def test_a_pending_job_can_be_an_error(app):
    app.write({"test_a.py": PENDING.replace("def test", "@pytest.mark.convex(pending_jobs='error')\ndef test")})
    app.run().assert_outcomes(passed=1, errors=1)


@pytest.mark.parametrize("name", ["convex_failed_jobs", "convex_pending_jobs"])
def test_a_setting_that_does_not_exist(app, name):
    app.write({"pytest.ini": f"[pytest]\n{name} = maybe\n", "test_a.py": PENDING})
    result = app.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{name} = 'maybe': expected one of error, warn, ignore."])


def test_a_marker_that_does_not_exist(app):
    app.write({"test_a.py": PENDING.replace("def test", "@pytest.mark.convex(failed_jobs=True)\ndef test")})
    result = app.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*failed_jobs=True: expected one of 'error', 'warn', 'ignore'."])


def test_a_cron_that_fails_is_a_warning_too(app):
    app.write(
        {
            "convex/crons.ts": """\
                import { cronJobs } from "convex/server";
                const crons = cronJobs();
                crons.interval("sweep", { hours: 1 }, "jobs:fail" as any);
                export default crons;
            """,
            "test_a.py": """\
                def test_unseen(t):
                    t.advance(minutes=1)

                def test_seen(t):
                    t.advance(minutes=1)
                    assert t.crons
            """,
        }
    )
    result = app.run()
    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(["*  cron 'sweep'  jobs:fail: Uncaught Error: boom*"])


def test_a_test_that_fails_shows_the_failed_jobs_instead(app):
    app.write({"test_a.py": FAILING + "    assert False\n"})
    result = app.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Failed scheduled functions*", "jobs.js:fail: Uncaught Error: boom"])


def test_a_backend_of_a_with_block_reports_at_its_end(app):
    app.write(
        {
            "test_a.py": """\
                import pytest
                from convex_test import ConvexTestError

                def test_block(convex_project):
                    with pytest.raises(ConvexTestError, match="1 scheduled function failed"):
                        with convex_project.test(failed_jobs="error") as t:
                            t.mutation("jobs:schedule", name="jobs:fail")
                            t.finish_all_scheduled_functions()
            """
        }
    )
    app.run().assert_outcomes(passed=1)


UNAWAITED = """\
import pytest

def test_unawaited(t):
    t.mutation("jobs:forgets")
"""


@pytest.mark.parametrize(
    ("files", "outcomes"),
    [
        ({"test_a.py": UNAWAITED}, {"passed": 1, "warnings": 1}),
        ({"test_a.py": UNAWAITED, "pytest.ini": "[pytest]\nconvex_unawaited = ignore\n"}, {"passed": 1}),
        ({"test_a.py": UNAWAITED, "pytest.ini": "[pytest]\nconvex_unawaited = error\n"}, {"passed": 1, "errors": 1}),
        (
            {"test_a.py": UNAWAITED.replace("def test", "@pytest.mark.convex(unawaited='ignore')\ndef test")},
            {"passed": 1},
        ),
    ],
    ids=["default", "ignore", "error", "marker"],
)
def test_calls_that_nobody_awaited(app, files, outcomes):
    app.write(files)
    app.run().assert_outcomes(**outcomes)
