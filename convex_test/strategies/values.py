"""Hypothesis strategies for each kind of Convex value, with the edges that break programs.

What the kinds may hold is said in `convex_test.values` (`crates/value` of the backend). Strings are all of Unicode but
lone surrogates; numbers are all of IEEE 754, with one NaN, because JavaScript knows only one. Simple values come first
in each strategy, so that examples shrink to them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from convex_test.values.types import MAX_INT64, MAX_SAFE_INTEGER, MIN_INT64, ConvexInt64

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# Each begins with the simplest value of its kind, because examples shrink within their sort first.
AWKWARD_TEXTS: Final = (
    "",
    " ",
    "\0",
    "a\0b",
    "\n",
    "0",
    "-1",
    "constructor",
    "toString",
    "$field",
    "_id",
    "é",
    "e\u0301",  # the same letter, with a combining accent
    "\u0301",
    "ß",
    "İ",  # becomes two characters in lower case
    "\u00a0",
    "\u200b",
    "\u202e",
    "\u2028",
    "\ufeff",
    "\uffff",  # sorts before 😀 in UTF-8, after it in UTF-16
    "😀",
    "👩‍👩‍👧",
    "x" * 300,
)
AWKWARD_FIELD_NAMES: Final = ("", " ", "a b", "a.b", "constructor", "toString", "length", "_id", "0", "~", "x" * 1024)
"""Names that keys of objects may have. `__proto__` is not among them: the `convex` package loses that field."""

AWKWARD_NUMBERS: Final = (
    0,
    0.1,
    -0.0,
    5e-324,
    1.7976931348623157e308,
    float(MAX_SAFE_INTEGER + 2),
    1e21,
)
AWKWARD_INTEGERS: Final = (0, -1, 1, 2**31, 2**32, MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER, MAX_SAFE_INTEGER - 1)
AWKWARD_INT64S: Final = (0, MIN_INT64, MAX_INT64, MAX_SAFE_INTEGER + 1, -MAX_SAFE_INTEGER - 1)

_ANY_LEAVES: Final = 6
_FIELD_NAME_CHARACTERS: Final = st.characters(min_codepoint=0x20, max_codepoint=0x7E)

strings: Final[SearchStrategy[str]] = st.one_of(st.text(), st.sampled_from(AWKWARD_TEXTS))

numbers: Final[SearchStrategy[int | float]] = st.one_of(
    st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
    st.sampled_from(AWKWARD_INTEGERS),
    # Hypothesis draws NaN with all sorts of bits.
    st.floats().map(lambda number: math.nan if math.isnan(number) else number),
    st.sampled_from(AWKWARD_NUMBERS),
)

int64s: Final[SearchStrategy[ConvexInt64]] = st.one_of(
    st.integers(MIN_INT64, MAX_INT64), st.sampled_from(AWKWARD_INT64S)
).map(ConvexInt64)

byte_strings: Final[SearchStrategy[bytes]] = st.binary()

field_names: Final[SearchStrategy[str]] = st.one_of(
    st.text("abcxyz", min_size=1, max_size=4),
    st.text(_FIELD_NAME_CHARACTERS, max_size=8).filter(lambda name: not name.startswith("$") and name != "__proto__"),
    st.sampled_from(AWKWARD_FIELD_NAMES),
)
"""Keys of objects and records, by the rules of `values.names.check_field_name`."""

primitives: Final[SearchStrategy[Any]] = st.one_of(st.none(), st.booleans(), numbers, strings, int64s, byte_strings)

any_values: Final[SearchStrategy[Any]] = st.recursive(
    primitives,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(field_names, inner, max_size=4)),
    max_leaves=_ANY_LEAVES,
)
"""What `v.any()` takes; not deeper than a document may be, even inside of another value."""

any_objects: Final[SearchStrategy[dict[str, Any]]] = st.dictionaries(field_names, any_values, max_size=4)
