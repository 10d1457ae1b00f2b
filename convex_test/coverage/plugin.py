"""The plugin object that coverage.py holds, while tests run and when a report is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from coverage import CoveragePlugin

from convex_test.coverage.reporter import TypeScriptReporter

if TYPE_CHECKING:
    from coverage.plugin import FileReporter
    from coverage.types import TConfigurable


class TypeScriptPlugin(CoveragePlugin):
    """Reports TypeScript and JavaScript files. Measuring does not go through it: no Python code is traced for that."""

    def __init__(self) -> None:
        self._config: TConfigurable | None = None

    def configure(self, config: TConfigurable) -> None:
        """Keeps the configuration: when a report is written, its expressions count."""
        self._config = config

    def file_reporter(self, filename: str) -> FileReporter:
        """The reporter of a file that the data has under this plugin's name."""
        exclude = [*self._list("report:exclude_lines"), *self._list("report:exclude_also")]
        partial = [*self._list("report:partial_branches"), *self._list("report:partial_also")]
        return TypeScriptReporter(filename, exclude, partial)

    def _list(self, option: str) -> list[str]:
        if self._config is None:
            return []
        return cast("list[str]", self._config.get_option(option) or [])
