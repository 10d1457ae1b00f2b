"""What a vector search asks for, and how its JSON is read.

Imitates `crates/vector/src/query.rs`, which reads what the npm package's `src/server/impl/vector_search_impl.ts`
writes. The alternatives of a filter are joined by "or" even over different fields; there is no "and".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.arguments import describe_json, usize_problem
from convex_test.backend.query.filters import Field, Literal, Operation, parse_expression
from convex_test.backend.query.plan import split_index_name
from convex_test.backend.search.float32 import to_single
from convex_test.errors import FunctionError
from convex_test.values.invalid import InvalidValueError
from convex_test.values.order import encode_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend.query.filters import Expression
    from convex_test.backend.store.indexes import FieldPath

_MAX_U32: Final = 2**32 - 1
_INTERNAL_ERROR: Final = "Your request couldn't be completed. Try again later."


@dataclass(frozen=True, slots=True)
class VectorQuery:
    """What `ctx.vectorSearch` asks for.

    Attributes:
        table: the table's name.
        index: the index's name.
        vector: the direction to search in.
        limit: how many results to give at most; None for ten.
        alternatives: keys of the values that let a document through, by field; empty for all documents.
    """

    table: str
    index: str
    vector: tuple[float, ...]
    limit: int | None = None
    alternatives: Mapping[FieldPath, frozenset[bytes]] = field(default_factory=dict)


def parse_vector_query(json: Any) -> VectorQuery:
    """Read the `query` of the syscall: `{indexName, limit?, vector, expressions?}`.

    Raises:
        FunctionError: it is no such query. For JSON of a wrong shape the backend has but one text; what was wrong is in
            the cause.
    """
    try:
        name, limit, vector, expression = _parse_shape(json)
    except InvalidValueError as problem:
        raise FunctionError(_INTERNAL_ERROR) from problem
    try:
        table, index = split_index_name(name)
    except InvalidValueError as problem:
        raise FunctionError(str(problem)) from None
    alternatives: dict[FieldPath, set[bytes]] = {}
    if expression is not None:
        _collect_alternatives(expression, alternatives)
    frozen = {path: frozenset(keys) for path, keys in alternatives.items()}
    return VectorQuery(table, index, vector, limit, frozen)


def _parse_shape(json: Any) -> tuple[str, int | None, tuple[float, ...], Expression | None]:
    if not isinstance(json, dict):
        raise InvalidValueError(f"invalid type: {describe_json(json)}, expected struct VectorSearchJson")
    for name in ("indexName", "vector"):
        if name not in json:
            raise InvalidValueError(f"missing field `{name}`")
    name, limit, vector, expressions = json["indexName"], json.get("limit"), json["vector"], json.get("expressions")
    if not isinstance(name, str):
        raise InvalidValueError(f"invalid type: {describe_json(name)}, expected a string")
    if limit is not None and (problem := usize_problem(limit)) is not None:
        raise InvalidValueError(problem.replace("usize", "u32"))
    if limit is not None and limit > _MAX_U32:
        raise InvalidValueError(f"invalid value: integer `{limit}`, expected u32")
    if not isinstance(vector, list):
        raise InvalidValueError(f"invalid type: {describe_json(vector)}, expected a sequence")
    for number in vector:
        # A number too large for a single does not survive the backend's way from the function to the database.
        if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(to_single(number)):
            raise InvalidValueError(f"invalid type: {describe_json(number)}, expected f32")
    return name, limit, tuple(vector), None if expressions is None else parse_expression(expressions)


def _collect_alternatives(expression: Expression, alternatives: dict[FieldPath, set[bytes]]) -> None:
    if isinstance(expression, Operation) and expression.operator == "$or":
        for operand in expression.operands:
            _collect_alternatives(operand, alternatives)
        return
    if not isinstance(expression, Operation) or expression.operator != "$eq":
        raise FunctionError("Filters should be a combination of `q.eq` and `q.or`.")
    left, right = expression.operands
    if not isinstance(left, Field) or not isinstance(right, Literal):
        raise FunctionError("`q.eq` must take a field path as its first argument and a value as its second")
    alternatives.setdefault(left.path, set()).add(encode_key(right.value))
