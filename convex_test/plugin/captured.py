"""Keeps console lines out of pytest's own section "Captured log": a report shows them in a section of their own.

`caplog`, `--log-cli-level` and `--log-file` have them like any other record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

    import pytest

LOGGER = "convex.console"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Filters the handler that collects what is shown of a failing test."""
    handler = getattr(session.config.pluginmanager.get_plugin("logging-plugin"), "report_handler", None)
    if handler is not None:
        handler.addFilter(_is_no_console_line)


def _is_no_console_line(record: logging.LogRecord) -> bool:
    return record.name != LOGGER
