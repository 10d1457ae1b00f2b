"""Finding the Convex project that a test belongs to, from the test upwards."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from convex_test.errors import ProjectError
from convex_test.project.config import CONFIG_NAME, load_config
from convex_test.project.entry_points import holds_modules

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT_OF_RUNNING_TEST: ContextVar[Callable[[], Path] | None] = ContextVar("ROOT_OF_RUNNING_TEST", default=None)
"""Finds the project of the test that pytest is running, for what is not handed a `t` or a project."""

HOW_TO_CONFIGURE = (
    "Name the folder that holds convex.json or convex/ in one of these ways:\n"
    '    convex_root = "path/to/project"     in the pytest section of pyproject.toml or pytest.ini\n'
    "    pytest --convex-root=path/to/project\n"
    '    @pytest.mark.convex(root="path/to/project")'
)


def find_project(start: Path) -> Path:
    """The root of the project around `start`, a file or a folder.

    That is the nearest folder, from `start` upwards, with a `convex.json` or with a functions folder (`convex/`) that
    holds TypeScript or JavaScript modules. The folder of the Python package `convex` has none, and `node_modules` is
    no project. Raises `ProjectError` when there is none.
    """
    absolute = Path(start).absolute()
    folder = absolute if absolute.is_dir() else absolute.parent
    searched = [folder, *folder.parents]
    for candidate in searched:
        if _is_project(candidate):
            return candidate
    raise ProjectError(
        f"No Convex project found: neither {CONFIG_NAME} nor a convex/ folder with functions in any of\n"
        + "".join(f"    {candidate}\n" for candidate in searched)
        + HOW_TO_CONFIGURE
    )


def current_root() -> Path:
    """The root of the running test's project; outside of tests that around the working directory."""
    find = ROOT_OF_RUNNING_TEST.get()
    return find_project(Path.cwd()) if find is None else find()


def _is_project(folder: Path) -> bool:
    if folder.name == "node_modules":
        return False
    if (folder / CONFIG_NAME).is_file():
        return True
    if folder.name == "src" and _functions_dir(folder.parent) == folder / "convex":
        return False  # a create-react-app project, whose root is one level up
    return holds_modules(_functions_dir(folder))


def _functions_dir(folder: Path) -> Path:
    return folder / load_config(folder).functions
