"""File names in esbuild's output as a user would type them."""

from __future__ import annotations

import os
from pathlib import Path

VIRTUAL_NAMESPACE = "convex-test"
"""Where the modules live that are made up here. What is generated keeps the name of the file it stands for."""

ENTRY_SOURCE = f"{VIRTUAL_NAMESPACE}:modules"
"""The module that everything hangs on. It stands for no file."""


def readable_source(path: str) -> str:
    """`path`, relative to the project's root, in its shortest telling form.

    Files of packages become `node_modules/<package>/…` wherever they are installed; generated modules that are not on
    disk become `_generated/…`.
    """
    posix = path.replace("\\", "/")
    _, found, inside = posix.rpartition("/node_modules/")
    if found:
        return f"node_modules/{inside}"
    return posix.removeprefix(f"{VIRTUAL_NAMESPACE}:").removeprefix("./")


def relative_posix(path: Path, folder: Path) -> str:
    """`path` from `folder` on, with forward slashes and perhaps `..`; all of it on another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()


def package_of(path: str) -> str | None:
    """The npm package that the posix or native `path` lies in, or None for the project's own files."""
    posix = readable_source(path)
    if not posix.startswith("node_modules/"):
        return None
    parts = posix.split("/")
    return "/".join(parts[1:3]) if parts[1].startswith("@") else parts[1]
