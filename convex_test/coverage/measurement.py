"""From counters to coverage.py's data.

What a function has executed is taken whenever its context comes back, under the context (of `--cov-context` or
`dynamic_context`) that is in force at that moment, and added to the data when a test's backend is closed. In branch
mode a line is the arc (-1, line), as lines and arcs do not mix in one data file. A file is never added without the
plugin's name: data files that disagree about it cannot be combined.

The data is that of the running `Coverage` object, `_data`: the documented `get_data()` would warn, in the middle of
the tests, about everything that has not been imported yet.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Final

from convex_test.coverage.instrument import Instrumentation, Notes
from convex_test.coverage.running import MODULE
from convex_test.coverage.selection import selection_of
from convex_test.coverage.syntax import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import coverage
    from coverage import CoverageData

    from convex_test.coverage.instrument import Event, Region

PLUGIN_NAME: Final = f"{MODULE}.TypeScriptPlugin"
"""What coverage.py calls the plugin; it is stored with every file."""
NOWHERE: Final = -1
"""Where an arc comes from that only says that its line was executed."""


class CoverageWarning(UserWarning):
    """Something cannot be measured."""


class Measurement:
    """The measuring of one project under one `Coverage` object."""

    def __init__(self, running: coverage.Coverage) -> None:
        self._coverage = running
        self._selection = selection_of(running)
        self._is_branch = bool(running.get_option("run:branch"))
        self._counters: list[tuple[str, list[Event]]] = []
        self._functions: dict[str, list[Region]] = {}
        self._untouched: list[str] = []
        self._pending: dict[str | None, set[tuple[int, str]]] = {}
        self._written: dict[str | None, set[int]] = {}
        self._entered: set[tuple[str, int]] = set()

    @property
    def transform(self) -> Instrumentation:
        """What puts counters into the bundle."""
        return Instrumentation(self._selection)

    def counters_of(self, notes: str, files: Iterable[Path] = ()) -> Callable[[str], None]:
        """Takes in what a bundle says about its counters, and the source files it stands for.

        What comes back is to be called with what a context of that bundle counted, such as "3,17,". Each bundle counts
        from 0: of the app, of a component, of the modules for Node.
        """
        loaded = Notes.loads(notes)
        first = len(self._counters)
        for measured in loaded.files:
            self._functions[measured.path] = measured.functions
            self._counters += [(measured.path, events) for events in measured.events]
        for path in loaded.unread:
            text = f"{path} is not measured: it has syntax that the parser of {MODULE} does not know."
            warnings.warn(text, CoverageWarning, stacklevel=2)
        self._untouched += [
            str(file)
            for file in files
            if file.suffix in SUFFIXES and file in self._selection and str(file) not in loaded.unread
        ]
        return partial(self._take, first)

    def _take(self, first: int, hits: str) -> None:
        if hits:
            data = self._data()
            context = data.set_context(None)
            data.set_context(context)
            self._pending.setdefault(context, set()).add((first, hits))

    def flush(self) -> None:
        """Adds everything taken so far to coverage.py's data."""
        pending, self._pending = self._pending, {}
        data = self._data()
        for context, taken in pending.items():
            numbers = {first + int(number) for first, hits in taken for number in hits.split(",") if number}
            written = self._written.setdefault(context, set())
            if not numbers <= written:
                self._write(data, context, numbers - written)
                written |= numbers
        if self._untouched:
            # Of data that has nothing in it yet coverage.py does not know whether it is to have lines or arcs.
            self._write(data, None, set())
            data.touch_files([self._name(path) for path in self._untouched], PLUGIN_NAME)
            self._untouched = []

    def was_entered(self, path: Path, name: str) -> bool | None:
        """Whether a function was entered in this process so far.

        None when the file has none of this name: it is not measured, or the function gets its name elsewhere.
        """
        self.flush()
        found = [at for at, region in enumerate(self._functions.get(str(path), ())) if region.name == name]
        return any((str(path), at) in self._entered for at in found) if found else None

    def _write(self, data: CoverageData, context: str | None, numbers: set[int]) -> None:
        lines: dict[str, set[int]] = {}
        arcs: dict[str, set[tuple[int, int]]] = {}
        for number in numbers:
            path, events = self._counters[number]
            name = self._name(path)
            for event in events:
                if isinstance(event, tuple):
                    arcs.setdefault(name, set()).add(event)
                elif event > 0:
                    lines.setdefault(name, set()).add(event)
                    arcs.setdefault(name, set()).add((NOWHERE, event))
                else:
                    self._entered.add((path, -1 - event))
        before = data.set_context(context)
        try:
            if self._is_branch:
                data.add_arcs(arcs)
            else:
                data.add_lines(lines)
            data.add_file_tracers(dict.fromkeys(arcs if self._is_branch else lines, PLUGIN_NAME))
        finally:
            data.set_context(before)

    def _name(self, path: str) -> str:
        """What the data calls a file."""
        from coverage.files import canonical_filename, relative_filename

        name = canonical_filename(path)
        return relative_filename(name) if self._coverage.get_option("run:relative_files") else name

    def _data(self) -> CoverageData:
        data: CoverageData | None = getattr(self._coverage, "_data", None)
        return self._coverage.get_data() if data is None else data
