"""`pytest --convex-fuzz`: what it runs, what it reports, and what it exits with."""

from __future__ import annotations

import re

import pytest

NOTES = """\
import { ConvexError, v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const add = mutation({
  args: { text: v.string() },
  returns: v.null(),
  handler: async (ctx, { text }) => {
    await ctx.db.insert("notes", { text });
    return null;
  },
});

export const count = query({
  args: {},
  returns: v.number(),
  handler: async (ctx) => {
    const notes = await ctx.db.query("notes").collect();
    if (notes.length > 1) throw new Error("too many");
    return notes.length;
  },
});

export const closed = query({
  args: {},
  handler: async (ctx) => {
    if ((await ctx.auth.getUserIdentity()) === null) throw new ConvexError("Sign in first");
    return (await ctx.db.query("notes").collect()).length;
  },
});
"""


@pytest.fixture
def notes(empty_app):
    empty_app.make_project(files={"convex/notes.ts": NOTES})
    empty_app.write({"test_never.py": "raise RuntimeError('collected')\n"})
    return empty_app


def fuzz(app, *args, seconds=6):
    return app.run(f"--convex-fuzz-seconds={seconds}", "--convex-seed=1", *args)


def items(result):
    return sorted(set(re.findall(r"convex-fuzz::(\S+\[\w+\])", result.stdout.str())))


def test_a_bug_is_reported_with_the_smallest_example(notes):
    result = fuzz(notes, "--convex-fuzz=notes:count", "-k", "only_expected", seconds=5)

    assert result.ret == 1
    text = result.stdout.str()
    assert "notes:count fails with FunctionError, not with ConvexError" in text
    assert text.count(".mutation('notes:add', {'text': ''})") == 2
    assert ".query('notes:count', {})  # FunctionError: Uncaught Error: too many" in text
    assert 'if (notes.length > 1) throw new Error("too many");' in text
    assert re.search(r"convex: \d+ examples; the same ones again with --convex-seed=1", text)


def test_the_seed_repeats_the_run(notes):
    def failure():
        text = fuzz(notes, "--convex-fuzz=notes:count", "-k", "only_expected", seconds=5).stdout.str()
        return text[text.index("notes:count fails") : text.index("short test summary")].split("convex: ", maxsplit=1)[0]

    assert failure() == failure()


def test_each_property_of_each_function_is_an_item(notes):
    result = fuzz(notes, "--convex-fuzz", "--collect-only", "-q")

    assert result.ret == 0
    assert items(result) == [
        "notes:add[failed_mutations_change_nothing]",
        "notes:add[invalid_arguments_are_refused]",
        "notes:add[only_expected_errors]",
        "notes:add[retried_mutations_run_once]",
        "notes:add[returns_match]",
        "notes:closed[invalid_arguments_are_refused]",
        "notes:closed[only_expected_errors]",
        "notes:closed[queries_are_repeatable]",
        "notes:count[invalid_arguments_are_refused]",
        "notes:count[only_expected_errors]",
        "notes:count[queries_are_repeatable]",
        "notes:count[returns_match]",
    ]


def test_what_holds_passes(notes):
    result = fuzz(notes, "--convex-fuzz=!notes:count", seconds=2)

    assert result.ret == 0
    result.assert_outcomes(passed=8)


def test_workers_share_the_work(notes):
    pytest.importorskip("xdist")
    result = fuzz(notes, "--convex-fuzz=notes:a*,notes:closed", "-n", "2", seconds=2)

    assert result.ret == 0
    result.assert_outcomes(passed=8)
    assert re.search(r"convex: [1-9]\d* examples", result.stdout.str())


def test_a_pattern_that_fits_nothing_is_a_usage_error(notes):
    result = fuzz(notes, "--convex-fuzz=notes:cuont")

    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: functions='notes:cuont': no function of * fits. Did you mean 'notes:count'?"])


def test_a_conftest_prepares_the_state_and_says_who_calls(notes):
    notes.write(
        {
            "conftest.py": """\
                def pytest_convex_fuzz_prepare(t):
                    for text in ("a", "b", "c"):
                        t.mutation("notes:add", text=text)
                    return {"sarah": t.with_identity(name="Sarah")}
                """
        }
    )
    result = fuzz(notes, "--convex-fuzz=notes:count", "-k", "only_expected", seconds=2)

    assert result.ret == 1
    text = result.stdout.str()
    assert "notes:add" not in text.split("fails with")[1].split("Uncaught")[0]
    assert "sarah.query('notes:count', {})" in text


def test_what_is_meant_for_everybody_is_said_in_the_ini_file(notes):
    notes.write({"pytest.ini": "[pytest]\nconvex_fuzz_anonymous = notes:add\n"})
    result = fuzz(notes, "--convex-fuzz", "-k", "anonymous and not add", seconds=4)

    assert result.ret == 1
    result.assert_outcomes(passed=1, failed=1)
    assert "notes:count shows data to somebody who is not signed in" in result.stdout.str()


def test_without_the_option_tests_are_collected(notes):
    result = notes.run()

    assert result.ret == 2
    result.stdout.fnmatch_lines(["*RuntimeError: collected*"])
