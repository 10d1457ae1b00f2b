"""Bundles of ids: one for each table, with the ids of the documents that it has.

A rule that draws from the bundle of an empty table does not run, as with any bundle of Hypothesis.
"""

from __future__ import annotations

from typing import Final

from hypothesis.stateful import Bundle

from convex_test.errors import UsageError

PREFIX: Final = "ids of "


def ids_of(table: str) -> Bundle[str]:
    """The ids of a table's documents, for the rules of a `ConvexStateMachine`: `@rule(channel=ids_of("channels"))`."""
    if not isinstance(table, str) or not table:
        raise UsageError(f"ids_of({table!r}): expected the name of a table.")
    return Bundle(f"{PREFIX}{table}")


def table_of_bundle(name: str) -> str | None:
    """The table of a bundle that `ids_of` has made; None for the others."""
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else None
