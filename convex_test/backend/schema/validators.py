"""Reading validators: the JSON of `validator.json`, of `exportArgs()` and of `exportReturns()`.

Imitates `crates/common/src/schemas/json.rs` and `crates/model/src/modules/function_validators.rs`; the JSON is made
by the npm package, `src/values/validators.ts`. The retired types `set` and `map` are read as `v.any()`.

Gaps: JSON that the npm package cannot have made is refused in words that only resemble the backend's.
By design a literal NaN or infinity is refused here: the backend does so when it stores the validator.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.schema.compound import (
    ArrayValidator,
    FieldValidator,
    ObjectValidator,
    RecordValidator,
    UnionValidator,
)
from convex_test.backend.schema.kinds import (
    ANY,
    BOOLEAN,
    BYTES,
    COMMIT_TS,
    FLOAT64,
    INT64,
    NULL,
    STRING,
    AnyValidator,
    IdValidator,
    LiteralValidator,
    Tables,
    ValidationFailure,
    Validator,
)
from convex_test.backend.schema.shapes import holds_string_literal, matches_only_strings
from convex_test.values.codec import decode_parsed, encode_parsed
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_field_name, check_identifier
from convex_test.values.render import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.values.types import Value

__all__ = [
    "ArgsValidator",
    "InvalidValidatorError",
    "Tables",
    "ValidationFailure",
    "Validator",
    "parse_args_validator",
    "parse_returns_validator",
    "parse_validator",
]


class InvalidValidatorError(ValueError):
    """The JSON of a validator breaks a rule; the text is the backend's, without any prefix."""


def parse_validator(json: Any) -> Validator:
    """Read one validator, such as `{"type": "array", "value": {"type": "string"}}`. Raises `InvalidValidatorError`."""
    try:
        kind = json["type"]
    except (TypeError, KeyError):
        raise InvalidValidatorError("missing field `type`") from None
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind not in _PARSERS:
        expected = ", ".join(f"`{name}`" for name in _VARIANTS)
        raise InvalidValidatorError(f"unknown variant `{kind}`, expected one of {expected}")
    try:
        return _PARSERS[kind](json)
    except KeyError as error:
        raise InvalidValidatorError(f"missing field `{error.args[0]}`") from None
    except InvalidValueError as error:
        raise InvalidValidatorError(str(error)) from None


def _parse_id(json: dict[str, Any]) -> Validator:
    check_identifier(json["tableName"])
    return IdValidator(json["tableName"])


def _parse_literal(json: dict[str, Any]) -> Validator:
    # Decoding changes what it is given, and the caller's JSON is not ours: literals are small enough to copy.
    value = decode_parsed(encode_parsed(json["value"]))
    if not isinstance(value, str | int | float):
        raise InvalidValidatorError(f"Value {render(value)} is not a valid literal.")
    if isinstance(value, float) and not isfinite(value):
        raise InvalidValidatorError("Infinite or NaN values are not supported in literal validators.")
    return LiteralValidator(value)


def _parse_array(json: dict[str, Any]) -> Validator:
    return ArrayValidator(parse_validator(json["value"]))


def _parse_record(json: dict[str, Any]) -> Validator:
    keys = parse_validator(json["keys"])
    if not matches_only_strings(keys):
        raise InvalidValidatorError(
            "Records can only have string keys. Your validator contains a record with key typed as "
            f"`{keys}`, which is not a subtype of `v.string()`"
        )
    values = _parse_field(json["values"])
    if holds_string_literal(keys):
        raise InvalidValidatorError("Records cannot have string literal keys")
    if values.optional:
        raise InvalidValidatorError("Records cannot have optional values")
    return RecordValidator(keys, values.validator)


def _parse_object(json: dict[str, Any]) -> Validator:
    fields = {}
    for name in sorted(json["value"]):
        check_field_name(name)
        check_identifier(name)
        try:
            fields[name] = _parse_field(json["value"][name])
        except InvalidValidatorError as error:
            raise InvalidValidatorError(f"Invalid validator for key `{name}`: {error}") from None
    return ObjectValidator(fields)


def _parse_field(json: dict[str, Any]) -> FieldValidator:
    return FieldValidator(parse_validator(json["fieldType"]), bool(json["optional"]))


def _parse_union(json: dict[str, Any]) -> Validator:
    return UnionValidator([parse_validator(member) for member in json["value"]])


_SIMPLE: Final[dict[str, Validator]] = {
    "null": NULL,
    "number": FLOAT64,
    "bigint": INT64,
    "commitTs": COMMIT_TS,
    "boolean": BOOLEAN,
    "string": STRING,
    "bytes": BYTES,
    "any": ANY,
    "set": ANY,
    "map": ANY,
}
_PARSERS: Final[dict[str, Callable[[dict[str, Any]], Validator]]] = {
    "literal": _parse_literal,
    "id": _parse_id,
    "array": _parse_array,
    "record": _parse_record,
    "object": _parse_object,
    "union": _parse_union,
}
_VARIANTS: Final = [name for name in _SIMPLE if name not in {"set", "map"}] + list(_PARSERS)


@dataclass(frozen=True, slots=True)
class ArgsValidator:
    """What a function's `args` ask of its arguments; `fields` is None when they ask nothing."""

    fields: ObjectValidator | None

    def check(self, args: list[Value], tables: Tables) -> None:
        """Raise `ValidationFailure` unless `args`, the list of arguments of a call, match."""
        if self.fields is None:
            return
        if len(args) != 1:
            raise ValidationFailure(
                "Expected to receive a single object as the function's argument. "
                f"Instead received {len(args)} arguments: {render(args)}"
            )
        if not isinstance(args[0], dict):
            raise ValidationFailure(
                f"Expected to receive an object as the function's argument. Instead received: {render(args[0])}"
            )
        self.fields.check(args[0], tables)


def parse_args_validator(json: Any) -> ArgsValidator:
    """Read what `exportArgs()` returns. Raises `InvalidValidatorError`."""
    try:
        validator = parse_validator(json)
    except InvalidValidatorError as error:
        raise InvalidValidatorError(
            f"Error in args validator: {error}\n"
            "See https://docs.convex.dev/functions/validation for docs on how to do argument validation."
        ) from None
    if isinstance(validator, ObjectValidator):
        return ArgsValidator(validator)
    if isinstance(validator, AnyValidator):
        return ArgsValidator(None)
    raise InvalidValidatorError("Args validator must be an object or any")


def parse_returns_validator(json: Any) -> Validator | None:
    """Read what `exportReturns()` returns; None: results are not validated. Raises `InvalidValidatorError`."""
    if json is None:
        return None
    try:
        validator = parse_validator(json)
    except InvalidValidatorError as error:
        raise InvalidValidatorError(
            f"Error in returns validator: {error}\n"
            "See https://docs.convex.dev/functions/validation for docs on how to do return value validation."
        ) from None
    return None if isinstance(validator, AnyValidator) else validator
