r"""The total order of values, as bytes: index keys, equality in filters, literals.

undefined < null < Int64 < Float64 < Boolean < String < Bytes < Array < Object. Floats are in IEEE-754 total order,
so −0.0 comes before 0.0 and NaN after infinity; strings are in UTF-8 order; objects compare as sequences of
(name, value); `commit_ts` is the greatest Int64. Read in `crates/value/src/sorting.rs`; the npm package's twin is
`src/values/compare.ts`.

By design the bytes are not the backend's (nobody sees those), only their order is: a key here is never the
beginning of another one, so the keys of several fields can be concatenated, and all keys that begin with `prefix`
lie in [prefix, prefix + b"\xff"). Inside strings and bytes 0x00 is written 01 01, and 0x01 is written 01 02.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from convex_test.values.types import MAX_COMMIT_TS, CommitTsPlaceholder, ConvexInt64, Undefined

if TYPE_CHECKING:
    from convex_test.values.types import Value

UNDEFINED_KEY: Final = b"\x01"
NULL_KEY: Final = b"\x03"
FALSE_KEY: Final = b"\x0e"
TRUE_KEY: Final = b"\x0f"

_INT64_TAG: Final = 0x08
_FLOAT64_TAG: Final = 0x0D
_SIGN_BIT: Final = 1 << 63
_ALL_BITS: Final = (1 << 64) - 1

_pack_tagged_float: Final = Struct(">Bd").pack
_pack_tagged_bits: Final = Struct(">BQ").pack
_pack_float: Final = Struct(">d").pack
_unpack_bits: Final = Struct(">Q").unpack


def encode_key(value: Value | Undefined) -> bytes:
    """Bytes that sort as the canonical value (or `undefined`) does, and are equal exactly for equal values."""
    kind = type(value)
    if kind is str:
        return b"\x10%b\x00" % _escaped(value.encode())  # type: ignore[union-attr]
    if kind is int or kind is float:
        return _float_key(value)  # type: ignore[arg-type]
    if value is None:
        return NULL_KEY
    if kind is bool:
        return TRUE_KEY if value else FALSE_KEY
    if isinstance(value, ConvexInt64):
        return _pack_tagged_bits(_INT64_TAG, value + _SIGN_BIT)
    if isinstance(value, bytes):
        return b"\x11%b\x00" % _escaped(value)
    if isinstance(value, list):
        return b"\x12%b\x00" % b"".join(map(encode_key, value))
    if isinstance(value, dict):
        fields = [b"\x01%b\x00%b" % (name.encode(), encode_key(value[name])) for name in sorted(value)]
        return b"\x15%b\x00" % b"".join(fields)
    if isinstance(value, Undefined):
        return UNDEFINED_KEY
    if isinstance(value, CommitTsPlaceholder):
        return encode_key(MAX_COMMIT_TS)
    raise TypeError(f"not a canonical Convex value: {value!r} (type={type(value).__name__})")


def compare(left: Value | Undefined, right: Value | Undefined) -> int:
    """-1, 0 or 1, as `left` is before, equal to or after `right`."""
    left_key, right_key = encode_key(left), encode_key(right)
    return (left_key > right_key) - (left_key < right_key)


def _float_key(number: float) -> bytes:
    # The order of positive floats is that of their bits with the sign bit set, which is their negation.
    if number > 0:
        return _pack_tagged_float(_FLOAT64_TAG, -number)
    bits: int = _unpack_bits(_pack_float(number))[0]
    return _pack_tagged_bits(_FLOAT64_TAG, bits ^ _ALL_BITS if bits & _SIGN_BIT else bits | _SIGN_BIT)


def _escaped(raw: bytes) -> bytes:
    if 0 in raw or 1 in raw:
        return raw.replace(b"\x01", b"\x01\x02").replace(b"\x00", b"\x01\x01")
    return raw
