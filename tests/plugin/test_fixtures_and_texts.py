from __future__ import annotations


def test_t_is_fresh_for_each_test(app):
    app.write(
        {
            "test_a.py": """\
                def test_one(t):
                    t.mutation("messages:send", body="one")
                    assert t.query("messages:list") == ["one"]

                def test_two(t):
                    assert t.query("messages:list") == []
                """
        }
    )
    app.run().assert_outcomes(passed=2)


def test_fixtures_of_the_user_share_the_t_of_the_test(app):
    app.write(
        {
            "conftest.py": """\
                import pytest

                @pytest.fixture
                def sarah(t):
                    return t.with_identity(name="Sarah")
                """,
            "test_a.py": """\
                def test_a(sarah, t):
                    sarah.mutation("messages:send", body="one")
                    assert t.query("messages:list") == ["one"]
                    assert (sarah.query("messages:whoami"), t.query("messages:whoami")) == ("Sarah", None)
                """,
        }
    )
    app.run().assert_outcomes(passed=1)


def test_the_project_is_a_fixture_for_the_session(app):
    app.write(
        {
            "test_a.py": """\
                import pytest
                from convex_test import Project, load_project

                @pytest.fixture(scope="module")
                def filled(convex_project):
                    with convex_project.test(seed=1) as t:
                        t.mutation("messages:send", body="shared")
                        yield t

                def test_shared(filled, convex_project, t):
                    assert isinstance(convex_project, Project)
                    assert convex_project is load_project(convex_project.root)
                    assert filled.query("messages:list") == ["shared"]
                    assert t.query("messages:list") == []

                def test_a_second_backend(convex_project, t):
                    with convex_project.test() as other:
                        other.mutation("messages:send", body="other")
                    assert t.query("messages:list") == []
                """
        }
    )
    app.run().assert_outcomes(passed=2)


def test_hypothesis_makes_a_backend_for_each_example(app):
    app.write(
        {
            "test_a.py": """\
                from hypothesis import given, settings, strategies as st

                @settings(max_examples=30)
                @given(bodies=st.lists(st.text(min_size=1), max_size=3))
                def test_messages(convex_project, bodies):
                    with convex_project.test() as t:
                        for body in bodies:
                            t.mutation("messages:send", body=body)
                        assert t.query("messages:list") == bodies
                """
        }
    )
    result = app.run("-W", "error")
    result.assert_outcomes(passed=1)
    assert "health" not in result.stdout.str().lower()


def test_doctests_and_unittest_classes_are_left_alone(app):
    app.write(
        {
            "test_a.py": '''\
                """
                >>> 1 + 1
                2
                """
                import unittest

                class Case(unittest.TestCase):
                    def test_a(self):
                        self.assertEqual(1 + 1, 2)
                '''
        }
    )
    app.run("--doctest-modules").assert_outcomes(passed=2)


def test_the_list_of_fixtures(app):
    app.write({"test_a.py": ""})
    lines = app.run("--fixtures").outlines
    assert "    A fresh Convex backend with the project's functions in it." in lines
    assert "    The Convex project of this session; `with convex_project.test() as t:` makes a backend." in lines


def test_the_list_of_markers(app):
    app.write({"test_a.py": ""})
    assert (
        "@pytest.mark.convex(root=, limits=, env=, seed=, identity=, isolation=, timeout=, network=, shuffle=, "
        "failed_jobs=, pending_jobs=, unawaited=): settings of the Convex backend of this test; of several markers the "
        "closest one counts, keyword by keyword."
    ) in app.run("--markers").outlines


def test_the_help(app):
    lines = app.run("--help").outlines
    start = lines.index("Convex functions (convex-test):")
    assert "\n".join(lines[start : lines.index("", start)]) == (
        "Convex functions (convex-test):\n"
        "  --convex-root=DIR     the folder that holds convex.json or convex/\n"
        "  --convex-limits=LIMITS\n"
        '                        "true", "false", or JSON such as {"documentsRead": 10}\n'
        "  --convex-isolation={call,test,session}\n"
        "                        how long module state lives (default: test)\n"
        "  --convex-timeout=SECONDS\n"
        "                        how long a function may run\n"
        "  --convex-network      let functions reach the network\n"
        "  --convex-uncovered    list the public functions that no test called\n"
        "  --convex-calls        show the calls of tests that pass, too\n"
        "  --convex-seed=N       the seed of ids and Math.random, from the header\n"
        "  --convex-shuffle      let the seed draw the order of what could happen in\n"
        "                        several orders\n"
        "  --convex-ts=GLOB      test files in TypeScript to collect too, such as\n"
        "                        'convex/**/*.test.ts'\n"
        "  --convex-ts-update    write the snapshots of TypeScript tests anew\n"
        "  --convex-node=PROGRAM\n"
        "                        the Node.js that runs actions in `use node` modules\n"
        "  --convex-inspect=[PORT]\n"
        "                        run all functions in Node.js and wait for a debugger\n"
        "                        (--convex-inspect=0: on any free port)\n"
        "  --convex-fuzz=[PATTERN]\n"
        "                        instead of the tests, look for calls of public functions\n"
        "                        that break a ready-made property; of those only such as\n"
        "                        --convex-fuzz='messages:*,!messages:remove'\n"
        "  --convex-fuzz-seconds=N\n"
        "                        how long it looks (default: 50)"
    )


def test_the_help_on_ini_values(app):
    text = " ".join(" ".join(app.run("--help").outlines).split())
    for part in (
        "convex_root (string): the folder that holds convex.json or convex/, relative to this file",
        'convex_limits (string): backend limits: "true", "false", or JSON such as {"documentsRead": 10}',
        "convex_env (linelist): environment variables of all tests, a NAME=value in a line; the marker adds to them",
        "convex_isolation (string): how long module state lives: call, test or session",
        "convex_timeout (float): seconds that a function may run",
        "convex_network (bool): let functions reach the network",
    ):
        assert part in text
