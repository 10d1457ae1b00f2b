"""Filter expressions: what they are, how their JSON is read, how they are evaluated.

Imitates `Expression::eval` in `crates/common/src/query.rs` and `crates/common/src/json/expression.rs`. Comparisons
follow the total order of values over all types; `and`, `or`, `not` and the filter itself want booleans; arithmetic
wants two numbers of the same type.

By design: an expression is compiled into nested functions once per query, and literals into keys, because it is
evaluated for each document that is read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from convex_test.backend.arguments import describe_json
from convex_test.backend.store.indexes import field_at
from convex_test.errors import FunctionError
from convex_test.values.codec import canonical_number, decode_or_undefined
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import parse_field_path
from convex_test.values.order import encode_key
from convex_test.values.render import render, type_name
from convex_test.values.types import MAX_INT64, MIN_INT64, CommitTsPlaceholder, ConvexInt64, undefined

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.backend.store.indexes import FieldPath
    from convex_test.values.types import Undefined, Value

Fields: TypeAlias = "dict[str, Any]"
Evaluator: TypeAlias = "Callable[[Fields], Any]"


@dataclass(frozen=True, slots=True)
class Field:
    """The value at a path of the document, `undefined` if there is none."""

    path: FieldPath


@dataclass(frozen=True, slots=True)
class Literal:
    """A value, or `undefined`."""

    value: Value | Undefined


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with its operands: one for `$neg` and `$not`, any number for `$and` and `$or`, two for the others."""

    operator: str
    operands: tuple[Expression, ...]


Expression: TypeAlias = Field | Literal | Operation

_COMPARISONS: Final[dict[str, Callable[[bytes, bytes], bool]]] = {
    "$eq": bytes.__eq__,
    "$neq": bytes.__ne__,
    "$lt": lt,
    "$lte": le,
    "$gt": gt,
    "$gte": ge,
}
_ARITHMETIC: Final = {"$add": "add", "$sub": "subtract", "$mul": "multiply", "$div": "divide", "$mod": "mod"}
_UNARY: Final = ("$neg", "$not")
_VARIADIC: Final = ("$and", "$or")
_KNOWN: Final = (*_COMPARISONS, *_ARITHMETIC, "$neg", "$and", "$or", "$not", "$field", "$literal")


def parse_expression(json: Any) -> Expression:
    """Read the JSON of an expression. Raises `InvalidValueError`."""
    if not isinstance(json, dict) or len(json) != 1:
        raise InvalidValueError(f"invalid type: {describe_json(json)}, expected enum JsonExpression")
    [(operator, operand)] = json.items()
    if operator == "$field":
        if not isinstance(operand, str):
            raise InvalidValueError(f"invalid type: {describe_json(operand)}, expected a string")
        return Field(parse_field_path(operand))
    if operator == "$literal":
        return Literal(decode_or_undefined(operand))
    if operator in _UNARY:
        return Operation(operator, (parse_expression(operand),))
    if operator not in _KNOWN:
        known = ", ".join(f"`{name}`" for name in _KNOWN)
        raise InvalidValueError(f"unknown variant `{operator}`, expected one of {known}")
    if not isinstance(operand, list):
        raise InvalidValueError(f"invalid type: {describe_json(operand)}, expected a sequence")
    if operator not in _VARIADIC and len(operand) != 2:
        raise InvalidValueError(f"invalid length {len(operand)}, expected a tuple of size 2")
    return Operation(operator, tuple(map(parse_expression, operand)))


def compile_filter(expression: Expression) -> Callable[[Fields], bool]:
    """A function that says whether a document passes.

    It raises `FunctionError` where the backend cannot evaluate the expression for that document.
    """
    evaluate = _compile(expression)
    return lambda fields: _boolean(evaluate(fields))


def _compile(expression: Expression) -> Evaluator:
    if isinstance(expression, Field):
        return _compile_field(expression.path)
    if isinstance(expression, Literal):
        value = expression.value
        return lambda _: value
    operator, operands = expression.operator, expression.operands
    if operator in _COMPARISONS:
        return _compile_comparison(_COMPARISONS[operator], *operands)
    inner = [_compile(operand) for operand in operands]
    if operator in _ARITHMETIC:
        left, right = inner
        name = _ARITHMETIC[operator]
        return lambda fields: _arithmetic(name, left(fields), right(fields))
    if operator == "$neg":
        return lambda fields: _negate(inner[0](fields))
    if operator == "$not":
        return lambda fields: not _boolean(inner[0](fields))
    if operator == "$and":
        return lambda fields: all(_boolean(evaluate(fields)) for evaluate in inner)
    if operator == "$or":
        return lambda fields: any(_boolean(evaluate(fields)) for evaluate in inner)
    raise InvalidValueError(f"unknown filter operator {operator!r}")


def _compile_field(path: FieldPath) -> Evaluator:
    if len(path) == 1:
        name = path[0]
        return lambda fields: fields.get(name, undefined)
    return lambda fields: field_at(fields, path)


def _compile_comparison(holds: Callable[[bytes, bytes], bool], left: Expression, right: Expression) -> Evaluator:
    left_key, right_key = _compile_key(left), _compile_key(right)
    return lambda fields: holds(left_key(fields), right_key(fields))


def _compile_key(expression: Expression) -> Callable[[Fields], bytes]:
    if isinstance(expression, Literal):
        key = encode_key(expression.value)
        return lambda _: key
    evaluate = _compile(expression)
    return lambda fields: encode_key(evaluate(fields))


def _boolean(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise FunctionError(f"Cannot use value {render(value)} (type {type_name(value)}) as a Boolean")


def _arithmetic(name: str, left: Any, right: Any) -> Any:
    left_type, right_type = type_name(left), type_name(right)
    if left_type == right_type == "Int64":
        return _int64_arithmetic(name, _int64(left), _int64(right))
    if left_type == right_type == "Float64":
        return canonical_number(_float_arithmetic(name, float(left), float(right)))
    raise FunctionError(f"Cannot {name} {render(left)} (type {left_type}) and {render(right)} (type {right_type})")


def _int64(value: Any) -> int:
    return MAX_INT64 if isinstance(value, CommitTsPlaceholder) else int(value)


def _int64_arithmetic(name: str, left: int, right: int) -> ConvexInt64:
    if name in ("divide", "mod") and right == 0:
        raise FunctionError(f"Cannot {name} {left} by zero")
    # Division and remainder cut towards zero, unlike Python's. The remainder of the smallest Int64 by -1 would be
    # 0, but the division that yields it overflows.
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1) if right else 0
    result = {
        "add": left + right,
        "subtract": left - right,
        "multiply": left * right,
        "divide": quotient,
        "mod": left - quotient * right,
    }[name]
    overflows = name == "mod" and quotient > MAX_INT64
    if overflows or not MIN_INT64 <= result <= MAX_INT64:
        raise FunctionError(f"Cannot {name} {left} and {right}: the result is out of range for Int64")
    return ConvexInt64(result)


def _float_arithmetic(name: str, left: float, right: float) -> float:
    if name == "add":
        return left + right
    if name == "subtract":
        return left - right
    if name == "multiply":
        return left * right
    if name == "divide":
        return _divide(left, right)
    return math.nan if math.isinf(left) or right == 0 else math.fmod(left, right)


def _divide(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def _negate(value: Any) -> Any:
    kind = type_name(value)
    if kind == "Int64":
        number = _int64(value)
        if number == MIN_INT64:
            raise FunctionError(f"Cannot negate {number}: the result is out of range for Int64")
        return ConvexInt64(-number)
    if kind == "Float64":
        return canonical_number(-float(value))
    raise FunctionError(f"Cannot negate {render(value)} (type {kind})")
