"""Where functions are declared: found by the text of their files, because a bundle does not say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convex_test.references import parse_function_path

if TYPE_CHECKING:
    from pathlib import Path

    from convex_test.project.entry_points import EntryPoint


class Declarations:
    """The files and lines of a project's functions; each file is read once.

    Args:
        modules: the project's modules by path.
    """

    def __init__(self, modules: dict[str, EntryPoint]) -> None:
        self._modules = modules
        self._lines: dict[Path, list[str]] = {}
        self._found: dict[str, tuple[str, int]] = {}

    def of(self, function: str) -> tuple[str, int]:
        """File and line of a function such as "messages:send"; the name and 0 for what is no function of a file."""
        if function not in self._found:
            self._found[function] = self._search(function)
        return self._found[function]

    def line(self, file: Path, name: str) -> int | None:
        """The line that declares an export, or None when it is declared in a way that only a parser would find."""
        lines = self._lines.get(file)
        if lines is None:
            lines = self._lines[file] = file.read_text(encoding="utf-8", errors="replace").splitlines()
        escaped = re.escape(name)
        declaration = (
            r"\s*export\s+default\b"
            if name == "default"
            else rf"\s*export\s+(?:(?:const|let|var)\s+{escaped}\b|(?:const|let|var)\s*\{{[^}}]*\b{escaped}\b)"
        )
        pattern = re.compile(declaration)
        return next((number for number, line in enumerate(lines, 1) if pattern.match(line)), None)

    def _search(self, function: str) -> tuple[str, int]:
        path = parse_function_path(function)
        entry = self._modules.get(path.module)
        if entry is None:
            return function, 0
        return str(entry.file), self.line(entry.file, path.name) or 0
