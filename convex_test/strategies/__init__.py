"""Hypothesis strategies made from a project's validators: arguments, documents, values and ids.

    from convex_test import strategies as convex

    @given(convex.args(api.messages.send, overrides={"body": st.text(min_size=1)}))

Nothing is looked up before the first draw: a test module that is imported loads no project. The project is that of
`t=` or `project=`, of `self.t` in a state machine or a test class, or the one that the running test belongs to.

What is drawn is what the backend would take: it matches the validator and keeps to the limits of values and documents.

Imports the harness and what lies below. Only this room and those above it import Hypothesis, and none of them is
imported before a test asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase

from convex_test.backend.schema.kinds import AnyValidator
from convex_test.errors import UsageError
from convex_test.strategies import values
from convex_test.strategies.catalog import Source
from convex_test.strategies.drawn import (
    check_table,
    check_validator,
    deferred,
    document_validator,
    drawn_args,
    drawn_refused_args,
    fits_a_table,
    not_empty,
    without_system_names,
)
from convex_test.strategies.ids import drawn_id
from convex_test.strategies.overrides import parse_overrides
from convex_test.strategies.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hypothesis.strategies import SearchStrategy

    from convex_test.harness.project import Project
    from convex_test.harness.t import ConvexTest
    from convex_test.references import ModuleExport, Reference
    from convex_test.strategies.catalog import Catalog
    from convex_test.strategies.matching import Matching

__all__ = ["args", "documents", "examples", "ids", "refused_args", "refused_values", "value"]

T = TypeVar("T")


def args(
    function: str | Reference,
    *,
    overrides: Mapping[str, Any] | None = None,
    t: ConvexTest | None = None,
    project: Project | str | Path | None = None,
) -> SearchStrategy[dict[str, Any]]:
    """Arguments that a function takes: `args(api.messages.send)`; any object for a function without validators.

    Args:
        function: a reference or a name such as "messages:send".
        overrides: strategies or values for single places: `{"email": st.emails(), "tags[]": "x", "scores.*": 1}`.
            `undefined` leaves out an optional field.
        t: where ids come from. Of those that are drawn most exist there, and some do not.
        project: the project of the function, if it is another one than that of the running test.

    Raises (when it is drawn from):
        FunctionNotFoundError: there is no such function.
        UsageError: an override has no place in the validator, or gave what the validator refuses.
    """
    return drawn_args(Source(t, project), function, overrides)


def refused_args(
    function: str | Reference, *, t: ConvexTest | None = None, project: Project | str | Path | None = None
) -> SearchStrategy[dict[str, Any]]:
    """Arguments that the function's validator refuses: a field of another kind, too much, too little. See `args`.

    Raises (when it is drawn from):
        UsageError: the function has no validator, so it takes everything.
    """
    return drawn_refused_args(Source(t, project), function)


def documents(
    table: str,
    *,
    overrides: Mapping[str, Any] | None = None,
    t: ConvexTest | None = None,
    project: Project | str | Path | None = None,
) -> SearchStrategy[dict[str, Any]]:
    """Documents that the schema lets into a table, without `_id` and `_creationTime`. See `args`.

    Raises (when it is drawn from):
        UsageError: the schema has no such table; an override as in `args`.
    """
    source, places = Source(t, project), parse_overrides(overrides)
    check_table(f"documents({table!r})", table)

    def make(matching: Matching, catalog: Catalog, _asked: ConvexTest | None) -> SearchStrategy[Any]:
        validator = document_validator(catalog, table)
        if isinstance(validator, AnyValidator):
            drawn = values.any_objects.map(without_system_names)
        else:
            drawn = not_empty(matching.whole(validator, places), validator)
        return drawn.filter(fits_a_table)

    return deferred(source, make)


def value(
    validator: str | ModuleExport | Mapping[str, Any],
    *,
    overrides: Mapping[str, Any] | None = None,
    t: ConvexTest | None = None,
    project: Project | str | Path | None = None,
) -> SearchStrategy[Any]:
    """Values that match a validator. See `args`.

    Args:
        validator: TypeScript such as "v.array(v.string())"; an export of the project, `module("schema").content`; or
            Convex's JSON, such as `{"type": "string"}`.
        overrides: as in `args`.
        t: as in `args`.
        project: as in `args`.
    """
    source, places = Source(t, project), parse_overrides(overrides)
    check_validator("value", validator)

    def make(matching: Matching, catalog: Catalog, asked: ConvexTest | None) -> SearchStrategy[Any]:
        parsed = catalog.validator(validator, asked)
        return not_empty(matching.whole(parsed, places), parsed)

    return deferred(source, make)


def refused_values(
    validator: str | ModuleExport | Mapping[str, Any],
    *,
    t: ConvexTest | None = None,
    project: Project | str | Path | None = None,
) -> SearchStrategy[Any]:
    """Values of Convex that a validator refuses. See `value`.

    Raises (when it is drawn from):
        UsageError: the validator takes everything.
    """
    source = Source(t, project)
    check_validator("refused_values", validator)

    def make(matching: Matching, catalog: Catalog, asked: ConvexTest | None) -> SearchStrategy[Any]:
        parsed = catalog.validator(validator, asked)
        if isinstance(parsed, AnyValidator):
            raise UsageError(f"refused_values({validator!r}): v.any() takes everything.")
        return Refused(matching).strategy(parsed)

    return deferred(source, make)


def ids(
    table: str,
    *,
    exist: bool | None = None,
    t: ConvexTest | None = None,
    project: Project | str | Path | None = None,
) -> SearchStrategy[str]:
    """Ids of a table; also of "_storage" and "_scheduled_functions".

    Args:
        table: its name.
        exist: True for ids of documents that are in `t` when they are drawn, False for ids of none. By default most
            exist, where there is a `t` and its table is not empty.
        t: where the documents are; see `args`.
        project: as in `args`.
    """
    check_table(f"ids({table!r})", table)
    if exist not in (None, True, False):
        raise UsageError(f"ids({table!r}, exist={exist!r}): expected True, False or None.")
    return drawn_id(Source(t, project), table, exist)


def examples(strategy: SearchStrategy[T], count: int = 10, *, seed: int = 0) -> list[T]:
    """Up to `count` values of a strategy, the simplest first: always the same ones for the same seed.

    For loops outside of Hypothesis: nothing is shrunk and nothing is kept.
    """
    found: list[T] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(drawn: T) -> None:
        if len(found) < count:
            found.append(drawn)

    collect()
    return found
