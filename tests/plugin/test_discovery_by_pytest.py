from __future__ import annotations

import pytest

NAMES = "import { query } from './_generated/server';\nexport const project = query(async () => 'NAME');\n"
TEST = """\
def test_which(t):
    assert t.query("which:project") == "{}"
"""


def project_named(app, folder, name):
    app.make_project(folder, {"convex/which.ts": NAMES.replace("NAME", name)})


def test_a_project_in_the_current_folder(empty_app, header):
    project_named(empty_app, ".", "here")
    empty_app.write({"test_which.py": TEST.format("here")})
    result = empty_app.run()
    result.assert_outcomes(passed=1)
    assert header(result).startswith("convex: . (found from .), --convex-seed=")


def test_a_project_above_the_test(empty_app, header):
    project_named(empty_app, ".", "above")
    empty_app.write({"tests/unit/test_which.py": TEST.format("above")})
    result = empty_app.run("tests/unit")
    result.assert_outcomes(passed=1)
    assert header(result).startswith("convex: . (found from tests/unit), --convex-seed=")


def test_a_test_among_the_functions(empty_app):
    project_named(empty_app, ".", "around")
    empty_app.write({"convex/test_which.py": TEST.format("around")})
    empty_app.run("convex").assert_outcomes(passed=1)


def test_a_run_from_another_folder(empty_app, header):
    project_named(empty_app, "app", "below")
    empty_app.write({"app/tests/test_which.py": TEST.format("below")})
    result = empty_app.run("app/tests/test_which.py::test_which")
    result.assert_outcomes(passed=1)
    assert header(result).startswith("convex: app (found from app/tests/test_which.py), --convex-seed=")


def test_the_functions_may_be_in_another_folder(empty_app, header):
    project_named(empty_app, ".", "elsewhere")
    (empty_app.path / "convex").rename(empty_app.path / "backend")
    empty_app.write({"convex.json": '{"functions": "backend/"}', "tests/test_which.py": TEST.format("elsewhere")})
    result = empty_app.run()
    result.assert_outcomes(passed=1)
    assert header(result).startswith("convex: . (found from .)")


def test_each_test_finds_the_nearest_of_nested_projects(empty_app):
    project_named(empty_app, ".", "outer")
    project_named(empty_app, "packages/inner", "inner")
    empty_app.write(
        {
            "test_outer.py": TEST.format("outer"),
            "packages/inner/test_inner.py": TEST.format("inner"),
            "packages/inner/tests/test_deep.py": TEST.format("inner"),
            "packages/test_between.py": TEST.format("outer"),
        }
    )
    empty_app.run().assert_outcomes(passed=4)


def test_projects_side_by_side(empty_app):
    project_named(empty_app, "one", "one")
    project_named(empty_app, "two", "two")
    empty_app.write({"one/test_one.py": TEST.format("one"), "two/test_two.py": TEST.format("two")})
    empty_app.run().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\nconvex_root = services/api\n"),
        ("pytest.toml", '[pytest]\nconvex_root = "services/api"\n'),
        ("pyproject.toml", '[tool.pytest]\nconvex_root = "services/api"\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\nconvex_root = "services/api"\n'),
        ("tox.ini", "[pytest]\nconvex_root = services/api\n"),
    ],
)
def test_the_root_in_an_ini_file(empty_app, header, file, text):
    project_named(empty_app, "services/api", "configured")
    empty_app.write({file: text, "tests/test_which.py": TEST.format("configured")})
    result = empty_app.run()
    result.assert_outcomes(passed=1)
    assert header(result).startswith(f"convex: services/api ({file}: convex_root), --convex-seed=")


def test_the_root_in_an_ini_file_is_relative_to_that_file(empty_app, monkeypatch):
    project_named(empty_app, "services/api", "configured")
    empty_app.write(
        {"pytest.ini": "[pytest]\nconvex_root = services/api\n", "tests/test_which.py": TEST.format("configured")}
    )
    monkeypatch.chdir(empty_app.path / "tests")
    empty_app.run("test_which.py").assert_outcomes(passed=1)


def test_the_root_as_an_option(empty_app, header):
    project_named(empty_app, "services/api", "option")
    empty_app.write({"tests/test_which.py": TEST.format("option")})
    result = empty_app.run("--convex-root=services/api")
    result.assert_outcomes(passed=1)
    assert header(result).startswith("convex: services/api (--convex-root), --convex-seed=")


def test_the_root_as_an_option_is_relative_to_the_current_folder(empty_app, monkeypatch):
    project_named(empty_app, "services/api", "option")
    empty_app.write({"pytest.ini": "[pytest]\n", "tests/test_which.py": TEST.format("option")})
    monkeypatch.chdir(empty_app.path / "tests")
    empty_app.run("--convex-root=../services/api").assert_outcomes(passed=1)


def test_the_option_wins_over_the_ini_file_and_over_the_test_file(empty_app):
    project_named(empty_app, ".", "around")
    project_named(empty_app, "one", "ini")
    project_named(empty_app, "two", "option")
    empty_app.write({"pytest.ini": "[pytest]\nconvex_root = one\n", "tests/test_which.py": TEST.format("option")})
    empty_app.run("--convex-root=two").assert_outcomes(passed=1)


def test_the_root_of_a_marker_wins_and_is_relative_to_the_test_file(empty_app):
    project_named(empty_app, ".", "around")
    project_named(empty_app, "one", "ini")
    project_named(empty_app, "tests/fixtures/two", "marker")
    empty_app.write(
        {
            "pytest.ini": "[pytest]\nconvex_root = one\n",
            "tests/test_which.py": """\
                import pytest
                from pathlib import Path

                @pytest.mark.convex(root="fixtures/two")
                def test_text(t):
                    assert t.query("which:project") == "marker"

                @pytest.mark.convex(root=Path(__file__).parent / "fixtures" / "two")
                def test_path(t):
                    assert t.query("which:project") == "marker"

                def test_others(t, convex_project):
                    assert t.query("which:project") == "ini"
                    assert convex_project.root.name == "one"
                """,
        }
    )
    empty_app.run().assert_outcomes(passed=3)


def test_without_a_project_nothing_is_said(empty_app, header):
    empty_app.write({"test_plain.py": "def test_plain():\n    assert 1 + 1 == 2\n"})
    result = empty_app.run()
    result.assert_outcomes(passed=1)
    assert header(result) is None
    assert result.errlines == []


def test_without_a_project_the_fixture_says_where_it_looked(empty_app, block):
    empty_app.write({"tests/test_t.py": "def test_t(t):\n    pass\n"})
    result = empty_app.run()
    result.assert_outcomes(errors=1)
    searched = [empty_app.path / "tests", empty_app.path, *empty_app.path.parents]
    assert block(result, "ERROR at setup of test_t") == (
        "ProjectError: No Convex project found: neither convex.json nor a convex/ folder with functions in any of\n"
        + "".join(f"    {folder}\n" for folder in searched)
        + "Name the folder that holds convex.json or convex/ in one of these ways:\n"
        '    convex_root = "path/to/project"     in the pytest section of pyproject.toml or pytest.ini\n'
        "    pytest --convex-root=path/to/project\n"
        '    @pytest.mark.convex(root="path/to/project")'
    )


def test_a_quiet_run_has_no_header(app, header):
    app.write({"test_plain.py": "def test_plain():\n    pass\n"})
    assert header(app.run("-q")) is None


def test_a_broken_convex_json_does_not_stop_tests_that_need_no_project(app):
    app.write({"convex.json": "{", "test_plain.py": "def test_plain():\n    pass\n"})
    app.run().assert_outcomes(passed=1)
