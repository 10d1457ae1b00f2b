"""Values keep their kind and their bits on every way between a test, a function and the database."""

from __future__ import annotations

import math

import pytest

from convex_test import ConvexInt64, FunctionError, api, js, undefined

INFINITY = math.inf
VALUES = [
    None,
    True,
    False,
    0,
    1,
    -1,
    1.5,
    0.1,
    5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    2**53,
    -(2**53),
    1e21,
    1.5e300,
    -0.0,
    math.nan,
    INFINITY,
    -INFINITY,
    ConvexInt64(0),
    ConvexInt64(-1),
    ConvexInt64(1),
    ConvexInt64(2**53 + 1),
    ConvexInt64(2**63 - 1),
    ConvexInt64(-(2**63)),
    "",
    "text",
    "\0",
    "a\0b",
    '\x7f\x1f\n\t"\\',
    "é ß 漢",
    "\U0001f600",
    "\uffff\ufeff\u2028",
    "$integer",
    '{"$float":"AAAAAAAA8H8="}',
    b"",
    b"\0",
    bytes(range(256)),
    [],
    [[], [[]]],
    [None, True, 1, 1.5, ConvexInt64(1), "x", b"x", {"a": 1}],
    [math.nan, INFINITY, -INFINITY, -0.0, 0],
    {},
    {"a": {"b": {"c": [{}]}}},
    {"": 1},
    {"a b.c-d~": 1},
    {"_id_like": 1, "nested": {"_x": 1}},
    {"k" * 1024: 1},
    {"int": ConvexInt64(5), "nan": math.nan, "zero": -0.0},
]
SAME = """
    const same = (a, b) => {
      if (Object.is(a, b)) return true;
      if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
      if (a instanceof ArrayBuffer || b instanceof ArrayBuffer) {
        const bytes = (buffer) => buffer instanceof ArrayBuffer && [...new Uint8Array(buffer)];
        return same(bytes(a), bytes(b));
      }
      const keys = Object.keys(a);
      return Array.isArray(a) === Array.isArray(b) && keys.length === Object.keys(b).length
        && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
    };
"""


def assert_same(found, expected):
    # Unlike ==, repr() tells 1 from True and from ConvexInt64(1), 0 from -0.0, and knows NaN.
    assert repr(found) == repr(expected)


# Python ⇄ TypeScript


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_python_to_typescript_and_back(t, value):
    assert_same(t.query(js("(ctx, value) => value"), value), value)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_typescript_sees_the_value_that_python_passed(t, as_javascript, value):
    assert t.query(js(f"(ctx, value) => {{ {SAME} return same(value, {as_javascript(value)}); }}"), value) is True


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_python_sees_the_value_that_typescript_returned(t, as_javascript, value):
    assert_same(t.query(js(f"() => ({as_javascript(value)})")), value)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_arguments_and_results_of_a_registered_function(t, value):
    assert_same(t.query(api.values.echo, value=value), value)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_arguments_and_results_of_a_nested_call(t, as_javascript, value):
    source = f"""async (ctx) => {{ {SAME}
        const value = {as_javascript(value)};
        return same(await ctx.runQuery(api.values.echo, {{ value }}), value);
    }}"""
    assert t.mutation(js(source)) is True


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_arguments_and_results_of_a_call_from_python_s_ctx(t, value):
    assert_same(t.run(lambda ctx: ctx.run_query("values:echo", value=value)), value)


# The database


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_python_reads_what_either_door_wrote(t, door, value):
    id = door.call(t, "insert", "items", {"value": value})
    assert_same(t.run(lambda ctx: ctx.db.get(id)["value"]), value)


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("read", ["await ctx.db.get(id)", "(await ctx.db.query('items').collect())[0]"])
def test_typescript_reads_what_either_door_wrote(t, door, as_javascript, value, read):
    id = door.call(t, "insert", "items", {"value": value})
    source = f"async (ctx, id) => {{ {SAME} return same(({read}).value, {as_javascript(value)}); }}"
    assert t.query(js(source), id) is True


@pytest.mark.parametrize("value", [v for v in VALUES if v is not None], ids=repr)
def test_filters_in_typescript_and_python_find_the_value(t, door, as_javascript, value):
    id = door.call(t, "insert", "items", {"value": value})
    door.call(t, "insert", "items", {"value": None})
    source = (
        f"""(ctx) => ctx.db.query("items").filter((q) => q.eq(q.field("value"), {as_javascript(value)})).unique()"""
    )
    assert t.query(js(source))["_id"] == id
    assert (
        t.query(lambda ctx: ctx.db.query("items").filter(lambda q: q.eq(q.field("value"), value)).unique()["_id"]) == id
    )


def test_zero_and_negative_zero_are_different_values_to_filters(t, door):
    door.call(t, "insert", "items", {"value": 0})
    assert t.query(lambda ctx: ctx.db.query("items").filter(lambda q: q.eq(q.field("value"), -0.0)).collect()) == []
    assert t.query(js('(ctx) => ctx.db.query("items").filter((q) => q.eq(q.field("value"), -0)).collect()')) == []


# Numbers as Python has them


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("1.0", 1),
        ("1e20", 10**20),
        ("999999999999999900000", 999999999999999868928),
        ("1e21", 1e21),
        ("-1e20", -(10**20)),
        ("2 ** 53 + 2", 2**53 + 2),
        ("0.1 + 0.2", 0.30000000000000004),
        ("-0", -0.0),
        ("1 / 3", 0.3333333333333333),
    ],
)
def test_integral_numbers_below_1e21_are_ints(t, source, number):
    assert_same(t.query(js(f"() => {source}")), number)


def test_a_python_float_that_is_integral_is_the_same_number(t, door):
    id = door.call(t, "insert", "items", {"value": 3.0})
    assert_same(t.run(lambda ctx: ctx.db.get(id)["value"]), 3)


def test_a_bigint_comes_back_as_convexint64(t):
    result = t.query(js("() => 5n"))
    assert type(result) is ConvexInt64
    assert result == 5


def test_tuples_and_bytearrays_are_lists_and_bytes(t):
    assert_same(t.query(js("(ctx, value) => value"), (1, (2,), bytearray(b"x"))), [1, [2], b"x"])


# Order of keys


def test_typescript_sees_the_keys_of_a_document_sorted(t, door):
    id = door.call(t, "insert", "items", {"b": 1, "a": {"d": 1, "c": 2}, "Z": 1, "é"[:0]: 0})
    keys = t.query(
        js("async (ctx, id) => { const d = await ctx.db.get(id); return [Object.keys(d), Object.keys(d.a)] }"), id
    )
    assert keys == [["", "Z", "_creationTime", "_id", "a", "b"], ["c", "d"]]


def test_python_sees_the_keys_of_a_document_sorted(t, door):
    id = door.call(t, "insert", "items", {"b": 1, "a": {"d": 1, "c": 2}, "Z": 1})
    document = t.run(lambda ctx: ctx.db.get(id))
    assert list(document) == ["Z", "_creationTime", "_id", "a", "b"]
    assert list(document["a"]) == ["c", "d"]


def test_python_sees_the_keys_of_a_result_sorted(t):
    assert list(t.query(js("() => ({ b: 1, a: 2, B: 3, _: 4, 10: 5, 9: 6 })"))) == ["10", "9", "B", "_", "a", "b"]


def test_a_function_sees_the_keys_of_its_arguments_sorted(t):
    assert t.query(js("(ctx, value) => Object.keys(value)"), {"b": 1, "a": 2, "B": 3}) == ["B", "a", "b"]


def test_a_caller_in_typescript_sees_the_keys_of_a_result_sorted(t):
    source = """async (ctx) => Object.keys(await ctx.runQuery(api.values.echo, { value: { b: 1, a: 2, B: 3 } }))"""
    assert t.query(js(source)) == ["B", "a", "b"]


# undefined


def test_undefined_fields_are_dropped_when_written(t, door):
    id = door.call(t, "insert", "items", {"a": undefined, "b": {"c": undefined, "d": 1}})
    document = t.run(lambda ctx: ctx.db.get(id))
    assert document == {"_id": id, "_creationTime": document["_creationTime"], "b": {"d": 1}}


def test_undefined_fields_are_dropped_from_arguments(t):
    assert t.query(js("(ctx, value) => Object.keys(value)"), {"a": undefined, "b": 1}) == ["b"]
    assert t.query(api.values.echo, value=undefined) is None


def test_undefined_fields_are_dropped_from_results(t):
    assert t.query(js("() => ({ a: undefined, b: { c: undefined } })")) == {"b": {}}


def test_a_function_that_returns_undefined_returns_null(t):
    assert t.query(js("() => undefined")) is None
    assert t.query(js("async () => {}")) is None
    assert t.mutation(js("async (ctx) => (await ctx.runQuery(api.values.echo, {})) === null")) is True


def test_holes_in_arrays_become_null(t):
    assert t.query(js("() => [1, , 2]")) == [1, None, 2]
    id = t.mutation(js("(ctx) => ctx.db.insert('items', { a: [1, , 2] })"))
    assert t.run(lambda ctx: ctx.db.get(id)["a"]) == [1, None, 2]


# What npm's convex refuses, with its texts

SEE = "To learn about Convex's supported types, see https://docs.convex.dev/using/types."
UNSUPPORTED = {
    "undefined in an array": (
        "{ a: [1, undefined] }",
        "undefined is not a valid Convex value (present at path .a[1] in original object "
        f'{{"a":[1,"undefined"]}}). {SEE}',
    ),
    "Date": (
        "{ a: new Date(0) }",
        'Date "1970-01-01T00:00:00.000Z" is not a supported Convex type (present at path .a in original object '
        f'{{"a":"1970-01-01T00:00:00.000Z"}}). {SEE}',
    ),
    "Set": (
        "{ a: new Set([1, 2]) }",
        f'Set[1,2] is not a supported Convex type (present at path .a in original object {{"a":{{}}}}). {SEE}',
    ),
    "Map": (
        "{ a: { b: new Map([[1, 2]]) } }",
        "Map[[1,2]] is not a supported Convex type (present at path .a.b in original object "
        f'{{"a":{{"b":{{}}}}}}). {SEE}',
    ),
    "Symbol": (
        "{ a: Symbol('x') }",
        'Symbol "Symbol(x)" is not a supported Convex type (present at path .a in original object '
        f'{{"a":"Symbol(x)"}}). {SEE}',
    ),
    "function": (
        "{ a: () => 1 }",
        'Function "[Function]" is not a supported Convex type (present at path .a in original object '
        f'{{"a":"[Function]"}}). {SEE}',
    ),
    "Uint8Array": (
        "{ a: new Uint8Array([1, 2]) }",
        'Uint8Array {"0":1,"1":2} is not a supported Convex type (present at path .a in original object '
        f'{{"a":{{"0":1,"1":2}}}}). {SEE}',
    ),
    "class instance": (
        "{ a: new (class Point { x = 1 })() }",
        f'Point {{"x":1}} is not a supported Convex type (present at path .a in original object '
        f'{{"a":{{"x":1}}}}). {SEE}',
    ),
    "Promise": (
        "{ a: Promise.resolve(1) }",
        f'Promise {{}} is not a supported Convex type (present at path .a in original object {{"a":{{}}}}). {SEE}',
    ),
    "RegExp": (
        "{ a: /x/ }",
        f'RegExp {{}} is not a supported Convex type (present at path .a in original object {{"a":{{}}}}). {SEE}',
    ),
    "Error": (
        "{ a: new Error('x') }",
        f'Error {{}} is not a supported Convex type (present at path .a in original object {{"a":{{}}}}). {SEE}',
    ),
    "bigint beyond 64 bits": (
        "{ a: 2n ** 63n }",
        "BigInt 9223372036854775808 does not fit into a 64-bit signed integer.",
    ),
    "bigint below 64 bits": (
        "{ a: -(2n ** 63n) - 1n }",
        "BigInt -9223372036854775809 does not fit into a 64-bit signed integer.",
    ),
    "dollar": ("{ $a: 1 }", "Field name $a starts with a '$', which is reserved."),
    "nested dollar": ("{ a: [{ $set: 1 }] }", "Field name $set starts with a '$', which is reserved."),
    "not ASCII": (
        "{ é: 1 }",
        "Field name é has invalid character 'é': Field names can only contain non-control ASCII characters",
    ),
    "control character": (
        "{ 'a\\nb': 1 }",
        "Field name a\nb has invalid character '\n': Field names can only contain non-control ASCII characters",
    ),
    "DEL": (
        "{ 'a\\x7f': 1 }",
        "Field name a\x7f has invalid character '\x7f': Field names can only contain non-control ASCII characters",
    ),
    "too long": (
        "{ ['k'.repeat(1025)]: 1 }",
        f"Field name {'k' * 1025} exceeds maximum field name length 1024.",
    ),
}
unsupported = pytest.mark.parametrize(("source", "text"), UNSUPPORTED.values(), ids=list(UNSUPPORTED))
WAYS = {
    "insert": "(ctx, id) => ctx.db.insert('items', VALUE)",
    "patch": "(ctx, id) => ctx.db.patch(id, VALUE)",
    "replace": "(ctx, id) => ctx.db.replace(id, VALUE)",
    "return": "() => (VALUE)",
    "runQuery": "(ctx) => ctx.runQuery(api.values.echo, VALUE)",
}


@unsupported
@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_values_of_no_convex_type_are_refused(t, way, source, text):
    id = t.run(lambda ctx: ctx.db.insert("items", {}))
    with pytest.raises(FunctionError) as caught:
        t.mutation(js(way.replace("VALUE", source)), id)

    assert caught.value.message == text
    assert caught.value.text == f"Uncaught Error: {text}"


@unsupported
def test_a_refused_value_is_an_error_that_typescript_can_catch(t, source, text):
    caught = t.mutation(
        js(f"""async (ctx) => {{
            try {{ await ctx.db.insert("items", {source}); }}
            catch (error) {{ return [error.constructor === Error, error.message]; }}
        }}""")
    )
    assert caught == [True, text]
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("new Date(0)", 'Date "1970-01-01T00:00:00.000Z" is not a supported Convex type.'),
        ("Symbol('x')", 'Symbol "Symbol(x)" is not a supported Convex type.'),
        ("new Set([1])", "Set[1] is not a supported Convex type."),
        ("new Map([[1, 2]])", "Map[[1,2]] is not a supported Convex type."),
        ("() => 1", 'Function "[Function]" is not a supported Convex type.'),
    ],
)
def test_a_refused_result_has_no_path(t, source, text):
    with pytest.raises(FunctionError) as caught:
        t.query(js(f"() => ({source})"))
    assert caught.value.text == f"Uncaught Error: {text}"


def test_an_uncollected_query_cannot_be_returned(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js("(ctx) => ctx.db.query('items')"))
    assert caught.value.message == (
        "Return value is a Query. Results must be retrieved with `.collect()`, `.take(n), `.unique()`, or `.first()`."
    )


def test_an_object_without_prototype_is_plain(t):
    id = t.mutation(js("(ctx) => ctx.db.insert('items', Object.assign(Object.create(null), { a: 1 }))"))
    assert t.run(lambda ctx: ctx.db.get(id)["a"]) == 1


def test_half_a_surrogate_pair_cannot_be_stored(t):
    with pytest.raises(FunctionError):
        t.mutation(js("(ctx) => ctx.db.insert('items', { a: 'x\\ud800y' })"))
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == []


def test_half_a_surrogate_pair_cannot_be_returned(t):
    with pytest.raises(FunctionError):
        t.query(js("() => 'x\\ud800y'"))


def test_a_long_value_is_cut_in_the_error_text(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js("() => new (class Big { x = 'y'.repeat(20000) })()"))
    shown = '{"x":"' + "y" * (16384 - len("[...truncated]") - 6) + "[...truncated]"
    assert caught.value.message == f"Big {shown} is not a supported Convex type."
