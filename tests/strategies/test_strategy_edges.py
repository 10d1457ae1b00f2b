"""Every kind of value is drawn with its edges, and what fails shrinks to something small."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import find, settings

from convex_test import ConvexInt64, strategies

EDGES = {
    "v.number()": {
        "not a number": math.isnan,
        "infinity": lambda x: x == math.inf,
        "minus infinity": lambda x: x == -math.inf,
        "minus zero": lambda x: x == 0 and math.copysign(1, x) < 0,
        "subnormal": lambda x: 0 < abs(x) < 2.3e-308,
        "greatest": lambda x: x == 1.7976931348623157e308,
        "fraction": lambda x: math.isfinite(x) and x != int(x),
        "greatest safe integer": lambda x: x == 2**53,
        "beyond the safe integers": lambda x: math.isfinite(x) and abs(x) > 2**53,
    },
    "v.int64()": {
        "greatest": lambda x: x == 2**63 - 1,
        "least": lambda x: x == -(2**63),
        "no number can hold it": lambda x: x == 2**53 + 1,
    },
    "v.string()": {
        "empty": lambda x: x == "",
        "astral": lambda x: any(ord(each) > 0xFFFF for each in x),
        "NUL": lambda x: "\0" in x,
        "combining": lambda x: any(map(unicodedata.combining, x)),
        "blank": lambda x: x and not x.strip(),
        "a member of Object.prototype": lambda x: x == "constructor",
        "long": lambda x: len(x) > 255,
        "longer in lower case": lambda x: len(x.lower()) > len(x),
    },
    "v.bytes()": {"empty": lambda x: x == b"", "not UTF-8": lambda x: any(each > 0xF8 for each in x)},
    "v.array(v.array(v.null()))": {
        "empty": lambda x: x == [],
        "an empty one inside": lambda x: [] in x,
        "several": lambda x: len(x) > 2,
    },
    "v.record(v.string(), v.null())": {
        "empty": lambda x: x == {},
        "an empty name": lambda x: "" in x,
        "the longest name": lambda x: any(len(each) == 1024 for each in x),
        "a name with a dot": lambda x: any("." in each for each in x),
        "a system field's name": lambda x: "_id" in x,
    },
    "v.object({ a: v.optional(v.null()), b: v.null() })": {
        "with the optional field": lambda x: "a" in x,
        "without it": lambda x: "a" not in x,
    },
    "v.union(v.literal('a'), v.int64(), v.null())": {
        "first": lambda x: x == "a",
        "second": lambda x: isinstance(x, ConvexInt64),
        "third": lambda x: x is None,
    },
    "v.any()": {
        "nested": lambda x: isinstance(x, list) and any(isinstance(each, dict) for each in x),
        "bigint": lambda x: isinstance(x, ConvexInt64),
        "bytes": lambda x: isinstance(x, bytes),
        "null": lambda x: x is None,
    },
}


@pytest.fixture(scope="module")
def drawn(project):
    return {validator: strategies.examples(strategies.value(validator, project=project), 700) for validator in EDGES}


@pytest.mark.parametrize(("validator", "edge"), [(validator, edge) for validator in EDGES for edge in EDGES[validator]])
def test_an_edge_is_drawn(drawn, validator, edge):
    assert any(EDGES[validator][edge](each) for each in drawn[validator])


def smallest(strategy, condition):
    return find(strategy, condition, settings=settings(max_examples=3000, database=None))


@pytest.mark.parametrize(
    ("validator", "condition", "expected"),
    [
        ("v.number()", lambda x: x > 100, 101),
        ("v.number()", lambda x: x < 0, -1),
        ("v.string()", lambda x: len(x) > 2, "000"),
        ("v.array(v.number())", lambda x: len(x) > 2, [0, 0, 0]),
        ("v.union(v.string(), v.number(), v.null())", lambda x: x is None, None),
        ("v.object({ a: v.number(), b: v.optional(v.string()) })", lambda x: x["a"] > 5, {"a": 6}),
        ("v.any()", lambda x: isinstance(x, dict) and x, {"a": None}),
        ("v.id('users')", lambda _: True, "jn700000000000000000000000001rx"),
    ],
)
def test_shrinking(project, validator, condition, expected):
    found = smallest(strategies.value(validator, project=project), condition)

    if validator == "v.id('users')":
        assert found.endswith("00001rx8") or "0000000000000000" in found
    else:
        assert found == expected


def test_refused_values_shrink_to_one_fault(project):
    strategy = strategies.refused_values("v.object({ a: v.number(), b: v.string() })", project=project)

    found = smallest(strategy, lambda x: isinstance(x, dict) and "b" in x)

    assert found == {"b": ""}
