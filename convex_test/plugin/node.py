"""Which Node runs `"use node"` modules (`--convex-node`, `convex_node`), and debugging in it (`--convex-inspect`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from convex_test.engine.node.settings import NodeSettings
    from convex_test.harness.project import Project

SETTINGS = pytest.StashKey["NodeSettings"]()
USUAL_PORT: Final = 9229


def add_node_options(parser: pytest.Parser) -> None:
    """Declares the options and the ini value."""
    group = parser.getgroup("convex")
    group.addoption("--convex-node", metavar="PROGRAM", help="the Node.js that runs actions in `use node` modules")
    group.addoption(
        "--convex-inspect",
        metavar="PORT",
        nargs="?",
        const=str(USUAL_PORT),
        help="run all functions in Node.js and wait for a debugger (--convex-inspect=0: on any free port)",
    )
    parser.addini("convex_node", "the Node.js that runs actions in `use node` modules", type="string")


def check_node_options(config: pytest.Config) -> None:
    """Raises `pytest.UsageError` for what `--convex-inspect` cannot do."""
    given = config.getoption("convex_inspect")
    if given is None:
        return
    if not (given.isascii() and given.isdecimal() and int(given) < 1 << 16):
        raise pytest.UsageError(
            f"--convex-inspect {given}: that is no port. Write the port with an equals sign, --convex-inspect="
            f"{USUAL_PORT}, and paths of tests before the option or after it with one."
        )
    if hasattr(config, "workerinput") or config.getoption("numprocesses", None):
        raise pytest.UsageError("--convex-inspect debugs one process: run without xdist, with -n 0.")


def use_node(project: Project, config: pytest.Config) -> Project:
    """The project, told which Node to use."""
    if SETTINGS not in config.stash:
        config.stash[SETTINGS] = _settings(config)
    project.use_node(config.stash[SETTINGS])
    return project


def _settings(config: pytest.Config) -> NodeSettings:
    from convex_test.engine.node.settings import NodeSettings

    program, place = _program(config)
    port = config.getoption("convex_inspect")
    if port is None:
        return NodeSettings(program, place)
    return NodeSettings(program, place, int(port), lambda said: _announce(config, said))


def _program(config: pytest.Config) -> tuple[str | None, str]:
    option = config.getoption("convex_node")
    if option:
        return option, f"--convex-node={option}"
    ini = config.getini("convex_node")
    if not ini:
        return None, ""
    base = config.inipath.parent if config.inipath is not None else config.rootpath
    # A name is looked for on PATH, a path is relative to the file that it stands in.
    program = ini if Path(ini).name == ini else str(base / ini)
    return program, f"convex_node in {config.inipath.name if config.inipath else 'the ini file'}"


def _announce(config: pytest.Config, said: str) -> None:
    """Shows how to attach, past pytest's capture."""
    url = said.removeprefix("inspect ")
    address = url.removeprefix("ws://")
    port = address.partition("/")[0].rpartition(":")[2]
    lines = [
        "",
        "convex: the tests wait for a debugger.",
        f"    VS Code    attach to Node.js: {{'type': 'node', 'request': 'attach', 'port': {port}}}",
        f"    Chrome     chrome://inspect, or devtools://devtools/bundled/js_app.html?ws={address}",
        f"    any other  {url}",
        "It stops once before the first function, for breakpoints in the TypeScript files.",
    ]
    capture = config.pluginmanager.getplugin("capturemanager")
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if terminal is None:
        return
    if capture is None:
        terminal.write_line("\n".join(lines))
    else:
        with capture.global_and_fixture_disabled():
            terminal.write_line("\n".join(lines))
            terminal.flush()
