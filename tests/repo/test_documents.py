"""Documents tell the truth: their Python runs, their commands and paths exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "tests/*.md", "example_app/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)
FENCE = re.compile(r"^```(?P<language>[\w-]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)\b")
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`(?P<text>[^`\n]+)`")


class Block(NamedTuple):
    document: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(language: str) -> list[Block]:
    found = []
    for path in DOCUMENTS:
        content = path.read_text(encoding="utf-8")
        found += [
            Block(path.relative_to(ROOT).as_posix(), content.count("\n", 0, match.start()) + 1, match["text"])
            for match in FENCE.finditer(content)
            if match["language"] == language
        ]
    return found


def commands(path: Path) -> set[str]:
    """The targets that a document names: in code spans and shell blocks, not in prose ("make sure")."""
    content = path.read_text(encoding="utf-8")
    code = [match["text"] for match in FENCE.finditer(content) if match["language"] in {"", "sh", "console"}]
    code += [match["text"] for match in CODE.finditer(FENCE.sub("", content))]
    return {match[1] for text in code for match in MAKE.finditer(text)}


def missing_paths(path: Path) -> list[str]:
    """Relative links that lead nowhere, and code spans that look like a path of the repository and are none."""
    prose = FENCE.sub("", path.read_text(encoding="utf-8"))
    links = {match["target"] for match in LINK.finditer(prose) if "://" not in match["target"]}
    missing = [target for target in links if not (path.parent / target).exists()]
    for match in CODE.finditer(prose):
        text = match["text"].rstrip("/")
        if not re.fullmatch(r"[\w.-]+(/[\w.*-]+)+", text):
            continue
        homes = [folder for folder in (ROOT, path.parent) if (folder / text.split("/")[0]).is_dir()]
        if homes and not any(any(folder.glob(text)) for folder in homes):
            missing.append(text)
    return missing


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_a_python_block_runs(block: Block, example_copy: Path) -> None:
    """A block with tests is a test file of the example; any other is a program."""
    if re.search(r"^\s*(async )?def test_", block.text, re.MULTILINE):
        file = example_copy / "tests" / "test_block.py"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
    else:
        file = example_copy / "block.py"
        command = [sys.executable, str(file)]
    file.write_text(block.text, encoding="utf-8")

    result = subprocess.run(command, cwd=example_copy, capture_output=True, text=True, check=False)

    assert result.returncode == 0, f"{block}\n{result.stdout}\n{result.stderr}"


def test_the_failure_in_the_readme_is_what_pytest_prints(example_copy: Path) -> None:
    """The test is taken out of its own traceback, and run."""
    [shown] = [block.text for block in blocks("text") if block.document == "README.md"]
    lines = [line.rstrip() for line in shown.splitlines() if line.strip()]
    source = [line[4:] for line in lines[: lines.index(next(line for line in lines if line.startswith("E ")))]]
    file = example_copy / "tests" / "test_block.py"
    file.write_text("\n".join(["from convex_test import api", "", "", *source, ""]), encoding="utf-8")

    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", str(file)]
    environment = {**os.environ, "COLUMNS": "80"}
    result = subprocess.run(command, cwd=example_copy, env=environment, capture_output=True, text=True, check=False)

    printed = {line.rstrip() for line in result.stdout.splitlines()}
    assert [line for line in lines if line not in printed] == [], result.stdout


def test_the_coverage_report_in_the_documentation_is_what_coverage_prints(example_copy: Path) -> None:
    """With the configuration that stands above it."""
    [configuration] = [block.text for block in blocks("toml") if block.document == "docs/coverage.md"]
    report = next(block.text for block in blocks("text") if block.document == "docs/coverage.md")
    (example_copy / "pyproject.toml").write_text(configuration, encoding="utf-8")

    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", "--cov"]
    command += ["--cov-report=term-missing", "tests/test_messages.py", "tests/test_channels.py"]
    result = subprocess.run(command, cwd=example_copy, capture_output=True, text=True, check=False)

    printed = [line.replace("\\", "/").split() for line in result.stdout.splitlines()]
    missing = [line for line in report.splitlines() if line.strip("-") and line.split() not in printed]
    assert not missing, result.stdout


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_make_targets_of_a_document_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))

    assert commands(path) <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_paths_of_a_document_exist(path: Path) -> None:
    assert not missing_paths(path)


def test_the_documents_that_everybody_expects_are_there() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in DOCUMENTS}

    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/README.md", "example_app/README.md"} <= names


def test_the_workflow_runs_what_the_makefile_has() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    used = {
        command
        for name in (".github/workflows/ci.yml", ".ci/run")
        for command in MAKE.findall((ROOT / name).read_text(encoding="utf-8"))
    }

    assert used
    assert all(re.search(rf"^{command}:", makefile, re.MULTILINE) for command in used)
