"""Test files in TypeScript as pytest sees them: a file, its `describe` blocks, its tests."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from convex_test.errors import Frame, ProjectError
from convex_test.plugin.options import test_seed
from convex_test.plugin.typescript import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convex_test.typescript_suites.files import Outcome, SuiteSettings, TestFile, TypeScriptError
    from convex_test.typescript_suites.trees import TaskNode

MOST_OPEN_FILES: Final = 8
"""Contexts that are kept after a file was evaluated to be collected; those of more files are made again."""
TEST_FILE: Final = re.compile(r"\.(test|spec)\.[cm]?[jt]sx?$")
OPEN: Final = pytest.StashKey[list["TypeScriptFile"]]()


class TypeScriptTestError(Exception):
    """A test or a hook in TypeScript has failed."""

    def __init__(self, outcome: Outcome, root: Path) -> None:
        super().__init__("\n".join(f"{error.name}: {error.message}" for error in outcome.errors))
        self.outcome = outcome
        self.root = root


def collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The collector of a file that the ini value, the option or the command line names, or None."""
    config = parent.config
    if not TEST_FILE.search(file_path.name):
        return None
    wanted = [*config.getini("convex_typescript_tests"), *(config.getoption("convex_ts") or ())]
    if not _matches(wanted, file_path, config) and not parent.session.isinitpath(file_path):
        return None
    return TypeScriptFile.from_parent(parent, path=file_path)


def _matches(globs: Iterable[str], file_path: Path, config: pytest.Config) -> bool:
    from convex_test.typescript_suites.globs import matches

    base = config.inipath.parent if config.inipath is not None else config.rootpath
    return any(matches(glob, file_path, base) for glob in globs)


class _TypeScriptNode(pytest.Collector):
    """What has hooks of its own and children."""

    task: TaskNode

    def children(self) -> Iterator[pytest.Item | pytest.Collector]:
        """The nodes of a file's or a suite's tasks. A name that comes twice gets a number."""
        names: Counter[str] = Counter()
        for child in self.task.children or ():
            name = " ".join(child.name.split()) or "(no name)"
            names[name] += 1
            unique = name if names[name] == 1 else f"{name} ({names[name]})"
            kind = TypeScriptTest if child.children is None else TypeScriptSuite
            yield kind.from_parent(self, name=unique, task=child)

    def hooks(self, when: str) -> None:
        """Runs `beforeAll` or `afterAll`."""
        file = file_of(self)
        outcome = file.open().run_hooks(self.task.id, when)
        if outcome.state == "failed":
            raise TypeScriptTestError(outcome, file.open().root)

    def setup(self) -> None:
        """`beforeAll`."""
        self.hooks("beforeAll")

    def teardown(self) -> None:
        """`afterAll`."""
        self.hooks("afterAll")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """What failed, in TypeScript."""
        return described(excinfo.value) or super().repr_failure(excinfo)


class TypeScriptFile(_TypeScriptNode, pytest.File):
    """A test file. It has a context while its tests run; the first ones keep theirs from when they were collected."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._opened: TestFile | None = None

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """The suites and tests at the top of the file."""
        kept = self.session.stash.setdefault(OPEN, [])
        try:
            self.task = self.open().tree()
        finally:
            if self._opened is not None and len(kept) >= MOST_OPEN_FILES:
                self._opened.close()
            else:
                kept.append(self)
        yield from self.children()

    def open(self) -> TestFile:
        """The file, bundled."""
        if self._opened is None:
            from convex_test.typescript_suites.files import TestFile

            self._opened = TestFile(self.path, settings_of(self.config))
        return self._opened

    def teardown(self) -> None:
        """`afterAll`, and snapshots are written."""
        try:
            super().teardown()
            self.open().finish()
        finally:
            self.open().close()
            kept = self.session.stash.get(OPEN, [])
            if self in kept:
                kept.remove(self)


class TypeScriptSuite(_TypeScriptNode):
    """A `describe`."""

    def __init__(self, *, task: TaskNode, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.task = task

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Its suites and tests."""
        yield from self.children()


class TypeScriptTest(pytest.Item):
    """A test."""

    def __init__(self, *, task: TaskNode, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.task = task
        if task.mode != "run":
            self.add_marker(pytest.mark.skip(reason={"skip": "test.skip", "todo": "test.todo"}[task.mode]))

    def runtest(self) -> None:
        """Runs it with its `beforeEach` and `afterEach` hooks."""
        file = file_of(self)
        opened = file.open()
        outcome = opened.run_test(self.task.id, test_seed(self))
        if outcome.console:
            self.add_report_section("call", "console", "\n".join(outcome.console))
        if outcome.state == "skipped":
            pytest.skip(outcome.note or "context.skip()")
        if outcome.state == "failed":
            raise TypeScriptTestError(outcome, opened.root)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Vitest's message and diff, and the TypeScript around the line that threw."""
        return described(excinfo.value) or super().repr_failure(excinfo, style)

    def _repr_failure_py(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        # What pytest shows of a failing setup or teardown, hooks of TypeScript in this case.
        return described(excinfo.value) or super()._repr_failure_py(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str], int | None, str]:
        """File, line and names."""
        names = [node.name for node in self.listchain() if isinstance(node, TypeScriptSuite)]
        return self.path, max(0, self.task.line - 1), " > ".join([*names, self.name])


def file_of(node: pytest.Item | pytest.Collector) -> TypeScriptFile:
    """The file that a node is in."""
    found = node.getparent(TypeScriptFile)
    if found is None:
        raise AssertionError(f"{node!r} is in no file")
    return found


def settings_of(config: pytest.Config) -> SuiteSettings:
    """The settings of the session's test files."""
    from convex_test.typescript_suites.files import SuiteSettings

    update = "all" if config.getoption("convex_ts_update") else "none" if os.environ.get("CI") else "new"
    setup = tuple(Path(path).resolve() for path in config.getini("convex_typescript_setup"))
    return SuiteSettings(setup=setup, update=update)


def keep_order(items: list[pytest.Item]) -> None:
    """Puts the tests of a file back into its order, wherever a plugin has shuffled them to: their hooks rely on it."""
    places: dict[TypeScriptFile, list[int]] = {}
    for at, item in enumerate(items):
        if isinstance(item, TypeScriptTest):
            places.setdefault(file_of(item), []).append(at)
    for slots in places.values():
        for at, item in zip(slots, sorted((items[at] for at in slots), key=_place), strict=True):
            items[at] = item


def _place(item: pytest.Item) -> tuple[int, ...]:
    """Suites come after the tests beside them only at the top of a file; ids are given in the order of the file."""
    return _order_in(file_of(item).task)[item.task.id] if isinstance(item, TypeScriptTest) else ()


def _order_in(task: TaskNode) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    pending: list[tuple[TaskNode, tuple[int, ...]]] = [(task, ())]
    while pending:
        node, path = pending.pop()
        if node.children is None:
            found[node.id] = path
        else:
            pending += [(child, (*path, at)) for at, child in enumerate(node.children)]
    return found


# What a failure looks like


def described(error: BaseException) -> str | None:
    """The text of a failure of TypeScript; None for any other."""
    from convex_test.typescript_suites.files import TypeScriptFailure

    if isinstance(error, TypeScriptTestError):
        parts = [_describe(each, error.root) for each in error.outcome.errors]
        return "\n\n".join([*parts, *(f"note: {each}" for each in error.outcome.differences)])
    if isinstance(error, TypeScriptFailure):
        return "\n".join([_describe(error.error, error.root), *error.console])
    if isinstance(error, ProjectError):
        return "\n".join([f"ProjectError: {error}", *getattr(error, "__notes__", ())])
    return None


def _describe(error: TypeScriptError, root: Path) -> str:
    lines = f"{error.name}: {error.message}".splitlines()
    if error.diff:
        lines += ["", *error.diff.splitlines()]
    # As Vitest does it; the first line is what the summary shows.
    parts = ["\n".join(f"E   {line}".rstrip() for line in lines), _source(error.frames, root)]
    parts += ["\n".join(map(str, error.frames[:10]))] if error.frames else []
    if error.cause is not None:
        parts.append("Caused by:\n" + _describe(error.cause, root))
    return "\n\n".join(part for part in parts if part)


def _source(frames: tuple[Frame, ...], root: Path) -> str:
    for frame in frames:
        if "node_modules" not in frame.file and (root / frame.file).is_file():
            return excerpt(root / frame.file, frame)
    return ""
