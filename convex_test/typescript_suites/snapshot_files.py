"""The files that snapshots are kept in: `__snapshots__/<test file>.snap` beside the test file, and others that a test
names.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

OPERATIONS: Final = ("t/read", "t/write", "t/resolve")


class SnapshotFiles:
    """Reads and writes for one test file."""

    def __init__(self, test_file: Path) -> None:
        self.path = test_file.parent / "__snapshots__" / f"{test_file.name}.snap"
        self._folder = test_file.parent

    def knows(self, op: str) -> bool:
        """Whether a request is about files."""
        return op in OPERATIONS

    def answer(self, op: str, args: Mapping[str, Any]) -> str:
        """One request; the JSON text of its result."""
        if op == "t/resolve":
            return _json(str((self._folder / args["path"]).resolve()))
        path = Path(args["path"])
        if op == "t/read":
            return _json(path.read_text(encoding="utf-8") if path.is_file() else None)
        if args["content"] is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(args["content"], encoding="utf-8")
        return "null"


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
