"""`Project`: a Convex project on disk, and the backends that tests make of it."""

from __future__ import annotations

import math
import random
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from convex_test.coverage.running import running_coverage
from convex_test.engine.pool import Isolation
from convex_test.errors import UsageError
from convex_test.functions.deployment import Deployment
from convex_test.functions.recording import functions_in
from convex_test.functions.runtime import ProjectRuntime
from convex_test.harness.endings import Endings
from convex_test.harness.identity import make_identity
from convex_test.harness.outbound import Outbound
from convex_test.harness.t import ConvexTest
from convex_test.project.bundle import bundle
from convex_test.project.layout import load_layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from convex_test.coverage.running import Running
    from convex_test.engine.node.settings import NodeSettings
    from convex_test.harness.job_reports import Report
    from convex_test.project.layout import Layout


class Project:
    """A Convex project, bundled and ready. Made by `load_project` or the `convex_project` fixture."""

    def __init__(self, root: Path, measuring: Running | None = None) -> None:
        layout = load_layout(root)
        self._runtime = ProjectRuntime(layout, bundle(layout)) if measuring is None else _measured(layout, measuring)
        self._observers: list[Callable[[ConvexTest], object]] = []

    def use_node(self, settings: NodeSettings) -> None:
        """Says which Node runs the modules with `"use node"`."""
        self._runtime.use_node(settings)

    @property
    def root(self) -> Path:
        """The folder that holds `convex.json` or `convex/`."""
        return self._runtime.layout.root

    @property
    def functions_dir(self) -> Path:
        """The folder of the functions."""
        return self._runtime.layout.functions_dir

    @property
    def convex_version(self) -> str:
        """The version of the project's `convex` package."""
        return self._runtime.layout.convex_version

    @property
    def called(self) -> frozenset[str]:
        """The functions that were called in the backends that have ended, such as "messages:send"."""
        return frozenset(self._runtime.called)

    @contextmanager
    def test(
        self,
        *,
        limits: bool | Mapping[str, int] = True,
        env: Mapping[str, str] | None = None,
        seed: int | None = None,
        identity: Mapping[str, Any] | None = None,
        isolation: Isolation = "test",
        timeout: float | None = None,
        network: bool = False,
        shuffle: bool = False,
        failed_jobs: Report = "warn",
        pending_jobs: Report = "ignore",
        unawaited: Report = "warn",
    ) -> Iterator[ConvexTest]:
        """`with project.test() as t:` makes a fresh backend; any number of them may be open.

        Args:
            limits: True for production's, False for none, a mapping such as `{"documentsRead": 10}` to change some.
            env: environment variables.
            seed: of ids and `Math.random`; drawn at random when left out.
            identity: the user that `t` acts as.
            isolation: how long module state lives: "call" as in production, "test" or "session".
            timeout: seconds that a function may run.
            network: let out what functions fetch and no route of `t.outbound` is for.
            shuffle: let `seed` draw the order of what could happen in several orders: actions in flight, the calls that
                one of them makes at once, and what is due at the same moment.
            failed_jobs: what to do at the end about scheduled functions that failed and were not looked at: "error",
                "warn" or "ignore".
            pending_jobs: the same for those that have not ended.
            unawaited: the same for functions that returned before what they had begun was done.
        """
        _check(isolation, timeout, seed)
        _check_flags(network=network, shuffle=shuffle)
        endings = Endings(failed_jobs, pending_jobs, unawaited)
        deployment = Deployment(
            self._runtime,
            seed=random.getrandbits(32) if seed is None else seed,
            limits=limits,
            env=env,
            isolation=isolation,
            timeout=timeout,
            shuffle=shuffle,
            network=network,
        )
        outbound = deployment.world = Outbound(network=network)
        made = ConvexTest(deployment, None if identity is None else make_identity(identity, {}))
        try:
            yield made
            outbound.verify()
            endings.report(deployment)
        finally:
            for observer in self._observers:
                observer(made)
            for each in deployment.with_forks():
                self._runtime.called.update(functions_in(each.calls))
            deployment.close()
            if self._runtime.measurement is not None:
                self._runtime.measurement.flush()

    @contextmanager
    def observed(self, observer: Callable[[ConvexTest], object]) -> Iterator[None]:
        """Within the block, shows the observer each `t` of this project when its own block ends."""
        self._observers.append(observer)
        try:
            yield
        finally:
            self._observers.remove(observer)

    def __repr__(self) -> str:
        return f"<Project {self.root}>"


def load_project(root: str | Path) -> Project:
    """The project in a folder that holds `convex.json` or `convex/`; loaded once per process.

    Raises:
        ProjectError: something is missing or does not bundle; the message says what.
    """
    if not isinstance(root, str | Path):
        raise UsageError(f"load_project({root!r}): expected a path as str or Path.")
    return _load(Path(root).resolve(), running_coverage())


@lru_cache(maxsize=8)
def _load(root: Path, measuring: Running | None) -> Project:
    return Project(root, measuring)


def _measured(layout: Layout, measuring: Running) -> ProjectRuntime:
    """A project with counters for coverage.py in its bundle."""
    from convex_test.coverage.measurement import Measurement

    measurement = Measurement(measuring)
    return ProjectRuntime(layout, bundle(layout, transform=measurement.transform), measurement)


def _check(isolation: object, timeout: object, seed: object) -> None:
    if isolation not in get_args(Isolation):
        raise UsageError(f"isolation={isolation!r}: expected one of {', '.join(map(repr, get_args(Isolation)))}.")
    if timeout is not None and (
        isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf
    ):
        raise UsageError(f"timeout={timeout!r}: expected seconds, a number above 0.")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise UsageError(f"seed={seed!r}: expected an int.")


def _check_flags(**flags: object) -> None:
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise UsageError(f"{name}={flag!r}: expected True or False.")
