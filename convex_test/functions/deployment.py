"""The backend of one `t`: data, clock, randomness, environment, and what it remembers."""

from __future__ import annotations

import copy
from dataclasses import replace
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

from convex_test.backend.clock import NANOSECONDS_PER_MILLISECOND, Clock
from convex_test.backend.components.definition import ComponentDefinition, Use
from convex_test.backend.limits import Limits
from convex_test.backend.scheduler import Scheduler
from convex_test.backend.store.store import Store
from convex_test.backend.store.transactions import snapshot_before
from convex_test.errors import InternalError
from convex_test.functions.console import Console
from convex_test.functions.definitions import load_definitions
from convex_test.functions.environment import Environment
from convex_test.functions.loading import CONFIG_MODULE, load_schema
from convex_test.functions.mounted import MountedComponent
from convex_test.functions.order import Order
from convex_test.values.codec import encode
from convex_test.values.types import ConvexInt64

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from convex_test.backend.auth.keys import SigningKey
    from convex_test.backend.auth.providers import Provider
    from convex_test.backend.components.tree import Component
    from convex_test.backend.crons import Crons, CronSpec
    from convex_test.backend.web import World
    from convex_test.engine.node.context import NodeContext
    from convex_test.engine.node.pool import NodePool
    from convex_test.engine.pool import Isolation
    from convex_test.engine.protocol import Context
    from convex_test.errors import FunctionError
    from convex_test.functions.runtime import ProjectRuntime
    from convex_test.functions.unawaited import Unawaited
    from convex_test.records import CallRecord, LogLine

QUERY_TIMEOUT = 10.0
ACTION_TIMEOUT = 60.0


class Deployment:
    """One independent backend.

    Attributes:
        calls: the top-level calls so far, as trees.
        requires_env: whether the variables that the app's definition declares as required must be set.
        world: answers what functions fetch from elsewhere.
        network: whether Node actions may reach the network in other ways than HTTP.
        began: when it was made, in nanoseconds.
        order: who goes next when several could.
        components: the app and what it mounts, by path; the app is "".
        crons: the crons, once somebody has needed them.
        failed_crons: the runs of crons that failed, with what they failed with.
        unawaited: the functions that returned before all that they had begun was done.
        test_keys: keys that tests have signed tokens with, trusted for a provider besides those that it publishes.
    """

    def __init__(
        self,
        runtime: ProjectRuntime,
        *,
        seed: int,
        limits: bool | Mapping[str, int] = True,
        env: Mapping[str, str] | None = None,
        isolation: Isolation = "test",
        timeout: float | None = None,
        shuffle: bool = False,
        network: bool = False,
        requires_env: bool = True,
    ) -> None:
        self.runtime = runtime
        self.seed = seed
        self.random = Random(seed)  # noqa: S311 - a seed must repeat the test
        self.shuffle = shuffle
        self.order = Order(seed if shuffle else None)
        self.env = Environment(env)
        self.limits = Limits.of(limits)
        self.isolation: Isolation = isolation
        self.timeout = timeout
        self.network = network
        self.requires_env = requires_env
        self._first_env = dict(env or {})
        self._forks: list[Deployment] = []
        self.clock = Clock()
        definitions = load_definitions(runtime, self.env)
        if requires_env:
            self.env.declare(definitions.loaded[""].definition.env, runtime.file_of(CONFIG_MODULE))
        self.components = {
            path: MountedComponent(
                component, definitions.loaded[component.definition.path].runtime, self.env, isolation
            )
            for path, component in definitions.components.items()
        }
        schemas = {path: load_schema(mounted.runtime) for path, mounted in self.components.items()}
        self.store = Store(schemas, clock=self.clock, random=self.random)
        self.began = self.clock.read()
        self.scheduler = Scheduler(self.store)
        self.crons: Crons | None = None
        self.failed_crons: list[tuple[CronSpec, FunctionError]] = []
        self.unawaited: list[Unawaited] = []
        self.test_keys: dict[Provider, tuple[SigningKey, ...]] = {}
        self.logs: list[LogLine] = []
        self.calls: list[CallRecord] = []
        self.world: World | None = None
        self._requests = 0
        self._deployed_at: int | None = None

    def component(self, path: str) -> MountedComponent:
        """The component at a path, which must be mounted; "" is the app."""
        return self.components[path]

    def acquire_node(self) -> NodeContext:
        """A place for one execution in a Node process. Raises `ProjectError` when there is no Node."""
        return self._node_pool.acquire(self, self.isolation)

    def release_node(self, context: NodeContext) -> None:
        """Gives it back."""
        self._node_pool.release(context)

    def node_settings(self, context: NodeContext, settings: dict[str, Any]) -> str:
        """The JSON of the runner's `begin`: what the prelude's has, and what only Node needs to know."""
        kind = settings["kind"]
        settings |= self._node_pool.begin_settings(context, self.isolation)
        settings |= {"network": self.network, "timeLimit": self.time_limit("action" if kind == "import" else kind)}
        return orjson.dumps(settings).decode()

    @property
    def _node_pool(self) -> NodePool:
        if self.runtime.node is None:
            raise InternalError('A function runs in Node, and the project has no module with "use node".')
        return self.runtime.node

    def close(self) -> None:
        """The test is over, for this deployment and its forks."""
        for fork in self._forks:
            fork.close()
        for mounted in self.components.values():
            mounted.close()
        if self.runtime.node is not None:
            self.runtime.node.forget(self)

    def with_forks(self) -> Iterator[Deployment]:
        """This deployment, its forks, and theirs."""
        yield self
        for fork in self._forks:
            yield from fork.with_forks()

    def fork(self) -> Deployment:
        """A deployment with the same settings, the environment of the beginning, and no data.

        Its seed follows from this one's and from how many forks there are, so that they make different ids.
        """
        digest = sha256(f"{self.seed} {len(self._forks)}".encode()).digest()
        fork = self._like(int.from_bytes(digest[:4], "big"), self._first_env)
        self._forks.append(fork)
        return fork

    def twin(self) -> Deployment:
        """A deployment that cannot be told from this one, but for the data, which it has not got, and its modules.

        It has the same seed and draws the same random numbers from now on, so the same calls make the same ids. Who
        makes it closes it.
        """
        twin = self._like(self.seed, self.env.settable())
        twin.resume_like(self)
        twin._deployed_at = self._deployed_at  # noqa: SLF001 - its own class
        return twin

    def resume_like(self, other: Deployment) -> None:
        """Draw from now on what the other one is going to draw: random numbers, orders, ids of requests."""
        self.random.setstate(other.random.getstate())
        self.order = copy.deepcopy(other.order)
        self._requests = other._requests

    def discard(self, fork: Deployment) -> None:
        """Ends a fork before its time: the test has no more interest in it."""
        self._forks.remove(fork)
        fork.close()

    def _like(self, seed: int, env: Mapping[str, str]) -> Deployment:
        made = Deployment(
            self.runtime,
            seed=seed,
            env=env,
            isolation=self.isolation,
            timeout=self.timeout,
            shuffle=self.shuffle,
            network=self.network,
            requires_env=self.requires_env,
        )
        made.limits = self.limits
        made.test_keys = dict(self.test_keys)
        for mounted in self.components.values():
            if mounted.path not in made.components:
                made.mount(mounted.component, mounted.runtime)
        return made

    def time_limit(self, kind: str) -> float:
        """Seconds that a function of that kind may run."""
        if self.timeout is not None:
            return self.timeout
        return ACTION_TIMEOUT if kind == "action" else QUERY_TIMEOUT

    def next_request_id(self) -> str:
        """16 hexadecimal digits, the same on every run of the test."""
        self._requests += 1
        return f"{self._requests:016x}"

    @property
    def deployed_at(self) -> int:
        """The time that modules see while they load, in nanoseconds: that of the first call."""
        if self._deployed_at is None:
            self._deployed_at = self.clock.read()
        return self._deployed_at

    def advance_to(self, moment: int) -> None:
        """Moves the clock forward to a moment in nanoseconds, unless it is past it already."""
        self.clock.advance(max(0, moment - self.clock.read()))

    def register(self, parent: str, name: str, folder: Path) -> None:
        """Mounts the component in a folder, and what it uses itself, for this deployment alone.

        Raises:
            ProjectError: it does not bundle or load, or a push would refuse it.
        """
        definitions = load_definitions(self.runtime, self.env)
        loaded = definitions.load_folder(folder)
        app = ComponentDefinition("", uses=(Use(name, loaded.definition.path, {}),))
        for path, component in definitions.mount_all(app).items():
            if path:
                moved = replace(component, path=f"{parent}/{path}" if parent else path)
                self.mount(moved, definitions.loaded[component.definition.path].runtime)

    def mount(self, component: Component, runtime: ProjectRuntime) -> None:
        """Adds a component that `convex.config.ts` does not mount."""
        self.store.open_namespace(component.path, load_schema(runtime))
        self.components[component.path] = MountedComponent(component, runtime, self.env, self.isolation)

    def warn(self, component: str, function: str, message: str) -> None:
        """A line in the log of a function that has ended."""
        Console(self.component(component).runtime, function, self.logs).warn_at_the_end(message, self.clock.read())

    def begin_settings(self, component: MountedComponent, context: Context, kind: str, now: int, seed: int) -> str:
        """The JSON of the prelude's `begin`. The environment is sent only when the context has not got it."""
        if self._deployed_at is None:
            self._deployed_at = now
        settings: dict[str, Any] = {
            "kind": kind,
            "now": now // NANOSECONDS_PER_MILLISECOND,
            "live": kind == "action",
            "seed": [seed >> shift & 0xFFFFFFFF for shift in (0, 32, 64, 96)],
            "importNow": self.deployed_at // NANOSECONDS_PER_MILLISECOND,
        }
        if kind in ("query", "mutation"):
            settings["snapshotTs"] = encode(ConvexInt64(snapshot_before(now)))
        environment = component.new_environment(context)
        if environment is not None:
            settings["env"] = environment
        return orjson.dumps(settings).decode()
