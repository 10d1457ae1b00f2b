"""Python values of no Convex type are refused on the spot: the value, the place, the remedy."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import pathlib
import uuid

import pytest

from convex_test import ConvexInt64, UsageError, api, js, undefined

TYPES = "pass None, a bool, an int, a float, a ConvexInt64, a str, bytes, a list, or a dict"


class Plain:
    def __repr__(self):
        return "<Plain>"


class Unprintable:
    def __repr__(self):
        raise RuntimeError


class Pydantic:
    def model_dump(self):
        return {}

    def __repr__(self):
        return "Pydantic()"


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int


def cycle():
    value = {"a": [1]}
    value["a"].append({"b": value})
    return value


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


REFUSED = {
    "2**53 + 1": (
        2**53 + 1,
        ": 9007199254740993 is beyond 2**53, so a JavaScript number cannot hold it exactly: pass "
        "ConvexInt64(9007199254740993) for a bigint, or float(9007199254740993) for the nearest number.",
    ),
    "-2**53 - 1": (
        -(2**53) - 1,
        ": -9007199254740993 is beyond 2**53, so a JavaScript number cannot hold it exactly: pass "
        "ConvexInt64(-9007199254740993) for a bigint, or float(-9007199254740993) for the nearest number.",
    ),
    "2**63": (
        2**63,
        ": 9223372036854775808 is beyond 2**53, so a JavaScript number cannot hold it exactly: pass "
        "float(9223372036854775808) for the nearest number.",
    ),
    "lone surrogate": (
        "ab\ud800c",
        ": 'ab\\ud800c' has a lone surrogate at index 2, which is no text: pass bytes for binary data, or replace it.",
    ),
    "set": ({1}, ": {1} (type=set) is not of a Convex type: pass a list."),
    "frozenset": (frozenset(), ": frozenset() (type=frozenset) is not of a Convex type: pass a list."),
    "range": (range(3), ": range(0, 3) (type=range) is not of a Convex type: pass a list."),
    "datetime": (
        dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        ": datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc) (type=datetime) is not of a Convex "
        "type: pass "
        "a number, such as `value.timestamp() * 1000` for the milliseconds that Date.now() counts.",
    ),
    "date": (
        dt.date(2026, 1, 2),
        ": datetime.date(2026, 1, 2) (type=date) is not of a Convex type: pass a string, such as `value.isoformat()`.",
    ),
    "timedelta": (
        dt.timedelta(1),
        ": datetime.timedelta(days=1) (type=timedelta) is not of a Convex type: pass a number, such as "
        "`value.total_seconds()`.",
    ),
    "Decimal": (
        decimal.Decimal("1.5"),
        ": Decimal('1.5') (type=Decimal) is not of a Convex type: pass `float(value)` or `str(value)`.",
    ),
    "Fraction": (
        fractions.Fraction(1, 2),
        ": Fraction(1, 2) (type=Fraction) is not of a Convex type: pass `float(value)` or `str(value)`.",
    ),
    "complex": (1j, ": 1j (type=complex) is not of a Convex type: pass two numbers."),
    "UUID": (
        uuid.UUID(int=0),
        ": UUID('00000000-0000-0000-0000-000000000000') (type=UUID) is not of a Convex type: pass `str(value)`.",
    ),
    "path": (
        pathlib.PurePosixPath("a/b"),
        ": PurePosixPath('a/b') (type=PurePosixPath) is not of a Convex type: pass `str(value)`.",
    ),
    "enum": (Color.RED, ": <Color.RED: 'red'> (type=Color) is not of a Convex type: pass `value.value`."),
    "dataclass": (Point(1), ": Point(x=1) (type=Point) is not of a Convex type: pass `dataclasses.asdict(value)`."),
    "pydantic": (Pydantic(), ": Pydantic() (type=Pydantic) is not of a Convex type: pass `value.model_dump()`."),
    "object": (Plain(), f": <Plain> (type=Plain) is not of a Convex type: {TYPES}."),
    "repr raises": (
        Unprintable(),
        f": <Unprintable whose repr() raises RuntimeError> (type=Unprintable) is not of a Convex type: {TYPES}.",
    ),
    "undefined in a list": (
        [1, undefined],
        "[1]: undefined is only allowed as the value of a field: pass None for null.",
    ),
    "place": (
        {"list": [{}, {"a b": {1}}]},
        ".list[1]['a b']: {1} (type=set) is not of a Convex type: pass a list.",
    ),
    "tuple": ((1, (2, {3})), "[1][1]: {3} (type=set) is not of a Convex type: pass a list."),
    "key is an int": ({5: 1}, "[5]: the key 5 (type=int) is not a string; field names are: use '5'."),
    "key is None": ({None: 1}, "[None]: the key None (type=NoneType) is not a string; field names are: use 'None'."),
    "key with dollar": ({"$a": 1}, "['$a']: Field name $a starts with '$', which is reserved."),
    "key that is not ASCII": (
        {"a": {"é!": 1}},
        ".a['é!']: Field name é! has invalid character 'é': Field names can only contain non-control ASCII characters.",
    ),
    "key with a line feed": (
        {"a\n": 1},
        "['a\\n']: Field name a\n has invalid character '\\n': Field names can only contain non-control ASCII "
        "characters.",
    ),
    "long key": (
        {"k" * 1025: 1},
        f".{'k' * 1025}: Field name is too long (1025 > maximum 1024).",
    ),
    "long list": ([0] * 8193, ": Array length is too long (8193 > maximum length 8192)."),
    "wide dict": (
        {f"k{n}": n for n in range(1025)},
        ": Object has too many fields (1025 > maximum number 1024).",
    ),
    "long repr": (
        {"x" * 100},
        ": {'" + "x" * 75 + "... (type=set) is not of a Convex type: pass a list.",
    ),
}
refused = pytest.mark.parametrize(("value", "text"), REFUSED.values(), ids=list(REFUSED))


def complaint(call):
    with pytest.raises(UsageError) as caught:
        call()
    return str(caught.value)


@refused
def test_arguments_of_a_function(t, value, text):
    assert complaint(lambda: t.query(api.values.echo, value=value)) == f"t.query(api.values.echo, …).value{text}"
    assert complaint(lambda: t.query("values:echo", {"value": value})) == f"t.query('values:echo', …).value{text}"


@refused
def test_arguments_of_a_snippet(t, value, text):
    assert complaint(lambda: t.query(js("(ctx, a) => a"), 1, value)) == f"the arguments of inline[1]{text}"


@refused
def test_the_value_of_insert_and_nothing_is_written(t, value, text):
    assert complaint(lambda: t.run(lambda ctx: ctx.db.insert("items", {"value": value}))) == (
        f"ctx.db.insert('items', …).value{text}"
    )
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == []


@refused
@pytest.mark.parametrize("method", ["patch", "replace"])
def test_the_value_of_patch_and_replace_and_nothing_is_written(t, method, value, text):
    id = t.run(lambda ctx: ctx.db.insert("items", {"value": 1}))
    call = lambda ctx: getattr(ctx.db, method)(id, {"value": value})  # noqa: E731 - one line says it
    assert complaint(lambda: t.run(call)) == f"ctx.db.{method}(…).value{text}"
    assert t.run(lambda ctx: ctx.db.get(id)["value"]) == 1


@refused
def test_arguments_of_a_nested_call(t, value, text):
    assert complaint(lambda: t.run(lambda ctx: ctx.run_query(api.values.echo, value=value))) == (
        f"ctx.run_query('values:echo', …).value{text}"
    )


@refused
def test_values_in_filters(t, value, text):
    def handler(ctx):
        ctx.db.query("items").filter(lambda q: q.eq(q.field("a"), value)).collect()

    assert complaint(lambda: t.run(handler)) == f"a filter{text}"


@refused
def test_values_in_index_ranges(t, value, text):
    def handler(ctx):
        ctx.db.query("items").with_index("by_creation_time", lambda q: q.gt("_creationTime", value)).collect()

    assert complaint(lambda: t.run(handler)) == f"q.gt(){text}"


def test_a_dict_that_contains_itself(t):
    assert complaint(lambda: t.query(api.values.echo, value=cycle())) == (
        "t.query(api.values.echo, …).value.a[1].b: the value contains itself here; a Convex value is a tree."
    )


def test_a_list_that_contains_itself(t):
    value = []
    value.append(value)
    assert complaint(lambda: t.query(api.values.echo, value=value)) == (
        "t.query(api.values.echo, …).value[0]: the value contains itself here; a Convex value is a tree."
    )


def test_the_same_dict_twice_is_no_cycle(t):
    shared = {"a": 1}
    assert t.query(api.values.echo, value=[shared, shared, {"b": shared}]) == [shared, shared, {"b": shared}]


def test_a_value_that_is_too_deep(t):
    assert complaint(lambda: t.query(api.values.echo, value=deep(64))) == (
        "t.query(api.values.echo, …): Value is too nested (nested 65 levels deep > maximum nesting 64)."
    )
    assert t.query(api.values.echo, value=deep(63)) == deep(63)


def test_a_value_that_is_far_too_deep(t):
    assert complaint(lambda: t.query(api.values.echo, value=deep(5000))) == (
        "t.query(api.values.echo, …): Value is too nested (nested 65 levels deep > maximum nesting 64)."
    )


def test_a_transaction_goes_on_after_a_refusal(t):
    with t.transaction() as ctx:
        with pytest.raises(UsageError):
            ctx.db.insert("items", {"a": {1}})
        ctx.db.insert("items", {"a": 1})
    assert [item["a"] for item in t.run(lambda ctx: ctx.db.query("items").collect())] == [1]


# What is taken for a Convex value


class Text(str):
    __slots__ = ()


class Number(enum.IntEnum):
    ONE = 1


def test_subclasses_are_what_they_derive_from(t):
    assert t.query(api.values.echo, value=[Text("x"), Number.ONE, True]) == ["x", 1, True]
    assert type(t.query(api.values.echo, value=Text("x"))) is str


def test_a_mapping_that_is_no_dict(t):
    import types

    assert t.query(api.values.echo, value=types.MappingProxyType({"a": 1})) == {"a": 1}


def test_memory_views_are_bytes(t):
    assert t.query(api.values.echo, value=memoryview(b"abc")[1:]) == b"bc"


def test_the_convexint64_of_the_client_library_is_known_by_its_name(t):
    foreign = type("ConvexInt64", (), {"__init__": lambda self, value: setattr(self, "value", value)})
    result = t.query(api.values.echo, value=foreign(5))
    assert type(result) is ConvexInt64
    assert result == 5
    assert complaint(lambda: t.query(api.values.echo, value=foreign(2**63))) == (
        "t.query(api.values.echo, …).value: ConvexInt64(9223372036854775808) does not fit into 64 bits: use a "
        "value from "
        "-2**63 to 2**63-1."
    )


def test_a_convexint64_fits_into_64_bits():
    assert complaint(lambda: ConvexInt64(2**63)) == (
        "ConvexInt64(9223372036854775808) does not fit into 64 bits: use a value from -2**63 to 2**63-1."
    )


def test_what_goes_in_is_copied(t):
    value = {"list": [1]}
    with t.transaction() as ctx:
        id = ctx.db.insert("items", value)
        value["list"].append(2)
        assert ctx.db.get(id)["list"] == [1]


# Calls that are wrong as a whole


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        (
            ({"value": 1},),
            {"value": 1},
            "t.query(api.values.echo, …): give the arguments either as one mapping or as keywords, not both.",
        ),
        (
            (5,),
            {},
            "t.query(api.values.echo, …): the arguments of a Convex function are one mapping, or keywords, but "
            "got 5 (type int).",
        ),
        (
            ([1],),
            {},
            "t.query(api.values.echo, …): the arguments of a Convex function are one mapping, or keywords, but "
            "got [1] (type "
            "list).",
        ),
        (
            ({}, {}),
            {},
            "t.query(api.values.echo, …): a function takes one mapping of arguments, or keywords, but got 2 values.",
        ),
    ],
)
def test_arguments_given_wrongly(t, args, kwargs, text):
    assert complaint(lambda: t.query(api.values.echo, *args, **kwargs)) == text


def test_keywords_for_a_snippet(t):
    assert complaint(lambda: t.query(js("(ctx) => 1"), a=1)).endswith(": a handler takes positional arguments, not a.")
