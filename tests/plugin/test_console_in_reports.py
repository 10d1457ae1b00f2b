"""Where pytest shows the console lines of functions, and that it shows each once."""

from __future__ import annotations

import pytest

HEADING = "----------------------- Captured log of Convex functions -----------------------"
WARNING_LINE = "messages:fail: [WARN] 'about to fail'"
FAILS = """\
import logging

def test_a(t):
    logging.getLogger("mine").warning("of Python")
    try:
        t.mutation("messages:fail")
    except Exception:
        pass
    assert False
"""


@pytest.fixture
def shown(app):
    """Runs one test; the lines of the output."""

    def show(source, *args):
        app.write({"test_a.py": source})
        return app.run("--tb=short", *args).outlines

    return show


def times(lines, text):
    return sum(text in line for line in lines)


def test_a_warning_is_shown_once(shown):
    lines = shown(FAILS)
    assert lines[lines.index(HEADING) + 1] == WARNING_LINE
    assert times(lines, "about to fail") == 1


def test_records_of_python_are_shown_by_pytest(shown):
    lines = shown(FAILS)
    assert times(lines, "Captured log call") == 1
    assert times(lines, "WARNING  mine:test_a.py:4 of Python") == 1


@pytest.mark.parametrize("args", [("--log-level=DEBUG",), ("-n", "1"), ("-p", "no:logging")], ids=" ".join)
def test_it_is_shown_once_with(shown, args):
    assert times(shown(FAILS, *args), "about to fail") == 1


def test_what_is_shown_with_an_error_is_not_shown_again(shown):
    lines = shown('def test_a(t):\n    t.mutation("messages:fail")\n')
    assert HEADING not in lines
    assert times(lines, "about to fail'") == 1


def test_the_section_belongs_to_the_log(shown):
    assert HEADING in shown(FAILS, "--show-capture=log")
    assert HEADING not in shown(FAILS, "--show-capture=stdout")


def test_a_passing_test_shows_it_when_asked(shown):
    source = 'def test_a(t):\n    t.mutation("messages:send", body="x")\n'
    lines = shown(source, "-rP")
    assert lines[lines.index(HEADING) + 1] == "messages:send: [LOG] 'sending' 'x'"
    assert HEADING not in shown(source, "-v")


def test_live_logs(shown):
    lines = shown('def test_a(t):\n    t.mutation("messages:send", body="x")\n', "--log-cli-level=INFO")
    assert "INFO     convex.console:messages.ts:11 'sending' 'x'" in lines


def test_live_logs_and_a_failure(shown):
    lines = shown(FAILS, "--log-cli-level=INFO")
    assert times(lines, "WARNING  convex.console:messages.ts:32 'about to fail'") == 1
    assert times(lines, WARNING_LINE) == 1


def test_a_file_of_records(app):
    app.write({"test_a.py": 'def test_a(t):\n    t.mutation("messages:send", body="x")\n'})
    app.run("--log-file=log.txt", "--log-file-level=INFO", "--log-file-format=%(convex_function)s %(message)s")
    assert "messages:send 'sending' 'x'" in (app.path / "log.txt").read_text(encoding="utf-8").splitlines()


def test_caplog(app):
    app.write(
        {
            "test_a.py": """\
                def test_a(t, caplog):
                    caplog.set_level("INFO", logger="convex.console")
                    t.mutation("messages:send", body="x")
                    assert caplog.record_tuples == [("convex.console", 20, "'sending' 'x'")]
                    assert caplog.records[0].convex_function == "messages:send"
                """
        }
    )
    app.run().assert_outcomes(passed=1)


def test_the_last_backend_of_the_project_is_shown(shown):
    lines = shown(
        """\
        def test_a(convex_project):
            for body in ("first", "last"):
                with convex_project.test() as t:
                    t.mutation("messages:send", body=body)
            assert False
        """
    )
    assert lines[lines.index(HEADING) + 1] == "messages:send: [LOG] 'sending' 'last'"
    assert times(lines, "'sending'") == 1


def test_each_test_shows_its_own_backends(shown):
    lines = shown(
        """\
        def test_a(convex_project):
            with convex_project.test() as t:
                t.mutation("messages:send", body="of a")

        def test_b(convex_project):
            assert False
        """
    )
    assert times(lines, "'sending'") == 0


def test_failed_jobs_of_a_backend_of_the_project(shown):
    lines = shown(
        """\
        from convex_test import js

        def test_a(convex_project):
            with convex_project.test(failed_jobs="ignore") as t:
                t.mutation(js("async (ctx) => { await ctx.scheduler.runAfter(0, 'messages:fail'); }"))
                t.finish_all_scheduled_functions()
            assert False
        """
    )
    assert "messages.js:fail: Uncaught Error: plain trouble" in lines
