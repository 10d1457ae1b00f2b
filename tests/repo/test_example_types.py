"""The example's TypeScript is right, as far as TypeScript can tell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def test_the_example_type_checks(example_app: Path) -> None:
    programs = f"{os.environ.get('PATH', '')}{os.pathsep}{Path(sys.executable).parent}"
    node = shutil.which("node", path=programs)
    assert node, "Node is on PATH or in .venv: run `make check`"
    compiler = example_app / "node_modules" / "typescript" / "bin" / "tsc"

    result = subprocess.run(
        [node, str(compiler), "--noEmit", "-p", "convex"], cwd=example_app, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout
