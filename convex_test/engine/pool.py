"""Contexts kept for reuse, because parsing the bundle costs far more than running a function."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Final, Literal

from convex_test.engine.context import MEBIBYTE, JavaScriptContext
from convex_test.engine.prelude_files import read_prelude

if TYPE_CHECKING:
    from collections.abc import Callable

Isolation = Literal["call", "test", "session"]
"""How long module state lives: for one execution (as in production), for one `t`, or for the whole session, in which
case it belongs to the pool itself."""

MAXIMUM_SPARE: Final = 8
WANTED_STACK: Final = 20 * MEBIBYTE
STACK_RESERVE: Final = 2 * MEBIBYTE
"""What Python, and C below it, may need of the same stack."""
# Convex allows 64 MiB of heap and 64 MiB of array buffers; QuickJS counts both, the bundle and the prelude as one.
MEMORY_LIMIT: Final = 192 * MEBIBYTE


class ContextPool:
    """Hands out contexts with a bundle in them. One execution has one context.

    `take_hits` is given what the counters of a bundle that has some say, each time that a context comes back.
    """

    def __init__(
        self,
        code: str,
        global_name: str,
        *,
        memory_limit: int = MEMORY_LIMIT,
        take_hits: Callable[[str], object] | None = None,
    ) -> None:
        self._code = code
        self._global_name = global_name
        self._memory_limit = memory_limit
        self._take_hits = take_hits
        self._idle: list[JavaScriptContext] = []

    def acquire(self, owner: object, isolation: Isolation) -> JavaScriptContext:
        """A context whose module state belongs to `owner`, or is fresh."""
        if isolation == "session":
            owner = self
        context = self._take(owner)
        if context.owner is None or isolation == "call":
            context.instantiate()
        context.owner = owner
        return context

    def release(self, context: JavaScriptContext, isolation: Isolation) -> None:
        """Takes a context back. One in doubt is thrown away."""
        if self._take_hits is not None:
            self._take_hits(context.take_hits())
        if context.broken or (isolation == "call" and not context.is_pristine()):
            return
        self._idle.append(context)

    def forget(self, owner: object) -> None:
        """The owner has ended: its contexts are for others, unless it changed their globals."""
        kept = [context for context in self._idle if context.owner is not owner]
        spare = sum(context.owner is None for context in kept)
        for context in self._idle:
            if context.owner is owner and spare < MAXIMUM_SPARE and context.is_pristine():
                context.owner = None
                kept.append(context)
                spare += 1
        self._idle = kept

    def _take(self, owner: object) -> JavaScriptContext:
        """The owner's own context, or one that nobody owns."""
        for wanted in (owner, None):
            for at in range(len(self._idle) - 1, -1, -1):
                if self._idle[at].owner is wanted:
                    return self._idle.pop(at)
        context = JavaScriptContext(read_prelude(), memory_limit=self._memory_limit, stack_size=stack_size())
        context.compile_bundle(self._code, self._global_name)
        return context


def stack_size() -> int | None:
    """Bytes that JavaScript may use of this thread's stack, or None for the binding's own default.

    V8 takes some 11,000 small frames; those of QuickJS are larger, and need about 20 MiB for as many. Only the main
    thread of a POSIX process is known to have a large stack. On Linux it grows as far as the soft limit allows at that
    moment, so the limit is raised for this process.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if sys.platform == "linux" and soft != resource.RLIM_INFINITY and soft < WANTED_STACK + STACK_RESERVE:
        soft = (
            WANTED_STACK + STACK_RESERVE if hard == resource.RLIM_INFINITY else min(hard, WANTED_STACK + STACK_RESERVE)
        )
        resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return WANTED_STACK if sys.platform == "linux" else 4 * MEBIBYTE
    return max(MEBIBYTE // 2, min(WANTED_STACK, soft - STACK_RESERVE))
