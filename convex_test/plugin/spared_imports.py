"""Spares a run that does not use Hypothesis the import of Hypothesis at its end.

Hypothesis is a dependency of this package. Its plugin for pytest (`pytest_terminal_summary` of
`_hypothesis_pytestplugin`, 6.170) imports all of it when the summary is written, only to find that nothing was seen:
a tenth of a second in each run. So the plugin is unregistered before that when nothing has imported Hypothesis. Under
xdist what it prints comes from the workers, and it stays.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

HYPOTHESIS_PLUGIN: Final = "hypothesispytest"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """All tests have run, the summary is not yet written."""
    config = session.config
    if (
        "hypothesis" not in sys.modules
        and not config.pluginmanager.has_plugin("dsession")
        and not config.getoption("hypothesis_show_statistics", default=False)
        and config.pluginmanager.has_plugin(HYPOTHESIS_PLUGIN)
    ):
        config.pluginmanager.unregister(name=HYPOTHESIS_PLUGIN)
