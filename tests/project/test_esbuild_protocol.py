from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.project.esbuild_protocol import Packet, PacketSplitter, ProtocolError, decode_packet, encode_packet

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2**32 - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
PACKETS = st.builds(Packet, st.integers(0, 2**31 - 1), st.booleans(), VALUES)


def test_a_request_in_bytes():
    packet = Packet(5, True, {"a": [None, True, 258, "é", b"\x00"]})
    assert encode_packet(packet) == (
        b"\x28\x00\x00\x00"  # length
        b"\x0a\x00\x00\x00"  # id << 1
        b"\x06\x01\x00\x00\x00\x01\x00\x00\x00a"  # object of one, key
        b"\x05\x05\x00\x00\x00"  # array of five
        b"\x00\x01\x01\x02\x02\x01\x00\x00\x03\x02\x00\x00\x00\xc3\xa9\x04\x01\x00\x00\x00\x00"
    )


def test_a_response_has_the_lowest_bit():
    assert encode_packet(Packet(5, False, None))[4] == 11


def test_negative_numbers_become_32_bits():
    assert decode_packet(encode_packet(Packet(0, True, -1))[4:]).value == 2**32 - 1


@given(PACKETS)
def test_a_packet_survives_the_way(packet):
    assert decode_packet(encode_packet(packet)[4:]) == packet


@given(st.lists(PACKETS, max_size=5), st.integers(1, 40))
def test_packets_are_found_whatever_the_chunks(packets, size):
    stream = b"".join(map(encode_packet, packets))
    splitter = PacketSplitter()
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    bodies = [body for chunk in chunks for body in splitter.feed(chunk)]
    assert [decode_packet(body) for body in bodies] == packets


@given(PACKETS, st.integers(min_value=1))
def test_a_packet_that_is_cut_short_is_an_error(packet, cut):
    body = encode_packet(packet)[4:]
    with pytest.raises(ProtocolError):
        decode_packet(body[: -1 - cut % len(body)])


def test_bytes_left_over_are_an_error():
    with pytest.raises(ProtocolError, match=r"^not a packet: 1 bytes left over$"):
        decode_packet(encode_packet(Packet(0, True, None))[4:] + b"x")


def test_an_unknown_tag_is_an_error():
    with pytest.raises(ProtocolError, match=r"^not a packet: unknown tag 9$"):
        decode_packet(b"\x00\x00\x00\x00\x09")


def test_a_value_without_a_tag_is_an_error():
    with pytest.raises(ProtocolError, match=r"^esbuild's protocol has no value for float$"):
        encode_packet(Packet(0, True, 1.5))
