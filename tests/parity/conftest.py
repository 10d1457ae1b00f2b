"""What the parity tests share: a project for each test file, and a fresh `t` of it for each test.

A file that needs functions of its own defines `FILES`, texts by path such as `{"convex/messages.ts": "…"}`.
"""

from __future__ import annotations

import os
import shutil
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from convex_test import load_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory, example_app: Path) -> Callable[[Mapping[str, str]], Any]:
    """Writes a Convex project that lives as long as the session, and loads it."""

    def make(files: Mapping[str, str]) -> Any:
        root = tmp_path_factory.mktemp("project")
        shutil.copytree(example_app / "convex" / "_generated", root / "convex" / "_generated")
        shutil.copy(example_app / "package.json", root / "package.json")
        _link(root / "node_modules", example_app / "node_modules")
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return load_project(root)

    return make


def _link(link: Path, target: Path) -> None:
    if os.name == "nt":
        import _winapi

        _winapi.CreateJunction(str(target), str(link))
    else:
        link.symlink_to(target, target_is_directory=True)


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest, make_project: Callable[[Mapping[str, str]], Any]) -> Any:
    """The project of the test file's `FILES`."""
    return make_project(getattr(request.module, "FILES", {}))


@pytest.fixture
def t(project: Any) -> Iterator[Any]:
    """A fresh backend with the file's project in it."""
    with project.test(seed=1) as t:
        yield t
