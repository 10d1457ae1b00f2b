from __future__ import annotations

import sys

import pytest

SUITE = """\
import pytest

@pytest.mark.parametrize("n", range(8))
def test_send(t, n):
    for i in range(n):
        t.mutation("messages:send", body=f"{n}-{i}")
    assert t.query("messages:list") == [f"{n}-{i}" for i in range(n)]
"""
INERT = """\
import sys

def pytest_unconfigure(config):
    heavy = [name for name in sys.modules if name.startswith("convex_test.")]
    print("LOADED", sorted(heavy))
    print("ENGINE", "quickjs" in sys.modules, "hypothesis" in sys.modules)
"""


def loaded(result):
    line = next(line for line in result.outlines if line.startswith("LOADED "))
    return line.removeprefix("LOADED ")


def test_a_run_that_uses_no_fixture_loads_nothing_heavy(app):
    app.write({"conftest.py": INERT, "test_a.py": "def test_a():\n    pass\n"})
    result = app.run("-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1)
    for name in ("harness", "engine", "backend", "functions", "syscalls", "values", "project.bundle"):
        assert f"convex_test.{name}" not in loaded(result)
    assert "ENGINE False False" in result.outlines


def test_a_run_that_uses_the_fixture_loads_it(app):
    app.write({"conftest.py": INERT, "test_a.py": "def test_a(t):\n    pass\n"})
    assert "convex_test.harness" in loaded(app.run())


def test_importing_names_for_a_test_loads_no_engine(app):
    app.write(
        {
            "conftest.py": INERT,
            "test_a.py": "from convex_test import ConvexError, api, internal, js, module\n\ndef test_a():\n    pass\n",
        }
    )
    result = app.run("-p", "no:hypothesispytest")
    assert "convex_test.harness" not in loaded(result)
    assert "ENGINE False False" in result.outlines


def test_a_run_that_does_not_use_hypothesis_does_not_load_it(app):
    app.write({"conftest.py": INERT, "test_a.py": "def test_a():\n    pass\n"})
    assert "ENGINE False False" in app.run().outlines


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_hypothesis_shows_its_statistics(app, workers):
    given = "from hypothesis import given, strategies as st\n\n@given(st.booleans())\ndef test_a(b):\n    pass\n"
    app.write({"test_a.py": given})
    result = app.run("--hypothesis-show-statistics", *workers)
    assert any("Hypothesis Statistics" in line for line in result.outlines)
    assert any("during generate phase" in line for line in result.outlines)


def test_collecting_only_makes_no_bundle(app, monkeypatch, tmp_path):
    monkeypatch.setenv("CONVEX_TEST_CACHE_DIR", str(tmp_path / "cache"))
    app.write({"test_a.py": SUITE})
    assert app.run("--collect-only", "-q").ret == 0
    assert not (tmp_path / "cache").exists()


def test_the_plugin_can_be_switched_off(app, header):
    app.write({"test_a.py": "def test_a():\n    pass\n"})
    result = app.run("-p", "no:convex_test")
    result.assert_outcomes(passed=1)
    assert header(result) is None


def test_two_workers(app):
    app.write({"test_a.py": SUITE, "test_b.py": SUITE})
    app.run("-n", "2").assert_outcomes(passed=16)


def test_workers_share_the_bundle(app, monkeypatch, tmp_path):
    monkeypatch.setenv("CONVEX_TEST_CACHE_DIR", str(tmp_path / "cache"))
    app.write({"test_a.py": SUITE})
    app.run("-n", "2").assert_outcomes(passed=8)
    records = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert len(records) == 1
    before = records[0].read_bytes()
    app.run("-n", "2").assert_outcomes(passed=8)
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == records
    assert records[0].read_bytes() == before


def test_failures_of_workers_show_the_typescript(app):
    app.write({"test_a.py": 'def test_a(t):\n    t.mutation("messages:fail")\n'})
    result = app.run("-n", "2")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(['> 36 |     throw new Error("plain trouble");'])


def test_errors_of_workers_are_plain(empty_app):
    empty_app.write({"test_a.py": "def test_a(t):\n    pass\n"})
    result = empty_app.run("-n", "2")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["ProjectError: No Convex project found: *"])


def test_random_order(app):
    app.write({"test_a.py": SUITE, "test_b.py": SUITE})
    app.run_in_any_order("-p", "randomly", "-p", "no:cacheprovider").assert_outcomes(passed=16)
    app.run_in_any_order("-p", "randomly", "-p", "no:cacheprovider").assert_outcomes(passed=16)


@pytest.mark.parametrize(
    "args",
    [
        ("-W", "error"),
        ("-p", "no:cacheprovider"),
        ("-p", "no:randomly", "-p", "no:xdist"),
        ("-p", "no:assertion"),
        ("-p", "no:capture"),
        ("-s",),
        ("-p", "no:warnings"),
        ("--import-mode=importlib",),
        ("--strict-markers", "--strict-config"),
        ("-x", "--lf"),
        ("-v", "--durations=3", "-rA"),
        ("--setup-show",),
        ("-p", "no:logging"),
        ("--log-cli-level=DEBUG",),
        ("--reruns", "1", "-W", "error"),
        ("-n", "2", "--dist", "loadscope", "-W", "error"),
        ("--convex-shuffle", "-W", "error"),
    ],
    ids=" ".join,
)
def test_with_other_options_of_pytest(app, args):
    app.write({"test_a.py": SUITE})
    app.run(*args).assert_outcomes(passed=8)


def test_strict_mode(app):
    app.write(
        {
            "pyproject.toml": '[tool.pytest]\nstrict = true\nfilterwarnings = ["error"]\n',
            "test_a.py": "import pytest\n\n@pytest.mark.convex(seed=1)\ndef test_a(t):\n    assert t.seed == 1\n",
        }
    )
    app.run().assert_outcomes(passed=1)


def test_python_without_assertions(app):
    app.write({"test_a.py": 'def test_a(t):\n    if t.query("messages:list") != []:\n        raise ValueError\n'})
    result = app.pytester.run(sys.executable, "-O", "-m", "pytest", "-p", "no:randomly")
    result.assert_outcomes(passed=1)


def test_no_resource_is_left_open(app):
    app.write({"test_a.py": SUITE})
    result = app.pytester.run(
        sys.executable, "-X", "dev", "-W", "error", "-m", "pytest", "-p", "no:randomly", "-W", "error"
    )
    result.assert_outcomes(passed=8)
    assert result.errlines == []


FLAKY = """\
attempts = []

def test_a(t):
    attempts.append(t.seed)
    t.mutation("messages:send", body=f"attempt {len(attempts)}")
    assert t.query("messages:list") == [f"attempt {len(attempts)}"]
    assert len(set(attempts)) == 1
    assert len(attempts) == PASSES
"""


def test_a_test_that_is_run_again_has_a_fresh_backend_with_the_same_seed(app):
    app.write({"test_a.py": FLAKY.replace("PASSES", "2")})
    result = app.run("--reruns", "1")
    result.assert_outcomes(passed=1)
    assert "1 rerun" in result.outlines[-1]


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["here", "worker"])
def test_only_the_console_of_the_last_attempt_is_shown(app, workers):
    app.write({"test_a.py": FLAKY.replace("PASSES", "9")})
    result = app.run("--reruns", "2", *workers)
    result.assert_outcomes(failed=1)
    shown = [line for line in result.outlines if line.startswith("messages:send: ")]
    assert shown == ["messages:send: [LOG] 'sending' 'attempt 3'"]


def test_what_is_left_over_is_said_once_for_each_attempt(app):
    source = """\
        from convex_test import js

        def test_a(t):
            t.mutation(js("async (ctx) => { await ctx.scheduler.runAfter(0, 'messages:fail'); }"))
            t.finish_all_scheduled_functions()
        """
    app.write({"test_a.py": source, "pytest.ini": "[pytest]\nconvex_failed_jobs = error\n"})
    result = app.run("--reruns", "1")
    text = "1 scheduled function failed, and the test did not look at them:"
    assert sum(text in line and not line.startswith("ERROR") for line in result.outlines) == 1
