import functools
import json
import struct
from itertools import combinations, pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from convex_test.values.order import compare, encode_key
from convex_test.values.types import ConvexInt64, undefined

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "order.json").read_text())

RANKS = [type(undefined), type(None), ConvexInt64, float, bool, str, bytes, list, dict]


def naive_compare(left, right):
    """The order as the backend's documentation tells it, without any bytes."""
    left_kind, right_kind = kind_of(left), kind_of(right)
    if left_kind is not right_kind:
        return sign(RANKS.index(left_kind), RANKS.index(right_kind))
    if left_kind is float:
        return sign(total_order_of(left), total_order_of(right))
    if left_kind is list:
        return naive_compare_items(left, right)
    if left_kind is dict:
        flat = [[part for name in sorted(value) for part in (name, value[name])] for value in (left, right)]
        return naive_compare_items(*flat)
    return 0 if left is None or left is undefined else sign(left, right)


def naive_compare_items(left, right):
    for one, other in zip(left, right, strict=False):
        if result := naive_compare(one, other):
            return result
    return sign(len(left), len(right))


def kind_of(value):
    return float if type(value) is int else type(value)


def total_order_of(number):
    (bits,) = struct.unpack(">q", struct.pack(">d", number))
    return bits if bits >= 0 else -(bits & (2**63 - 1)) - 1


def sign(left, right):
    return (left > right) - (left < right)


def test_keys_ascend_as_the_vectors_do(from_notation):
    keys = [encode_key(from_notation(notation)) for notation in VECTORS["ascending"]]
    out_of_order = [(left, right) for left, right in combinations(range(len(keys)), 2) if not keys[left] < keys[right]]
    assert out_of_order == []


def test_compare_agrees_with_the_vectors(from_notation):
    values = [from_notation(notation) for notation in VECTORS["ascending"]]
    assert {compare(left, right) for left, right in pairwise(values)} == {-1}
    assert {compare(right, left) for left, right in pairwise(values)} == {1}
    assert {compare(value, value) for value in values} == {0}


@given(data=st.data())
def test_keys_order_as_values_do(convex_values, data):
    left, right = data.draw(convex_values), data.draw(convex_values)
    assert compare(left, right) == naive_compare(left, right)


@given(data=st.data())
def test_concatenated_keys_order_as_sequences_do(convex_values, data):
    values = st.one_of(convex_values, st.just(undefined))
    left, right = data.draw(st.tuples(values, values)), data.draw(st.tuples(values, values))
    joined = [b"".join(map(encode_key, pair)) for pair in (left, right)]
    assert sign(*joined) == naive_compare_items(left, right)


@given(data=st.data())
def test_no_key_begins_another_one(convex_values, data):
    left, right = encode_key(data.draw(convex_values)), encode_key(data.draw(convex_values))
    assert left == right or not right.startswith(left)


@given(data=st.data())
def test_keys_with_a_prefix_lie_between_it_and_ff(convex_values, data):
    prefix = encode_key(data.draw(convex_values))
    key = prefix + encode_key(data.draw(convex_values))
    assert prefix < key < prefix + b"\xff"


@given(data=st.data())
def test_sorting_by_key_is_sorting_by_value(convex_values, data):
    values = data.draw(st.lists(convex_values, max_size=8))
    by_key = [encode_key(value) for value in sorted(values, key=encode_key)]
    assert by_key == [encode_key(value) for value in sorted(values, key=functools.cmp_to_key(naive_compare))]


def test_types_that_python_takes_for_equal_have_different_keys():
    values = [True, 1, ConvexInt64(1), "1", b"1", False, 0, -0.0, ConvexInt64(0), None, undefined, [], {}]
    assert len({encode_key(value) for value in values}) == len(values)


def test_an_integral_number_has_one_key_in_both_spellings():
    assert encode_key(5) == encode_key(5.0)
