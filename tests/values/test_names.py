import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_field_name, check_identifier, parse_field_path


def message_of(function, name):
    with pytest.raises(InvalidValueError) as caught:
        function(name)
    return str(caught.value)


@pytest.mark.parametrize("name", ["", "a", "_id", "a$", "a b", "1", "~", " ", "x" * 1024])
def test_field_names_are_printable_ascii(name):
    check_field_name(name)


@pytest.mark.parametrize(
    "name, message",
    [
        ("$a", "Field name $a starts with '$', which is reserved."),
        ("$é", "Field name $é starts with '$', which is reserved."),
        (
            "café",
            "Field name café has invalid character 'é': Field names can only contain non-control ASCII characters",
        ),
        (
            "a\nb",
            "Field name a\nb has invalid character '\\n': Field names can only contain non-control ASCII characters",
        ),
        (
            "a\x7f",
            "Field name a\x7f has invalid character '\\u{7f}': Field names can only contain non-control ASCII "
            "characters",
        ),
        ("x" * 1025, "Field name is too long (1025 > maximum 1024)"),
    ],
)
def test_bad_field_names_are_explained(name, message):
    assert message_of(check_field_name, name) == message


@pytest.mark.parametrize("name", ["a", "A1", "_a", "a_", "__1", "x" * 64, "_" * 63 + "x"])
def test_identifiers_are_like_those_of_c(name):
    check_identifier(name)


@pytest.mark.parametrize(
    "name, message",
    [
        ("", "Identifier cannot be empty"),
        (
            "1a",
            "Invalid first character '1' in 1a: Identifiers must start with an alphabetic character or underscore",
        ),
        (
            "'",
            "Invalid first character '\\'' in ': Identifiers must start with an alphabetic character or underscore",
        ),
        (
            "a-b",
            "Identifier a-b has invalid character '-': Identifiers can only contain alphanumeric characters or "
            "underscores",
        ),
        (
            "aé",
            "Identifier aé has invalid character 'é': Identifiers can only contain alphanumeric characters or "
            "underscores",
        ),
        (
            "a\n",
            "Identifier a\n has invalid character '\\n': Identifiers can only contain alphanumeric characters or "
            "underscores",
        ),
        ("x" * 65, "Identifier is too long (65 > maximum 64)"),
        ("_", "Identifier _ cannot have exclusively underscores"),
        ("___", "Identifier ___ cannot have exclusively underscores"),
        ("_" * 65, "Identifier is too long (65 > maximum 64)"),
    ],
)
def test_bad_identifiers_are_explained(name, message):
    assert message_of(check_identifier, name) == message


@given(st.text(max_size=4) | st.text("_aZ9-", max_size=70))
def test_identifiers_are_those_of_the_definition(name):
    valid = (
        len(name) <= 64
        and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII) is not None
        and name.strip("_") != ""
    )
    try:
        check_identifier(name)
    except InvalidValueError:
        assert not valid
    else:
        assert valid


@pytest.mark.parametrize(
    "path, parts",
    [("a", ("a",)), ("a.b.c", ("a", "b", "c")), (".a.", ("a",)), ("_id", ("_id",)), ("..a.b", ("a", "b"))],
)
def test_field_paths_are_split_at_dots(path, parts):
    assert parse_field_path(path) == parts


@pytest.mark.parametrize(
    "path, message",
    [
        ("", "Empty path "),
        ("..", "Empty path .."),
        ("a..b", "Identifier cannot be empty"),
        (
            "a.b c",
            "Identifier b c has invalid character ' ': Identifiers can only contain alphanumeric characters or "
            "underscores",
        ),
        ("$a", "Field name $a starts with '$', which is reserved."),
    ],
)
def test_bad_field_paths_are_explained(path, message):
    assert message_of(parse_field_path, path) == message
