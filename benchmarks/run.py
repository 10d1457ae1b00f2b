"""`make bench`: this package and convex-test on Vitest, side by side, over the same functions, in one run.

Every round runs each measurement on both sides, one after the other, so that a busy moment of the machine hits both.
A row shows the median of each side, the median of the rounds' ratios (ours / theirs), the smallest and largest ratio,
and the ratio that this project promises. Nothing fails here: figures are for reading.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import processes
import workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

WORKERS = 2
DEVELOPMENT_PLUGINS = ("randomly", "timeout", "time_machine", "freezer", "rerunfailures", "pytest_cov")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, and what the rounds gave for it."""

    name: str
    promised: float | None
    unit: str
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)


ROWS = {
    "small": Row("whole process, one file of 10 tests", 0.4, "s"),
    "many": Row(f"whole process, {workspace.MANY_FILES} files of 20 tests, {WORKERS} workers", 0.3, "s"),
    "mutation": Row("one mutation call", 0.6, "µs"),
    "insert": Row("one insert inside a mutation", 0.7, "µs"),
    "collect": Row("collect, per document", 0.2, "µs"),
    "hundred_rows": Row("100 rows by index out of 10,000", 0.01, "µs"),
    "memory": Row("peak memory, one file of 10 tests", 0.6, "MiB"),
    "first_call": Row("load of a project and first call, bundle on disk", None, "ms"),
    "nested": Row("one mutation call inside a mutation", None, "µs"),
    "insert_5": Row("one insert with 5 indexes inside a mutation", None, "µs"),
    "scan": Row("filter over 10,000, per document", None, "µs"),
    "range": Row("20 of an index range out of 10,000", 0.01, "µs"),
    "growth": Row("the same out of 100,000, in times of out of 1,000", None, "×"),
    "pages": Row("one page of 1,000 out of 100,000", 0.01, "ms"),
    "search": Row("text search over 10,000", None, "µs"),
    "restore": Row("10,000 documents as they were (theirs: made again)", None, "ms"),
    "drain": Row("1,000 scheduled mutations drained", 0.5, "ms"),
}
SCALE = {"s": 1.0, "ms": 1e3, "µs": 1e6, "MiB": 1 / 2**20, "×": 1.0}


class Side:
    """How one side's tests are started."""

    def __init__(self, space: workspace.Workspace, start: Sequence[str], on_workers: Sequence[str]) -> None:
        self.space = space
        self.start = list(start)
        self.on_workers = list(on_workers)
        self.environment = {**os.environ, "BENCHMARK_FIGURES": str(space.figures), "CI": "1", "NO_COLOR": "1"}
        # Without its byte code Python would be measured compiling.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def seconds(self, *files: str, workers: bool = False) -> float:
        command = [*(self.on_workers if workers else self.start), *files]
        return processes.seconds(command, self.space.folder, self.environment)

    def peak_bytes(self, *files: str) -> float:
        return processes.peak_bytes([*self.start, *files], self.space.folder, self.environment)

    def figures(self, *files: str) -> dict[str, float]:
        """Seconds per operation, as the file's own clock took them."""
        self.space.figures.unlink(missing_ok=True)
        self.seconds(*files)
        figures: dict[str, float] = json.loads(self.space.figures.read_text(encoding="utf-8"))
        return figures


def ours(space: workspace.Workspace) -> Side:
    # Plugins of this repository's own development are nobody else's start-up time.
    blocked = [option for name in DEVELOPMENT_PLUGINS for option in ("-p", f"no:{name}")]
    pytest = [sys.executable, "-m", "pytest", "-q", *blocked]
    return Side(space, [*pytest, "-p", "no:xdist"], [*pytest, "-n", str(WORKERS)])


def theirs(space: workspace.Workspace) -> Side:
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if node is None:
        raise SystemExit("bench: no Node on PATH and none in .venv: run `make bench`.")
    vitest = [node, str(workspace.APP / "node_modules" / "vitest" / "vitest.mjs"), "run"]
    return Side(space, vitest, [*vitest, f"--maxWorkers={WORKERS}"])


def measure(side: Side, suffix: str, *, with_many: bool) -> dict[str, float]:
    """One round on one side, in seconds and bytes."""
    [small] = side.space.files(f"tests/*small*{suffix}")
    [calls] = side.space.files(f"tests/*calls*{suffix}")
    [large] = side.space.files(f"tests/*large*{suffix}")
    values = {"small": side.seconds(small), **side.figures(calls), "memory": side.peak_bytes(small)}
    if with_many:
        values.update(side.figures(large))
        values["many"] = side.seconds(*side.space.files(f"many/*small*{suffix}"), workers=True)
    return values


def table(rows: Sequence[Row]) -> str:
    lines = [f"{'':54}{'ours':>12}{'convex-test':>14}{'ratio':>9}{'spread':>16}{'promised':>10}"]
    for row in rows:
        ratios = [mine / other for mine, other in zip(row.ours, row.theirs, strict=True)]
        mine, other = (median(side) * SCALE[row.unit] for side in (row.ours, row.theirs))
        ratio, spread = median(ratios), f"{min(ratios):.3f} – {max(ratios):.3f}"
        promised = "" if row.promised is None else f"≤ {row.promised}"
        verdict = "" if row.promised is None or ratio <= row.promised else "  missed"
        figures = f"{mine:>9.2f} {row.unit:<3}{other:>10.2f} {row.unit:<3}{ratio:>9.3f}{spread:>16}"
        lines.append(f"{row.name:<53}{figures}{promised:>10}{verdict}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description="Ratios of times and memory: ours / convex-test's.")
    parser.add_argument("--quick", action="store_true", help="two rounds, without the many files and the large tables")
    parser.add_argument("--rounds", type=int, default=5, help="rounds after the one that warms up (default: 5)")
    options = parser.parse_args()
    rounds = 2 if options.quick else options.rounds
    with tempfile.TemporaryDirectory(prefix="convex-test-bench-") as folder:
        space = workspace.make(Path(folder))
        mine, others = ours(space), theirs(space)
        for number in range(rounds + 1):
            print(f"round {number} of {rounds}" if number else "warming up", file=sys.stderr, flush=True)
            with_many = number > 0 and not options.quick
            values = measure(mine, ".py", with_many=with_many), measure(others, ".ts", with_many=with_many)
            for name, row in ROWS.items():
                if number and name in values[0]:
                    row.ours.append(values[0][name])
                    row.theirs.append(values[1][name])
    packages = json.loads((workspace.APP / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    versions = f"convex-test (npm) {packages['convex-test']}, Vitest {packages['vitest']}"
    machine = f"{platform.platform()}, {os.cpu_count()} cores"
    print(f"\nPython {platform.python_version()}, {versions}; {machine}; {rounds} rounds\n")
    print(table([row for row in ROWS.values() if row.ours]))


if __name__ == "__main__":
    main()
