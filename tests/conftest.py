"""What tests in more than one folder share: the repository's paths, and Convex projects made for one test."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytest_plugins = ["pytester"]

# How long an example takes, and how long the first one takes to draw, says more about the machine than about the code.
settings.register_profile("convex-test", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("convex-test")

ROOT = Path(__file__).resolve().parent.parent


def link_folder(link: Path, target: Path) -> None:
    """A symbolic link, or what Windows allows everybody to make instead."""
    if os.name == "nt":
        import _winapi

        _winapi.CreateJunction(str(target), str(link))
    else:
        link.symlink_to(target, target_is_directory=True)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def example_app() -> Path:
    """The example's folder, npm packages installed."""
    folder = ROOT / "example_app"
    if not (folder / "node_modules" / "convex").is_dir():
        pytest.fail("example_app/ has no npm packages: run `make test`, or `npm ci` there.", pytrace=False)
    return folder


@pytest.fixture
def example_copy(tmp_path: Path, example_app: Path) -> Path:
    """A copy of the example that a test may change; the npm packages are those of the original."""
    folder = tmp_path / "example_app"
    shutil.copytree(example_app, folder, ignore=shutil.ignore_patterns("node_modules", "__pycache__", ".*_cache"))
    link_folder(folder / "node_modules", example_app / "node_modules")
    return folder


@pytest.fixture
def write_project(tmp_path: Path, example_app: Path) -> Callable[[Mapping[str, str]], Path]:
    """Writes a Convex project and returns its root.

    Takes file texts by path, such as `{"convex/messages.ts": "…"}`; `convex/_generated` and `node_modules` are there.
    """

    def write(files: Mapping[str, str]) -> Path:
        root = tmp_path / "project"
        shutil.copytree(example_app / "convex" / "_generated", root / "convex" / "_generated")
        shutil.copy(example_app / "package.json", root / "package.json")
        link_folder(root / "node_modules", example_app / "node_modules")
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return root

    return write


@pytest.fixture
def make_t(write_project: Callable[[Mapping[str, str]], Path]) -> Iterator[Callable[..., Any]]:
    """A `t` over a project written on the spot: `make_t({"convex/messages.ts": "…"}, limits=False)`."""
    from convex_test import load_project

    with ExitStack() as backends:

        def make(files: Mapping[str, str], **options: Any) -> Any:
            project = load_project(write_project(files))
            return backends.enter_context(project.test(**options))

        yield make
