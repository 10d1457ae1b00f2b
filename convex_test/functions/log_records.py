"""Console lines in Python's `logging`, so that `caplog` and `--log-cli-level` know them.

By design: the logger is `convex.console`. A record's message is the line's; its file and line are where the function
is declared, and the function itself is `record.convex_function`. `console.log` is of the level INFO, as `console.info`
is; `record.convex_level` tells them apart.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from convex_test.functions.runtime import ProjectRuntime
    from convex_test.records import LogLine

LOGGER: Final = logging.getLogger("convex.console")
# Who has not set up logging is not to see lines on stderr.
LOGGER.addHandler(logging.NullHandler())
LEVELS: Final = {
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "LOG": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
}


def hand_on(line: LogLine, runtime: ProjectRuntime) -> None:
    """Makes a record of a line, if anybody wants those of its level."""
    level = LEVELS[line.level]
    if not LOGGER.isEnabledFor(level):
        return
    file, number = runtime.declarations.of(line.function)
    extra = {"convex_function": line.function, "convex_level": line.level}
    LOGGER.handle(
        LOGGER.makeRecord(LOGGER.name, level, file, number, line.message, (), None, line.function, extra=extra)
    )
