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

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from convex_test.backend.schema.definition import TableDefinition
from convex_test.backend.schema.kinds import AnyValidator
from convex_test.errors import UsageError
from convex_test.references import ModuleExport, Reference
from convex_test.strategies import values
from convex_test.strategies.catalog import Source
from convex_test.strategies.ids import KnownTables, drawn_id, numbers_of
from convex_test.strategies.matching import Matching
from convex_test.strategies.overrides import parse_overrides
from convex_test.strategies.refused import Refused
from convex_test.values.python import from_python
from convex_test.values.size import MAX_DOCUMENT_NESTING, MAX_DOCUMENT_SIZE, nesting_of, size_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hypothesis.strategies import SearchStrategy

    from convex_test.backend.schema.compound import ObjectValidator
    from convex_test.backend.schema.kinds import Validator
    from convex_test.harness.project import Project
    from convex_test.harness.t import ConvexTest
    from convex_test.strategies.catalog import Catalog

__all__ = ["args", "documents", "examples", "ids", "refused_args", "refused_values", "value"]

T = TypeVar("T")

_SYSTEM_FIELDS_SIZE: Final = 100
"""More than `_id` and `_creationTime` add to a document."""


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
    source, places = _source(t, project), parse_overrides(overrides)
    _check_function(function)

    def make(matching: Matching, catalog: Catalog, asked: ConvexTest | None) -> SearchStrategy[Any]:
        validator = _args_validator(catalog, function, asked)
        return values.any_objects if validator is None else _not_empty(matching.whole(validator, places), validator)

    return _deferred(source, make)


def refused_args(
    function: str | Reference, *, t: ConvexTest | None = None, project: Project | str | Path | None = None
) -> SearchStrategy[dict[str, Any]]:
    """Arguments that the function's validator refuses: a field of another kind, too much, too little. See `args`.

    Raises (when it is drawn from):
        UsageError: the function has no validator, so it takes everything.
    """
    source = _source(t, project)
    _check_function(function)

    def make(matching: Matching, catalog: Catalog, asked: ConvexTest | None) -> SearchStrategy[Any]:
        validator = _args_validator(catalog, function, asked)
        if validator is None:
            raise UsageError(
                f"refused_args({function!r}): the function has no argument validator: it takes everything."
            )
        return Refused(matching).objects(validator)

    return _deferred(source, make)


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
    source, places = _source(t, project), parse_overrides(overrides)
    _check_table(f"documents({table!r})", table)

    def make(matching: Matching, catalog: Catalog, _asked: ConvexTest | None) -> SearchStrategy[Any]:
        validator = _document_validator(catalog, table)
        if isinstance(validator, AnyValidator):
            drawn = values.any_objects.map(_without_system_names)
        else:
            drawn = _not_empty(matching.whole(validator, places), validator)
        return drawn.filter(_fits_a_table)

    return _deferred(source, make)


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
    source, places = _source(t, project), parse_overrides(overrides)
    _check_validator("value", validator)

    def make(matching: Matching, catalog: Catalog, asked: ConvexTest | None) -> SearchStrategy[Any]:
        parsed = catalog.validator(validator, asked)
        return _not_empty(matching.whole(parsed, places), parsed)

    return _deferred(source, make)


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
    source = _source(t, project)
    _check_validator("refused_values", validator)

    def make(matching: Matching, catalog: Catalog, asked: ConvexTest | None) -> SearchStrategy[Any]:
        parsed = catalog.validator(validator, asked)
        if isinstance(parsed, AnyValidator):
            raise UsageError(f"refused_values({validator!r}): v.any() takes everything.")
        return Refused(matching).strategy(parsed)

    return _deferred(source, make)


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
    _check_table(f"ids({table!r})", table)
    if exist not in (None, True, False):
        raise UsageError(f"ids({table!r}, exist={exist!r}): expected True, False or None.")
    return drawn_id(_source(t, project), table, exist)


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


# How it is made


def _source(t: ConvexTest | None, project: Project | str | Path | None) -> Source:
    return Source(t, project)


def _deferred(source: Source, make: Callable[[Matching, Catalog, ConvexTest | None], Any]) -> SearchStrategy[Any]:
    """A strategy that is made when it is first drawn from, and again for another project."""
    made: dict[Catalog, SearchStrategy[Any]] = {}

    @st.composite
    def deferred(draw: Callable[[Any], Any]) -> Any:
        catalog, t = source.look(draw)
        strategy = made.get(catalog)
        if strategy is None:
            tables = KnownTables(numbers_of(catalog, t))
            matching = Matching(lambda table: drawn_id(source, table, None), tables)
            strategy = made[catalog] = make(matching, catalog, t)
        return draw(strategy)

    return deferred()


def _args_validator(catalog: Catalog, function: str | Reference, t: ConvexTest | None) -> ObjectValidator | None:
    found = catalog.function(function, t)
    return None if found.args is None else found.args.fields


def _document_validator(catalog: Catalog, table: str) -> Validator:
    definition = catalog.schema.tables.get(table)
    if definition is None and catalog.schema.tables:
        raise UsageError(
            f"documents({table!r}): the schema of {catalog.root} has no such table, but "
            f"{', '.join(sorted(catalog.schema.tables))}."
        )
    return (definition or TableDefinition(table)).document_validator


def _not_empty(strategy: SearchStrategy[Any], validator: Validator) -> SearchStrategy[Any]:
    if strategy.is_empty:
        raise UsageError(f"No value matches {validator}.")
    return strategy


def _without_system_names(fields: dict[str, Any]) -> dict[str, Any]:
    """Top-level fields of documents that begin with an underscore are the system's."""
    return {name: item for name, item in fields.items() if not name.startswith("_")}


def _fits_a_table(document: dict[str, Any]) -> bool:
    canonical = from_python(document, "the document")
    fits = size_of(canonical) + _SYSTEM_FIELDS_SIZE <= MAX_DOCUMENT_SIZE
    return fits and nesting_of(canonical) <= MAX_DOCUMENT_NESTING


def _check_function(function: object) -> None:
    if not isinstance(function, str | Reference):
        raise UsageError(f'{function!r:.200}: expected api.module.function, or a name such as "module:function".')


def _check_table(where: str, table: object) -> None:
    if not isinstance(table, str) or not table:
        raise UsageError(f"{where}: expected the name of a table.")


def _check_validator(where: str, validator: object) -> None:
    if not isinstance(validator, str | ModuleExport | Mapping):
        raise UsageError(
            f'{where}({validator!r:.200}): expected TypeScript such as "v.array(v.string())", '
            'module("schema").content, or the JSON of a validator.'
        )
