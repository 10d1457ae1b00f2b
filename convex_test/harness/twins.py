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

    from convex_test.backend.store.documents import Document


@contextmanager
def twin(t: ConvexTest, *, empty: bool = False) -> Iterator[ConvexTest]:
    """A double of `t` as long as the block lasts; an `empty` one has no documents, files and scheduled functions.

    Raises:
        UsageError: a transaction is open.
    """
    original = deployment_of(t)
    snapshot, now = Snapshot.of(original), original.clock.read()
    deployment = original.twin()
    # An example that moves time is not to move that of the others.
    deployment.clock.go_alone()
    try:
        with deployment.clock.held(now):
            if not empty:
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


def give_same_luck(t: ConvexTest, other: ConvexTest) -> None:
    """Lets `t` draw the random numbers that `other` is going to draw, so that the same call makes the same ids."""
    deployment_of(t).resume_like(deployment_of(other))


Data = dict[tuple[str, str], dict[str, "Document"]]


def data_of(t: ConvexTest) -> Data:
    """All documents by id, for each table of each component; scheduled functions and stored files are among them."""
    return {
        (component, table.name): table.documents.copy()
        for component, namespace in deployment_of(t).store.namespaces().items()
        for table in namespace.tables()
    }


def tables_that_differ(one: Data, other: Data) -> list[str]:
    """The names of tables whose documents are not the same; of those in components with the component's path."""
    return [
        f"{key[0]}/{key[1]}" if key[0] else key[1]
        for key in sorted(one.keys() | other.keys())
        if not _are_same(one.get(key), other.get(key))
    ]


def _are_same(one: dict[str, Document] | None, other: dict[str, Document] | None) -> bool:
    if one is None or other is None or one.keys() != other.keys():
        return False
    return all(document is other[id] or document.json == other[id].json for id, document in one.items())
