"""The plain value of a validator: it matches, and it is the same every time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.ids import encode_id
from convex_test.backend.schema.examples import NoExampleError, example
from convex_test.backend.schema.validators import parse_validator

NUMBERS = {"users": 10001, "messages": 10002}
TYPES = ("null", "number", "bigint", "boolean", "string", "bytes", "any", "commitTs")


class KnownTables:
    def name_of(self, table_number: int) -> str | None:
        return next((name for name, number in NUMBERS.items() if number == table_number), None)

    def is_system(self, name: str) -> bool:
        return name.startswith("_")


def an_id(table: str) -> str | None:
    return encode_id(NUMBERS[table], bytes(16)) if table in NUMBERS else None


def field(validator: Any, *, optional: bool = False) -> dict[str, Any]:
    return {"fieldType": validator, "optional": optional}


SIMPLE = st.one_of(
    st.sampled_from([{"type": kind} for kind in TYPES]),
    st.sampled_from([{"type": "id", "tableName": table} for table in NUMBERS]),
    st.sampled_from(["a", "", 7.0, -1.5, True, {"$integer": "AQAAAAAAAAA="}]).map(
        lambda value: {"type": "literal", "value": value}
    ),
)


def compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(
        st.sampled_from("abcd"),
        st.builds(lambda validator, optional: field(validator, optional=optional), inner, st.booleans()),
    )
    return st.one_of(
        inner.map(lambda value: {"type": "array", "value": value}),
        fields.map(lambda value: {"type": "object", "value": value}),
        st.lists(inner, min_size=1, max_size=3).map(lambda value: {"type": "union", "value": value}),
        inner.map(lambda value: {"type": "record", "keys": {"type": "string"}, "values": field(value)}),
    )


@given(st.recursive(SIMPLE, compound, max_leaves=12))
def test_it_matches(json):
    validator = parse_validator(json)
    value = example(validator, an_id)
    assert validator.matches(value, KnownTables())
    assert example(validator, an_id) == value


def test_what_a_page_is_asked_for_with():
    options = {
        "numItems": field({"type": "number"}),
        "cursor": field({"type": "union", "value": [{"type": "string"}, {"type": "null"}]}),
        "endCursor": field({"type": "union", "value": [{"type": "string"}, {"type": "null"}]}, optional=True),
    }
    assert example(parse_validator({"type": "object", "value": options}), an_id) == {"numItems": 1, "cursor": None}


@pytest.mark.parametrize("json", [
    {"type": "id", "tableName": "ghosts"},
    {"type": "object", "value": {"x": field({"type": "id", "tableName": "ghosts"})}},
    {"type": "union", "value": [{"type": "id", "tableName": "ghosts"}]},
])  # fmt: skip
def test_there_is_no_id_of_a_table_that_is_not_there(json):
    with pytest.raises(NoExampleError, match=r"^no id matches v\.id"):
        example(parse_validator(json), an_id)


def test_a_union_has_the_example_of_a_member_that_has_one():
    json = {"type": "union", "value": [{"type": "id", "tableName": "ghosts"}, {"type": "string"}]}
    assert example(parse_validator(json), an_id) == "example"


def test_nothing_matches_an_empty_union():
    with pytest.raises(NoExampleError, match=r"^no value matches v\.union\(\)$"):
        example(parse_validator({"type": "union", "value": []}), an_id)


def test_a_list_needs_no_example_of_its_members():
    json = {"type": "array", "value": {"type": "id", "tableName": "ghosts"}}
    assert example(parse_validator(json), an_id) == []
