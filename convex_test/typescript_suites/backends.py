"""The requests of `convexTest(…)` objects: each has a deployment of its own, on the test's clock.

What a function throws goes back as the very error (`prelude/src/suite/convex_test.js` finds it by the text).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.backend.clock import NANOSECONDS_PER_MILLISECOND
from convex_test.backend.components.definition import ComponentDefinition
from convex_test.backend.components.tree import Component
from convex_test.backend.scheduler import TABLE, due_time
from convex_test.backend.web import WebRequest
from convex_test.errors import ConvexTestError, FunctionError, InternalError, ProjectError, UnsupportedError, UsageError
from convex_test.functions.addresses import resolve_address
from convex_test.functions.calls import new_scope, run_handler, run_transaction_function, transaction
from convex_test.functions.deployment import Deployment
from convex_test.functions.drain import Timeline
from convex_test.functions.failures import rejection
from convex_test.functions.http_actions import serve
from convex_test.functions.recording import recorded
from convex_test.functions.resolve import kind_of
from convex_test.functions.runner import DeploymentRunner
from convex_test.syscalls.functions import read_address
from convex_test.syscalls.scope import RequestMetadata, Scope
from convex_test.typescript_suites.differences import differences_of
from convex_test.typescript_suites.runtimes import SuiteRuntime, TurnPool
from convex_test.values.codec import decode_parsed, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend.web import WebResponse
    from convex_test.engine.messages import Request
    from convex_test.engine.protocol import Context
    from convex_test.engine.turns import SharedContext, Turn
    from convex_test.project.layout import Layout
    from convex_test.project.source_map import SourceMap
    from convex_test.syscalls.scope import FunctionKind

FILE_OPERATIONS: Final = ("read", "write", "resolve")


class NoRunner:
    """Runs nothing: a test file calls functions by its `t`."""

    def __getattr__(self, name: str) -> Any:
        raise InternalError(f"A test file wants {name} outside of a function.")


class NoWorld:
    """Answers what functions fetch when the test has not put something in the place of `fetch`."""

    def answer(self, request: WebRequest) -> WebResponse:
        """Nobody does."""
        raise FunctionError(
            f"Nobody answers {request.method} {request.url}: nothing leaves the process in a test. "
            'Answer it with vi.stubGlobal("fetch", vi.fn(async () => new Response(…))).'
        )

    def refuse(self, what: str) -> None:
        """A function that runs in Node has tried something else; there are none."""
        raise InternalError(f"A function of a test file has tried {what}.")


class SuiteBackend:
    """What one `convexTest(…)` has made."""

    def __init__(self, deployment: Deployment) -> None:
        deployment.world = NoWorld()
        self.deployment = deployment
        self.timeline = Timeline(deployment)
        self.in_transaction = False
        self._announced: dict[str, int] = {}

    def new_jobs(self) -> list[tuple[str, int]]:
        """The jobs that were scheduled since the last time, with their times in milliseconds."""
        found = []
        for component, namespace in self.deployment.store.namespaces().items():
            documents = namespace.require_table(TABLE).documents
            seen = self._announced.get(component, 0)
            if len(documents) > seen:
                found += [
                    (document.id, due_time(document) // NANOSECONDS_PER_MILLISECOND)
                    for document in islice(documents.values(), seen, None)
                    if document.value["state"]["kind"] == "pending"
                ]
                self._announced[component] = len(documents)
        return found

    def handle(self, op: str, args: Mapping[str, Any]) -> str:
        """One request; the JSON text of its result."""
        if op == "job":
            self.timeline.run_job(args["job"])
            return "null"
        if self.in_transaction:
            raise UsageError(
                "A function was called by `t` inside an inline query or mutation of the same `t`, which holds the "
                "transaction: it would wait for itself. Call it by `ctx`, or after the inline function."
            )
        if op == "call":
            return self._call(args)
        if op == "inline":
            return self._inline(args)
        if op == "fetch":
            return self._fetch(args)
        raise InternalError(f"The prelude asks a test file's backend for {op!r}.")

    def _scope(self, kind: FunctionKind, args: Mapping[str, Any], component: str = "") -> Scope:
        runner = DeploymentRunner(self.deployment, self.timeline.loop)
        scope = new_scope(self.deployment, runner, kind, identity=args["identity"], component=component)
        metadata = args["metadata"]
        scope.request = scope.request.__class__(
            scope.request.request_id, ip=metadata.get("ip"), user_agent=metadata.get("userAgent")
        )
        return scope

    def _call(self, args: Mapping[str, Any]) -> str:
        deployment = self.deployment
        kind = args["kind"]
        address = read_address(_address(args["address"]), "convexTest")
        path = resolve_address(deployment, self._scope("mutation", args), address, "convexTest")
        value = decode_parsed(args["args"])
        if kind == "any":
            kind = kind_of(deployment, path)
        scope = self._scope(kind, args, path.component)
        if kind == "action":
            loop = self.timeline.loop
            return loop.run(loop.start_function(scope, path, value, public_only=False)).text
        return run_transaction_function(deployment, scope, path, value).text

    def _inline(self, args: Mapping[str, Any]) -> str:
        deployment = self.deployment
        kind = args["kind"]
        number, arguments = args["number"], f"[{encode(decode_parsed(args['args']))}]"

        def enter(context: Context) -> object:
            return context.call("suite", "enterInline", number, kind, arguments)

        if kind == "action":
            loop = self.timeline.loop
            return loop.run(loop.start_handler(self._scope(kind, args), "inline", enter)).text
        self.in_transaction = True
        try:
            with (
                recorded(deployment.calls, "inline", kind, None) as record,
                transaction(deployment, self._scope(kind, args)) as scope,
            ):
                scope.calls = record.children
                record.result = run_handler(deployment, scope, "inline", enter)
        finally:
            self.in_transaction = False
        return encode(record.result)

    def _fetch(self, args: Mapping[str, Any]) -> str:
        given = args["request"]
        body = None if given["body"] is None else b64decode(given["body"])
        headers = tuple((name, value) for name, value in given["headers"])
        loop = self.timeline.loop
        response = serve(
            self.deployment,
            WebRequest(given["method"], given["url"], headers, body),
            runner=DeploymentRunner(self.deployment, loop),
            loop=loop,
            identity=args["identity"],
        )
        return orjson.dumps(
            {
                "status": response.status,
                "headers": response.headers,
                "chunks": [b64encode(each).decode() for each in response.chunks],
            }
        ).decode()


class SuiteBackends:
    """All `convexTest(…)` objects of a test file, by number.

    Attributes:
        refused: what functions wanted and this library has not, in this test: no `catch` hides it.
        met: the points at which `convex-test` would have done something else, in this test.
    """

    def __init__(self, shared: SharedContext, layout: Layout, source_map: SourceMap) -> None:
        self.refused: list[str] = []
        self.met: dict[str, None] = {}
        self._shared = shared
        self._layout = layout
        self._source_map = source_map
        self._made: dict[int, SuiteBackend | ConvexTestError] = {}
        self._runtimes: dict[tuple[int, str | None], SuiteRuntime] = {}
        self._seed = 0

    @property
    def outside(self) -> Scope:
        """What the test file itself can reach: operations that need no backend."""
        return Scope("action", NoRunner(), RequestMetadata(""))

    def begin_test(self, seed: int) -> None:
        """Another test: its deployments have seeds that follow from this one."""
        self._seed = seed
        self.refused.clear()
        self.met.clear()

    def all(self) -> list[Deployment]:
        """The deployments that there are."""
        return [each.deployment for each in self._made.values() if isinstance(each, SuiteBackend)]

    def notify(self, op: str, argument: str) -> None:
        """`convexTest(…)` was called. What is wrong with its schema is said to the first call of its `t`."""
        args = orjson.loads(argument)
        number = args["id"]
        try:
            if op == "new":
                self._made[number] = self._make(number, args)
            elif op == "component":
                self._register(number, args)
            else:
                raise InternalError(f"The prelude tells a test file's backend of {op!r}.")
        except InternalError:
            raise
        except ConvexTestError as error:
            self._made[number] = error

    def _register(self, number: int, args: Mapping[str, Any]) -> None:
        """`t.registerComponent(path, schema, modules)`: what `convex.config.ts` would mount there."""
        backend = self._made[number]
        if isinstance(backend, SuiteBackend):
            path = args["path"]
            component = Component(path, ComponentDefinition(path), {}, None)
            backend.deployment.mount(component, self._runtime(args))

    def _make(self, number: int, args: Mapping[str, Any]) -> SuiteBackend:
        limits = True if args["limits"] is None else args["limits"]
        return SuiteBackend(
            Deployment(self._runtime(args), seed=self._seed + number, limits=limits, isolation="session")
        )

    def _runtime(self, args: Mapping[str, Any]) -> SuiteRuntime:
        key = args["modules"], args["schema"]
        runtime = self._runtimes.get(key)
        if runtime is None:
            pool = TurnPool(self._shared, args["modules"])
            runtime = SuiteRuntime(self._layout, self._source_map, pool, modules=args["paths"], schema=args["schema"])
            self._runtimes[key] = runtime
        return runtime

    def answer(self, turn: Turn, request: Request) -> None:
        """One request of the test file."""
        op = request.op.removeprefix("t/")
        args = orjson.loads(request.args)
        try:
            text = self._answer(op, args)
        except FunctionError as error:
            if isinstance(error, UnsupportedError):
                self.refused.append(error.text)
            self.met.update(dict.fromkeys(map(str, differences_of(error))))
            turn.reject(request.id, rejection(_plain(error)))
        except InternalError:
            raise
        except ConvexTestError as error:
            if isinstance(error, ProjectError | UsageError):
                self.refused.append(str(error))
            turn.reject(request.id, orjson.dumps({"message": str(error)}).decode())
        else:
            turn.resolve(request.id, text)

    def _answer(self, op: str, args: Mapping[str, Any]) -> str:
        backend = self._made[args["id"]]
        if isinstance(backend, ConvexTestError):
            raise backend
        deployment = backend.deployment
        with deployment.clock.at(int(args["now"]) * NANOSECONDS_PER_MILLISECOND):
            try:
                result = backend.handle(op, args)
            finally:
                now = deployment.clock.read() // NANOSECONDS_PER_MILLISECOND
                jobs = backend.new_jobs()
        return f"{orjson.dumps({'now': now, 'jobs': jobs}).decode()}\n{result}"

    def close(self) -> None:
        """The file is over."""
        for deployment in self.all():
            deployment.close()


def _plain(error: FunctionError) -> FunctionError:
    """Without frames: the error that TypeScript sees has those of its own."""
    error.frames = []
    return error


def _address(given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: given.get(key) for key in ("name", "reference", "functionHandle")}
