"""Builds the engine's JavaScript prelude: `npm ci`, then `node build.mjs`, in `convex_test/engine/prelude/`.

Run by the package's build hook, and by `scripts/setup.py` when a source has changed since.
The result is in `built/`, with a stamp of the sources; it is in every wheel and source distribution, so that only
who builds from a clone needs Node.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import npm
import stamps

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "convex_test" / "engine" / "prelude"
OUTPUT = FOLDER / "built"
STAMP = OUTPUT / ".stamp"
GENERATED = {"built", "node_modules", "__pycache__"}


def sources() -> list[Path]:
    files = (path for path in FOLDER.rglob("*") if path.is_file())
    return [path for path in files if GENERATED.isdisjoint(path.relative_to(FOLDER).parts) and path.suffix != ".py"]


def is_built() -> bool:
    return stamps.is_fresh(STAMP, stamps.fingerprint(FOLDER, sources()))


def build(find_tools: Callable[[], npm.Tools]) -> bool:
    """Build unless the output fits the sources; False when there was nothing to do."""
    value = stamps.fingerprint(FOLDER, sources())
    if stamps.is_fresh(STAMP, value):
        return False
    npm.install(find_tools, FOLDER)
    tools = find_tools()
    tools.run(*tools.node, "build.mjs", directory=FOLDER)
    stamps.write(STAMP, value)
    return True
