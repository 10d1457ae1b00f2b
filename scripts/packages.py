"""Runs popular npm packages inside convex-test, and writes docs/packages.md: `python scripts/packages.py [NAME ...]`.

Each file of `npm_packages/convex` is a project of its own, with the component of the same name mounted where there is
one. Its action `run` uses the package for real, `scripts/package_services.py` answers its requests, and what it returns
is in `npm_packages/expected.json`. A file with a query `after` is asked again when all scheduled functions have run.
With names, only those are run and the page stays as it is.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import package_services

from convex_test import load_project

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "npm_packages"
SOURCES = FOLDER / "convex"
PAGE = ROOT / "docs" / "packages.md"
SHARED = "check"
TIMING = "--time"
COMPONENT = "dev_"

CONFIG = """\
import {{ defineApp }} from "convex/server";
import component from "@convex-dev/{package}/convex.config";

const app = defineApp();
app.use(component);
export default app;
"""
INTRODUCTION = """\
# Packages

npm packages that `make packages` runs inside convex-test, each for real: a token is signed and verified, a model is
asked through `t.outbound`, a workflow runs to its end. What each does is in
[`npm_packages/convex`](../npm_packages/convex), what it has to return in
[`expected.json`](../npm_packages/expected.json). `make packages` writes this page.

The bundle, that of a mounted component included, is built once and kept until a file changes. Loading is what the first
call costs when it is there: checking that nothing changed, parsing the bundle, evaluating the module and the package.
Times are of one run on one machine.

| package | version | bundling | loading | used as |
|---|---|--:|--:|---|
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one file did. Times are in seconds."""

    value: Any
    bundling: float
    loading: float


def names() -> list[str]:
    """The files of `npm_packages/convex`, without those that they share."""
    return sorted(file.stem for file in SOURCES.glob("*.ts") if file.stem != SHARED)


def make_project(name: str, root: Path, node_modules: Path) -> None:
    """Writes the project of one file below `root`."""
    functions = root / "convex"
    functions.mkdir()
    for file in (name, SHARED):
        shutil.copy(SOURCES / f"{file}.ts", functions)
    if name.startswith(COMPONENT):
        package = name.removeprefix(COMPONENT).replace("_", "-")
        (functions / "convex.config.ts").write_text(CONFIG.format(package=package), encoding="utf-8")
    shutil.copy(node_modules.parent / "package.json", root)
    link(root / "node_modules", node_modules)


def link(place: Path, target: Path) -> None:
    """Makes a folder known by a second name."""
    if sys.platform == "win32":
        import _winapi

        _winapi.CreateJunction(str(target), str(place))
    else:
        place.symlink_to(target, target_is_directory=True)


def run(name: str, root: Path) -> Outcome:
    """Runs the file's functions in the project at `root`."""
    cold = _first_call(root)
    loading = _first_call(root)
    with load_project(root).test(seed=1) as t:
        package_services.mock(t)
        value = t.action(f"{name}:run")
        if "export const after" in (SOURCES / f"{name}.ts").read_text(encoding="utf-8"):
            t.finish_all_scheduled_functions()
            value = t.query(f"{name}:after")
    return Outcome(value, cold - loading, loading)


def _first_call(root: Path) -> float:
    """Seconds from nothing to what the modules export, in a process of its own; the first time with bundling."""
    command = [sys.executable, __file__, TIMING, str(root)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def time_first_call(root: str) -> None:
    """Prints the seconds that `_first_call` asks for."""
    started = time.perf_counter()
    with load_project(root).test(seed=1) as t:
        if not t.functions:
            raise SystemExit(f"packages: {root} has no functions")
    print(time.perf_counter() - started)


def version(name: str) -> tuple[str, str]:
    """The package that a file is about, as in its first import of one, and the version installed."""
    lines = (SOURCES / f"{name}.ts").read_text(encoding="utf-8").splitlines()
    imported = next(line for line in lines if line.startswith("import ") and '"./' not in line).split('"')[1]
    package = "/".join(imported.split("/")[: 2 if imported.startswith("@") else 1])
    details = json.loads((FOLDER / "node_modules" / package / "package.json").read_text(encoding="utf-8"))
    return details["name"], details["version"]


def kind(name: str) -> str:
    """How a file uses its package."""
    if name.startswith(COMPONENT):
        return "a mounted component"
    return '"use node"' if '"use node"' in (SOURCES / f"{name}.ts").read_text(encoding="utf-8") else "an action"


def main(wanted: list[str]) -> None:
    expected = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
    rows = []
    failed = []
    for name in wanted or names():
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            make_project(name, root, FOLDER / "node_modules")
            outcome = run(name, root)
        good = outcome.value == expected.get(name)
        print(f"{'ok  ' if good else 'FAIL'} {name}: {outcome.loading * 1000:.0f} ms to load", flush=True)
        if not good:
            failed.append(name)
            print(f"     returned {json.dumps(outcome.value)}\n     expected {json.dumps(expected.get(name))}")
        package, number = version(name)
        times = f"{outcome.bundling * 1000:.0f} ms | {outcome.loading * 1000:.0f} ms"
        rows.append(f"| `{package}` | {number} | {times} | {kind(name)} |\n")
    if failed:
        raise SystemExit(f"packages: {', '.join(failed)} did not do what is expected")
    if not wanted:
        PAGE.write_text(INTRODUCTION + "".join(sorted(rows)), encoding="utf-8", newline="\n")
        print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    if sys.argv[1:2] == [TIMING]:
        time_first_call(sys.argv[2])
    else:
        main(sys.argv[1:])
