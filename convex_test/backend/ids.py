"""Document ids: `j57000820c20a1g7104gm2rc1m70ynr8`.

An id is the number of its table (LEB128, 1 to 5 bytes), 16 internal bytes (14 random ones and the day since 1970,
big endian), and a Fletcher-16 checksum, in Crockford's base 32. The two older forms that `normalizeId` still takes are
base 62 of 17 bytes, as the crate `base-62` 0.1 writes it, and URL-safe base 64 of 16 bytes. Read in
`crates/value/src/{id_v6,base32,document_id}.rs` and `crates/database/src/transaction_id_generator.rs`.

By design the random bytes come from the caller's seeded generator, so that ids repeat with the seed.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from functools import cache
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from random import Random

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = [first + second for first in _ALPHABET for second in _ALPHABET]
_TO_PYTHON_DIGITS: Final = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_NOT_BASE32: Final = re.compile(f"[^{_ALPHABET}]")

_BASE62_DIGITS: Final = {
    character: digit for digit, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
}
_URL_SAFE_BASE64_OF_16_BYTES: Final = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")

_DECODED: Final[dict[str, DecodedId]] = {}
"""Ids that were read or made before; reading one costs as much as all else that `db.get` does."""
_MAX_REMEMBERED: Final = 16_384

_INTERNAL_LENGTH: Final = 16
_CHECKSUM_LENGTH: Final = 2
_MIN_LENGTH: Final = 31
_MAX_LENGTH: Final = 37
_SECONDS_PER_DAY: Final = 86_400


class InvalidIdError(ValueError):
    """A string is not an id; the text is the backend's, `Unable to decode ID: …`."""


class DecodedId(NamedTuple):
    """What an id says: the number of its table, and the 16 bytes that name the document within it."""

    table_number: int
    internal: bytes


class IdGenerator:
    """Makes the ids of new documents."""

    __slots__ = ("_random",)

    def __init__(self, random: Random) -> None:
        self._random = random

    def new(self, table_number: int, unix_seconds: float) -> str:
        """A fresh id; `unix_seconds` is the time at which the transaction began."""
        day = int(unix_seconds // _SECONDS_PER_DAY) & 0xFFFF
        internal = self._random.randbytes(14) + day.to_bytes(2, "big")
        made = encode_id(table_number, internal)
        # A new id is soon read back: returned, validated, looked up.
        _remember(made, DecodedId(table_number, internal))
        return made


def encode_id(table_number: int, internal: bytes) -> str:
    """The id of the document `internal` (16 bytes) in the table `table_number` (1 to 2**32 - 1)."""
    data = _encode_table_number(table_number) + internal
    data += _checksum(data).to_bytes(_CHECKSUM_LENGTH, "little")
    bits = len(data) * 8
    digits = -(-bits // 5)
    # Ten bits at a time; an odd number of digits is made even with one more, which is cut off again.
    number = int.from_bytes(data, "big") << (-bits % 10)
    pairs = [_PAIRS[(number >> shift) & 1023] for shift in range(bits + -bits % 10 - 10, -1, -10)]
    return "".join(pairs)[:digits]


def decode_id(text: str) -> DecodedId:
    """Read an id. Raises `InvalidIdError` unless `text` is exactly what `encode_id` gives for some document."""
    known = _DECODED.get(text)
    return _remember(text, _decode_id(text)) if known is None else known


def _remember(text: str, decoded: DecodedId) -> DecodedId:
    if len(_DECODED) >= _MAX_REMEMBERED:
        _DECODED.clear()
    _DECODED[text] = decoded
    return decoded


def _decode_id(text: str) -> DecodedId:
    length = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if not _MIN_LENGTH <= length <= _MAX_LENGTH:
        raise _invalid_length(length)
    if _NOT_BASE32.search(text):
        raise InvalidIdError("Unable to decode ID: ID wasn't valid base32")
    data = _decode_base32(text)
    table_number, start = _decode_table_number(data)
    end = start + _INTERNAL_LENGTH
    if len(data) < end + _CHECKSUM_LENGTH:
        raise _invalid_length(length)
    found, expected = int.from_bytes(data[end : end + _CHECKSUM_LENGTH], "little"), _checksum(data[:end])
    if found != expected:
        raise InvalidIdError(f"Unable to decode ID: Invalid ID version {found} (expected {expected})")
    internal = data[start:end]
    if len(data) != end + _CHECKSUM_LENGTH or encode_id(table_number, internal) != text:
        raise _invalid_length(length)
    return DecodedId(table_number, internal)


def normalize_id(text: str, table_number: int) -> str | None:
    """What `db.normalizeId` gives for a table with that number: the id in its present form, or None.

    Ids of older forms carry no table, so they become ids of whatever table is asked for.
    """
    try:
        decoded = decode_id(text)
    except InvalidIdError:
        decoded = None
    if decoded is not None and decoded.table_number == table_number:
        return text
    internal = _decode_base62(text) if len(text) > 22 else _decode_url_safe_base64(text)
    return None if internal is None else encode_id(table_number, internal)


def _invalid_length(length: int) -> InvalidIdError:
    return InvalidIdError(f"Unable to decode ID: Invalid ID length {length}")


def _checksum(data: bytes) -> int:
    """Fletcher-16, but modulo 256; the id's version, 0, is mixed into it by exclusive or."""
    return ((sum(accumulate(data)) & 0xFF) << 8) | (sum(data) & 0xFF)


@cache
def _encode_table_number(number: int) -> bytes:
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _decode_table_number(data: bytes) -> tuple[int, int]:
    """The number, and how many bytes it took."""
    number = 0
    for position, byte in enumerate(data[:5]):
        number |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            number &= 0xFFFF_FFFF
            if number == 0:
                break
            return number, position + 1
    raise InvalidIdError("Unable to decode ID: Invalid table number")


def _decode_base32(text: str) -> bytes:
    bits = len(text) * 5
    return (int(text.translate(_TO_PYTHON_DIGITS), 32) >> (bits % 8)).to_bytes(bits // 8, "big")


def _decode_base62(text: str) -> bytes | None:
    """An id of version 4: 15 random bytes, of which a hash is kept, and the day. Its first digit is the lowest."""
    number = 0
    for character in reversed(text):
        digit = _BASE62_DIGITS.get(character)
        if digit is None:
            return None
        number = number * 62 + digit
    if number.bit_length() <= 17 * 8 or number.bit_length() > 18 * 8:
        return None
    # The highest byte only keeps leading zeros from getting lost.
    data = number.to_bytes(18, "big")[1:]
    return sha256(data[:15]).digest()[:14] + data[15:]


def _decode_url_safe_base64(text: str) -> bytes | None:
    """An id of version 5: the 16 internal bytes."""
    if not _URL_SAFE_BASE64_OF_16_BYTES.fullmatch(text):
        return None
    return a2b_base64(text.replace("-", "+").replace("_", "/") + "==")
