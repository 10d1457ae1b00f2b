"""docs/parity.md is what its script writes."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from convex_test import syscalls

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    spec = spec_from_file_location("parity", ROOT / "scripts" / "parity.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_fresh(script) -> None:
    fresh = script.page() == (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")

    assert fresh, "docs/parity.md is stale: run `make docs`"


def test_another_process_writes_the_same(script) -> None:
    program = "import parity, sys; sys.stdout.buffer.write(parity.page().encode())"
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=ROOT / "scripts", capture_output=True, check=True)

    assert result.stdout.decode() == script.page()


def test_every_operation_is_on_the_page(script) -> None:
    lines = script.page().splitlines()

    for op in [*syscalls.OPS, *syscalls.GAPS]:
        assert sum(line.startswith(f"| `{op}` |") for line in lines) == 1


def test_every_parity_test_file_is_on_the_page(script) -> None:
    text = script.page()

    assert [
        path.name for path in (ROOT / "tests" / "parity").glob("test_*.py") if f"| `{path.name}` |" not in text
    ] == []


@pytest.mark.parametrize(
    ("docstring", "shown"),
    [
        ("Ids.", []),
        ("Ids. Read in `crates/value/src/id.rs`.", ["Ids. Read in `crates/value/src/id.rs`."]),
        ("Ids.\n\nImitates `crates/a.rs`.\n\nAbout rooms.", ["Ids.", "Imitates `crates/a.rs`."]),
        (
            "Ids, see `crates/a.rs`. Gap: none are long.\n\nBy design: random.\nAlso seeded.",
            ["Ids, see `crates/a.rs`.", "- Gap: none are long.", "- By design: random. Also seeded."],
        ),
        (
            "See `crates/a.rs`. Different by design: x. Known gaps: y.",
            ["See `crates/a.rs`.", "- Different by design: x.", "- Known gaps: y."],
        ),
    ],
)
def test_what_a_docstring_becomes(script, docstring, shown) -> None:
    lines = list(script._section(ROOT / "a.py", docstring)) if script.SOURCE.search(docstring) else []

    assert [line.strip() for line in lines[1:] if line.strip()] == shown
