"""Functions of both runtimes in one Node process, for a debugger (`pytest --convex-inspect`).

Functions of Convex's own runtime get what they get in QuickJS, the prelude and the bundle, in a realm of V8
(`prelude/src/node/guest.mjs`); so what a function does is the same, and breakpoints stop it. Nothing has a time limit.
By design: V8's own texts and stack frames stand where QuickJS has others, and memory is not limited.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from convex_test.engine.prelude_files import BUILT
from convex_test.engine.stack import BUNDLE_LINE

if TYPE_CHECKING:
    from convex_test.engine.node.context import NodeContext
    from convex_test.engine.node.pool import NodeProcesses
    from convex_test.engine.pool import Isolation

NAME: Final = "convex-test-bundle.js"
SNIPPETS: Final = "invokeSnippet"


class DebugPool:
    """Hands out contexts with the bundle for Convex's own runtime; see `ContextPool`."""

    def __init__(self, processes: NodeProcesses, code: str, global_name: str) -> None:
        self._processes = processes
        self._code = code
        self._global_name = global_name
        self._idle: list[NodeContext] = []
        self._bundle: Path | None = None

    def acquire(self, owner: object, isolation: Isolation) -> NodeContext:
        """A context whose module state belongs to `owner`, or is fresh."""
        if isolation == "session":
            owner = self
        for context in reversed(self._idle):
            if context.owner is owner and context.process.is_alive:
                self._idle.remove(context)
                if isolation == "call":
                    context.call("instantiate")
                return context
        context = self._open()
        context.owner = owner
        return context

    def release(self, context: NodeContext, isolation: Isolation) -> None:  # noqa: ARG002 - as `ContextPool`
        """Takes a context back."""
        if context.broken or context.is_busy:
            context.close()
        else:
            self._idle.append(context)

    def forget(self, owner: object) -> None:
        """The owner has ended."""
        for context in self._idle:
            if context.owner is owner:
                context.close()
        self._idle = [context for context in self._idle if context.owner is not owner]

    def _open(self) -> NodeContext:
        bundle = self._written()
        context = self._processes.take_debugged(bundle.parent)
        lazy = {path.stem: str(path) for path in sorted((BUILT / "lazy").glob("*.js"))}
        settings = {
            "core": str(BUILT / "core.js"),
            "lazy": lazy,
            "bundle": str(bundle),
            "bundleName": bundle.as_uri(),
            "bundleLine": BUNDLE_LINE,
            "globalName": self._global_name,
        }
        context.process.send([[context.number, "guest", orjson.dumps(settings).decode()]])
        context.call("instantiate")
        return context

    def _written(self) -> Path:
        if self._bundle is None or not self._bundle.exists():
            folder = Path(tempfile.mkdtemp(dir=self._processes.folder))
            self._bundle = folder / NAME
            self._bundle.write_text(self._code, encoding="utf-8")
        return self._bundle
