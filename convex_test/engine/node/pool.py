"""Node processes kept for reuse, and what is on disk for them.

Module state lives as long as `Isolation` says: for one call, for one `t`, or for the session. (In production a process
keeps it from call to call, until the code or an environment variable changes or the process is replaced; nothing is
promised.) A function takes the process in which its owner's modules are; one that runs beside it takes another, as
beside each other in production's cloud. A process whose globals were changed serves nobody else.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from convex_test.engine.node.binary import find_node
from convex_test.engine.node.context import DebuggedContext, NodeContext
from convex_test.engine.node.process import MEMORY_LIMIT, NodeProcess, ProcessEnded
from convex_test.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.engine.node.binary import NodeBinary
    from convex_test.engine.node.settings import NodeSettings
    from convex_test.engine.pool import Isolation

BUNDLE_NAME: Final = "convex-test-node.mjs"
MAXIMUM_SPARE: Final = 4
DEBUGGED_MEMORY: Final = 4096 << 20
MAXIMUM_LOADED: Final = 64 << 20
"""Bytes of bundles that a process may have loaded; old ones are never unloaded."""


class NodeProcesses:
    """The idle processes of this Python process."""

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._binary: NodeBinary | None = None
        self._idle: list[NodeProcess] = []
        self._running: set[NodeProcess] = set()
        self._folder: Path | None = None
        self._creator = os.getpid()
        self._debugged: NodeProcess | None = None
        self._numbers = itertools.count(1)
        atexit.register(self.close)

    @property
    def binary(self) -> NodeBinary:
        """The Node that runs here. Raises `ProjectError` when there is none."""
        if self._binary is None:
            self._binary = find_node(self._settings)
        return self._binary

    @property
    def folder(self) -> Path:
        """A folder of this session's own, removed at its end."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="convex-test-")).resolve()
        return self._folder

    def take(self, user: object, directory: Path) -> NodeProcess:
        """A process that `user` has used, or one that is as good as new."""
        found = self._idle_one(user) or NodeProcess(self.binary, directory, {"memoryLimit": MEMORY_LIMIT})
        found.user = user
        self._running.add(found)
        return found

    def _idle_one(self, user: object) -> NodeProcess | None:
        own = [process for process in self._idle if process.user is user]
        others = [process for process in self._idle if process.user is not user]
        for process in [*reversed(own), *reversed(others)]:
            is_usable = process.is_alive and (process.user is user or _is_pristine(process))
            if is_usable or process.user is None or not process.is_alive:
                self._idle.remove(process)
            if is_usable:
                return process
            if process.user is None or not process.is_alive:
                process.close()
        return None

    def forget(self, user: object) -> None:
        """The user has ended."""
        for process in self._idle:
            if process.user is user:
                process.user = None

    def give_back(self, process: NodeProcess, *, usable: bool) -> None:
        """Takes a process back."""
        self._running.discard(process)
        if usable and process.is_alive and len(self._idle) < MAXIMUM_SPARE:
            self._idle.append(process)
        else:
            process.close()

    @property
    def is_debugging(self) -> bool:
        """Whether everything runs in one process that somebody debugs."""
        return self._settings.inspect is not None

    def take_debugged(self, directory: Path) -> DebuggedContext:
        """A new place in the process that somebody debugs.

        Raises:
            ProjectError: no debugger can listen on the port.
        """
        process = self._debugged
        if process is None or not process.is_alive:
            settings = {"memoryLimit": DEBUGGED_MEMORY, "inspect": self._settings.inspect}
            process = self._debugged = NodeProcess(self.binary, directory, settings)
            process.announce = self._settings.announce
            self._running.add(process)
            try:
                process.receive(None)
            except ProcessEnded as end:
                raise ProjectError(
                    f"No debugger can listen on port {self._settings.inspect}: {end.said}\n"
                    "Name another one: --convex-inspect=PORT, or 0 for any that is free."
                ) from None
        return DebuggedContext(process, next(self._numbers))

    def close(self) -> None:
        """Ends everything; what asks later begins anew."""
        if os.getpid() != self._creator:
            return  # a fork of Python has inherited them
        for process in (*self._idle, *self._running):
            process.close()
        self._idle, self._running, self._debugged = [], set(), None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


@cache
def node_processes(settings: NodeSettings) -> NodeProcesses:
    """The processes of a session, which all its projects share."""
    return NodeProcesses(settings)


class NodePool:
    """Hands out contexts for the functions of one bundle."""

    def __init__(self, processes: NodeProcesses, code: str, externals: Mapping[str, Path]) -> None:
        self.processes = processes
        self._code = code
        self._externals = externals
        self._bundle: Path | None = None
        self._keys: dict[int, str] = {}
        self._numbers = itertools.count(1)

    def acquire(self, owner: object, isolation: Isolation) -> NodeContext:
        """A context for one function whose module state belongs to `owner`, or is fresh.

        Raises:
            ProjectError: there is no Node.
        """
        if isolation == "session":
            owner = self
        folder = self._written().parent
        if self.processes.is_debugging:
            context: NodeContext = self.processes.take_debugged(folder)
        else:
            process = self.processes.take(owner, folder)
            context = process.context = process.context or NodeContext(process)
        context.owner = owner
        return context

    def begin_settings(self, context: NodeContext, isolation: Isolation) -> dict[str, Any]:
        """What the runner has to know to find the modules."""
        key = f"{id(self)}-{next(self._numbers)}"
        if isolation != "call":
            key = self._keys.setdefault(id(context.owner), key)
        context.process.generations.add((key, context.environment_version))
        return {"bundle": str(self._written()), "modules": key}

    def release(self, context: NodeContext) -> None:
        """Takes a context back; one in doubt is thrown away with its process, unless somebody debugs in that."""
        if self.processes.is_debugging:
            context.close()
            return
        usable = not context.broken and not context.is_busy
        self.processes.give_back(context.process, usable=usable and not self._is_full(context.process))

    def forget(self, owner: object) -> None:
        """The owner has ended."""
        self._keys.pop(id(owner), None)
        self.processes.forget(owner)

    def _is_full(self, process: NodeProcess) -> bool:
        return len(process.generations) * len(self._code) > MAXIMUM_LOADED

    def _written(self) -> Path:
        """The bundle on disk, beside links to the packages that it imports, and to no others."""
        if self._bundle is None or not self._bundle.exists():
            folder = Path(tempfile.mkdtemp(dir=self.processes.folder))
            for name, package in self._externals.items():
                link = folder / "node_modules" / name
                link.parent.mkdir(parents=True, exist_ok=True)
                _link(link, package.resolve())
            self._bundle = folder / BUNDLE_NAME
            self._bundle.write_text(self._code, encoding="utf-8")
        return self._bundle


def _is_pristine(process: NodeProcess) -> bool:
    """Whether nothing of its former user is left in its globals."""
    try:
        process.send([[0, "pristine"]])
        answers: list[str] = []
        while not answers or answers[-1] != ".":
            received = process.receive(5.0)
            if received is None:
                return False
            answers.append(received[1])
    except ProcessEnded:
        return False
    return "= true" in answers


def _link(link: Path, target: Path) -> None:
    if sys.platform == "win32":
        import _winapi

        _winapi.CreateJunction(str(target), str(link))
    else:
        link.symlink_to(target, target_is_directory=True)
