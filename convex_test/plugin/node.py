"""Which Node runs `"use node"` modules: `--convex-node` and `convex_node`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from convex_test.engine.node.settings import NodeSettings
    from convex_test.harness.project import Project

SETTINGS = pytest.StashKey["NodeSettings"]()


def add_node_options(parser: pytest.Parser) -> None:
    """Declares the option and the ini value."""
    group = parser.getgroup("convex")
    group.addoption("--convex-node", metavar="PROGRAM", help="the Node.js that runs actions in `use node` modules")
    parser.addini("convex_node", "the Node.js that runs actions in `use node` modules", type="string")


def use_node(project: Project, config: pytest.Config) -> Project:
    """The project, told which Node to use."""
    if SETTINGS not in config.stash:
        config.stash[SETTINGS] = _settings(config)
    project.use_node(config.stash[SETTINGS])
    return project


def _settings(config: pytest.Config) -> NodeSettings:
    from convex_test.engine.node.settings import NodeSettings

    option = config.getoption("convex_node")
    if option:
        return NodeSettings(option, f"--convex-node={option}")
    ini = config.getini("convex_node")
    if not ini:
        return NodeSettings()
    base = config.inipath.parent if config.inipath is not None else config.rootpath
    # A name is looked for on PATH, a path is relative to the file that it stands in.
    program = ini if Path(ini).name == ini else str(base / ini)
    return NodeSettings(program, f"convex_node in {config.inipath.name if config.inipath else 'the ini file'}")
