import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.values.invalid import InvalidValueError
from convex_test.values.size import (
    CREATION_TIME_FIELD_SIZE,
    ID_FIELD_SIZE,
    check_size,
    format_size,
    nesting_of,
    size_of,
)
from convex_test.values.types import ConvexInt64

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sizes.json").read_text())["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: json.dumps(vector["value"]))
def test_sizes_are_the_clients(vector, from_notation):
    assert size_of(from_notation(vector["value"])) == vector["size"]


@given(data=st.data())
def test_an_object_weighs_what_its_parts_do(convex_values, data):
    value = data.draw(convex_values)
    assert size_of([value, value]) == 2 + 2 * size_of(value)
    assert size_of({"ab": value, "": value}) == 2 + 3 + 1 + 2 * size_of(value)


def test_system_fields_weigh_what_documents_are_charged_for_them():
    document = {"_id": "j" * 32, "_creationTime": 1700000000000.5}
    assert size_of(document) == 2 + ID_FIELD_SIZE + CREATION_TIME_FIELD_SIZE == 63


@pytest.mark.parametrize(
    "value, levels",
    [(None, 0), ("x", 0), (ConvexInt64(1), 0), ([], 1), ({}, 1), ([1, "a"], 1), ({"a": [], "b": {"c": {}}}, 3)],
)
def test_nesting_counts_the_levels(value, levels):
    assert nesting_of(value) == levels


@pytest.mark.parametrize(
    "size, text",
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.50 KiB"),
        (2**20 - 1, "1024.00 KiB"),
        (2**20, "1 MiB"),
        (2**20 + 1, "1.00 MiB"),
        (3 * 2**19, "1.50 MiB"),
        (2**24, "16 MiB"),
        (2**25, "32 MiB"),
        (5 * 2**30 + 2**29, "5.50 GiB"),
    ],
)
def test_sizes_print_in_binary_units(size, text):
    assert format_size(size) == text


def test_the_innermost_value_that_is_too_large_is_the_one_reported():
    large = "x" * (2**25 + 2**19)
    with pytest.raises(InvalidValueError) as caught:
        check_size({"a": [large, "y" * 2**25]})
    assert str(caught.value) == "Value is too large (32.50 MiB > maximum size 32 MiB)"


def test_a_value_of_exactly_the_limit_is_allowed():
    check_size("x" * (2**25 - 2))
