"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 350
LONGEST_TEST_FILE = 500
LONGEST_FUNCTION = 60

LONG_FILES: dict[str, str] = {
    # path: why it is not two files
}
LONG_FUNCTIONS: dict[str, str] = {
    # "path:name": why it is not two functions
}

CLOCK = "convex_test/backend/clock.py"
CLOCK_CALLS = {
    "time.time",
    "time.time_ns",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
}

LATER = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
PLACES = (
    "/ro" + "ot/",
    "/wo" + "rk/",
    "registry." + "npmjs.org",
    "registry." + "yarnpkg.com",
    "py" + "pi.org",
    "files." + "pythonhosted.org",
)


def committed_files() -> list[Path]:
    """What git has, or would take with `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return sorted({path for name in names if name and (path := ROOT / name).is_file()})


FILES = committed_files()
TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in FILES
    if b"\0" not in path.read_bytes()[:4096]
}
PYTHON = {name: text for name, text in TEXTS.items() if name.endswith(".py")}
PACKAGE = {name: text for name, text in PYTHON.items() if name.startswith("convex_test/")}
SOURCES = {name: text for name, text in TEXTS.items() if Path(name).suffix in {".py", ".js", ".mjs", ".ts"}}
LOCK_FILES = sorted(name for name in TEXTS if name.endswith("package-lock.json"))


def hits(needles: tuple[str, ...]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in TEXTS.items()
        if any(needle in text for needle in needles)
        for number, line in enumerate(text.splitlines(), 1)
        if any(needle in line for needle in needles)
    ]


def test_files_are_short_enough_to_be_held_in_the_head() -> None:
    def longest(name: str) -> int:
        return LONGEST_TEST_FILE if name.startswith("tests/") else LONGEST_FILE

    long = {name for name, text in SOURCES.items() if text.count("\n") > longest(name)}

    assert long == set(LONG_FILES)


def test_functions_are_short_enough_to_be_held_in_the_head() -> None:
    long = {
        f"{name}:{node.name}"
        for name, text in PYTHON.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION
    }

    assert long == set(LONG_FUNCTIONS)


@pytest.mark.parametrize("name", sorted(PACKAGE))
def test_a_module_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(ast.parse(PACKAGE[name]))


def test_one_clock_serves_all() -> None:
    """Frozen time, and tests that move it, work because the time is read in one place."""
    strays = [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, text in PACKAGE.items()
        if name != CLOCK
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCK_CALLS)
        or (isinstance(node, ast.ImportFrom) and node.module == "time" and {"time", "time_ns"} & _names(node))
    ]
    assert not strays, "\n".join(strays)


def _names(node: ast.ImportFrom) -> set[str]:
    return {alias.name for alias in node.names}


def test_nothing_is_left_for_later() -> None:
    # Measured data has the ISO code of no currency in it.
    assert not [hit for hit in hits(LATER) if not hit.partition(":")[0].endswith(".json")]


def test_no_merge_was_left_half_done() -> None:
    command = ["git", "grep", "-l", "-E", "^(<{7}|>{7}) "]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout == ""


def test_no_place_of_one_machine_is_named() -> None:
    assert not hits((*PLACES, ROOT.as_posix(), Path.home().as_posix() + "/"))


@pytest.mark.parametrize("name", LOCK_FILES)
def test_a_lock_file_leaves_the_registry_to_the_user(name: str) -> None:
    """A recorded address would win over the user's own registry. `--omit-lockfile-registry-resolved` leaves it out."""
    packages: dict[str, Any] = json.loads(TEXTS[name])["packages"]
    addresses = [path for path, entry in packages.items() if str(entry.get("resolved", "")).startswith("http")]

    assert not addresses


@pytest.mark.parametrize("name", LOCK_FILES)
def test_npm_packages_are_pinned(name: str) -> None:
    package = json.loads(TEXTS[name.replace("package-lock", "package")])
    versions = {**package.get("dependencies", {}), **package.get("devDependencies", {})}

    # "npm:zod@3.25.76" is a second version of a package.
    assert all(version.rpartition("@")[2][0].isdigit() for version in versions.values()), versions


def test_test_files_have_unique_names() -> None:
    names = Counter(Path(name).name for name in PYTHON if name.startswith("tests/") and "/test_" in name)

    assert not [name for name, count in names.items() if count > 1]


def test_test_folders_are_no_packages() -> None:
    assert not [name for name in PYTHON if name.startswith(("tests/", "example_app/")) and name.endswith("__init__.py")]
