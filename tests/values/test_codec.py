import base64
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.values.codec import (
    canonical_number,
    decode,
    decode_fields,
    decode_or_undefined,
    decode_parsed,
    encode,
    encode_parsed,
)
from convex_test.values.invalid import InvalidValueError
from convex_test.values.order import encode_key
from convex_test.values.types import ConvexInt64, undefined

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "json.json").read_text())["vectors"]


def message_of(text):
    with pytest.raises(InvalidValueError) as caught:
        decode(text)
    return str(caught.value)


def spelled(value):
    """A value with the types of its parts, for comparisons that `==` would let pass."""
    if isinstance(value, dict):
        return {name: spelled(item) for name, item in value.items()}
    if isinstance(value, list):
        return [spelled(item) for item in value]
    return type(value), repr(value)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: json.dumps(vector["value"]))
def test_encoding_gives_the_clients_json(vector, from_notation):
    assert json.loads(encode(from_notation(vector["value"]))) == vector["json"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: json.dumps(vector["value"]))
def test_decoding_takes_the_clients_json(vector, from_notation):
    decoded = decode(json.dumps(vector["json"]))
    assert spelled(decoded) == spelled(from_notation(vector["value"]))


@given(data=st.data())
def test_decoding_undoes_encoding(convex_values, data):
    value = data.draw(convex_values)
    decoded = decode(encode(value))
    assert encode_key(decoded) == encode_key(value)
    assert spelled(decoded) == spelled(value)


@given(data=st.data())
def test_parsed_encoding_is_the_encoded_text(convex_values, data):
    value = data.draw(convex_values)
    assert json.loads(encode(value)) == json.loads(json.dumps(encode_parsed(value)))


@given(data=st.data())
def test_equal_values_have_equal_texts(convex_values, data):
    value = data.draw(convex_values)
    other = dict(reversed(value.items())) if isinstance(value, dict) else value
    assert encode(other) == encode(value)


def test_bytes_are_read_as_text_is():
    assert decode(b'{"a":"\xc3\xa9"}') == {"a": "é"}


def test_encoded_names_are_sorted():
    assert encode({"b": 1, "a": {"d": None, "c": -0.0}}) == '{"a":{"c":{"$float":"AAAAAAAAAIA="},"d":null},"b":1}'


def test_a_special_float_beside_null_is_not_lost():
    assert encode([None, float("inf"), float("nan"), -0.0, -0.05]) == (
        '[null,{"$float":"AAAAAAAA8H8="},{"$float":"AAAAAAAA+H8="},{"$float":"AAAAAAAAAIA="},-0.05]'
    )


def test_int64_inside_a_document_is_encoded():
    assert encode({"n": ConvexInt64(-1)}) == '{"n":{"$integer":"//////////8="}}'


@pytest.mark.parametrize("value", [{1}, bytearray(b"x"), undefined, object()])
def test_values_of_other_types_are_not_encoded(value):
    with pytest.raises(TypeError):
        encode({"a": value})


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1.0", 1),
        ("-3.0", -3),
        ("1e3", 1000),
        ("-0.0", -0.0),
        ("9007199254740992", 2**53),
        ("9007199254740993", float(2**53)),
        ("9007199254740994", float(2**53 + 2)),
        ("12345678901234567890", 12345678901234567000.0),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ('{"$float":"AAAAAAAAAAA="}', 0),
    ],
)
def test_numbers_become_canonical(text, expected):
    assert spelled(decode(text)) == spelled(canonical_number(expected))


def test_canonical_numbers_are_ints_up_to_two_to_the_53():
    spellings = [canonical_number(number) for number in (2.0**53, -(2.0**53), 2.0**53 + 2, 2**53 + 2, 0.5, -0.0)]
    assert [type(number) for number in spellings] == [int, int, float, float, float, float]


def test_nothing_is_left_of_a_dollar_name_that_is_not_alone():
    assert message_of('{"$integer":"AQAAAAAAAAA=","a":1}') == "Field name $integer starts with '$', which is reserved."


@pytest.mark.parametrize("name", ["$commitTs", "$undefined", "$set", "$map", "$"])
def test_other_dollar_names_are_refused(name):
    assert message_of(json.dumps({name: None})) == f"Field name {name} starts with '$', which is reserved."


def test_a_dollar_within_a_name_is_an_ordinary_character():
    assert decode('{"a$b":{"c$":{"$integer":"AQAAAAAAAAA="}}}') == {"a$b": {"c$": ConvexInt64(1)}}


def test_the_first_fault_is_the_one_reported():
    assert message_of('{"a":{"$x":1},"é":2}') == "Field name $x starts with '$', which is reserved."


def test_names_are_checked_at_every_depth():
    assert message_of('[{"a":{"é":2}}]') == (
        "Field name é has invalid character 'é': Field names can only contain non-control ASCII characters"
    )


def test_many_long_names_are_fine_together():
    value = {f"{index:x<1000}": 1 for index in range(3)}
    assert decode(json.dumps(value)) == value


@pytest.mark.parametrize("name", ["$integer", "$float"])
@pytest.mark.parametrize("raw", [b"", b"1234567", b"123456789"])
def test_numbers_take_eight_bytes(name, raw):
    kind = {"$integer": "Int64", "$float": "Float64"}[name]
    assert message_of(json.dumps({name: base64.b64encode(raw).decode()})) == f"{kind} must be exactly eight bytes"


@pytest.mark.parametrize("number, text", [(1.5, "1.5"), (1.0, "1"), (-2.0, "-2")])
def test_ordinary_numbers_are_not_to_hide_in_a_float_object(number, text):
    encoded = base64.b64encode(struct.pack("<d", number)).decode()
    assert message_of(json.dumps({"$float": encoded})) == f"Float64 {text} should be encoded as a number"


@pytest.mark.parametrize(
    "json_text, kind",
    [
        ("null", "null"),
        ("true", "boolean `true`"),
        ("5", "integer `5`"),
        ("1.5", "floating point `1.5`"),
        ("[]", "sequence"),
        ("{}", "map"),
    ],
)
def test_encoded_bytes_are_strings(json_text, kind):
    assert message_of(f'{{"$bytes":{json_text}}}') == f"invalid type: {kind}, expected a string"


def test_base64_needs_no_padding():
    assert decode('{"$bytes":"AQI"}') == b"\x01\x02"


@pytest.mark.parametrize("text", ["A", "AQI!", "A=QI", "AQJ", "-_-_", "AQ I"])
def test_broken_base64_is_refused(text):
    assert message_of(json.dumps({"$bytes": text})).startswith(f'Invalid base64 "{text}": ')


@pytest.mark.parametrize("text", ["", "{", "nul", "NaN", "1e400", '"\\ud800"', "[1,]"])
def test_broken_json_is_refused(text):
    assert message_of(text).startswith("Invalid JSON: ")


def test_arrays_have_at_most_8192_elements():
    assert len(decode(json.dumps([0] * 8192))) == 8192
    assert message_of(json.dumps({"a": [0] * 8193})) == "Array length is too long (8193 > maximum length 8192)"


def test_objects_have_at_most_1024_fields():
    assert len(decode(json.dumps({f"f{n}": 0 for n in range(1024)}))) == 1024
    assert message_of(json.dumps([{f"f{n}": 0 for n in range(1025)}])) == (
        "Object has too many fields (1025 > maximum number 1024)"
    )


def test_values_are_nested_at_most_64_deep():
    assert decode("[" * 64 + "]" * 64)
    assert message_of('{"a":' * 65 + "1" + "}" * 65) == (
        "Value is too nested (nested 65 levels deep > maximum nesting 64)"
    )
    assert message_of("[" * 65 + "]" * 65) == "Value is too nested (nested 65 levels deep > maximum nesting 64)"


def test_special_objects_are_not_a_level_of_nesting():
    assert decode("[" * 64 + '{"$integer":"AQAAAAAAAAA="}' + "]" * 64)


def test_values_weigh_at_most_32_mebibytes():
    at_limit = "x" * (2**25 - 2)
    assert decode(json.dumps(at_limit)) == at_limit
    assert message_of(json.dumps([at_limit])) == "Value is too large (32.00 MiB > maximum size 32 MiB)"


def test_undefined_is_read_where_literals_may_be_it():
    assert decode_or_undefined({"$undefined": None}) is undefined
    assert decode_or_undefined(None) is None


def test_fields_of_a_patch_may_be_undefined():
    assert decode_fields({"a": {"$undefined": None}, "b": 1.0, "c": {"d": None}}) == {
        "a": undefined,
        "b": 1,
        "c": {"d": None},
    }


def test_undefined_is_not_read_below_the_fields_of_a_patch():
    with pytest.raises(InvalidValueError) as caught:
        decode_fields({"a": {"b": {"$undefined": None}}})
    assert str(caught.value) == "Field name $undefined starts with '$', which is reserved."


def test_a_patch_is_an_object():
    with pytest.raises(InvalidValueError) as caught:
        decode_fields([1])
    assert str(caught.value) == "Value must be an Object"


def test_parsed_json_is_decoded_without_its_text():
    assert decode_parsed({"a": [{"$bytes": "AQ=="}, 2.0]}) == {"a": [b"\x01", 2]}
