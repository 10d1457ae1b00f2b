"""The pytest plugin: options, the marker, the fixtures `t` and `convex_project`, and what a failing test shows.

pytest imports this in every run of its environment, so nothing of the rest is imported before a fixture is used.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest

from convex_test.plugin.backends import BACKENDS, BackendsOfTests
from convex_test.plugin.call_tree import CallTrees
from convex_test.plugin.captured import pytest_sessionstart
from convex_test.plugin.fixtures import convex_project, pytest_runtest_protocol, t
from convex_test.plugin.fuzz_options import add_fuzz_options
from convex_test.plugin.node import add_node_options, check_node_options
from convex_test.plugin.options import add_options
from convex_test.plugin.report import pytest_report_header, pytest_runtest_makereport
from convex_test.plugin.spared_imports import pytest_sessionfinish
from convex_test.plugin.summary import LimitWarnings
from convex_test.plugin.uncovered import UncoveredFunctions

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "convex_project",
    "pytest_addhooks",
    "pytest_addoption",
    "pytest_assertrepr_compare",
    "pytest_collect_file",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_report_header",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_sessionfinish",
    "pytest_sessionstart",
    "t",
]

TYPESCRIPT_SUFFIXES: Final = frozenset({".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"})
MARKER = (
    "convex(root=, limits=, env=, seed=, identity=, isolation=, timeout=, network=, shuffle=, failed_jobs=, "
    "pending_jobs=, unawaited=): settings of the Convex backend of this test; of several markers the closest one "
    "counts, keyword by keyword."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options and ini values."""
    add_options(parser)
    add_node_options(parser)
    add_fuzz_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declares the hooks for `conftest.py`."""
    from convex_test.plugin import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker, and draws the session's seed before xdist copies the options to its workers."""
    check_node_options(config)
    config.addinivalue_line("markers", MARKER)
    config.stash[BACKENDS] = BackendsOfTests()
    config.pluginmanager.register(config.stash[BACKENDS], "convex_backends")
    if config.getini("convex_limit_warnings"):
        config.pluginmanager.register(LimitWarnings(), "convex_limit_warnings")
    if config.option.convex_uncovered:
        config.pluginmanager.register(UncoveredFunctions(), "convex_uncovered")
    if config.option.convex_fuzz is not None:
        from convex_test.plugin.fuzz import Fuzzing

        config.pluginmanager.register(Fuzzing(), "convex_fuzzing")
    if config.option.convex_calls:
        config.pluginmanager.register(CallTrees(), "convex_calls")
    if config.option.convex_seed is None:
        config.option.convex_seed = random.getrandbits(32)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explains comparisons of documents."""
    if op != "==" or not isinstance(left, dict | list):
        return None
    from convex_test.plugin.comparisons import explain_equality

    return explain_equality(left, right)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collects test files written in TypeScript."""
    if file_path.suffix not in TYPESCRIPT_SUFFIXES:
        return None
    from convex_test.plugin.typescript_tests import collect_file

    return collect_file(file_path, parent)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the order of the tests in a TypeScript file."""
    if any(item.path.suffix in TYPESCRIPT_SUFFIXES for item in items):
        from convex_test.plugin.typescript_tests import keep_order

        keep_order(items)
