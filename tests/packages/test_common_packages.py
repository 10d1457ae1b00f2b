"""The lighter ones of the packages of docs/packages.md. `make packages` runs them all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from convex_test import load_project
from tests.conftest import link_folder

HERE = Path(__file__).parent
MATRIX = HERE.parents[1] / "npm_packages"
EXPECTED = json.loads((MATRIX / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def node_modules():
    folder = HERE / "node_modules"
    assert (folder / "zod").is_dir(), "install the npm packages first: python scripts/setup.py tests/packages"
    return folder


@pytest.mark.parametrize("name", ["date_fns", "hono", "jose", "nanoid", "superjson", "uuid", "zod3", "zod4"])
def test_a_package_works(name, tmp_path, node_modules):
    functions = tmp_path / "convex"
    functions.mkdir()
    for file in (f"{name}.ts", "check.ts"):
        shutil.copy(MATRIX / "convex" / file, functions)
    shutil.copy(HERE / "package.json", tmp_path)
    link_folder(tmp_path / "node_modules", node_modules)
    with load_project(tmp_path).test(seed=1) as t:
        assert t.action(f"{name}:run") == EXPECTED[name]
