"""Runs a command and measures it: seconds by a monotonic clock, memory of the whole process tree."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAMPLE_SECONDS = 0.005


def seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Run to the end, quietly. Raises `RuntimeError` with the output when the command fails."""
    start = time.perf_counter()
    result = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    elapsed = time.perf_counter() - start
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{result.stdout.decode(errors='replace')}")
    return elapsed


def peak_bytes(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """The most memory that the command and all its children held at one time.

    On Linux the tree is sampled, and pages that processes share are shared out (PSS). Elsewhere only the largest
    process of the tree is known.
    """
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        peak, done = [0], threading.Event()
        sampler = threading.Thread(target=_sample, args=(process.pid, peak, done))
        sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        done.set()
        sampler.join()
    unit = 1 if os.uname().sysname == "Darwin" else 1024
    return max(peak[0], usage.ru_maxrss * unit)


def _sample(root: int, peak: list[int], done: threading.Event) -> None:
    while not done.wait(SAMPLE_SECONDS):
        peak[0] = max(peak[0], sum(_proportional_bytes(pid) for pid in _tree(root)))


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            found += _tree(int(child))
    return found


def _proportional_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
