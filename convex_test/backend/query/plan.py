"""What a query is: a source of documents and operators applied to them in order.

Imitates `crates/common/src/query.rs` and `crates/common/src/json/{query,expression}.rs`, which read the JSON that
the npm package's query builder writes (`src/server/impl/query_impl.ts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from convex_test.backend.arguments import describe_json, usize_problem
from convex_test.backend.query.filters import Expression, parse_expression
from convex_test.values.codec import decode_or_undefined
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_identifier, parse_field_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convex_test.backend.store.indexes import FieldPath
    from convex_test.values.types import Undefined, Value

MAX_OPERATORS: Final = 256

Order: TypeAlias = Literal["asc", "desc"]


class Comparison(Enum):
    """How an index range holds a field against a value; `.value` is how error texts write it."""

    EQ = "=="
    GT = ">"
    GTE = ">="
    LT = "<"
    LTE = "<="


@dataclass(frozen=True, slots=True)
class Bound:
    """One step of an index range, such as `q.gt("age", 5)`."""

    comparison: Comparison
    field: FieldPath
    value: Value | Undefined


@dataclass(frozen=True, slots=True)
class FullTableScan:
    """All documents of a table by creation time."""

    table: str
    order: Order = "asc"


@dataclass(frozen=True, slots=True)
class IndexRange:
    """The documents in a range of an index, in the index's order."""

    table: str
    index: str
    range: tuple[Bound, ...] = ()
    order: Order = "asc"


@dataclass(frozen=True, slots=True)
class SearchText:
    """`q.search(field, text)` of a text search."""

    field: FieldPath
    text: str


@dataclass(frozen=True, slots=True)
class SearchEq:
    """`q.eq(field, value)` of a text search."""

    field: FieldPath
    value: Value | Undefined


@dataclass(frozen=True, slots=True)
class Search:
    """The documents that a text search finds, best first."""

    table: str
    index: str
    filters: tuple[SearchText | SearchEq, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Lets documents through for which the expression is true."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Limit:
    """Lets the first `count` documents through."""

    count: int


Source: TypeAlias = FullTableScan | IndexRange | Search
Operator: TypeAlias = Filter | Limit


@dataclass(frozen=True, slots=True)
class Query:
    """A query as data; nothing has been read or looked up yet."""

    source: Source
    operators: tuple[Operator, ...] = ()


def parse_query(json: Any) -> Query:
    """Read the JSON of a query, `{source, operators}`; what is in it may be changed and must not be used again.

    Raises:
        InvalidValueError: with the backend's bare text. Callers add the argument: ``Invalid argument `query` for …``.
    """
    source = _member(json, "source")
    operators = _member(json, "operators")
    if not isinstance(operators, list):
        raise InvalidValueError(f"invalid type: {describe_json(operators)}, expected a sequence")
    if len(operators) > MAX_OPERATORS:
        raise InvalidValueError(f"Query has too many operators: {len(operators)}")
    return Query(_parse_tagged(source, _SOURCES), tuple(map(_parse_operator, operators)))


def split_index_name(name: str) -> tuple[str, str]:
    """`"messages.by_author"` as table and index. Raises `InvalidValueError`."""
    parts = name.split(".")
    for part in parts[:2]:
        try:
            check_identifier(part)
        except InvalidValueError as error:
            raise InvalidValueError(
                f'Invalid table name: "{part}". Identifiers must start with a letter and can only contain letters, '
                "digits, and underscores."
            ) from error
    if len(parts) < 2:
        raise InvalidValueError(f"Insufficient components in index name {name}")
    if len(parts) > 2:
        raise InvalidValueError(f"Too many components in index name {name}")
    return parts[0], parts[1]


def _parse_full_table_scan(json: dict[str, Any]) -> Source:
    table = _string(json, "tableName")
    check_identifier(table)
    return FullTableScan(table, _parse_order(json.get("order")))


def _parse_index_range(json: dict[str, Any]) -> Source:
    bounds = tuple(_parse_tagged(bound, _BOUNDS) for bound in _list(json, "range"))
    table, index = split_index_name(_string(json, "indexName"))
    return IndexRange(table, index, bounds, _parse_order(json.get("order")))


def _parse_search(json: dict[str, Any]) -> Source:
    filters = tuple(_parse_tagged(condition, _SEARCH_FILTERS) for condition in _list(json, "filters"))
    table, index = split_index_name(_string(json, "indexName"))
    return Search(table, index, filters)


def _parse_order(order: Any) -> Order:
    if order is None or order == "asc":
        return "asc"
    if order == "desc":
        return "desc"
    raise InvalidValueError('expected "asc" or "desc"')


def _bound_parser(comparison: Comparison) -> Callable[[dict[str, Any]], Bound]:
    def parse(json: dict[str, Any]) -> Bound:
        field = parse_field_path(_string(json, "fieldPath"))
        # Not known yet, the time of the commit is later than all that are.
        return Bound(comparison, field, decode_or_undefined(_member(json, "value"), pending=True))

    return parse


def _parse_search_text(json: dict[str, Any]) -> SearchText | SearchEq:
    return SearchText(parse_field_path(_string(json, "fieldPath")), _string(json, "value"))


def _parse_search_eq(json: dict[str, Any]) -> SearchText | SearchEq:
    return SearchEq(parse_field_path(_string(json, "fieldPath")), decode_or_undefined(_member(json, "value")))


def _parse_operator(json: Any) -> Operator:
    if not isinstance(json, dict) or len(json) != 1:
        raise InvalidValueError(f"invalid type: {describe_json(json)}, expected enum JsonQueryOperator")
    [(name, operand)] = json.items()
    if name == "filter":
        return Filter(parse_expression(operand))
    if name == "limit":
        if (problem := usize_problem(operand)) is not None:
            raise InvalidValueError(problem)
        return Limit(operand)
    raise InvalidValueError(f"unknown variant `{name}`, expected `filter` or `limit`")


_SOURCES: Final = {
    "FullTableScan": _parse_full_table_scan,
    "IndexRange": _parse_index_range,
    "Search": _parse_search,
}
_BOUNDS: Final = {member.name.capitalize(): _bound_parser(member) for member in Comparison}
_SEARCH_FILTERS: Final = {"Search": _parse_search_text, "Eq": _parse_search_eq}


def _parse_tagged(json: Any, variants: Mapping[str, Callable[[dict[str, Any]], Any]]) -> Any:
    kind = _string(json, "type")
    if kind not in variants:
        known = [f"`{name}`" for name in variants]
        expected = " or ".join(known) if len(known) == 2 else f"one of {', '.join(known)}"
        raise InvalidValueError(f"unknown variant `{kind}`, expected {expected}")
    return variants[kind](json)


def _member(json: Any, name: str) -> Any:
    if not isinstance(json, dict):
        raise InvalidValueError(f"invalid type: {describe_json(json)}, expected a map")
    if name not in json:
        raise InvalidValueError(f"missing field `{name}`")
    return json[name]


def _string(json: Any, name: str) -> str:
    found = _member(json, name)
    if not isinstance(found, str):
        raise InvalidValueError(f"invalid type: {describe_json(found)}, expected a string")
    return found


def _list(json: Any, name: str) -> list[Any]:
    found = _member(json, name)
    if not isinstance(found, list):
        raise InvalidValueError(f"invalid type: {describe_json(found)}, expected a sequence")
    return found
