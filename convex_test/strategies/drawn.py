"""How the strategies of this room are made: when they are first drawn from, for the project that is found then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from convex_test.backend.schema.definition import TableDefinition
from convex_test.errors import UsageError
from convex_test.references import ModuleExport, Reference
from convex_test.strategies import values
from convex_test.strategies.ids import KnownTables, drawn_id, numbers_of
from convex_test.strategies.matching import Matching
from convex_test.strategies.overrides import parse_overrides
from convex_test.strategies.refused import Refused
from convex_test.values.python import from_python
from convex_test.values.size import MAX_DOCUMENT_NESTING, MAX_DOCUMENT_SIZE, nesting_of, size_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from convex_test.backend.schema.compound import ObjectValidator
    from convex_test.backend.schema.kinds import Validator
    from convex_test.harness.t import ConvexTest
    from convex_test.strategies.catalog import Catalog, Source

_SYSTEM_FIELDS_SIZE: Final = 100
"""More than `_id` and `_creationTime` add to a document."""


def deferred(source: Source, make: Callable[[Matching, Catalog, ConvexTest | None], Any]) -> SearchStrategy[Any]:
    """A strategy that is made when it is first drawn from, and again for another project."""
    made: dict[Catalog, SearchStrategy[Any]] = {}

    @st.composite
    def drawn(draw: Callable[[Any], Any]) -> Any:
        catalog, t = source.look(draw)
        strategy = made.get(catalog)
        if strategy is None:
            tables = KnownTables(numbers_of(catalog, t))
            matching = Matching(lambda table: drawn_id(source, table, None), tables)
            strategy = made[catalog] = make(matching, catalog, t)
        return draw(strategy)

    return drawn()


def drawn_args(source: Source, function: str | Reference, overrides: object) -> SearchStrategy[dict[str, Any]]:
    """See `strategies.args`."""
    places = parse_overrides(overrides)
    _check_function(function)

    def make(matching: Matching, catalog: Catalog, t: ConvexTest | None) -> SearchStrategy[Any]:
        validator = args_validator(catalog, function, t)
        return values.any_objects if validator is None else not_empty(matching.whole(validator, places), validator)

    return deferred(source, make)


def drawn_refused_args(source: Source, function: str | Reference) -> SearchStrategy[dict[str, Any]]:
    """See `strategies.refused_args`."""
    _check_function(function)

    def make(matching: Matching, catalog: Catalog, t: ConvexTest | None) -> SearchStrategy[Any]:
        validator = args_validator(catalog, function, t)
        if validator is None:
            raise UsageError(
                f"refused_args({function!r}): the function has no argument validator: it takes everything."
            )
        return Refused(matching).objects(validator)

    return deferred(source, make)


def args_validator(catalog: Catalog, function: str | Reference, t: ConvexTest | None) -> ObjectValidator | None:
    found = catalog.function(function, t)
    return None if found.args is None else found.args.fields


def document_validator(catalog: Catalog, table: str) -> Validator:
    definition = catalog.schema.tables.get(table)
    if definition is None and catalog.schema.tables:
        raise UsageError(
            f"documents({table!r}): the schema of {catalog.root} has no such table, but "
            f"{', '.join(sorted(catalog.schema.tables))}."
        )
    return (definition or TableDefinition(table)).document_validator


def not_empty(strategy: SearchStrategy[Any], validator: Validator) -> SearchStrategy[Any]:
    if strategy.is_empty:
        raise UsageError(f"No value matches {validator}.")
    return strategy


def without_system_names(fields: dict[str, Any]) -> dict[str, Any]:
    """Top-level fields of documents that begin with an underscore are the system's."""
    return {name: item for name, item in fields.items() if not name.startswith("_")}


def fits_a_table(document: dict[str, Any]) -> bool:
    canonical = from_python(document, "the document")
    fits = size_of(canonical) + _SYSTEM_FIELDS_SIZE <= MAX_DOCUMENT_SIZE
    return fits and nesting_of(canonical) <= MAX_DOCUMENT_NESTING


def _check_function(function: object) -> None:
    if not isinstance(function, str | Reference):
        raise UsageError(f'{function!r:.200}: expected api.module.function, or a name such as "module:function".')


def check_table(where: str, table: object) -> None:
    if not isinstance(table, str) or not table:
        raise UsageError(f"{where}: expected the name of a table.")


def check_validator(where: str, validator: object) -> None:
    if not isinstance(validator, str | ModuleExport | Mapping):
        raise UsageError(
            f'{where}({validator!r:.200}): expected TypeScript such as "v.array(v.string())", '
            'module("schema").content, or the JSON of a validator.'
        )
