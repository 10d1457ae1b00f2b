"""`--convex-uncovered`: the public functions that no test called."""

from __future__ import annotations

TITLE = "Convex functions that no test called"
ALL = ["count", "fail", "list", "loop", "now", "relayFailure", "send", "variable", "whoami"]


def listed(result):
    """The lines of the section."""
    lines = result.outlines
    start = next(at for at, line in enumerate(lines) if TITLE in line)
    end = next(at for at, line in enumerate(lines) if at > start and line.startswith("="))
    return [line for line in lines[start + 1 : end] if line]


def test_public_functions_that_no_test_called_are_listed(app):
    app.write({"test_it.py": 'def test_it(t):\n    t.action("messages:relay", body="Hi")\n'})

    lines = listed(app.run("--convex-uncovered"))

    assert [line.split(" ")[0] for line in lines[:-1]] == [f"messages:{name}" for name in ALL if name != "send"]
    assert lines[0] == "messages:count (query) convex/messages.ts:51"
    assert lines[-1] == "8 of 10 public functions"


def test_internal_functions_are_not_listed(empty_app):
    empty_app.make_project(
        files={
            "convex/a.ts": """\
        import { internalQuery, query } from "./_generated/server";
        export const hidden = internalQuery(async () => 1);
        export const shown = query(async () => 1);
    """
        }
    )
    empty_app.write({"test_it.py": 'def test_it(t):\n    t.query("a:shown")\n'})

    assert listed(empty_app.run("--convex-uncovered")) == ["none: all 1 public functions were called"]


def test_workers_of_xdist_put_together_what_their_tests_called(app):
    app.write(
        {
            "test_it.py": """\
        import pytest

        @pytest.mark.parametrize("name", ["list", "now", "whoami", "count"])
        def test_it(t, name):
            t.query(f"messages:{name}")
    """
        }
    )

    lines = listed(app.run("--convex-uncovered", "-n", "2"))

    assert lines[-1] == "6 of 10 public functions"


def test_backends_made_in_the_test_and_forks_count(app):
    app.write(
        {
            "test_it.py": """\
        def test_it(convex_project):
            with convex_project.test() as t:
                t.fork().query("messages:list")
    """
        }
    )

    assert listed(app.run("--convex-uncovered"))[-1] == "9 of 10 public functions"


def test_all_are_listed_when_no_test_uses_convex(app):
    app.write({"test_it.py": "def test_it(): pass\n"})

    assert listed(app.run("--convex-uncovered"))[-1] == "10 of 10 public functions"


def test_a_module_that_does_not_load_is_reported(app):
    app.write({"convex/broken.ts": 'throw new Error("at load");\nexport {};\n', "test_it.py": "def test_it(t): pass\n"})

    lines = listed(app.run("--convex-uncovered"))

    assert "Failed to analyze broken.js: Uncaught Error: at load" in lines[0]


def test_without_a_project_there_is_nothing_to_say(empty_app):
    empty_app.write({"test_it.py": "def test_it(): pass\n"})

    result = empty_app.run("--convex-uncovered")

    result.assert_outcomes(passed=1)
    assert TITLE not in result.stdout.str()


def test_without_the_option_nothing_is_said(app):
    app.write({"test_it.py": 'def test_it(t):\n    t.query("messages:list")\n'})

    assert TITLE not in app.run().stdout.str()
