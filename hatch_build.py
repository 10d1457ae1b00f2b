"""The build hook: JavaScript that the engine needs is built from npm packages when the Python package is built.

Wheels and source distributions hold the output, so installing one of them needs no Node. Where the output has to be
built and Node is missing, the build asks PyPI for it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent / "scripts"))

import npm
import prelude


def find_node() -> npm.Tools:
    tools = npm.find()
    if tools is None:
        raise RuntimeError(f"The engine's prelude is built with Node: install it, or `pip install {npm.PYPI_PACKAGE}`.")
    return tools


class PreludeHook(BuildHookInterface[Any]):
    """Builds `convex_test/engine/prelude/built/` for wheels, source distributions and editable installs."""

    PLUGIN_NAME = "prelude"

    def dependencies(self) -> list[str]:
        return [] if prelude.is_built() or npm.find() else [npm.PYPI_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (the interface's signature)
        prelude.build(find_node)
