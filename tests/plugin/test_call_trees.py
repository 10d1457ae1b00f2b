"""The calls of a test, in the report of a failure and with `--convex-calls`."""

from __future__ import annotations

import re

TITLE = "Calls of Convex functions"


def section(result, title=TITLE):
    """The lines of a section, times left out."""
    lines = result.outlines
    start = next(at for at, line in enumerate(lines) if title in line and line.startswith("-"))
    end = next(at for at, line in enumerate(lines) if at > start and line.startswith(("-", "=")))
    return [re.sub(r"\d+\.\d ms", "N ms", line) for line in lines[start + 1 : end] if line]


def test_a_failing_test_shows_its_calls_with_those_that_they_made(app):
    app.write(
        {
            "test_it.py": """\
            def test_it(t):
                t.with_identity(name="Sarah").mutation("messages:send", body="Hi")
                t.action("messages:relay", body="")
            """
        }
    )

    lines = section(app.run())

    assert re.fullmatch(r"mutation messages:send \{'body': 'Hi'\} → '\w+' \(N ms, 1 written, as Sarah\)", lines[0]), (
        lines[0]
    )
    assert lines[1:] == [
        "action messages:relay {'body': ''} ✗ ConvexError (N ms)",
        "  mutation messages:send {'body': ''} ✗ ConvexError (N ms)",
    ]


def test_long_arguments_are_cut_unless_asked_for(app):
    app.write(
        {
            "test_it.py": """\
            def test_it(t):
                t.mutation("messages:send", body="x" * 1000)
                assert False
            """
        }
    )

    assert section(app.run())[0].startswith("mutation messages:send {'body': '" + "x" * 69 + "… → ")
    assert "x" * 1000 in section(app.run("-vv"))[0]


def test_of_many_calls_the_last_ones_are_shown(app):
    app.write(
        {
            "test_it.py": """\
            def test_it(t):
                for number in range(12):
                    t.mutation("messages:send", body=str(number))
                assert False
            """
        }
    )

    lines = section(app.run())

    assert lines[0] == "… 2 earlier calls (-v shows more)"
    assert [line.split("'")[3] for line in lines[1:]] == [str(number) for number in range(2, 12)]
    assert len(section(app.run("-v"))) == 12


def test_passing_tests_show_theirs_when_asked(app):
    app.write(
        {
            "test_it.py": """\
            def test_it(t):
                assert t.query("messages:list") == []

            def test_nothing():
                pass
            """
        }
    )

    shown = app.run("--convex-calls")

    assert section(shown, f"{TITLE}: test_it.py::test_it") == ["query messages:list → [] (N ms)"]
    assert sum(TITLE in line for line in shown.outlines) == 1
    assert not any(TITLE in line for line in app.run().outlines)


def test_workers_of_xdist_hand_them_over(app):
    app.write({"test_it.py": "def test_it(t):\n    t.query('messages:list')\n"})

    assert section(app.run("--convex-calls", "-n", "1"), "test_it.py::test_it") == ["query messages:list → [] (N ms)"]


def test_the_calls_of_the_last_backend_of_a_project_are_shown(app):
    app.write(
        {
            "test_it.py": """\
            def test_it(convex_project):
                for body in ("first", "second"):
                    with convex_project.test() as t:
                        t.mutation("messages:send", body=body)
                assert False
            """
        }
    )

    [line] = section(app.run())

    assert "'second'" in line
