from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convex_test.backend.query.filters import Field, Literal, Operation, compile_filter, parse_expression
from convex_test.backend.query.plan import Filter, FullTableScan, Query, parse_query
from convex_test.errors import FunctionError
from convex_test.values import ConvexInt64, InvalidValueError, encode_key, undefined
from convex_test.values.codec import encode_parsed

MIN, MAX = ConvexInt64(-(2**63)), ConvexInt64(2**63 - 1)


def literal(value):
    return {"$literal": {"$undefined": None} if value is undefined else encode_parsed(value)}


def passes(json, **fields):
    return compile_filter(parse_expression(json))(fields)


def equals(json, expected, **fields):
    """Whether an expression evaluates to exactly that value."""
    return passes({"$eq": [json, literal(expected)]}, **fields)


def refused(json, **fields):
    with pytest.raises(FunctionError) as raised:
        passes(json, **fields)
    return str(raised.value)


@pytest.mark.parametrize(
    "left, right",
    [(1, ConvexInt64(1)), (0, -0.0), (1, True), ("1", 1), (None, undefined), ([], {}), (b"a", "a")],
)
def test_values_of_different_types_are_never_equal(left, right):
    assert not passes({"$eq": [literal(left), literal(right)]})
    assert passes({"$neq": [literal(left), literal(right)]})


def test_nan_equals_nan():
    assert passes({"$eq": [literal(math.nan), literal(math.nan)]})


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 3),
        st.floats(allow_nan=False).map(lambda number: -0.0 if number == 0 else number),
        st.integers(-3, 3).map(ConvexInt64),
        st.text("ab\0é😀\uffff", max_size=3),
        st.binary(max_size=2),
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pq"), inner),
    max_leaves=3,
)
MAYBE = VALUES | st.just(undefined)


@settings(deadline=None)
@given(left=MAYBE, right=MAYBE)
def test_comparisons_follow_the_order_of_values(sort_key, left, right):
    one, two = sort_key(left), sort_key(right)
    expected = {
        "$eq": one == two,
        "$neq": one != two,
        "$lt": one < two,
        "$lte": one <= two,
        "$gt": one > two,
        "$gte": one >= two,
    }
    found = {operator: passes({operator: [literal(left), literal(right)]}) for operator in expected}
    assert found == expected


@settings(deadline=None)
@given(rows=st.lists(VALUES, max_size=8), value=MAYBE, operator=st.sampled_from(["$eq", "$neq", "$lt", "$gte"]))
def test_a_filtered_query_is_a_filtered_list(new_database, sort_key, rows, value, operator):
    database = new_database()
    for row in rows:
        database.insert("items", {"a": row})
    expression = parse_expression({operator: [{"$field": "a"}, literal(value)]})
    found = database.query(Query(FullTableScan("items"), (Filter(expression),))).collect()
    key = sort_key(value)
    kept = {
        "$eq": lambda other: other == key,
        "$neq": lambda other: other != key,
        "$lt": lambda other: other < key,
        "$gte": lambda other: other >= key,
    }[operator]
    expected = [row for row in rows if kept(sort_key(row))]
    assert [encode_key(document.value["a"]) for document in found] == list(map(encode_key, expected))


# Fields


def test_a_field_may_be_nested():
    assert equals({"$field": "a.b"}, 1, a={"b": 1})


@pytest.mark.parametrize("value", [{}, {"b": undefined}, [{"b": 1}], "b", None])
def test_a_path_that_leads_nowhere_is_undefined(value):
    assert equals({"$field": "a.b"}, undefined, a=value)


def test_system_fields_can_be_filtered_by(database):
    id = database.insert("items", {})
    database.insert("items", {})
    expression = Operation("$eq", (Field(("_id",)), Literal(id)))
    found = database.query(Query(FullTableScan("items"), (Filter(expression),))).collect()
    assert [document.id for document in found] == [id]


# Booleans


def test_and_or_not():
    true, false = literal(True), literal(False)
    assert passes({"$and": [true, true]})
    assert not passes({"$and": [true, false]})
    assert passes({"$or": [false, true]})
    assert not passes({"$or": [false, false]})
    assert passes({"$not": false})


def test_of_nothing_and_is_true_and_or_is_false():
    assert passes({"$and": []})
    assert not passes({"$or": []})


def test_and_and_or_stop_early():
    wrong = literal(5)
    assert not passes({"$and": [literal(False), wrong]})
    assert passes({"$or": [literal(True), wrong]})


@pytest.mark.parametrize(
    "value, shown",
    [
        (1, "1.0 (type Float64)"),
        (ConvexInt64(1), "1 (type Int64)"),
        (None, "null (type Null)"),
        ("x", '"x" (type String)'),
        (undefined, "undefined (type undefined)"),
        ([True], "[true] (type Array)"),
        ({"a": 1}, "{a: 1.0} (type Object)"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"$not": x}, lambda x: {"$and": [x]}, lambda x: {"$or": [x]}])
def test_only_booleans_are_booleans(value, shown, wrap):
    assert refused(wrap(literal(value))) == f"Cannot use value {shown} as a Boolean"


# Arithmetic


@pytest.mark.parametrize(
    "operator, left, right, result",
    [
        ("$add", 1, 2.5, 3.5),
        ("$sub", 1, 2, -1),
        ("$mul", 3, -0.0, -0.0),
        ("$div", 1, 2, 0.5),
        ("$div", 1, 0, math.inf),
        ("$div", 1, -0.0, -math.inf),
        ("$div", -1, 0, -math.inf),
        ("$div", 0, 0, math.nan),
        ("$mod", 7, 3, 1),
        ("$mod", -7, 3, -1),
        ("$mod", 7, -3, 1),
        ("$mod", -6, 3, -0.0),
        ("$mod", 5, math.inf, 5),
        ("$mod", math.inf, 5, math.nan),
        ("$mod", 5, 0, math.nan),
        ("$add", 2**53, 1, 2**53),
        ("$mul", 2**53, 2**53, 2.0**106),
        ("$add", ConvexInt64(1), ConvexInt64(2), ConvexInt64(3)),
        ("$sub", ConvexInt64(1), ConvexInt64(2), ConvexInt64(-1)),
        ("$mul", ConvexInt64(3), ConvexInt64(-2), ConvexInt64(-6)),
        ("$div", ConvexInt64(7), ConvexInt64(2), ConvexInt64(3)),
        ("$div", ConvexInt64(-7), ConvexInt64(2), ConvexInt64(-3)),
        ("$div", MAX, ConvexInt64(-1), ConvexInt64(-(2**63) + 1)),
        ("$mod", ConvexInt64(-7), ConvexInt64(2), ConvexInt64(-1)),
        ("$mod", ConvexInt64(7), ConvexInt64(-2), ConvexInt64(1)),
        ("$mod", MIN, ConvexInt64(3), ConvexInt64(-2)),
    ],
)
def test_arithmetic(operator, left, right, result):
    assert equals({operator: [literal(left), literal(right)]}, result)


@pytest.mark.parametrize("value, result", [(1, -1), (0, -0.0), (-0.0, 0), (ConvexInt64(5), ConvexInt64(-5))])
def test_negation(value, result):
    assert equals({"$neg": literal(value)}, result)


@pytest.mark.parametrize(
    "json, text",
    [
        (
            {"$add": [literal(ConvexInt64(1)), literal(2)]},
            "Cannot add 1 (type Int64) and 2.0 (type Float64)",
        ),
        ({"$sub": [literal("a"), literal(2)]}, 'Cannot subtract "a" (type String) and 2.0 (type Float64)'),
        ({"$mul": [literal(2), {"$field": "x"}]}, "Cannot multiply 2.0 (type Float64) and undefined (type undefined)"),
        ({"$div": [literal(True), literal(None)]}, "Cannot divide true (type Boolean) and null (type Null)"),
        ({"$mod": [literal(True), literal(True)]}, "Cannot mod true (type Boolean) and true (type Boolean)"),
        (
            {"$add": [literal(MAX), literal(ConvexInt64(1))]},
            "Cannot add 9223372036854775807 and 1: the result is out of range for Int64",
        ),
        (
            {"$sub": [literal(MIN), literal(ConvexInt64(1))]},
            "Cannot subtract -9223372036854775808 and 1: the result is out of range for Int64",
        ),
        (
            {"$mul": [literal(MAX), literal(ConvexInt64(2))]},
            "Cannot multiply 9223372036854775807 and 2: the result is out of range for Int64",
        ),
        ({"$div": [literal(ConvexInt64(5)), literal(ConvexInt64(0))]}, "Cannot divide 5 by zero"),
        ({"$mod": [literal(ConvexInt64(5)), literal(ConvexInt64(0))]}, "Cannot mod 5 by zero"),
        (
            {"$div": [literal(MIN), literal(ConvexInt64(-1))]},
            "Cannot divide -9223372036854775808 and -1: the result is out of range for Int64",
        ),
        (
            {"$mod": [literal(MIN), literal(ConvexInt64(-1))]},
            "Cannot mod -9223372036854775808 and -1: the result is out of range for Int64",
        ),
        (
            {"$neg": literal(MIN)},
            "Cannot negate -9223372036854775808: the result is out of range for Int64",
        ),
        ({"$neg": literal("a")}, 'Cannot negate "a" (type String)'),
        ({"$neg": {"$field": "x"}}, "Cannot negate undefined (type undefined)"),
    ],
)
def test_arithmetic_that_fails(json, text):
    assert refused(json) == text


@given(left=st.integers(-(2**63), 2**63 - 1), right=st.integers(-(2**63), 2**63 - 1).filter(lambda right: right != 0))
def test_int64_division_and_remainder_belong_together(left, right):
    if (left, right) == (MIN, -1):
        return
    quotient = int(abs(left) // abs(right)) * (1 if (left < 0) == (right < 0) else -1)
    pair = [literal(ConvexInt64(left)), literal(ConvexInt64(right))]
    assert equals({"$div": pair}, ConvexInt64(quotient))
    assert equals({"$mod": pair}, ConvexInt64(left - quotient * right))


# Reading


@pytest.mark.parametrize(
    "json, text",
    [
        (
            {"$xor": []},
            "unknown variant `$xor`, expected one of `$eq`, `$neq`, `$lt`, `$lte`, `$gt`, `$gte`, `$add`, `$sub`, "
            "`$mul`, `$div`, `$mod`, `$neg`, `$and`, `$or`, `$not`, `$field`, `$literal`",
        ),
        ({"$eq": [{"$literal": 1}]}, "invalid length 1, expected a tuple of size 2"),
        ({"$and": {}}, "invalid type: map, expected a sequence"),
        ({"$field": 5}, "invalid type: integer `5`, expected a string"),
        (
            {"$field": "a b"},
            "Identifier a b has invalid character ' ': Identifiers can only contain alphanumeric "
            "characters or underscores",
        ),
        (5, "invalid type: integer `5`, expected enum JsonExpression"),
        ({}, "invalid type: map, expected enum JsonExpression"),
        ({"$literal": {"$bytes": 5, "$x": 1}}, "Field name $bytes starts with '$', which is reserved."),
    ],
)
def test_reports_what_it_cannot_read(json, text):
    with pytest.raises(InvalidValueError) as raised:
        parse_expression(json)
    assert str(raised.value) == text


@pytest.mark.parametrize(
    "operator, text",
    [
        ({"map": 1}, "unknown variant `map`, expected `filter` or `limit`"),
        ({"limit": -1}, "invalid value: integer `-1`, expected usize"),
        ({"limit": 1.5}, "invalid type: floating point `1.5`, expected usize"),
    ],
)
def test_reports_operators_it_cannot_read(operator, text):
    source = {"type": "FullTableScan", "tableName": "items", "order": None}
    with pytest.raises(InvalidValueError) as raised:
        parse_query({"source": source, "operators": [operator]})
    assert str(raised.value) == text
