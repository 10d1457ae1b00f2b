"""Whether coverage.py measures this process, and is to measure TypeScript. Costs nothing when it does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import coverage

    Running = coverage.Coverage
    """A `Coverage` object that was started."""

MODULE: Final = "convex_test.coverage"
"""What `plugins` in coverage.py's configuration has to name."""


def running_coverage() -> Running | None:
    """The `Coverage` object that measures this process with the plugin in its configuration, if there is one."""
    module = sys.modules.get("coverage")
    running: Running | None = None if module is None else module.Coverage.current()
    return running if running is not None and MODULE in _plugins(running) else None


def lacks_plugin(functions_dir: Path) -> bool:
    """Whether coverage.py was told to measure this very folder, or one in it, and not how."""
    module = sys.modules.get("coverage")
    running: Running | None = None if module is None else module.Coverage.current()
    if running is None or MODULE in _plugins(running):
        return False
    source = running.get_option("run:source")
    named = source if isinstance(source, list) else []
    return any(Path(name).resolve().is_relative_to(functions_dir.resolve()) for name in named)


def _plugins(running: Running) -> list[str]:
    named = running.get_option("run:plugins")
    return named if isinstance(named, list) else []
