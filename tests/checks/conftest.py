"""The project of a test file, from its `FILES`, and a fresh `t` of it."""

from __future__ import annotations

import shutil
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from convex_test import load_project
from tests.conftest import link_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, example_app: Path) -> Any:
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(example_app / "convex" / "_generated", root / "convex" / "_generated")
    shutil.copy(example_app / "package.json", root / "package.json")
    link_folder(root / "node_modules", example_app / "node_modules")
    for name, text in request.module.FILES.items():
        (root / name).write_text(dedent(text), encoding="utf-8")
    return load_project(root)


@pytest.fixture
def t(project: Any) -> Iterator[Any]:
    with project.test(seed=1) as t:
        yield t
