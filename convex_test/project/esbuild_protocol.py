"""The packets that esbuild's service mode exchanges over stdin and stdout.

A packet is a little-endian uint32 length, then a uint32 that holds the packet's id shifted left by one with the
lowest bit set for responses, then one value. A value is a tag byte and its content: null, bool, uint32, UTF-8 string,
bytes, array, or object. The very first packet from esbuild is its bare version instead. Read in `lib/main.js` of the
npm package `esbuild`; unchanged from 0.17 to 0.28.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

_UINT32 = struct.Struct("<I")


class _Tag:
    NULL = 0
    BOOL = 1
    INT = 2
    STRING = 3
    BYTES = 4
    ARRAY = 5
    OBJECT = 6


class ProtocolError(ValueError):
    """Bytes that are no packet of esbuild's protocol."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One request or response. A response carries the id of its request."""

    id: int
    is_request: bool
    value: Any


def encode_packet(packet: Packet) -> bytes:
    """The bytes of a packet, length prefix included."""
    out = bytearray(4)
    out += _UINT32.pack(packet.id << 1 | (not packet.is_request))
    _encode(packet.value, out)
    _UINT32.pack_into(out, 0, len(out) - 4)
    return bytes(out)


def _encode(value: Any, out: bytearray) -> None:
    match value:
        case None:
            out.append(_Tag.NULL)
        case bool():
            out += bytes((_Tag.BOOL, value))
        case int():
            out.append(_Tag.INT)
            out += _UINT32.pack(value & 0xFFFFFFFF)
        case str():
            out.append(_Tag.STRING)
            _encode_bytes(value.encode("utf-8"), out)
        case bytes():
            out.append(_Tag.BYTES)
            _encode_bytes(value, out)
        case list():
            out.append(_Tag.ARRAY)
            out += _UINT32.pack(len(value))
            for item in value:
                _encode(item, out)
        case dict():
            out.append(_Tag.OBJECT)
            out += _UINT32.pack(len(value))
            for key, item in value.items():
                _encode_bytes(key.encode("utf-8"), out)
                _encode(item, out)
        case _:
            raise ProtocolError(f"esbuild's protocol has no value for {type(value).__name__}")


def _encode_bytes(content: bytes, out: bytearray) -> None:
    out += _UINT32.pack(len(content))
    out += content


def decode_packet(body: bytes) -> Packet:
    """The packet in `body`, which begins after the length prefix."""
    reader = _Reader(body)
    try:
        head = reader.integer()
        value = reader.value()
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ProtocolError(f"not a packet: {error}") from error
    if reader.at != len(body):
        raise ProtocolError(f"not a packet: {len(body) - reader.at} bytes left over")
    return Packet(head >> 1, head & 1 == 0, value)


class _Reader:
    __slots__ = ("at", "body")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    def integer(self) -> int:
        (number,) = _UINT32.unpack_from(self.body, self.at)
        self.at += 4
        return int(number)

    def bytes(self) -> bytes:
        size = self.integer()
        content = self.body[self.at : self.at + size]
        if len(content) != size:
            raise IndexError(f"{size} bytes announced, {len(content)} there")
        self.at += size
        return content

    def value(self) -> Any:
        tag = self.body[self.at]
        self.at += 1
        match tag:
            case _Tag.NULL:
                return None
            case _Tag.BOOL:
                self.at += 1
                return bool(self.body[self.at - 1])
            case _Tag.INT:
                return self.integer()
            case _Tag.STRING:
                return self.bytes().decode("utf-8", errors="replace")
            case _Tag.BYTES:
                return self.bytes()
            case _Tag.ARRAY:
                return [self.value() for _ in range(self.integer())]
            case _Tag.OBJECT:
                return {self.bytes().decode("utf-8", errors="replace"): self.value() for _ in range(self.integer())}
            case _:
                raise ProtocolError(f"not a packet: unknown tag {tag}")


class PacketSplitter:
    """Cuts a stream of bytes into packet bodies, whatever the chunks they arrive in."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """The bodies that `chunk` completes, in order."""
        self._pending += chunk
        bodies: list[bytes] = []
        start = 0
        while start + 4 <= len(self._pending):
            (size,) = _UINT32.unpack_from(self._pending, start)
            if start + 4 + size > len(self._pending):
                break
            bodies.append(bytes(self._pending[start + 4 : start + 4 + size]))
            start += 4 + size
        del self._pending[:start]
        return bodies
