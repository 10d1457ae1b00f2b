"""How the backend writes a value inside an error text: Rust's `Display` of `ConvexValue`.

Read in `crates/value/src/{lib,utils,bytes,array,object}.rs`; the escapes of strings are those of Rust's `{:?}`
(`library/core/src/fmt/mod.rs`), compared with rustc 1.95 for every code point.

Gap: which characters count as printable follows the Unicode version of Python, not that of the backend's compiler.
"""

from __future__ import annotations

import unicodedata
from base64 import b64encode
from math import isnan
from typing import TYPE_CHECKING, Final

from convex_test.values.types import MAX_INT64, CommitTsPlaceholder, ConvexInt64, Undefined

if TYPE_CHECKING:
    from convex_test.values.types import Value

_SHORT_ESCAPES: Final = {"\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}

# Spacing marks that Unicode's Grapheme_Extend adds to the non-spacing ones: Rust escapes them too.
_EXTENDING_SPACING_MARKS: Final = frozenset(
    "\u09be\u09d7\u0b3e\u0b57\u0bbe\u0bd7\u0cc0\u0cc2\u0cc7\u0cc8\u0cca\u0ccb\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf"
    "\u1715\u1734\u1b35\u1b3b\u1b3d\u1b43\u1b44\u1baa\u1bf2\u1bf3\u302e\u302f\ua953\ua9c0\uff9e\uff9f"
    "\U000111c0\U00011235\U0001133e\U0001134d\U00011357\U000114b0\U000114bd\U000115af\U000116b6\U00011930\U0001193d"
    "\U00016ff0\U00016ff1\U0001d165\U0001d166\U0001d16d\U0001d16e\U0001d16f\U0001d170\U0001d171\U0001d172"
)


def render(value: Value | Undefined) -> str:
    """The value as the backend's error texts show it: `{a: 1.0, b: "x"}`."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, ConvexInt64):
        return str(int(value))
    if isinstance(value, int | float):
        return render_float(float(value))
    if isinstance(value, bytes):
        return f'b"{b64encode(value).decode()}"'
    if isinstance(value, list):
        return f"[{', '.join(map(render, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {render(value[name])}' for name in sorted(value))}}}"
    if isinstance(value, Undefined):
        return "undefined"
    if isinstance(value, CommitTsPlaceholder):
        return str(MAX_INT64)
    raise TypeError(f"not a canonical Convex value: {value!r} (type={type(value).__name__})")


def type_name(value: Value | Undefined) -> str:
    """The backend's name of the value's type: `Null`, `Int64`, `Float64`, … or `undefined`."""
    if value is None:
        return "Null"
    if isinstance(value, Undefined):
        return "undefined"
    try:
        return _TYPE_NAMES[type(value)]
    except KeyError:
        raise TypeError(f"not a canonical Convex value: {value!r} (type={type(value).__name__})") from None


_TYPE_NAMES: Final[dict[type, str]] = {
    ConvexInt64: "Int64",
    CommitTsPlaceholder: "Int64",
    int: "Float64",
    float: "Float64",
    bool: "Boolean",
    str: "String",
    bytes: "Bytes",
    list: "Array",
    dict: "Object",
}


def render_float(number: float) -> str:
    """A float as Rust's `{:?}` writes it: `1.0`, `1e16`, `NaN`, `-inf`."""
    if isnan(number):
        return "NaN"
    digits, exponent, power = repr(number).partition("e")
    return f"{digits}e{int(power)}" if exponent else digits


def quote(text: str) -> str:
    """A string as Rust's `{:?}` writes it, in double quotes."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join('\\"' if character == '"' else _escape(character) for character in text) + '"'


def quote_character(character: str) -> str:
    """One character as Rust's `{:?}` writes it, in single quotes."""
    return "'\\''" if character == "'" else f"'{_escape(character)}'"


def _escape(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if not character.isprintable() or _extends_a_grapheme(character):
        return f"\\u{{{ord(character):x}}}"
    return character


def _extends_a_grapheme(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me") or character in _EXTENDING_SPACING_MARKS
