import pytest

from convex_test.values.render import quote, quote_character, render, type_name
from convex_test.values.types import ConvexInt64, undefined


@pytest.mark.parametrize(
    "value, text",
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (undefined, "undefined"),
        (ConvexInt64(5), "5"),
        (ConvexInt64(-(2**63)), "-9223372036854775808"),
        (1, "1.0"),
        (-1, "-1.0"),
        (0, "0.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (0.0001, "0.0001"),
        (0.00001, "1e-5"),
        (5e-324, "5e-324"),
        (2**53, "9007199254740992.0"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e16"),
        (123456789012345680.0, "1.2345678901234568e17"),
        (1.5e300, "1.5e300"),
        (float("nan"), "NaN"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        ("", '""'),
        ("it's", '"it\'s"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("\0\t\n\r\x07\x7f", '"\\0\\t\\n\\r\\u{7}\\u{7f}"'),
        ("é😀", '"é😀"'),
        ("\u200b\u00a0\u2028", '"\\u{200b}\\u{a0}\\u{2028}"'),
        ("e\u0301 ❤\ufe0f \u09be", '"e\\u{301} ❤\\u{fe0f} \\u{9be}"'),
        ("\U0010ffff", '"\\u{10ffff}"'),
        (b"", 'b""'),
        (b"\xff\xfe", 'b"//4="'),
        ([], "[]"),
        ([1, "x", [None]], '[1.0, "x", [null]]'),
        ({}, "{}"),
        ({"b": "x", "a": 1, "a b": {}}, '{a: 1.0, a b: {}, b: "x"}'),
    ],
)
def test_values_print_as_rust_prints_them(value, text):
    assert render(value) == text


@pytest.mark.parametrize(
    "value, name",
    [
        (undefined, "undefined"),
        (None, "Null"),
        (ConvexInt64(1), "Int64"),
        (1, "Float64"),
        (1.5, "Float64"),
        (True, "Boolean"),
        ("", "String"),
        (b"", "Bytes"),
        ([], "Array"),
        ({}, "Object"),
    ],
)
def test_types_have_the_backends_names(value, name):
    assert type_name(value) == name


@pytest.mark.parametrize("function", [render, type_name])
def test_values_of_other_types_are_refused(function):
    with pytest.raises(TypeError, match=r"^not a canonical Convex value: \(1, 2\) \(type=tuple\)$"):
        function((1, 2))


def test_characters_are_quoted_with_single_quotes():
    assert [quote_character(character) for character in "a'\"\n\u0301"] == [
        "'a'",
        "'\\''",
        "'\"'",
        "'\\n'",
        "'\\u{301}'",
    ]


def test_strings_are_quoted_with_double_quotes():
    assert quote("plain text") == '"plain text"'
