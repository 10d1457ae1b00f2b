import base64
import hashlib
import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.ids import DecodedId, IdGenerator, InvalidIdError, decode_id, encode_id, normalize_id

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ids.json").read_text())["vectors"]
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID = "j57000820c20a1g7104gm2rc1m70ynr8"

table_numbers = st.integers(1, 2**32 - 1) | st.sampled_from([1, 127, 128, 10001, 16383, 16384, 2**28, 2**32 - 1])
internals = st.binary(min_size=16, max_size=16)


def message_of(text):
    with pytest.raises(InvalidIdError) as caught:
        decode_id(text)
    return str(caught.value)


def base32(data):
    """Base 32 digit by digit, as the textbook has it."""
    bits = "".join(f"{byte:08b}" for byte in data)
    groups = [bits[start : start + 5].ljust(5, "0") for start in range(0, len(bits), 5)]
    return "".join(ALPHABET[int(group, 2)] for group in groups)


def with_checksum(data):
    low = high = 0
    for byte in data:
        low = (low + byte) % 256
        high = (high + low) % 256
    return data + bytes([low, high])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_ids_are_the_backends(vector):
    assert encode_id(vector["table"], bytes.fromhex(vector["internal"])) == vector["id"]
    assert decode_id(vector["id"]) == DecodedId(vector["table"], bytes.fromhex(vector["internal"]))


@given(table_numbers, internals)
def test_decoding_undoes_encoding(table_number, internal):
    assert decode_id(encode_id(table_number, internal)) == DecodedId(table_number, internal)


@given(st.integers(1, 127), internals)
def test_encoding_is_base32_with_a_checksum(table_number, internal):
    assert encode_id(table_number, internal) == base32(with_checksum(bytes([table_number]) + internal))


@given(table_numbers, internals, st.data())
def test_one_changed_character_makes_it_no_id(table_number, internal, data):
    text = encode_id(table_number, internal)
    position = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([character for character in ALPHABET if character != text[position]]))
    changed = text[:position] + other + text[position + 1 :]
    try:
        decoded = decode_id(changed)
    except InvalidIdError:
        return
    # The checksum is short, but what it lets through is still a canonical id.
    assert encode_id(decoded.table_number, decoded.internal) == changed


@given(st.text(max_size=40) | st.text(ALPHABET, min_size=30, max_size=38))
def test_only_canonical_texts_are_ids(text):
    try:
        decoded = decode_id(text)
    except InvalidIdError as error:
        assert str(error).startswith("Unable to decode ID: ")  # noqa: PT017
    else:
        assert encode_id(decoded.table_number, decoded.internal) == text


@pytest.mark.parametrize("length", [0, 1, 22, 30, 38, 1000])
def test_ids_have_31_to_37_characters(length):
    assert message_of("a" * length) == f"Unable to decode ID: Invalid ID length {length}"


def test_the_length_is_counted_in_bytes():
    assert message_of("é" * 19) == "Unable to decode ID: Invalid ID length 38"
    assert message_of("é" * 16) == "Unable to decode ID: ID wasn't valid base32"


@pytest.mark.parametrize("character", ["i", "l", "o", "u", "J", "_", "-", " ", "\n", "٣", "\0"])
def test_ids_are_made_of_the_alphabet(character):
    text = "1" * (31 - len(character.encode())) + character
    assert message_of(text.ljust(31, "1")) == "Unable to decode ID: ID wasn't valid base32"


@pytest.mark.parametrize(
    "number",
    [b"\x00", b"\x80\x00", b"\x80\x80\x80\x80\x80\x01", b"\xff\xff\xff\xff\xff"],
    ids=["zero", "zero in two bytes", "six bytes", "endless"],
)
def test_table_numbers_are_positive_and_of_five_bytes_at_most(number):
    data = with_checksum(number + bytes(range(16)))[:23]
    assert message_of(base32(data)) == "Unable to decode ID: Invalid table number"


@pytest.mark.parametrize(
    "text, found, expected",
    [
        ("j57000820c20a1g7104gm2rc1m70ynr9", 2391, 2135),
        ("j57000820c20a1g7104gm2rc1m70yns8", 10327, 2135),
        ("j57000820c20a1g7104gm2rc1m71ynr8", 2135, 6247),
    ],
)
def test_a_wrong_checksum_is_reported_as_a_version(text, found, expected):
    assert message_of(text) == f"Unable to decode ID: Invalid ID version {found} (expected {expected})"


def test_bytes_may_not_be_missing():
    text = base32(with_checksum(b"\xff\xff\x7f" + bytes(range(14))))
    assert len(text) == 31
    assert message_of(text) == "Unable to decode ID: Invalid ID length 31"


def test_bytes_may_not_be_left_over():
    text = base32(with_checksum(b"\x05" + bytes(range(16))) + b"\x00")
    assert message_of(text) == "Unable to decode ID: Invalid ID length 32"


def test_the_table_number_takes_no_more_bytes_than_it_needs():
    text = base32(with_checksum(b"\x85\x00" + bytes(range(16))))
    assert message_of(text) == "Unable to decode ID: Invalid ID length 32"


def test_the_bits_after_the_last_byte_are_zero():
    text = encode_id(5, bytes(range(16)))
    changed = text[:-1] + ALPHABET[ALPHABET.index(text[-1]) ^ 1]
    assert message_of(changed) == "Unable to decode ID: Invalid ID length 31"


@given(table_numbers, st.integers(0, 2**31))
def test_generated_ids_hold_table_and_day(table_number, seconds):
    decoded = decode_id(IdGenerator(Random(1)).new(table_number, seconds + 0.75))
    assert decoded.table_number == table_number
    assert int.from_bytes(decoded.internal[14:], "big") == seconds // 86400


def test_generated_ids_differ():
    generator = IdGenerator(Random(1))
    assert len({generator.new(10001, 0) for _ in range(1000)}) == 1000


def test_generated_ids_repeat_with_the_seed():
    first, second = (IdGenerator(Random(42)) for _ in range(2))
    assert [first.new(10001, 1e9) for _ in range(3)] == [second.new(10001, 1e9) for _ in range(3)]


def test_an_id_of_the_table_is_normal_already():
    assert normalize_id(ID, 10001) == ID


def test_an_id_of_another_table_is_none():
    assert normalize_id(ID, 10002) is None


@pytest.mark.parametrize("text", ["", "garbage", "x" * 22, "x" * 25, "é" * 11, "-" * 22, ID[:-1], ID + "0", "/" * 40])
def test_what_is_no_id_of_any_age_is_none(text):
    assert normalize_id(text, 10001) is None


@given(internals, table_numbers)
def test_ids_of_version_5_become_ids_of_the_table(internal, table_number):
    old = base64.urlsafe_b64encode(internal).decode().rstrip("=")
    assert normalize_id(old, table_number) == encode_id(table_number, internal)


def test_unused_bits_in_an_id_of_version_5_must_be_zero():
    assert normalize_id("A" * 22, 10001) == encode_id(10001, bytes(16))
    assert normalize_id("A" * 21 + "B", 10001) is None


def base62(data):
    """Base 62 with the lowest digit first, a leading 1 byte keeping zeros."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number, text = int.from_bytes(b"\x01" + data, "big"), ""
    while number:
        number, digit = divmod(number, 62)
        text += digits[digit]
    return text


@given(st.binary(min_size=17, max_size=17), table_numbers)
def test_ids_of_version_4_become_ids_of_the_table(old, table_number):
    internal = hashlib.sha256(old[:15]).digest()[:14] + old[15:]
    assert normalize_id(base62(old), table_number) == encode_id(table_number, internal)


def test_any_first_byte_is_dropped_from_an_id_of_version_4():
    assert normalize_id("x" * 23, 10001) == "j5785m52tn2t7rbycgvre2fdawq2kd88"


@pytest.mark.parametrize("length", [16, 18])
def test_ids_of_version_4_have_17_bytes(length):
    assert normalize_id(base62(b"\xff" * length), 10001) is None
