from __future__ import annotations

from pathlib import Path

import pytest
import quickjs

from convex_test.project.bundle import GLOBAL_NAME
from convex_test.project.cache import FOLDER_VARIABLE
from convex_test.project.esbuild import BINARY_VARIABLE
from convex_test.project.layout import load_layout


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Each test has a cache of its own, and the esbuild of node_modules."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    monkeypatch.delenv(BINARY_VARIABLE, raising=False)
    return folder


@pytest.fixture(scope="session")
def npm_packages():
    """The installed packages of the example project."""
    folder = Path(__file__).parents[2] / "example_app" / "node_modules"
    assert (folder / "convex").is_dir(), f"install the packages of {folder.parent} first"
    return folder


@pytest.fixture
def write(tmp_path):
    """Write files given as `{relative path: text}` below a fresh root, and return the root."""
    root = tmp_path.resolve() / "app"

    def write_files(files):
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return root

    root.mkdir()
    return write_files


@pytest.fixture
def project(write, npm_packages):
    """Write a project's files beside real packages, and return its layout."""

    def write_project(files):
        root = write(files)
        if not (root / "node_modules").exists():
            (root / "node_modules").symlink_to(npm_packages, target_is_directory=True)
        return load_layout(root)

    return write_project


class Script:
    """A bundle evaluated in a bare JavaScript context."""

    def __init__(self, code, prelude=""):
        self.context = quickjs.Context()
        self.context.eval(f"globalThis.process = {{env: {{}}}}; {prelude}")
        self.context.eval(code)

    def value(self, expression):
        """The settled value of `expression` as text; `E: message` when it throws."""
        self.context.eval(
            f"var settled = 'pending'; (async () => ({expression}))()"
            ".then(value => { settled = String(value); }, error => { settled = 'E: ' + error.message; })"
        )
        while self.context.execute_pending_job():
            pass
        return self.context.eval("settled")

    def module(self, path, expression="Object.keys(m).join()"):
        """The value of `expression` with `m` being the module `path`."""
        return self.value(f"await {GLOBAL_NAME}.modules['{path}']().then(m => {expression})")


@pytest.fixture
def evaluate():
    return Script
