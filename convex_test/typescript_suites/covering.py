"""What a test file's functions have executed, for coverage.py, when it measures TypeScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convex_test.coverage.running import running_coverage

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.coverage.instrument import Instrumentation
    from convex_test.coverage.measurement import Measurement
    from convex_test.engine.context import JavaScriptContext


class SuiteCoverage:
    """The measuring of one test file, which may be none at all."""

    def __init__(self) -> None:
        self._measurement = _measurement()
        self._count: Callable[[str], None] | None = None

    @property
    def transform(self) -> Instrumentation | None:
        """What puts counters into the bundle."""
        return None if self._measurement is None else self._measurement.transform

    def begin(self, notes: str) -> None:
        """Takes in what the bundle says about its counters."""
        if self._measurement is not None:
            self._count = self._measurement.counters_of(notes)

    def take(self, context: JavaScriptContext) -> None:
        """Takes what the file's context has counted."""
        if self._measurement is not None and self._count is not None:
            self._count(context.take_hits())
            self._measurement.flush()


def _measurement() -> Measurement | None:
    running = running_coverage()
    if running is None:
        return None
    from convex_test.coverage.measurement import Measurement

    return Measurement(running)
