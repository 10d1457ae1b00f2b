import json
from pathlib import Path

import pytest

from convex_test.backend.schema.validators import (
    InvalidValidatorError,
    ValidationFailure,
    parse_args_validator,
    parse_returns_validator,
    parse_validator,
)
from convex_test.values.codec import decode
from convex_test.values.types import ConvexInt64

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "validators.json").read_text())
VALIDATORS = VECTORS["validators"]

SEE_ARGS = "\nSee https://docs.convex.dev/functions/validation for docs on how to do argument validation."
SEE_RETURNS = "\nSee https://docs.convex.dev/functions/validation for docs on how to do return value validation."

STRING = {"type": "string"}
NUMBER = {"type": "number"}


class NamedTables:
    """The tables of the vector file."""

    def name_of(self, table_number):
        return VECTORS["tables"].get(str(table_number))

    def is_system(self, name):
        return name.startswith("_")


def literal(value):
    return {"type": "literal", "value": value}


def required(validator):
    return {"fieldType": validator, "optional": False}


def optional(validator):
    return {"fieldType": validator, "optional": True}


def record(keys, values):
    return {"type": "record", "keys": keys, "values": values}


def union(*members):
    return {"type": "union", "value": list(members)}


def an_object(**fields):
    return {"type": "object", "value": fields}


def failure_of(validator, value):
    with pytest.raises(ValidationFailure) as caught:
        validator.check(value, NamedTables())
    return str(caught.value)


def complaint_about(validator_json, parse=parse_validator):
    with pytest.raises(InvalidValidatorError) as caught:
        parse(validator_json)
    return str(caught.value)


@pytest.mark.parametrize("name", VALIDATORS)
def test_validators_print_as_the_backend_prints_them(name):
    assert str(parse_validator(VALIDATORS[name]["json"])) == VALIDATORS[name]["text"]


@pytest.mark.parametrize(
    "verdict", VECTORS["verdicts"], ids=lambda verdict: f"{verdict['validator']}-{json.dumps(verdict['value'])}"
)
def test_verdicts_are_the_backends(verdict):
    validator = parse_validator(VALIDATORS[verdict["validator"]]["json"])
    value = decode(json.dumps(verdict["value"]))
    if verdict["failure"] is None:
        validator.check(value, NamedTables())
        assert validator.matches(value, NamedTables())
    else:
        assert failure_of(validator, value) == verdict["failure"]


def test_parsing_leaves_the_json_alone():
    validator_json = VALIDATORS["literalBigint"]["json"]
    before = json.dumps(validator_json)
    first, second = parse_validator(validator_json), parse_validator(validator_json)
    assert json.dumps(validator_json) == before
    assert first.matches(ConvexInt64(5), NamedTables())
    assert second.matches(ConvexInt64(5), NamedTables())


def test_a_union_of_one_reports_as_its_member():
    assert failure_of(parse_validator(union(an_object(a=required(STRING)))), {"a": 1}) == (
        "Value does not match validator.\nPath: .a\nValue: 1.0\nValidator: v.string()"
    )


def test_a_union_reports_only_itself():
    validator = parse_validator(union(an_object(a=required(STRING)), literal("x"), literal("y")))
    assert failure_of(validator, {"a": 1}) == (
        "Value does not match validator.\n\nValue: {a: 1.0}\n"
        'Validator: v.union(v.object({a: v.string()}), v.literal("x"), v.literal("y"))'
    )


@pytest.mark.parametrize("value, fits", [("x", True), ("y", True), ("z", False), (5, True), (6, False), (None, False)])
def test_literals_in_unions_match_beside_other_members(value, fits):
    validator = parse_validator(union(literal("x"), literal(5), literal("y")))
    assert validator.matches(value, NamedTables()) is fits


def test_declared_fields_are_reported_in_alphabetical_order():
    validator = parse_validator(an_object(z=required(STRING), a=optional(STRING), m=required(NUMBER)))
    assert failure_of(validator, {"z": 1, "a": 2}).startswith("Value does not match validator.\nPath: .a\n")
    assert failure_of(validator, {"z": 1}).startswith("Object is missing the required field `m`.")


def test_wrong_fields_are_reported_before_extra_ones():
    validator = parse_validator(an_object(z=required(STRING)))
    assert failure_of(validator, {"a": 1, "z": 1}).startswith("Value does not match validator.\nPath: .z\n")


def test_records_are_checked_in_the_order_of_their_keys():
    validator = parse_validator(record(STRING, required(STRING)))
    assert failure_of(validator, {"b": 1, "a": None}) == (
        "Value does not match validator.\nPath: .values()\nValue: null\nValidator: v.string()"
    )


@pytest.mark.parametrize("retired", ["set", "map"])
def test_retired_types_match_anything(retired):
    validator = parse_validator({"type": retired, "value": STRING})
    assert str(validator) == "v.any()"
    assert validator.matches([1], NamedTables())


@pytest.mark.parametrize(
    "validator_json, message",
    [
        (
            {"type": "date"},
            "unknown variant `date`, expected one of `null`, `number`, `bigint`, `commitTs`, `boolean`, `string`, "
            "`bytes`, `any`, `literal`, `id`, `array`, `record`, `object`, `union`",
        ),
        ({}, "missing field `type`"),
        (None, "missing field `type`"),
        ({"type": "array"}, "missing field `value`"),
        ({"type": "id"}, "missing field `tableName`"),
        (
            {"type": "id", "tableName": "a b"},
            "Identifier a b has invalid character ' ': Identifiers can only contain alphanumeric characters or "
            "underscores",
        ),
        (literal(None), "Value null is not a valid literal."),
        (literal([1]), "Value [1.0] is not a valid literal."),
        (literal({"$bytes": "AQ=="}), 'Value b"AQ==" is not a valid literal.'),
        (
            literal({"$float": "AAAAAAAA+H8="}),
            "Infinite or NaN values are not supported in literal validators.",
        ),
        (
            record(NUMBER, required(STRING)),
            "Records can only have string keys. Your validator contains a record with key typed as `v.float64()`, "
            "which is not a subtype of `v.string()`",
        ),
        (
            record({"type": "any"}, required(STRING)),
            "Records can only have string keys. Your validator contains a record with key typed as `v.any()`, which is "
            "not a subtype of `v.string()`",
        ),
        (record(literal("a"), required(STRING)), "Records cannot have string literal keys"),
        (record(union(STRING, union(literal("a"))), required(STRING)), "Records cannot have string literal keys"),
        (record(STRING, optional(STRING)), "Records cannot have optional values"),
        (
            an_object(**{"a-b": required(STRING)}),
            "Identifier a-b has invalid character '-': Identifiers can only contain alphanumeric characters or "
            "underscores",
        ),
        (an_object(**{"$a": required(STRING)}), "Field name $a starts with '$', which is reserved."),
        (
            an_object(a=required({"type": "array", "value": an_object(b=required(literal(None)))})),
            "Invalid validator for key `a`: Invalid validator for key `b`: Value null is not a valid literal.",
        ),
    ],
    ids=lambda case: json.dumps(case) if not isinstance(case, str) else "",
)
def test_broken_validators_are_refused(validator_json, message):
    assert complaint_about(validator_json) == message


@pytest.mark.parametrize(
    "keys", [STRING, {"type": "id", "tableName": "users"}, union(STRING, {"type": "id", "tableName": "users"}), union()]
)
def test_record_keys_may_be_strings_and_ids(keys):
    assert parse_validator(record(keys, required(NUMBER))).matches({}, NamedTables())


def test_arguments_are_one_object():
    args = parse_args_validator(an_object(a=required(STRING)))
    args.check([{"a": "x"}], NamedTables())
    assert failure_of(args, []) == (
        "Expected to receive a single object as the function's argument. Instead received 0 arguments: []"
    )
    assert failure_of(args, [{}, 1]) == (
        "Expected to receive a single object as the function's argument. Instead received 2 arguments: [{}, 1.0]"
    )
    assert failure_of(args, ["x"]) == (
        'Expected to receive an object as the function\'s argument. Instead received: "x"'
    )


def test_arguments_are_checked_by_their_validator():
    args = parse_args_validator(an_object(a=required(STRING)))
    assert failure_of(args, [{"a": 1}]) == (
        "Value does not match validator.\nPath: .a\nValue: 1.0\nValidator: v.string()"
    )


@pytest.mark.parametrize("args", [[], [1], [{"a": 1}], [1, 2]])
def test_arguments_without_validator_are_not_checked(args):
    validator = parse_args_validator({"type": "any"})
    assert validator.check(args, NamedTables()) is None


@pytest.mark.parametrize("validator_json", [STRING, union(an_object()), record(STRING, required(STRING))])
def test_an_args_validator_is_an_object_or_any(validator_json):
    assert complaint_about(validator_json, parse_args_validator) == "Args validator must be an object or any"


def test_broken_args_validators_point_to_the_documentation():
    broken = an_object(a=required(literal(None)))
    assert complaint_about(broken, parse_args_validator) == (
        "Error in args validator: Invalid validator for key `a`: Value null is not a valid literal." + SEE_ARGS
    )


def test_broken_returns_validators_point_to_the_documentation():
    assert complaint_about(literal(None), parse_returns_validator) == (
        "Error in returns validator: Value null is not a valid literal." + SEE_RETURNS
    )


def test_results_are_checked_by_their_validator():
    assert failure_of(parse_returns_validator(union(STRING, {"type": "null"})), 5) == (
        "Value does not match validator.\n\nValue: 5.0\nValidator: v.union(v.string(), v.null())"
    )


@pytest.mark.parametrize("validator_json", [None, {"type": "any"}])
def test_results_may_go_without_validator(validator_json):
    assert parse_returns_validator(validator_json) is None
