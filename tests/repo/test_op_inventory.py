"""Every operation that the `convex` package names is answered, or a declared gap with a reason.

This is how a new operation in a new version of the package comes to notice before a user meets it. The operations of
the oldest version that works are in a file, and so are those of the newest, to show when the installed one is another.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from convex_test import syscalls
from convex_test.project.layout import OLDEST_CONVEX

ROOT = Path(__file__).resolve().parents[2]
RECORDED = json.loads((ROOT / "tests" / "vectors" / "operations.json").read_text(encoding="utf-8"))

CALL = re.compile(r"\bperform(?:Async|Js)?Syscall\(\s*(?P<argument>[^,)]*)")
DEFINITIONS = "server/impl/syscall.ts"


def calls(source: Path) -> list[tuple[str, str]]:
    """The first argument of every call of the three syscall functions, with its file."""
    found = []
    for path in sorted(source.rglob("*.ts")):
        name = path.relative_to(source).as_posix()
        if name != DEFINITIONS and not name.endswith(".test.ts"):
            found += [(name, match["argument"].strip()) for match in CALL.finditer(path.read_text(encoding="utf-8"))]
    return found


@pytest.fixture(scope="module")
def named(example_app: Path) -> list[tuple[str, str]]:
    return calls(example_app / "node_modules" / "convex" / "src")


def test_the_package_names_its_operations_in_plain_text(named) -> None:
    """Otherwise this inventory would miss one."""
    assert len(named) > 30
    computed = [f"{file}: {argument}" for file, argument in named if not re.fullmatch(r'"[^"]+"', argument)]
    assert not computed, "\n".join(computed)


def test_every_operation_is_answered_or_declared(named) -> None:
    known = set(syscalls.OPS) | set(syscalls.GAPS)

    missing = sorted({f"{argument} ({file})" for file, argument in named if argument.strip('"') not in known})
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("age", ["oldest", "newest"])
def test_every_recorded_operation_is_answered_or_declared(age) -> None:
    recorded = RECORDED[age]["operations"]

    assert len(recorded) > 20
    assert set(recorded) <= set(syscalls.OPS) | set(syscalls.GAPS)


def test_the_newest_record_is_that_of_the_installed_package(named, example_app) -> None:
    package = json.loads((example_app / "node_modules" / "convex" / "package.json").read_text(encoding="utf-8"))

    assert RECORDED["newest"]["version"] == package["version"]
    assert set(RECORDED["newest"]["operations"]) == {argument.strip('"') for _, argument in named}


def test_the_oldest_record_is_that_of_the_oldest_version_that_works() -> None:
    oldest = ".".join(map(str, OLDEST_CONVEX))

    assert RECORDED["oldest"]["version"] == oldest
    assert f"`convex` ≥ {oldest}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_operation_is_both() -> None:
    assert not set(syscalls.OPS) & set(syscalls.GAPS)


@pytest.mark.parametrize("op", sorted(syscalls.GAPS))
def test_a_gap_has_a_reason(op: str) -> None:
    assert len(syscalls.GAPS[op]) > 5
