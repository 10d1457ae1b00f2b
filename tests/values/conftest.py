"""Values for the tests of this room: strategies, and the notation of the vector files."""

import pytest
from hypothesis import strategies as st

from convex_test.values.codec import canonical_number
from convex_test.values.types import ConvexInt64, undefined

_names = st.one_of(
    st.sampled_from(["a", "b", "aa", "a b", "", "_x", "~"]),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=4).filter(
        lambda name: not name.startswith("$")
    ),
)
_numbers = st.one_of(
    st.integers(-(2**53), 2**53),
    st.floats(),
    st.sampled_from([0, -0.0, float("inf"), float("-inf"), float("nan"), 5e-324, 1e21]),
).map(canonical_number)
_primitives = st.one_of(
    st.none(),
    st.booleans(),
    _numbers,
    st.integers(-(2**63), 2**63 - 1).map(ConvexInt64),
    st.sampled_from([-(2**63), -1, 0, 1, 2**63 - 1]).map(ConvexInt64),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.text("\x00\x01\x02a\uffff\U00010000", max_size=4),
    st.binary(max_size=6),
    st.binary(max_size=4).map(lambda raw: raw.translate(bytes(byte % 3 for byte in range(256)))),
)
_values = st.recursive(
    _primitives,
    lambda items: st.one_of(st.lists(items, max_size=4), st.dictionaries(_names, items, max_size=4)),
    max_leaves=8,
)


@pytest.fixture(scope="session")
def convex_values():
    """A strategy for canonical Convex values."""
    return _values


@pytest.fixture(scope="session")
def from_notation():
    """Turns a value as a vector file writes it, such as `{"int64": "5"}`, into a canonical value."""
    return _from_notation


def _from_notation(notation):
    [(kind, content)] = notation.items()
    match kind:
        case "undefined":
            return undefined
        case "null":
            return None
        case "int64":
            return ConvexInt64(int(content))
        case "float64":
            return canonical_number(float(content))
        case "bytes":
            return bytes.fromhex(content)
        case "boolean" | "string":
            return content
        case "array":
            return [_from_notation(item) for item in content]
        case "object":
            return {name: _from_notation(item) for name, item in content}
        case _:
            raise AssertionError(f"unknown notation {notation!r}")
