"""Arithmetic in single precision, as Rust does it with `f32`.

The sum, difference, product, quotient or square root of two singles, computed in double precision and rounded once, is
what single precision gives. A logarithm is not, so it is computed as glibc does (since 2.27, `sysdeps/ieee754/flt-32/
e_logf.c`): Rust calls it on Linux, and its result is not always the nearest single. Compared with rustc 1.95 for all
the values that ranking 1,500 documents can ask for.

Gap: a backend on another system than Linux with glibc or musl may differ in the last bit of a logarithm.
"""

from __future__ import annotations

from array import array
from struct import Struct
from typing import Final

_SINGLE: Final = Struct("<f")
_BITS: Final = Struct("<I")
_SIGNED_BITS: Final = Struct("<i")

# log(x) = log(z / c) + log(c) + k log(2), where c is near z and x = 2**k z: 1/c and log(c) for 16 intervals of z.
_INTERVALS: Final = tuple(
    (float.fromhex(inverse), float.fromhex(logarithm))
    for inverse, logarithm in (
        ("0x1.661ec79f8f3bep+0", "-0x1.57bf7808caadep-2"),
        ("0x1.571ed4aaf883dp+0", "-0x1.2bef0a7c06ddbp-2"),
        ("0x1.49539f0f010bp+0", "-0x1.01eae7f513a67p-2"),
        ("0x1.3c995b0b80385p+0", "-0x1.b31d8a68224e9p-3"),
        ("0x1.30d190c8864a5p+0", "-0x1.6574f0ac07758p-3"),
        ("0x1.25e227b0b8eap+0", "-0x1.1aa2bc79c81p-3"),
        ("0x1.1bb4a4a1a343fp+0", "-0x1.a4e76ce8c0e5ep-4"),
        ("0x1.12358f08ae5bap+0", "-0x1.1973c5a611cccp-4"),
        ("0x1.0953f419900a7p+0", "-0x1.252f438e10c1ep-5"),
        ("0x1p+0", "0x0p+0"),
        ("0x1.e608cfd9a47acp-1", "0x1.aa5aa5df25984p-5"),
        ("0x1.ca4b31f026aap-1", "0x1.c5e53aa362eb4p-4"),
        ("0x1.b2036576afce6p-1", "0x1.526e57720db08p-3"),
        ("0x1.9c2d163a1aa2dp-1", "0x1.bc2860d22477p-3"),
        ("0x1.886e6037841edp-1", "0x1.1058bc8a07ee1p-2"),
        ("0x1.767dcf5534862p-1", "0x1.4043057b6ee09p-2"),
    )
)
_CUBIC: Final = tuple(map(float.fromhex, ("-0x1.00ea348b88334p-2", "0x1.5575b0be00b6ap-2", "-0x1.ffffef20a4123p-2")))
_LOG_2: Final = float.fromhex("0x1.62e42fefa39efp-1")
_OFFSET: Final = 0x3F33_0000


def to_single(number: float) -> float:
    """The nearest single; infinity for what is too large."""
    return array("f", (number,))[0]


def log_single(number: float) -> float:
    """The natural logarithm of a positive, normal single."""
    (bits,) = _BITS.unpack(_SINGLE.pack(number))
    exponent = (bits - _OFFSET) >> 23
    inverse, logarithm = _INTERVALS[((bits - _OFFSET) >> 19) % 16]
    (reduced,) = _SINGLE.unpack(_BITS.pack(bits - (exponent << 23)))
    rest = reduced * inverse - 1.0
    cubed, squared, linear = _CUBIC
    square = rest * rest
    tail = cubed * square + (squared * rest + linear)
    return to_single(tail * square + (logarithm + exponent * _LOG_2 + rest))


def total_order(number: float) -> int:
    """An integer that sorts as the single does in Rust's `total_cmp`: -0.0 before 0.0, NaN at the ends."""
    bits: int = _SIGNED_BITS.unpack(_SINGLE.pack(number))[0]
    return bits if bits >= 0 else bits ^ 0x7FFF_FFFF
