"""Coverage of the functions' TypeScript, for coverage.py: `plugins = ["convex_test.coverage"]` in its configuration.

    syntax         trees of source files, by tree-sitter
    walk           from a tree to a plan: statements and functions; with `counted`, `branches`, `names`
    plan           what is measured in a file, and the counters for it
    edits          the counters in the text, and the source map back
    instrument     this as a transform of the bundle (`project.transform`)
    selection      which files coverage.py is asked to measure
    running        whether coverage.py measures this process
    measurement    what the counters told, into coverage.py's data
    exclusions     comments and configured expressions that take code out of a report
    reporter       one file in a report
    plugin         the plugin object

The engine knows nothing of this: it keeps an array for the bundle and hands over which elements were set.

It stands on coverage.py's documented interfaces but for two points, each with a test: the plugin is registered as a
configurer, because coverage.py's "sysmon" core warns of file tracers and this needs none, and reporters are found by
the name that the data has for a file; and data is added to the running `Coverage` object's own (`measurement`).

It may import `convex_test.project` and `convex_test.errors`. Nothing heavy is imported before coverage.py runs.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coverage.plugin_support import Plugins

__all__ = ["coverage_init"]


def coverage_init(registry: Plugins, options: dict[str, Any]) -> None:
    """What coverage.py calls for each plugin of its configuration.

    Raises:
        PluginError: the parser is not installed, or there are options; none are known.
    """
    from coverage.exceptions import PluginError

    if find_spec("tree_sitter") is None or find_spec("tree_sitter_typescript") is None:
        raise PluginError(
            "convex_test.coverage reads TypeScript with tree-sitter, which is not installed: "
            'run `pip install "convex-test[coverage]"`.'
        )
    if options:
        raise PluginError(
            f"convex_test.coverage: unknown option {', '.join(options)} in coverage's configuration; there are none."
        )
    from convex_test.coverage.plugin import TypeScriptPlugin

    registry.add_configurer(TypeScriptPlugin())
