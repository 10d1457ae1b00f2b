"""A temporary folder with everything that both sides run: the app, one small file, many small files."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

APP = Path(__file__).resolve().parent / "app"
MANY_FILES = 50


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where things are; every command runs in `folder`."""

    folder: Path

    def files(self, pattern: str) -> list[str]:
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.glob(pattern))

    @property
    def figures(self) -> Path:
        return self.folder / "figures.json"


def make(folder: Path) -> Workspace:
    """Copy the app to `folder` and write the many files: the ten small tests, twice in each."""
    ignored = shutil.ignore_patterns("node_modules", "__pycache__", ".pytest_cache")
    shutil.copytree(APP, folder, ignore=ignored, dirs_exist_ok=True)
    (folder / "node_modules").symlink_to(APP / "node_modules", target_is_directory=True)
    many = folder / "many"
    many.mkdir()
    python = (folder / "tests" / "test_small.py").read_text(encoding="utf-8")
    typescript = (folder / "tests" / "small.test.ts").read_text(encoding="utf-8")
    for number in range(MANY_FILES):
        (many / f"test_small_{number}.py").write_text(_twice(python, r"^def test_\w+\(t\):", "test_"), encoding="utf-8")
        (many / f"small{number}.test.ts").write_text(_twice(typescript, r'^test\("[^"]+",', '"'), encoding="utf-8")
    return Workspace(folder)


def _twice(source: str, test: str, name_starts_after: str) -> str:
    """The tests of a file, and the same tests under other names."""
    first = re.search(test, source, re.MULTILINE)
    assert first is not None, "the template has tests"
    tests = source[first.start() :]

    def rename(match: re.Match[str]) -> str:
        return match.group().replace(name_starts_after, f"{name_starts_after}again_", 1)

    return f"{source}\n\n{re.sub(test, rename, tests, flags=re.MULTILINE)}"
