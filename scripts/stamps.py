"""Stamps: what a step was done with, so that doing it again costs nothing.

A stamp is a file that holds the hash of a step's inputs. It is written last, inside the folder that the step makes:
a step that failed has no stamp, and who deletes the folder deletes the stamp.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def fingerprint(root: Path, files: Iterable[Path], *facts: str) -> str:
    """The hash of the files' names (as seen from `root`) and contents, and of other facts that the step depends on.

    Contents and not times: a fresh clone gives every file the time of the clone.
    """
    digest = hashlib.sha256("\0".join(facts).encode())
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"\0{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_fresh(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == value


def write(stamp: Path, value: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value, encoding="utf-8")
