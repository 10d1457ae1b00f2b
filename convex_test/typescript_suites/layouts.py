"""Where a test file is: its package, the project around it, and the npm package `convex` that it uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from convex_test.errors import ProjectError
from convex_test.project.config import ProjectConfig, load_config
from convex_test.project.discover import find_project
from convex_test.project.esbuild import find_esbuild, node_modules_above
from convex_test.project.layout import Layout, convex_version

if TYPE_CHECKING:
    from pathlib import Path

BROWSERS: Final = ("jsdom", "happy-dom")
_BROWSER_PACKAGE: Final = re.compile(r"""from\s+["'](@testing-library/[\w-]+|jsdom|happy-dom)""")
_ENVIRONMENT: Final = re.compile(r"@(?:vitest|jest)-environment\s+([\w-]+)")


@dataclass(frozen=True, slots=True)
class SuiteLayout:
    """What a test file is bundled with.

    Attributes:
        file: the test file.
        layout: its package's root; `functions_dir` is the project's, or the test file's folder if there is no project.
        has_functions: whether there is a project.
    """

    file: Path
    layout: Layout
    has_functions: bool


def suite_layout(file: Path) -> SuiteLayout:
    """The layout around a test file.

    Raises:
        ProjectError: the package `convex` is not installed, or the file wants a browser.
    """
    _refuse_browser(file)
    root = next((folder for folder in file.parents if (folder / "package.json").is_file()), file.parent)
    package = next(
        (
            found
            for folder in node_modules_above(file.parent)
            if (found := folder / "convex" / "package.json").is_file()
        ),
        None,
    )
    if package is None:
        raise ProjectError(
            f"The npm package convex is not installed around {file}: there is no node_modules/convex there or above. "
            f"Run `npm install` in {root}."
        )
    try:
        project = find_project(file)
        config = load_config(project)
        functions_dir = (project / config.functions).resolve()
        has_functions = True
    except ProjectError:
        config, functions_dir, has_functions = ProjectConfig(raw={}), file.parent, False
    convex = package.parent
    layout = Layout(root, functions_dir, config, find_esbuild(convex), convex, convex_version(convex))
    return SuiteLayout(file, layout, has_functions)


def _refuse_browser(file: Path) -> None:
    """A file that says it wants a browser's environment is not half-run in another one."""
    source = file.read_text(encoding="utf-8", errors="replace")
    wanted = _ENVIRONMENT.search(source[:2_000])
    imported = _BROWSER_PACKAGE.search(source)
    if wanted is not None and wanted[1] in BROWSERS:
        why = f"wants the environment {wanted[1]}"
    elif imported is not None:
        why = f"imports {imported[1]}"
    else:
        return
    raise ProjectError(
        f"{file} {why}: pytest runs test files in Convex's runtime, which has no document and no window. "
        "Leave it to Vitest, and narrow the globs of convex_typescript_tests."
    )
