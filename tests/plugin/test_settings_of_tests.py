from __future__ import annotations

import pytest

TIMEOUT = """\
import pytest
from convex_test import FunctionTimeoutError

def test_timeout(t):
    with pytest.raises(FunctionTimeoutError, match=r"\\(maximum duration: {}s\\)"):
        t.query("messages:loop")
"""


def test_the_time_out_as_an_ini_value(app):
    app.write({"pytest.ini": "[pytest]\nconvex_timeout = 0.25\n", "test_a.py": TIMEOUT.format("0.25")})
    app.run().assert_outcomes(passed=1)


def test_the_time_out_as_a_number_in_toml(app):
    app.write({"pyproject.toml": "[tool.pytest]\nconvex_timeout = 0.25\n", "test_a.py": TIMEOUT.format("0.25")})
    app.run().assert_outcomes(passed=1)


def test_the_option_wins_over_the_ini_value(app):
    app.write({"pytest.ini": "[pytest]\nconvex_timeout = 9\n", "test_a.py": TIMEOUT.format("0.25")})
    app.run("--convex-timeout=0.25").assert_outcomes(passed=1)


def test_the_marker_wins_over_the_option(app):
    app.write({"test_a.py": TIMEOUT.format("0.25").replace("def test", "@pytest.mark.convex(timeout=0.25)\ndef test")})
    app.run("--convex-timeout=9").assert_outcomes(passed=1)


def test_the_closest_marker_wins_keyword_by_keyword(app):
    app.write(
        {
            "test_a.py": """\
                import pytest

                pytestmark = pytest.mark.convex(env={"A": "file"}, identity={"name": "File"}, seed=1)

                def test_file(t):
                    assert t.query("messages:variable", name="A") == "file"
                    assert t.query("messages:whoami") == "File"

                @pytest.mark.convex(env={"A": "class"})
                class TestClass:
                    def test_class(self, t):
                        assert t.query("messages:variable", name="A") == "class"
                        assert t.query("messages:whoami") == "File"

                    @pytest.mark.convex(identity={"name": "Function"})
                    def test_function(self, t):
                        assert t.query("messages:variable", name="A") == "class"
                        assert t.query("messages:whoami") == "Function"
                        assert t.seed == 1

                @pytest.mark.convex(seed=3)
                @pytest.mark.convex(seed=2)
                def test_stacked(t):
                    assert t.seed == 2

                @pytest.mark.parametrize("name", [pytest.param("p", marks=pytest.mark.convex(env={"A": "param"}))])
                def test_param(t, name):
                    assert t.query("messages:variable", name="A") == "param"
                """
        }
    )
    app.run().assert_outcomes(passed=5)


LIMIT = """\
import pytest
from convex_test import LimitError

def test_limit(t):
    for _ in range(3):
        t.mutation("messages:send", body="x")
    {}
"""
CROSSED = "with pytest.raises(LimitError):\n        t.query('messages:list')"
NOT_CROSSED = "assert len(t.query('messages:list')) == 3"


@pytest.mark.parametrize(
    ("ini", "options", "marker", "expected"),
    [
        ("", [], "", NOT_CROSSED),
        ('convex_limits = {"documentsRead": 2}', [], "", CROSSED),
        ('convex_limits = {"documentsRead": 2}', ["--convex-limits=true"], "", NOT_CROSSED),
        ('convex_limits = {"documentsRead": 2}', ["--convex-limits=false"], "", NOT_CROSSED),
        ("", ['--convex-limits={"documentsRead": 2}'], "", CROSSED),
        ("convex_limits = false", ['--convex-limits={"documentsRead": 2}'], "", CROSSED),
        ("", ["--convex-limits=false"], "@pytest.mark.convex(limits={'documentsRead': 2})", CROSSED),
        ("", ['--convex-limits={"documentsRead": 2}'], "@pytest.mark.convex(limits=True)", NOT_CROSSED),
    ],
)
def test_limits(app, ini, options, marker, expected):
    test = LIMIT.format(expected).replace("def test_limit", f"{marker}\ndef test_limit")
    app.write({"pytest.ini": f"[pytest]\n{ini}\n", "test_a.py": test})
    app.run(*options).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("ini", "options", "marker", "counts"),
    [
        ("", [], "", [1, 2, 1, 2]),
        ("convex_isolation = call", [], "", [1, 1, 1, 1]),
        ("convex_isolation = session", [], "", [1, 2, 3, 4]),
        ("convex_isolation = session", ["--convex-isolation=call"], "", [1, 1, 1, 1]),
        ("", ["--convex-isolation=session"], "pytestmark = pytest.mark.convex(isolation='call')", [1, 1, 1, 1]),
    ],
)
def test_isolation(app, ini, options, marker, counts):
    app.write(
        {
            "pytest.ini": f"[pytest]\n{ini}\n",
            "test_a.py": f"""\
                import pytest
                {marker}

                def test_one(t):
                    assert [t.query("messages:count"), t.query("messages:count")] == {counts[:2]}

                def test_two(t):
                    assert [t.query("messages:count"), t.query("messages:count")] == {counts[2:]}
                """,
        }
    )
    app.run(*options).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("ini", "options", "text"),
    [
        ("convex_timeout = 0", [], "timeout=0.0: expected seconds, a number above 0."),
        (
            "convex_limits = many",
            [],
            "convex_limits = 'many': expected true, false, or JSON such as {\"documentsRead\": 10}.",
        ),
        (
            "",
            ["--convex-limits=[1]"],
            "convex_limits = '[1]': expected true, false, or JSON such as {\"documentsRead\": 10}.",
        ),
        ("convex_isolation = none", [], "convex_isolation = 'none': expected one of call, test, session."),
    ],
)
def test_a_bad_setting(app, block, ini, options, text):
    app.write({"pytest.ini": f"[pytest]\n{ini}\n", "test_a.py": "def test_a(t):\n    pass\n"})
    result = app.run(*options)
    result.assert_outcomes(errors=1)
    assert block(result, "ERROR at setup of test_a") == f"UsageError: {text}"


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--convex-isolation=none", "argument --convex-isolation: invalid choice: 'none' (choose from *"),
        ("--convex-timeout=soon", "argument --convex-timeout: invalid float value: 'soon'"),
        ("--convex-seed=x", "argument --convex-seed: invalid int value: 'x'"),
    ],
)
def test_a_bad_option_stops_pytest_at_once(app, option, text):
    result = app.run(option)
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*error: {text}"])


@pytest.mark.parametrize(
    ("marker", "text"),
    [
        (
            "colour='red'",
            "@pytest.mark.convex(colour=…): unknown keyword; known are root, limits, env, seed, identity, isolation, "
            "timeout, network, shuffle, failed_jobs, pending_jobs, unawaited.",
        ),
        (
            "'app'",
            "@pytest.mark.convex('app'): takes keywords only: root, limits, env, seed, identity, isolation, timeout, "
            "network, shuffle, failed_jobs, pending_jobs, unawaited.",
        ),
        ("root=5", "@pytest.mark.convex(root=5): expected a path as str or Path."),
        ("seed='x'", "seed='x': expected an int."),
        ("timeout=-1", "timeout=-1: expected seconds, a number above 0."),
        ("isolation='none'", "isolation='none': expected one of 'call', 'test', 'session'."),
        ("limits=5", "limits=5: give True, False, or a mapping such as {'documentsRead': 10}."),
        ("env={'A': 5}", "env['A']: the value of an environment variable is a str, not 5."),
        ("identity='x'", "with_identity('x'): expected a mapping such as {'name': 'Sarah'}, or keywords."),
    ],
)
def test_a_bad_marker(app, block, marker, text):
    app.write({"test_a.py": f"import pytest\n\n@pytest.mark.convex({marker})\ndef test_a(t):\n    pass\n"})
    result = app.run()
    result.assert_outcomes(errors=1)
    assert block(result, "ERROR at setup of test_a") == f"UsageError: {text}"


def test_a_bad_marker_on_one_test_leaves_the_others_alone(app):
    app.write(
        {
            "test_a.py": """\
                import pytest

                @pytest.mark.convex(colour="red")
                def test_bad(t):
                    pass

                def test_good(t):
                    assert t.query("messages:list") == []
                """
        }
    )
    app.run().assert_outcomes(passed=1, errors=1)


WITH_ENV = """\
import pytest

def test_ini(t):
    assert t.query("messages:variable", name="A") == "1"
    assert t.query("messages:variable", name="B") == "x = y"

@pytest.mark.convex(env={"A": "2"})
def test_marker(t):
    assert t.query("messages:variable", name="A") == "2"
    assert t.query("messages:variable", name="B") == "x = y"
"""


def test_variables_of_the_ini_file_and_of_the_marker(app):
    app.write({"pytest.ini": "[pytest]\nconvex_env =\n    A=1\n    B = x = y\n", "test_a.py": WITH_ENV})
    app.run().assert_outcomes(passed=2)


def test_a_line_of_variables_that_is_none(app, block):
    app.write({"pytest.ini": "[pytest]\nconvex_env = A\n", "test_a.py": WITH_ENV})
    text = block(app.run(), "ERROR at setup of test_ini")
    assert text == "UsageError: convex_env: the line 'A' is not of the form NAME=value."
