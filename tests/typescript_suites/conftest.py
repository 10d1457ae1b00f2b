"""Runs test files in TypeScript without pytest around them: outcomes by name."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from convex_test.typescript_suites.files import SuiteSettings, TestFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convex_test.typescript_suites.files import Outcome
    from convex_test.typescript_suites.trees import TaskNode

CONFORMANCE = Path(__file__).parent / "conformance"


@pytest.fixture
def conformance(tmp_path: Path, example_app: Path) -> Path:
    """A copy of the project that the files in `conformance/` belong to."""
    root = tmp_path / "project"
    shutil.copytree(CONFORMANCE, root)
    shutil.copytree(example_app / "convex" / "_generated", root / "convex" / "_generated", dirs_exist_ok=True)
    shutil.copy(example_app / "package.json", root / "package.json")
    (root / "node_modules").symlink_to(example_app / "node_modules", target_is_directory=True)
    return root


@pytest.fixture
def run_file() -> Iterator[Callable[..., dict[str, Outcome]]]:
    """`run_file(path)` runs all tests of a file; their outcomes, by their names from the outside in."""
    opened: list[TestFile] = []

    def run(path: Path, settings: SuiteSettings | None = None) -> dict[str, Outcome]:
        file = TestFile(path, settings or SuiteSettings())
        opened.append(file)
        outcomes: dict[str, Outcome] = {}
        _run(file, file.tree(), (), outcomes)
        file.finish()
        return outcomes

    yield run
    for file in opened:
        file.close()


def _run(file: TestFile, node: TaskNode, names: tuple[str, ...], outcomes: dict[str, Outcome]) -> None:
    hooks = [file.run_hooks(node.id, "beforeAll")]
    for child in node.children or ():
        path = (*names, child.name)
        if child.children is not None:
            _run(file, child, path, outcomes)
        elif child.mode == "run":
            outcomes[" > ".join(path)] = file.run_test(child.id, seed=1)
    hooks.append(file.run_hooks(node.id, "afterAll"))
    for outcome in hooks:
        if outcome.state != "passed":
            outcomes[" > ".join((*names, "hooks"))] = outcome
