"""The tree of suites and tests of a file, and keeping it: what a file registers follows from its code, so that an
unchanged file need not be evaluated to be collected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.engine.prelude_files import read_prelude, read_suite_part
from convex_test.project.cache import BundleCache, Record, digest

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT: Final = b"tree 1"


@dataclass(frozen=True, slots=True)
class TaskNode:
    """A `describe` or a test.

    Attributes:
        id: counts suites and tests on their own.
        line: where it is in the test file, from 1; 0 when it is not known.
        mode: "run", "skip" or "todo".
        children: None for a test.
    """

    id: int
    name: str
    line: int
    mode: str
    children: tuple[TaskNode, ...] | None

    def shape(self) -> object:
        """The ids and how they nest; names may hold a time or a random number."""
        return self.id, None if self.children is None else [child.shape() for child in self.children]


class TreeCache:
    """The kept tree of one test file with the code that it has now."""

    def __init__(self, path: Path, code: str) -> None:
        self._cache = BundleCache.of_project(path)
        self._key = digest(_FORMAT, code.encode(), _engine())

    def load(self) -> TaskNode | None:
        """The tree, if it was kept."""
        record = self._cache.load(self._key)
        if record is None:
            return None
        self._cache.touch(self._key)
        return _node(orjson.loads(record.code))

    def store(self, tree: TaskNode) -> None:
        """Keeps the tree."""
        self._cache.store(self._key, Record(orjson.dumps(_plain(tree)), b"", (), {}, ()))


@cache
def _engine() -> bytes:
    return digest(read_prelude().core.encode(), read_suite_part().encode()).encode()


def _plain(node: TaskNode) -> list[Any]:
    children = None if node.children is None else [_plain(child) for child in node.children]
    return [node.id, node.name, node.line, node.mode, children]


def _node(plain: list[Any]) -> TaskNode:
    task, name, line, mode, children = plain
    return TaskNode(task, name, line, mode, None if children is None else tuple(map(_node, children)))
