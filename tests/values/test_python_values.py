import enum
import uuid
from collections import OrderedDict, UserDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.errors import UsageError
from convex_test.values.order import encode_key
from convex_test.values.python import from_python, from_python_fields, to_python
from convex_test.values.types import ConvexInt64, undefined


def message_of(value, function=from_python):
    with pytest.raises(UsageError) as caught:
        function(value, "args")
    return str(caught.value)


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Plain(enum.Enum):
    ONE = 1


@dataclass
class Point:
    x: int


class Model:
    def __repr__(self):
        return "Model()"

    def model_dump(self):
        return {}


class Silent:
    def __repr__(self):
        raise RuntimeError("no")


def foreign_int64(number):
    """The class of the PyPI package `convex`, as far as it matters here."""
    kind = type("ConvexInt64", (), {"__init__": lambda self, value: setattr(self, "value", value)})
    return kind(number)


@given(data=st.data())
def test_values_come_back_as_they_went_in(convex_values, data):
    value = data.draw(convex_values)
    there = from_python(value, "value")
    assert encode_key(there) == encode_key(value)
    assert encode_key(to_python(there)) == encode_key(value)


@given(data=st.data())
def test_what_came_back_goes_in_again(convex_values, data):
    value = data.draw(convex_values)
    back = to_python(value)
    try:
        again = from_python(back, "value")
    except UsageError as error:
        # The one exception: integral numbers between 2**53 and 1e21 come back as int and need float() to go in.
        assert "is beyond 2**53, so a JavaScript number cannot hold it exactly" in str(error)  # noqa: PT017
    else:
        assert encode_key(again) == encode_key(value)


def test_a_large_integral_number_must_be_marked_to_go_in_again():
    assert message_of(to_python(1e18)) == (
        "args: 1000000000000000000 is beyond 2**53, so a JavaScript number cannot hold it exactly: pass "
        "ConvexInt64(1000000000000000000) for a bigint, or float(1000000000000000000) for the nearest number."
    )


@given(data=st.data())
def test_conversions_share_nothing_that_can_change(convex_values, data):
    value = data.draw(st.lists(convex_values, max_size=3).map(lambda items: {"a": items, "b": [items]}))
    before = encode_key(value)
    for copy in (from_python(value, "value"), to_python(value)):
        copy["a"].append(1)
        copy["b"].clear()
    assert encode_key(value) == before


@pytest.mark.parametrize(
    "value, converted",
    [
        ((1, (2,)), [1, [2]]),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (OrderedDict(a=1), {"a": 1}),
        (UserDict(a=1), {"a": 1}),
        ({Colour.RED: 1}, {"red": 1}),
        (5.0, 5),
        (-0.0, -0.0),
        (2**53, 2**53),
        (1e21, 1e21),
        ({"a": undefined, "b": {"c": undefined}}, {"b": {}}),
    ],
)
def test_close_relatives_of_convex_types_are_accepted(value, converted):
    result = from_python(value, "args")
    assert (repr(result), type(result)) == (repr(converted), type(converted))


def test_the_int64_of_the_pypi_client_is_known_by_its_name():
    result = from_python({"n": foreign_int64(7)}, "args")
    assert result == {"n": 7}
    assert type(result["n"]) is ConvexInt64


@pytest.mark.parametrize(
    "value, message",
    [
        (
            {"a": [0, 2**53 + 1]},
            "args.a[1]: 9007199254740993 is beyond 2**53, so a JavaScript number cannot hold it exactly: pass "
            "ConvexInt64(9007199254740993) for a bigint, or float(9007199254740993) for the nearest number.",
        ),
        (
            2**64,
            "args: 18446744073709551616 is beyond 2**53, so a JavaScript number cannot hold it exactly: pass "
            "float(18446744073709551616) for the nearest number.",
        ),
        (
            {"text": "ab\ud800"},
            "args.text: 'ab\\ud800' has a lone surrogate at index 2, which is no text: pass bytes for binary data, or "
            "replace it.",
        ),
        ({"s": {1}}, "args.s: {1} (type=set) is not of a Convex type: pass a list."),
        (
            {"when": datetime(2026, 1, 2, tzinfo=UTC)},
            "args.when: datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc) (type=datetime) is not of a "
            "Convex type: pass a number, such as `value.timestamp() * 1000` for the milliseconds that Date.now() "
            "counts.",
        ),
        (
            date(2026, 1, 2),
            "args: datetime.date(2026, 1, 2) (type=date) is not of a Convex type: pass a string, such as "
            "`value.isoformat()`.",
        ),
        (
            timedelta(1),
            "args: datetime.timedelta(days=1) (type=timedelta) is not of a Convex type: pass a number, such as "
            "`value.total_seconds()`.",
        ),
        (
            Decimal("1.5"),
            "args: Decimal('1.5') (type=Decimal) is not of a Convex type: pass `float(value)` or `str(value)`.",
        ),
        (
            uuid.UUID(int=1),
            "args: UUID('00000000-0000-0000-0000-000000000001') (type=UUID) is not of a Convex type: pass "
            "`str(value)`.",
        ),
        (Point(1), "args: Point(x=1) (type=Point) is not of a Convex type: pass `dataclasses.asdict(value)`."),
        (Model(), "args: Model() (type=Model) is not of a Convex type: pass `value.model_dump()`."),
        (Plain.ONE, "args: <Plain.ONE: 1> (type=Plain) is not of a Convex type: pass `value.value`."),
        (
            PurePosixPath("a"),
            "args: PurePosixPath('a') (type=PurePosixPath) is not of a Convex type: pass `str(value)`.",
        ),
        (
            Silent(),
            "args: <Silent whose repr() raises RuntimeError> (type=Silent) is not of a Convex type: pass None, a bool, "
            "an int, a float, a ConvexInt64, a str, bytes, a list, or a dict.",
        ),
        (
            [undefined],
            "args[0]: undefined is only allowed as the value of a field: pass None for null.",
        ),
        (undefined, "args: undefined is only allowed as the value of a field: pass None for null."),
        (
            {"a": {5: 1}},
            "args.a[5]: the key 5 (type=int) is not a string; field names are: use '5'.",
        ),
        ({"$a": 1}, "args['$a']: Field name $a starts with '$', which is reserved."),
        ({"a b": {"é": 1}}, None),
        (
            {"n": foreign_int64(2**63)},
            "args.n: ConvexInt64(9223372036854775808) does not fit into 64 bits: use a value from -2**63 to 2**63-1.",
        ),
        ({"a": [0] * 8193}, "args.a: Array length is too long (8193 > maximum length 8192)."),
        (
            [{f"f{index}": 0 for index in range(1025)}],
            "args[0]: Object has too many fields (1025 > maximum number 1024).",
        ),
    ],
    ids=lambda case: type(case).__name__,
)
def test_what_has_no_counterpart_is_refused_with_place_and_remedy(value, message):
    if message is None:
        message = (
            "args['a b'].é: Field name é has invalid character 'é': Field names can only contain non-control ASCII "
            "characters."
        )
    assert message_of(value) == message


def test_a_long_value_is_cut_short_in_the_message():
    value = set(range(1000))
    assert message_of(value) == f"args: {repr(value)[:77]}... (type=set) is not of a Convex type: pass a list."


def nested(levels):
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_values_are_nested_at_most_64_deep():
    assert from_python(nested(64), "args") == nested(64)
    assert message_of(nested(65)) == "args: Value is too nested (nested 65 levels deep > maximum nesting 64)."


def test_very_deep_values_do_not_exhaust_the_stack():
    assert message_of(nested(900)) == "args: Value is too nested (nested 65 levels deep > maximum nesting 64)."


def test_shared_parts_are_no_recursion():
    part = [1]
    assert from_python({"a": part, "b": [part, part]}, "args") == {"a": [1], "b": [[1], [1]]}


def test_deep_values_with_shared_parts_are_refused_at_once():
    value = []
    for _ in range(70):
        value = [value, value]
    assert message_of(value) == "args: Value is too nested (nested 65 levels deep > maximum nesting 64)."


def test_a_value_that_contains_itself_is_refused():
    value = {"list": [1]}
    value["list"].append(value)
    assert message_of(value) == "args.list[1]: the value contains itself here; a Convex value is a tree."


def test_the_body_of_a_patch_keeps_its_undefined_fields():
    fields = from_python_fields({"a": undefined, "b": (1, 2), "c": {"d": undefined}}, "the patch")
    assert fields == {"a": undefined, "b": [1, 2], "c": {}}


def test_the_body_of_a_patch_is_a_mapping():
    assert message_of([1], from_python_fields) == "args is [1] (type=list): pass a dict of fields."


@pytest.mark.parametrize("item", [1, undefined])
def test_names_in_the_body_of_a_patch_are_checked(item):
    message = message_of({"$a": item}, from_python_fields)
    assert message == "args['$a']: Field name $a starts with '$', which is reserved."


@pytest.mark.parametrize(
    "value, spelled",
    [
        (5, "5"),
        (0.5, "0.5"),
        (-0.0, "-0.0"),
        (1e16, "10000000000000000"),
        (-1e20, "-100000000000000000000"),
        (1e21, "1e+21"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (ConvexInt64(5), "ConvexInt64(5)"),
        (True, "True"),
        ({"b": [1e16], "a": None}, "{'a': None, 'b': [10000000000000000]}"),
    ],
)
def test_values_reach_the_user_as_plain_python(value, spelled):
    assert repr(to_python(value)) == spelled
