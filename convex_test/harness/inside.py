"""What other rooms of this package ask of a `t` and of a `Project`, and their users do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.functions.deployment import Deployment
    from convex_test.functions.runtime import ProjectRuntime
    from convex_test.harness.project import Project
    from convex_test.harness.t import ConvexTest


def deployment_of(t: ConvexTest) -> Deployment:
    """The backend behind a `t`."""
    return t._deployment  # noqa: SLF001 - this module is the door for the package's own rooms


def identity_of(t: ConvexTest) -> Mapping[str, Any] | None:
    """The user that a `t` acts as."""
    return t._identity  # noqa: SLF001 - as above


def runtime_of(project: Project) -> ProjectRuntime:
    """What all `t` of a project share."""
    return project._runtime  # noqa: SLF001 - as above


def ids_in(deployment: Deployment, table: str) -> list[str]:
    """The ids of a table's documents, oldest first; none of a table that does not exist."""
    found = deployment.store.namespace("").table(table)
    if found is None:
        return []
    return [document.id for document in sorted(found.documents.values(), key=lambda each: each.creation_time)]
