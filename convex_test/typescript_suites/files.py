"""One test file in its context: collected once, then its hooks and tests run when the host says so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.backend.clock import Clock
from convex_test.engine.context import JavaScriptContext, ScriptOutOfMemory, ScriptSyntaxError, ScriptTimeout
from convex_test.engine.pool import MEMORY_LIMIT, stack_size
from convex_test.engine.prelude_files import read_prelude, read_suite_part
from convex_test.engine.turns import SharedContext
from convex_test.errors import FunctionError, InternalError, ProjectError
from convex_test.functions.environment import BUILT_IN
from convex_test.functions.failures import read_json, rejection
from convex_test.functions.runtime import frames_of
from convex_test.project.bundle import GLOBAL_NAME
from convex_test.project.source_map import SourceMap
from convex_test.syscalls import OPS, answer
from convex_test.typescript_suites.backends import SuiteBackends
from convex_test.typescript_suites.bundles import bundle_suite
from convex_test.typescript_suites.covering import SuiteCoverage
from convex_test.typescript_suites.layouts import suite_layout
from convex_test.typescript_suites.snapshot_files import SnapshotFiles
from convex_test.typescript_suites.trees import TaskNode, TreeCache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from convex_test.engine.messages import Outbox, Request
    from convex_test.engine.turns import Turn
    from convex_test.errors import Frame

MILLISECOND: Final = 1_000_000
TEST_TIMEOUT: Final = 120.0
"""Seconds of JavaScript that a hook or a test may run; Vitest's own timeouts count the time that it waits."""


@dataclass(frozen=True, slots=True)
class SuiteSettings:
    """What holds for the test files of a session.

    Attributes:
        setup: files that are evaluated before each test file, as Vitest's `setupFiles`.
        update: what happens to snapshots: "none", "new" or "all".
        timeout: milliseconds that a test may wait, as Vitest's `testTimeout`.
        env: environment variables.
    """

    setup: tuple[Path, ...] = ()
    update: str = "none"
    timeout: int = 5_000
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TypeScriptError:
    """What a test or a hook failed with. `diff` is Vitest's own; `frames` are the throw site first."""

    name: str
    message: str
    diff: str | None
    frames: tuple[Frame, ...]
    cause: TypeScriptError | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test or a hook ended: "passed", "failed" or "skipped".

    `differences` says of a failed test what `convex-test` would have done with errors that came up in it.
    """

    state: str
    errors: tuple[TypeScriptError, ...] = ()
    note: str = ""
    console: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


class TestFile:
    """A test file. It is evaluated, in a context of its own, when its first hook or test is to run, or to be collected.

    Raises:
        ProjectError: it cannot be bundled.
    """

    __test__ = False

    def __init__(self, path: Path, settings: SuiteSettings) -> None:
        self.path = path
        self._settings = settings
        self._suite = suite_layout(path)
        self._coverage = SuiteCoverage()
        self._bundle = bundle_suite(self._suite, settings.setup, self._coverage.transform)
        self._coverage.begin(self._bundle.notes)
        self._source_map = SourceMap(self._bundle.source_map)
        self._console: list[str] = []
        self._snapshots = SnapshotFiles(path)
        self._trees = TreeCache(path, self._bundle.code)
        self._tree: TaskNode | None = None
        self._running: _Running | None = None

    @property
    def root(self) -> Path:
        """What the files of frames are relative to."""
        return self._suite.layout.root

    def tree(self) -> TaskNode:
        """Its suites and tests. A file that has not changed since is not evaluated for them.

        Raises:
            TypeScriptFailure: it throws.
        """
        if self._tree is None:
            self._tree = self._trees.load() or self._evaluate()
        return self._tree

    def _evaluate(self) -> TaskNode:
        context = JavaScriptContext(read_prelude(), memory_limit=MEMORY_LIMIT, stack_size=stack_size())
        context.call("addLazySource", "suite", read_suite_part())
        try:
            context.compile_bundle(self._bundle.code, GLOBAL_NAME)
            context.instantiate()
        except ScriptSyntaxError as problem:
            raise ProjectError(f"QuickJS cannot parse {self.path} with what it imports: {problem}") from None
        shared = SharedContext(context)
        backends = SuiteBackends(shared, self._suite.layout, self._source_map)
        self._running = _Running(shared.turn(), backends)
        shared.answer = self._answer
        shared.notify = backends.notify
        self._context = context
        self._run("begin", orjson.dumps(self._begin_settings()).decode())
        found = orjson.loads(self._run("collectFile"))
        if "error" in found:
            raise self._failure(self._error(found["error"]))
        tree = self._node(found["tree"])
        self._trees.store(tree)
        return tree

    def _begin_settings(self) -> dict[str, Any]:
        return {
            "now": Clock().read() // MILLISECOND,
            "env": {**BUILT_IN, "NODE_ENV": "test", "VITEST": "true", "TEST": "true", **self._settings.env},
            "settings": {"testTimeout": self._settings.timeout},
            "snapshots": {
                "file": str(self.path),
                "path": str(self._snapshots.path),
                "update": self._settings.update,
            },
        }

    @property
    def _live(self) -> _Running:
        """The file in its context, evaluated."""
        if self._running is None:
            known, found = self._tree, self._evaluate()
            if known is not None and known.shape() != found.shape():
                raise self._failure(
                    _plain(f"{self.path.name} does not register the tests that it did when it was collected.")
                )
            self._tree = found
        if self._running is None:
            raise InternalError(f"{self.path} was evaluated and is not there.")
        return self._running

    def run_hooks(self, suite: int, when: str) -> Outcome:
        """Runs the `beforeAll` or `afterAll` hooks of a suite."""
        return self._outcome(self._run("hook", str(suite), when))

    def run_test(self, test: int, seed: int) -> Outcome:
        """Runs a test with its `beforeEach` and `afterEach` hooks."""
        backends = self._live.backends
        backends.begin_test(seed)
        outcome = self._outcome(self._run("run", str(test)))
        if outcome.state == "passed" and backends.refused:
            message = "\n".join(dict.fromkeys(backends.refused))
            return Outcome("failed", (TypeScriptError("Error", message, None, ()),), console=outcome.console)
        return replace(outcome, differences=tuple(backends.met)) if outcome.state == "failed" else outcome

    def finish(self) -> dict[str, Any] | None:
        """Writes snapshots, if there are any to be written; what became of them."""
        if self._running is None:
            return None
        found: dict[str, Any] | None = orjson.loads(self._run("finish"))
        return found

    def close(self) -> None:
        """Gives the context up; the file may be evaluated again."""
        if self._running is not None:
            self._running.backends.close()
            self._running = None

    # The loop

    def _run(self, function: str, *args: str) -> str:
        """Calls one of the prelude's functions and runs until it reports."""
        turn = self._live.turn
        turn.limit_time(TEST_TIMEOUT)
        try:
            turn.call("suite", function, *args)
            while True:
                outbox = turn.pump()
                self._take(outbox)
                if outbox.failure is not None:
                    raise self._failure(self._error(read_json(outbox.failure)))
                if outbox.result is not None:
                    return outbox.result
                for request in outbox.requests:
                    self._answer_test(turn, request)
                if not outbox.requests and not turn.call("suite", "idle"):
                    raise self._failure(_endless(self.path))
        except ScriptTimeout:
            self._running = None
            raise self._failure(_stopped(self.path)) from None
        except ScriptOutOfMemory:
            self._running = None
            raise self._failure(_plain(f"{self.path.name} used up all memory.")) from None
        finally:
            self._coverage.take(self._context)

    def _failure(self, error: TypeScriptError) -> TypeScriptFailure:
        return TypeScriptFailure(error, self.root, self._take_console())

    def _answer_test(self, turn: Turn, request: Request) -> None:
        """A request of the test's own, outside of every function: it may compute, but has no backend."""
        if not request.op.startswith("crypto/"):
            turn.reject(request.id, orjson.dumps({"message": _outside(request)}).decode())
            return
        try:
            turn.resolve(
                request.id, str(answer(OPS, self._live.backends.outside, request.op, orjson.loads(request.args)))
            )
        except FunctionError as error:
            turn.reject(request.id, rejection(error))

    def _answer(self, turn: Turn, request: Request) -> None:
        if request.op == "t/positions":
            turn.resolve(request.id, orjson.dumps(self._positions(orjson.loads(request.args)["places"])).decode())
        elif self._snapshots.knows(request.op):
            turn.resolve(request.id, self._snapshots.answer(request.op, orjson.loads(request.args)))
        else:
            self._live.backends.answer(turn, request)

    def _positions(self, places: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
        """Where places of the bundle are in files."""
        found = []
        for line, column in places:
            frame = self._frames(f"    at x (<input>:{line}:{column})\n")[0]
            found.append({"file": str(self.root / frame.file), "line": frame.line, "column": frame.column})
        return found

    def _take(self, outbox: Outbox) -> None:
        for line in outbox.logs:
            written = read_json(line)
            self._console.append(" ".join(written["messages"]))

    def _take_console(self) -> tuple[str, ...]:
        lines, self._console = tuple(self._console), []
        return lines

    # From JSON

    def _outcome(self, text: str) -> Outcome:
        found = orjson.loads(text)
        errors = tuple(map(self._error, found.get("errors", ())))
        logs = [f"{line.function}: {line}" for deployment in self._live.backends.all() for line in deployment.logs]
        for deployment in self._live.backends.all():
            deployment.logs.clear()
        return Outcome(found["state"], errors, found.get("note", ""), (*self._take_console(), *logs))

    def _error(self, found: Mapping[str, Any]) -> TypeScriptError:
        cause = found.get("cause")
        return TypeScriptError(
            found["name"],
            found["message"],
            found.get("diff"),
            tuple(self._frames(found["stack"])),
            None if cause is None else self._error(cause),
        )

    def _frames(self, stack: str) -> list[Frame]:
        return frames_of(stack, self._source_map)

    def _node(self, found: Mapping[str, Any]) -> TaskNode:
        children = found.get("children")
        return TaskNode(
            found["id"],
            found["name"],
            self._line(found["stack"]),
            found["mode"],
            None if children is None else tuple(map(self._node, children)),
        )

    def _line(self, stack: str) -> int:
        name = self.path.relative_to(self.root).as_posix() if self.path.is_relative_to(self.root) else ""
        return next((frame.line for frame in self._frames(stack) if frame.file == name), 0)


@dataclass(frozen=True, slots=True)
class _Running:
    """The context of a file."""

    turn: Turn
    backends: SuiteBackends


class TypeScriptFailure(Exception):
    """A test file, or something in it, failed outside of a test."""

    def __init__(self, error: TypeScriptError, root: Path, console: Sequence[str] = ()) -> None:
        super().__init__(f"{error.name}: {error.message}")
        self.error = error
        self.root = root
        self.console = tuple(console)


def _outside(request: Request) -> str:
    if request.op == "fetch":
        return 'A test may not reach the network. Put something in the place of fetch: vi.stubGlobal("fetch", …).'
    return f"{request.op}: this ctx belongs to a function that has ended."


def _plain(message: str) -> TypeScriptError:
    return TypeScriptError("Error", message, None, ())


def _endless(path: Path) -> TypeScriptError:
    return _plain(
        f"{path.name} waits for a promise that nothing can settle: no timer is left, and no function is running."
    )


def _stopped(path: Path) -> TypeScriptError:
    return _plain(f"{path.name} was stopped after {TEST_TIMEOUT:g} s of running JavaScript. Look for an endless loop.")
