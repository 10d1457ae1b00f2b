"""Test files in TypeScript under pytest: what is collected, how tests are named and chosen, what a failure shows."""

from __future__ import annotations

import pytest

SUITE = """\
import { convexTest } from "convex-test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { api } from "./_generated/api";

const modules = import.meta.glob("./**/*.*s");

describe("messages", () => {
  test("are sent", async () => {
    const t = convexTest(undefined, modules);
    await t.mutation(api.messages.send, { body: "hi" });
    expect(await t.query(api.messages.list)).toEqual(["hi"]);
  });
  test("are not what they are not", async () => {
    const t = convexTest(undefined, modules);
    await t.mutation(api.messages.send, { body: "hi" });
    console.log("looking");
    expect(await t.query(api.messages.list)).toEqual(["ho"]);
  });
  test.skip("come later", () => {});
  test.todo("go");
});

test.each([1, 2])("row %i", (row) => expect(row).toBeLessThan(3));
"""
FAILURE = """\
E   AssertionError: expected [ 'hi' ] to deeply equal [ 'ho' ]
E
E   - Expected
E   + Received
E
E     [
E   -   "ho",
E   +   "hi",
E     ]

convex/messages.test.ts:17:46: in <anonymous>
  14 |     const t = convexTest(undefined, modules);
  15 |     await t.mutation(api.messages.send, { body: "hi" });
  16 |     console.log("looking");
> 17 |     expect(await t.query(api.messages.list)).toEqual(["ho"]);
     |                                              ^
  18 |   });
  19 |   test.skip("come later", () => {});
  20 |   test.todo("go");

    at <anonymous> (convex/messages.test.ts:17:46)
---------------------------- Captured console call -----------------------------
'looking'
messages:send: [LOG] 'sending' 'hi'"""


@pytest.fixture
def suite(app):
    """An app with a test file, which the ini file names."""
    app.write(
        {"convex/messages.test.ts": SUITE, "pytest.ini": "[pytest]\nconvex_typescript_tests = convex/**/*.test.ts\n"}
    )
    return app


def test_tests_have_the_names_of_their_suites(suite):
    result = suite.run("-v")

    result.stdout.fnmatch_lines_random(
        [
            "convex/messages.test.ts::row 1 PASSED*",
            "convex/messages.test.ts::row 2 PASSED*",
            "convex/messages.test.ts::messages::are sent PASSED*",
            "convex/messages.test.ts::messages::are not what they are not FAILED*",
            "convex/messages.test.ts::messages::come later SKIPPED (test.skip)*",
            "convex/messages.test.ts::messages::go SKIPPED (test.todo)*",
        ]
    )
    result.assert_outcomes(passed=3, failed=1, skipped=2)


def test_a_failure_shows_the_difference_the_source_and_the_console(suite, block):
    result = suite.run()

    assert block(result, "messages > are not what they are not") == FAILURE
    result.stdout.fnmatch_lines(["FAILED convex/messages.test.ts::messages::are not what they are not - E *"])


@pytest.mark.parametrize(
    ("arguments", "passed", "failed"),
    [
        (("-k", "sent"), 1, 0),
        (("-k", "messages and not sent and not row"), 0, 1),
        (("convex/messages.test.ts::messages::are sent",), 1, 0),
        (("convex/messages.test.ts::row 2",), 1, 0),
        (("--convex-ts", "elsewhere/*.ts"), 3, 1),
        (("-n", "2"), 3, 1),
    ],
    ids=["a keyword", "an expression", "an id", "a row", "another glob", "two processes"],
)
def test_tests_are_chosen_as_pytest_chooses(suite, arguments, passed, failed):
    outcomes = suite.run(*arguments).parseoutcomes()

    assert (outcomes.get("passed", 0), outcomes.get("failed", 0)) == (passed, failed)


def test_the_last_failures_run_again(suite):
    suite.run()

    suite.run("--lf").assert_outcomes(failed=1)


def test_without_a_setting_nothing_is_collected(app):
    app.write({"convex/messages.test.ts": SUITE})

    assert app.run().ret == pytest.ExitCode.NO_TESTS_COLLECTED
    app.run("convex/messages.test.ts").assert_outcomes(passed=3, failed=1, skipped=2)
    app.run("--convex-ts", "convex/*.test.ts").assert_outcomes(passed=3, failed=1, skipped=2)


def test_python_and_typescript_share_a_report(suite):
    suite.write({"test_python.py": "def test_send(t):\n    t.mutation('messages:send', body='hi')\n"})

    suite.run().assert_outcomes(passed=4, failed=1, skipped=2)


def test_only_leaves_out_all_others(app):
    app.write({"convex/a.test.ts": 'import { test } from "vitest";\ntest.only("a", () => {});\ntest("b", () => {});\n'})

    app.run("convex/a.test.ts").assert_outcomes(passed=1, skipped=1)


def test_a_shuffled_file_keeps_its_order(app):
    steps = "\n".join(f'test("{at}", () => {{ expect(n++).toBe({at}); }});' for at in range(12))
    app.write({"convex/a.test.ts": f'import {{ expect, test }} from "vitest";\nlet n = 0;\n{steps}\n'})

    app.run_in_any_order("convex/a.test.ts", "-p", "randomly").assert_outcomes(passed=12)


def test_hooks_that_fail_are_errors_of_their_tests(app):
    app.write(
        {
            "convex/a.test.ts": """\
import { beforeAll, describe, test } from "vitest";
describe("broken", () => {
  beforeAll(() => { throw new Error("no ground"); });
  test("a", () => {});
});
test("b", () => {});
"""
        }
    )
    result = app.run("convex/a.test.ts")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*convex/a.test.ts:3:*", "*Error: no ground"])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('import { nope } from "vitest";\nnope();\n', '*No matching export in "convex-test:vitest" for import "nope"*'),
        ('import "./missing";\n', "*Cannot find module './missing' imported from 'convex/a.test.ts'*"),
        ("throw new Error('at the top');\n", "*Error: at the top"),
        ("import { test } from 'vitest';\nif (\n", "*convex/a.test.ts:3*"),
        (
            'import fs from "node:fs";\nfs.readFileSync("x");\n',
            "*not supported: the Node.js module node:fs in a test file*",
        ),
        ("// @vitest-environment jsdom\n", "*wants the environment jsdom: pytest runs test files in Convex's runtime*"),
        ("const x = import.meta.glob(pattern);\n", "*the patterns must be string literals*"),
    ],
    ids=["an unknown name", "a missing module", "a throw", "bad syntax", "a Node module", "a browser", "a glob"],
)
def test_a_file_that_cannot_be_evaluated_is_an_error(app, source, message):
    app.write({"convex/a.test.ts": source})
    result = app.run("convex/a.test.ts")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_a_test_that_waits_for_nothing_fails_at_once(app):
    app.write({"convex/a.test.ts": 'import { test } from "vitest";\ntest("a", () => new Promise(() => {}));\n'})

    app.run("convex/a.test.ts").stdout.fnmatch_lines(
        ["*Test timed out in 5000ms. It waits for a promise that nothing can*"]
    )


def test_what_is_not_supported_fails_the_test_that_swallows_it(app):
    app.write(
        {
            "convex/a.test.ts": """\
import { convexTest } from "convex-test";
import { expect, test } from "vitest";
test("a", async () => {
  const t = convexTest(undefined, import.meta.glob("./**/*.*s"));
  await expect(t.run(async () => { await t.run(async () => 1); })).rejects.toThrow();
});
"""
        }
    )
    result = app.run("convex/a.test.ts")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*it would wait for itself*"])


def test_snapshots_are_written_and_compared(app):
    path = app.path / "convex" / "a.test.ts"
    app.write(
        {
            "convex/a.test.ts": """\
import { expect, test } from "vitest";
test("kept", () => {
  expect({ a: 1 }).toMatchSnapshot();
  expect([1, 2]).toMatchInlineSnapshot();
});
"""
        }
    )
    app.run("convex/a.test.ts").assert_outcomes(passed=1)
    assert "exports[`kept 1`]" in (path.parent / "__snapshots__" / "a.test.ts.snap").read_text()
    assert "toMatchInlineSnapshot(`\n    [\n      1,\n      2,\n    ]\n  `)" in path.read_text()

    path.write_text(path.read_text().replace("{ a: 1 }", "{ a: 2 }").replace("([1, 2])", "([1, 3])"))
    app.run("convex/a.test.ts").assert_outcomes(failed=1)
    app.run("convex/a.test.ts", "--convex-ts-update").assert_outcomes(passed=1)
    app.run("convex/a.test.ts").assert_outcomes(passed=1)


def test_setup_files_are_evaluated_first(app):
    app.write(
        {
            "setup.ts": 'import { beforeEach } from "vitest";\nbeforeEach(() => { process.env.READY = "yes"; });\n',
            "convex/a.test.ts": """\
import { expect, test } from "vitest";
test("a", () => expect(process.env.READY).toBe("yes"));
""",
            "pytest.ini": "[pytest]\nconvex_typescript_setup = setup.ts\n",
        }
    )

    app.run("convex/a.test.ts").assert_outcomes(passed=1)


def test_a_failure_says_where_production_differs(app):
    app.write(
        {
            "convex/a.test.ts": """\
import { convexTest } from "convex-test";
import { expect, test } from "vitest";
import { api } from "./_generated/api";
test("a", async () => {
  const t = convexTest(undefined, import.meta.glob("./**/*.*s"));
  await expect(t.mutation(api.messages.send, { body: 1 })).rejects.toThrow("Validator error");
});
"""
        }
    )

    app.run("convex/a.test.ts").stdout.fnmatch_lines(
        [
            "note: production (and this library) says 'ArgumentValidationError: …' of wrong arguments; "
            "convex-test says 'Validator error: …'. See docs/typescript-tests.md."
        ]
    )
