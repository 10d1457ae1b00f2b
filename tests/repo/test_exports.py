"""What `convex_test` exports, and what importing it costs."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

import convex_test
from convex_test import errors

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {
    "ConvexInt64",
    "ConvexTest",
    "Project",
    "api",
    "components",
    "internal",
    "js",
    "load_project",
    "module",
    "undefined",
}
ERRORS = {
    name
    for name, member in vars(errors).items()
    if inspect.isclass(member) and issubclass(member, errors.ConvexTestError)
}
HEAVY = {
    "cryptography",
    "freezegun",
    "httpx2",
    "hypothesis",
    "jwt",
    "orjson",
    "platformdirs",
    "quickjs",
    "sortedcontainers",
}


def test_the_exported_names_are_the_documented_ones() -> None:
    assert convex_test.__all__ == sorted(NAMES | ERRORS)


@pytest.mark.parametrize("name", sorted(NAMES | ERRORS))
def test_an_exported_name_is_there(name: str) -> None:
    assert getattr(convex_test, name) is not None


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="messages"):
        _ = convex_test.messages


@pytest.mark.parametrize("name", ["convex_test", "convex_test.plugin"])
def test_importing_costs_nothing(name: str) -> None:
    """pytest imports the plugin in every run, also in runs without a single Convex test."""
    program = f"import json, sys, {name}; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert HEAVY.isdisjoint(json.loads(result.stdout))


def test_the_version_is_said_once_and_everywhere(repository: Path) -> None:
    definition = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")

    assert convex_test.__version__ == definition["project"]["version"]
    assert f"## [{convex_test.__version__}]" in changelog


def test_without_tokens_nothing_of_them_is_loaded(example_copy: Path) -> None:
    program = """
import sys
from convex_test import api, load_project
with load_project(sys.argv[1]).test() as t:
    sarah = t.with_identity(name="Sarah")
    sarah.mutation(api.users.signIn)
    sarah.fetch("/messages", method="POST", json={})
print("jwt" in sys.modules, "convex_test.backend.auth.validation" in sys.modules)
"""
    command = [sys.executable, "-c", program, str(example_copy)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)

    assert result.stdout == "False False\n"
