"""Makes a clone ready: `python scripts/setup.py [package] [dev] [FOLDER ...]`.

    package     .venv with this package, editable
    dev         the same, and what pyproject.toml lists as development tools
    FOLDER      the npm packages of a folder that has a package-lock.json, such as example_app

Needs Python alone. Node and npm are taken from PATH; where they are missing they are installed into .venv from PyPI.
Steps that were done before, with the same inputs, are skipped.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import npm
import prelude
import stamps

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PROGRAMS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")
STEPS = ("package", "dev")


def say(what: str) -> None:
    print(f"setup: {what}", flush=True)


def pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def make_environment() -> None:
    """Create .venv unless it has a working Python."""
    if PYTHON.exists():
        return
    say(f"making .venv with Python {sys.version.split()[0]}")
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    venv.create(ENVIRONMENT, clear=True, symlinks=os.name != "nt", with_pip=has_ensurepip)
    if has_ensurepip:
        return
    # Some Linux distributions ship `venv` without `ensurepip`; a pip outside can then fill the environment.
    subprocess.run([sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet", "pip"], check=True)


def install_package(step: str) -> None:
    """Install this package, editable, and for the step `dev` the development tools."""
    definition = ROOT / "pyproject.toml"
    value = stamps.fingerprint(ROOT, [definition, ROOT / "hatch_build.py"], str(PYTHON))
    fresh = {name: stamps.is_fresh(ENVIRONMENT / f".convex-test-{name}", value) for name in STEPS}
    if fresh["dev"] or fresh[step]:
        return
    groups = tomllib.loads(definition.read_text(encoding="utf-8"))["dependency-groups"]
    tools = groups["dev"] if step == "dev" else []
    say("installing convex-test, editable" + (", and the development tools" if tools else ""))
    pip("--editable", ".", *tools)
    stamps.write(ENVIRONMENT / f".convex-test-{step}", value)


@functools.cache
def find_node() -> npm.Tools:
    """Node and npm, installed into .venv from PyPI when this machine has none."""
    site_packages = ENVIRONMENT.glob("Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages")
    folders = tuple(site_packages)
    if tools := npm.find(*folders):
        return tools
    say(f"no Node here: installing {npm.PYPI_PACKAGE} from PyPI")
    pip(npm.PYPI_PACKAGE)
    if tools := npm.find(*folders):
        return tools
    raise SystemExit(f"setup: Node does not run here, not even the one of PyPI's {npm.PYPI_PACKAGE}.")


def main(arguments: list[str]) -> None:
    make_environment()
    for name in arguments:
        if name in STEPS:
            if prelude.build(find_node):
                say("built the engine's prelude")
            install_package(name)
        elif (ROOT / name / "package-lock.json").is_file():
            if npm.install(find_node, ROOT / name):
                say(f"installed the npm packages of {name}")
        else:
            raise SystemExit(f"setup: {name!r} is neither a step ({', '.join(STEPS)}) nor a folder with npm packages.")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"setup: failed with exit code {error.returncode}: {' '.join(map(str, error.cmd))}") from None
