"""One QuickJS context with the prelude in it. The only module that knows the binding.

Traps of `quickjs-ng` 0.17 that this module keeps from everybody else: integers are cut to 32 bits and strings end
at NUL on the way in (so only JSON and ASCII numbers go in), a context that hit its memory limit or was interrupted is
not to be used again, a context belongs to the thread that made it, and the time limit counts anew for each job.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NoReturn

import quickjs

from convex_test.engine.messages import Outbox, parse
from convex_test.engine.stack import BUNDLE_LINE
from convex_test.errors import InternalError

if TYPE_CHECKING:
    from convex_test.engine.prelude_files import Prelude

MEBIBYTE: Final = 1 << 20
GUEST_FUNCTIONS: Final = (
    "drain",
    "resolve",
    "reject",
    "begin",
    "tick",
    "addLazySource",
    "instantiate",
    "analyze",
    "analyzeRouter",
    "exportSchema",
    "exportCrons",
    "exportAuthConfig",
    "exportDefinition",
    "invoke",
    "invokeHttp",
    "invokeHelper",
    "invokeSnippet",
    "setTables",
    "remember",
    "isPristine",
    "takeHits",
    "takeTurn",
    "endTurn",
    "suite",
)

# In a tuple because freezegun replaces module attributes that are the real clock.
_CLOCK: Final = (time.perf_counter,)
# Jobs between two looks at the clock: one look costs as much as a job.
_JOBS_PER_LOOK: Final = 512
# For `is_pristine`, which takes less than a thousandth of it unless an accessor in the place of a function's name runs.
_CHECK_SECONDS: Final = 1.0
_TIME_FOR_HITS: Final = 1.0


class ScriptTimeout(Exception):
    """JavaScript ran longer than its time limit. The context is broken."""


class ScriptOutOfMemory(Exception):
    """JavaScript used more memory than its limit. The context is broken."""


class ScriptCrash(Exception):
    """What JavaScript runs in has ended by itself: a Node process has. The context is broken.

    Attributes:
        code: the exit code; None when it is not known.
        said: the end of what was written to stderr.
    """

    def __init__(self, code: int | None, said: str) -> None:
        super().__init__(code, said)
        self.code = code
        self.said = said


class ScriptSyntaxError(Exception):
    """QuickJS cannot parse a source."""


class JavaScriptContext:
    """A context, its time limit, and the way in and out of it.

    Attributes:
        broken: the context was interrupted or ran out of memory, and must be thrown away.
        running_time: seconds of JavaScript since `limit_time`.
        owner: whose module state is loaded; the pool's business.
        environment, environment_version, tables: what the context was last told, so that it is not told again.
    """

    def __init__(self, prelude: Prelude, *, memory_limit: int, stack_size: int | None = None) -> None:
        self.broken = False
        self.running_time = 0.0
        self.owner: object = None
        self.environment: object = None
        self.environment_version = -1
        self.tables: object = None
        self._time_limit = 0.0
        self._context = quickjs.Context()
        if stack_size is not None:
            self._context.set_max_stack_size(stack_size)
        self._context.eval(prelude.core)
        self._guest = {name: self._context.eval(f"globalThis.guest.{name}") for name in GUEST_FUNCTIONS}
        self._context.eval("delete globalThis.guest")
        self._drain = self._guest["drain"]
        self._job = self._context.execute_pending_job
        for name, source in prelude.lazy.items():
            self._guest["addLazySource"](name, source)
        self._context.set_memory_limit(memory_limit)
        self._factory: quickjs.Object | None = None

    def compile_bundle(self, code: str, global_name: str) -> None:
        """Compiles the bundle once; `instantiate` may then be called any number of times."""
        source = "\n" * (BUNDLE_LINE - 1) + f"(function(){{{code}\nreturn {global_name};}})"
        try:
            self._factory = self._context.eval(source)
        except quickjs.JSException as error:
            self.broken = True
            if "out of memory" in str(error) or str(error) == "null":
                raise ScriptOutOfMemory from None
            raise ScriptSyntaxError(str(error)) from None
        self._guest["remember"]()

    def instantiate(self) -> None:
        """Fresh module state."""
        if self._factory is None:
            raise InternalError("instantiate() before compile_bundle()")
        self.call("instantiate", self._factory)

    def is_pristine(self) -> bool:
        """Whether nobody has changed what all users of this context share; False when that cannot be known."""
        if self.broken:
            return False
        self.limit_time(_CHECK_SECONDS)
        try:
            return self.call("isPristine") is True
        except (ScriptTimeout, ScriptOutOfMemory):
            return False

    def limit_time(self, seconds: float) -> None:
        """Sets the limit of JavaScript's own running time, waiting not counted, and starts the count."""
        self._time_limit = seconds
        self.running_time = 0.0
        self._context.set_time_limit(seconds)

    def call(self, function: str, *args: str | quickjs.Object) -> object:
        """Calls one of the prelude's functions."""
        started = _CLOCK[0]()
        try:
            return self._guest[function](*args)
        except quickjs.JSException as error:
            self._fail(error)
        finally:
            self.running_time += _CLOCK[0]() - started

    def take_hits(self) -> str:
        """The numbers of the bundle's counters that were set since the last time, such as "3,17,".

        A context that ran into a limit answers too, if it gets time and memory for that.
        """
        if self.broken:
            self._context.set_time_limit(_TIME_FOR_HITS)
            self._context.set_memory_limit(-1)
        try:
            return str(self._guest["takeHits"]())
        except quickjs.JSException:
            return ""

    def resolve(self, request_id: str, text: str) -> None:
        """Fulfils the promise of a request with a text."""
        self._guest["resolve"](request_id, text)

    def reject(self, request_id: str, error_json: str) -> None:
        """Rejects the promise of a request; the JSON is `{message, data?}`."""
        self._guest["reject"](request_id, error_json)

    def pump(self, patience: float | None = None) -> Outbox:  # noqa: ARG002 - nothing goes on outside of JavaScript
        """Runs the job queue until it is empty, and takes the outbox.

        Raises:
            ScriptTimeout, ScriptOutOfMemory: the context is broken.
        """
        clock, job, limit = _CLOCK[0], self._job, self._time_limit
        started = clock()
        jobs = 0
        try:
            while job():
                jobs += 1
                if jobs % _JOBS_PER_LOOK == 0 and self.running_time + clock() - started > limit:
                    self.broken = True
                    raise ScriptTimeout
        except quickjs.JSException as error:
            self._fail(error)
        finally:
            self.running_time += clock() - started
        if self.running_time > limit:
            self.broken = True
            raise ScriptTimeout
        try:
            return parse(self._drain())
        except quickjs.JSException as error:
            self._fail(error)

    def _fail(self, error: quickjs.JSException) -> NoReturn:
        text = str(error)
        self.broken = True
        if text.startswith("InternalError: interrupted"):
            raise ScriptTimeout from None
        if text in ("null", "null\n") or text.startswith("InternalError: out of memory"):
            raise ScriptOutOfMemory from None
        raise InternalError(f"The JavaScript prelude failed:\n{text}") from None
