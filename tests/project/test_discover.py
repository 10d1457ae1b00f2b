from __future__ import annotations

from pathlib import Path

import pytest

from convex_test.errors import ProjectError
from convex_test.project.discover import find_project

MODULE = "export const x = 1;\n"


def test_a_folder_of_functions_beside_the_test_is_found(write):
    root = write({"convex/a.ts": MODULE, "test_a.py": ""})
    assert find_project(root / "test_a.py") == root


def test_the_search_goes_upwards_from_a_folder(write):
    root = write({"convex/a.ts": MODULE, "tests/deep/test_a.py": ""})
    assert find_project(root / "tests" / "deep") == root


def test_a_test_among_the_functions_finds_their_project(write):
    root = write({"convex/a.ts": MODULE, "convex/tests/test_a.py": ""})
    assert find_project(root / "convex" / "tests" / "test_a.py") == root


def test_a_configuration_alone_is_enough(write):
    root = write({"convex.json": '{"functions": "backend/"}', "tests/test_a.py": ""})
    assert find_project(root / "tests" / "test_a.py") == root


def test_the_nearest_project_wins(write):
    root = write({"convex/a.ts": MODULE, "inner/convex/schema.ts": MODULE, "inner/tests/test_a.py": ""})
    assert find_project(root / "inner" / "tests") == root / "inner"


def test_the_python_package_convex_is_no_project(write):
    root = write(
        {"convex/a.ts": MODULE, "venv/site-packages/convex/__init__.py": "", "venv/site-packages/app/test_a.py": ""}
    )
    assert find_project(root / "venv" / "site-packages" / "app" / "test_a.py") == root


def test_the_npm_package_convex_is_no_project(write):
    root = write({"convex/a.ts": MODULE, "node_modules/convex/index.js": MODULE, "node_modules/x/test_a.py": ""})
    assert find_project(root / "node_modules" / "x" / "test_a.py") == root


def test_the_root_of_a_create_react_app_is_above_src(write):
    root = write(
        {
            "package.json": '{"dependencies": {"react-scripts": "5"}}',
            "src/convex/a.ts": MODULE,
            "src/tests/test_a.py": "",
        }
    )
    assert find_project(root / "src" / "tests") == root


def test_a_relative_start_is_taken_from_the_current_folder(write, monkeypatch):
    root = write({"convex/a.ts": MODULE, "tests/test_a.py": ""})
    monkeypatch.chdir(root)
    assert find_project(Path("tests/test_a.py")) == root


def test_without_a_project_the_error_says_where_it_looked_and_how_to_configure(write):
    root = write({"convex/__init__.py": "", "tests/test_a.py": ""})
    with pytest.raises(ProjectError) as caught:
        find_project(root / "tests" / "test_a.py")
    searched = [root / "tests", root, *root.parents]
    assert str(caught.value) == (
        "No Convex project found: neither convex.json nor a convex/ folder with functions in any of\n"
        + "".join(f"    {folder}\n" for folder in searched)
        + "Name the folder that holds convex.json or convex/ in one of these ways:\n"
        '    convex_root = "path/to/project"     in the pytest section of pyproject.toml or pytest.ini\n'
        "    pytest --convex-root=path/to/project\n"
        '    @pytest.mark.convex(root="path/to/project")'
    )
