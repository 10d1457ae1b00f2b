"""Twins: doubles of a `t` in which the same calls give the same results, to the last bit of an id.

What is for one example of a property test only, and what is compared with it, begins from the same state, at the same
time and with the same random numbers. Time stands still in a twin, but for what moves it.

A twin differs from a fork in its seed, its time and its environment, and in that it ends with its block. Modules are
loaded afresh in both, so a function that keeps something in its module's variables gives itself away.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from convex_test.harness.inside import deployment_of, identity_of
from convex_test.harness.outbound import Outbound
from convex_test.harness.state import Snapshot
from convex_test.harness.t import ConvexTest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def twin(t: ConvexTest) -> Iterator[ConvexTest]:
    """A double of `t` as long as the block lasts. Raises `UsageError` while a transaction is open."""
    original = deployment_of(t)
    snapshot, now = Snapshot.of(original), original.clock.read()
    deployment = original.twin()
    # An example that moves time is not to move that of the others.
    deployment.clock.go_alone()
    try:
        with deployment.clock.held(now):
            snapshot.restore(deployment)
            deployment.began = original.began
            if isinstance(original.world, Outbound):
                deployment.world = original.world.twin()
            yield ConvexTest(deployment, identity_of(t))
    finally:
        deployment.close()


@contextmanager
def standing_still(t: ConvexTest) -> Iterator[None]:
    """Within the block the time of `t` moves by `advance` only, so that all its twins begin at the same moment."""
    with deployment_of(t).clock.held():
        yield
