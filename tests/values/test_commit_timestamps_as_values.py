import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.errors import UsageError
from convex_test.values.codec import decode, decode_fields, decode_or_undefined, decode_parsed, encode, encode_parsed
from convex_test.values.invalid import InvalidValueError
from convex_test.values.order import compare, encode_key
from convex_test.values.pending import is_pending, resolve, shape_of
from convex_test.values.python import from_python, from_python_fields, to_python
from convex_test.values.render import render, type_name
from convex_test.values.size import nesting_of, size_of
from convex_test.values.types import MAX_INT64, CommitTsPlaceholder, ConvexInt64, commit_ts, undefined

TOKEN = '{"$commitTs":null}'
RESERVED = "Field name $commitTs starts with '$', which is reserved."


@pytest.fixture(scope="session")
def pending_values(convex_values):
    """A strategy for values in which `commit_ts` may be anywhere."""
    leaves = st.one_of(st.just(commit_ts), convex_values)
    return st.recursive(
        leaves,
        lambda items: st.one_of(
            st.lists(items, max_size=3), st.dictionaries(st.sampled_from("abc"), items, max_size=3)
        ),
        max_leaves=6,
    )


def naive_resolve(value, timestamp):
    if value is commit_ts:
        return ConvexInt64(timestamp)
    if isinstance(value, dict):
        return {name: naive_resolve(item, timestamp) for name, item in value.items()}
    return [naive_resolve(item, timestamp) for item in value] if isinstance(value, list) else value


def error_of(function, *args, **options):
    with pytest.raises(InvalidValueError) as caught:
        function(*args, **options)
    return str(caught.value)


# The object


@pytest.mark.parametrize(
    "made", [CommitTsPlaceholder, lambda: copy.deepcopy([commit_ts])[0], lambda: pickle.loads(pickle.dumps(commit_ts))]
)
def test_there_is_one_placeholder(made):
    assert made() is commit_ts


def test_its_repr_is_the_name_to_write():
    assert repr({"at": commit_ts}) == "{'at': commit_ts}"


def test_it_cannot_be_used_as_a_number():
    with pytest.raises(TypeError):
        commit_ts > 5  # type: ignore[operator]  # noqa: B015


# JSON


def test_the_token_is_the_placeholder_where_that_is_allowed():
    assert decode(TOKEN, pending=True) is commit_ts
    assert decode_parsed({"a": [{"$commitTs": None}]}, pending=True)["a"][0] is commit_ts
    assert decode_or_undefined({"$commitTs": None}, pending=True) is commit_ts


@pytest.mark.parametrize("text", [TOKEN, f'{{"a":{TOKEN}}}', f"[1,{TOKEN}]", f'{{"a":[{{"b":{TOKEN}}}]}}'])
def test_the_token_is_a_bad_field_name_elsewhere(text):
    assert error_of(decode, text) == RESERVED


def test_literals_refuse_the_token():
    assert error_of(decode_or_undefined, {"$commitTs": None}) == RESERVED


@pytest.mark.parametrize("content", [0, "x", False, {"$commitTs": None}, []])
def test_the_token_holds_null(content):
    assert error_of(decode_parsed, {"a": {"$commitTs": content}}, pending=True) == "$commitTs value must be null"


def test_the_token_stands_alone():
    assert error_of(decode_parsed, {"$commitTs": None, "a": 1}, pending=True) == RESERVED


def test_the_token_is_not_looked_for_inside_other_special_objects():
    assert error_of(decode_parsed, {"$integer": {"$commitTs": None}}, pending=True) == (
        "invalid type: map, expected a string"
    )


def test_a_patch_may_hold_the_token():
    fields = decode_fields({"a": {"$commitTs": None}, "b": {"c": {"$commitTs": None}}, "d": {"$undefined": None}})
    assert fields["a"] is commit_ts
    assert fields["b"]["c"] is commit_ts
    assert fields["d"] is undefined


def test_the_token_is_no_patch():
    assert error_of(decode_fields, {"$commitTs": None}) == RESERVED


def test_the_placeholder_is_written_as_the_token():
    assert encode({"b": [commit_ts], "a": commit_ts}) == f'{{"a":{TOKEN},"b":[{TOKEN}]}}'
    assert encode_parsed([commit_ts]) == [{"$commitTs": None}]


def test_special_floats_beside_the_placeholder_are_kept():
    text = encode([float("nan"), commit_ts, None])
    assert text == f'[{{"$float":"AAAAAAAA+H8="}},{TOKEN},null]'


@given(data=st.data())
def test_decoding_undoes_encoding(pending_values, data):
    value = data.draw(pending_values)
    decoded = decode(encode(value), pending=True)
    assert encode(decoded) == encode(value)
    assert is_pending(decoded) is is_pending(value)


@given(data=st.data())
def test_plain_values_are_the_same_either_way(convex_values, data):
    text = encode(data.draw(convex_values))
    assert encode(decode(text, pending=True)) == encode(decode(text))


# Before the commit it is the greatest Int64


@given(data=st.data())
def test_it_is_ordered_measured_and_rendered_as_the_greatest_int64(pending_values, data):
    value = data.draw(pending_values)
    last = naive_resolve(value, MAX_INT64)
    assert encode_key(value) == encode_key(last)
    assert size_of(value) == size_of(last)
    assert nesting_of(value) == nesting_of(last)
    assert render(value) == render(last)
    assert type_name(value) == type_name(last)


def test_it_weighs_9_bytes():
    assert size_of(commit_ts) == 9


def test_it_comes_after_all_known_timestamps_and_before_all_floats():
    assert compare(ConvexInt64(MAX_INT64 - 1), commit_ts) == -1
    assert compare(commit_ts, ConvexInt64(MAX_INT64)) == 0
    assert compare(commit_ts, float("-inf")) == -1


def test_errors_show_it_as_the_greatest_int64():
    assert render({"at": commit_ts}) == "{at: 9223372036854775807}"
    assert type_name(commit_ts) == "Int64"


# The commit


@given(data=st.data())
def test_resolving_replaces_every_placeholder(pending_values, data):
    value = data.draw(pending_values)
    resolved = resolve(value, 5)
    assert encode(resolved) == encode(naive_resolve(value, 5))
    assert not is_pending(resolved)


@given(data=st.data())
def test_a_value_is_pending_when_resolving_changes_it(pending_values, data):
    value = data.draw(pending_values)
    assert is_pending(value) is (encode(naive_resolve(value, 5)) != encode(value))


@pytest.mark.parametrize("length", [1, 15, 16, 17, 500])
@pytest.mark.parametrize("last", [0.5, commit_ts, [commit_ts], [], {"a": {"b": commit_ts}}])
def test_long_arrays_are_looked_through_to_their_end(length, last):
    value = [0.5] * length + [last]
    assert shape_of(value) == (nesting_of(value), "commit_ts" in repr(value))


@given(data=st.data())
def test_the_shape_of_a_value_is_its_nesting_and_whether_it_is_pending(pending_values, data):
    value = [data.draw(pending_values)]
    assert shape_of(value) == (nesting_of(value), is_pending(value))


def test_resolving_leaves_the_original_alone():
    value = {"a": [commit_ts]}
    assert resolve(value, 5) == {"a": [5]}
    assert value["a"][0] is commit_ts


# Python


def test_python_values_may_hold_it_where_that_is_allowed():
    value = from_python({"a": [commit_ts], "b": (commit_ts,)}, "value", pending=True)
    assert value["a"][0] is value["b"][0] is commit_ts


def test_python_values_may_not_hold_it_elsewhere():
    with pytest.raises(UsageError) as caught:
        from_python({"a": [1, commit_ts]}, "the arguments")
    assert str(caught.value) == (
        "the arguments.a[1]: commit_ts is only allowed in the documents that a mutation writes and in index ranges: "
        "pass a ConvexInt64 of nanoseconds."
    )


def test_python_patches_may_hold_it():
    fields = from_python_fields({"a": commit_ts, "b": undefined, "c": {"d": commit_ts}}, "fields")
    assert fields["a"] is fields["c"]["d"] is commit_ts


def test_it_reads_as_itself_in_python():
    assert to_python({"a": [commit_ts]})["a"][0] is commit_ts
