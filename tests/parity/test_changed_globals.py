"""What one test does to globals, another does not see: a context with changed globals is thrown away."""

from __future__ import annotations

from contextlib import suppress

import pytest

from convex_test import FunctionError, js


@pytest.fixture(scope="module")
def polluted(make_project):
    """A project of its own, so that what leaks here reaches no other test."""
    return make_project({})


def run(t, body):
    return t.query(js(f"async () => {{ {body} }}"))


def in_next_test(project, pollution, body):
    """What a body returns in the test after one that ran `pollution`."""
    with project.test() as t:
        run(t, pollution)
    with project.test() as t:
        return run(t, body)


@pytest.mark.parametrize(
    ("pollution", "body"),
    [
        ("globalThis.leak = 1;", "return typeof leak;"),
        ("Array.prototype.leak = 1;", "return typeof [].leak;"),
        ("Object.prototype.leak = 1;", "return typeof ({}).leak;"),
        ("String.prototype.leak = 1;", "return typeof ''.leak;"),
        ("Function.prototype.leak = 1;", "return typeof (() => 1).leak;"),
        ("Promise.prototype.leak = 1;", "return typeof Promise.resolve().leak;"),
        ("Map.prototype.leak = 1;", "return typeof new Map().leak;"),
        ("Error.prototype.leak = 1;", "return typeof new Error().leak;"),
        ("Date.prototype.leak = 1;", "return typeof new Date().leak;"),
        ("RegExp.prototype.leak = 1;", "return typeof /x/.leak;"),
        ("Symbol.prototype.leak = 1;", "return typeof Symbol().leak;"),
        ("BigInt.prototype.leak = 1;", "return typeof (1n).leak;"),
        ("Math.leak = 1;", "return typeof Math.leak;"),
        ("JSON.leak = 1;", "return typeof JSON.leak;"),
        ("console.leak = 1;", "return typeof console.leak;"),
        ("process.leak = 1;", "return typeof process.leak;"),
        ("process.env.leak = '1';", "return typeof process.env.leak;"),
        ("URL.prototype.leak = 1;", "return typeof new URL('https://e.com').leak;"),
        ("URL.leak = 1;", "return typeof URL.leak;"),
        ("EventTarget.prototype.leak = 1;", "return typeof new EventTarget().leak;"),
        ("TextEncoder.prototype.leak = 1;", "return typeof new TextEncoder().leak;"),
        ("Set.prototype.leak = 1;", "return typeof new Set().leak;"),
        ("WeakMap.prototype.leak = 1;", "return typeof new WeakMap().leak;"),
        ("Float64Array.prototype.leak = 1;", "return typeof new Float64Array(1).leak;"),
        ("Object.getPrototypeOf(async () => {}).leak = 1;", "return typeof (async () => {}).leak;"),
        ("Object.getPrototypeOf(function* () {}).leak = 1;", "return typeof (function* () {}).leak;"),
        ("Object.getPrototypeOf([][Symbol.iterator]()).leak = 1;", "return typeof [][Symbol.iterator]().leak;"),
        ("Reflect.leak = 1;", "return typeof Reflect.leak;"),
        ("crypto.leak = 1;", "return typeof crypto.leak;"),
        ("Convex.leak = 1;", "return typeof Convex.leak;"),
    ],
)
def test_something_added_to_a_global_is_gone_in_the_next_test(polluted, pollution, body):
    assert in_next_test(polluted, pollution, body) == "undefined"


@pytest.mark.parametrize(
    ("pollution", "body", "expected"),
    [
        ("Array.prototype.map = () => 'broken';", "return [1].map((n) => n + 1);", [2]),
        ("Math.random = () => 5;", "return Math.random() < 1;", True),
        ("Date.now = () => 5;", "return Date.now() > 5;", True),
        ("globalThis.Date = class {};", "return new Date(0).toISOString();", "1970-01-01T00:00:00.000Z"),
        ("JSON.parse = () => 'broken';", "return JSON.parse('[1]');", [1]),
        ("delete globalThis.URL;", "return typeof URL;", "function"),
        ("globalThis.URL = 5;", "return typeof URL;", "function"),
        ("console.log = () => {};", "return console.log.toString().includes('=> {}');", False),
        ("Object.keys = () => ['broken'];", "return Object.keys({ a: 1 });", ["a"]),
        ("String.prototype.trim = () => 'broken';", "return ' a '.trim();", "a"),
        ("globalThis.undefinedThing = undefined;", "return 'undefinedThing' in globalThis;", False),
        ("delete Array.prototype.filter;", "return typeof [].filter;", "function"),
        ("Map.prototype.get = () => 'broken';", "return new Map([[1, 2]]).get(1);", 2),
        ("Error.stackTraceLimit = 0;", "return new Error('x').stack.length > 0;", True),
        ("structuredClone = () => 'broken';", "return structuredClone(1);", 1),
        ("Promise.all = () => 'broken';", "return (await Promise.all([1]))[0];", 1),
        ("crypto.randomUUID = () => 'broken';", "return crypto.randomUUID().length;", 36),
    ],
)
def test_something_changed_in_a_global_is_whole_in_the_next_test(polluted, pollution, body, expected):
    assert in_next_test(polluted, pollution, body) == expected


@pytest.mark.parametrize(
    "pollution",
    ["Array.prototype.leak = 1;", "globalThis.leak = 1;", "JSON.stringify = () => 'broken';", "Map.prototype.set = 5;"],
)
def test_by_call_a_changed_global_is_whole_in_the_next_call(polluted, pollution):
    with polluted.test(isolation="call") as t:
        body = f"{pollution} return 1;"
        with suppress(FunctionError):
            run(t, body)
        expected = ["undefined", "undefined", '{"a":1}', 1]
        assert (
            run(t, "return [typeof [].leak, typeof leak, JSON.stringify({ a: 1 }), new Map().set(1, 2).size];")
            == expected
        )


@pytest.mark.parametrize(
    ("pollution", "body"),
    [
        ("Array.prototype.map.leak = 1;", "return typeof [].map.leak;"),
        ("console.log.leak = 1;", "return typeof console.log.leak;"),
        ("setTimeout.leak = 1;", "return typeof setTimeout.leak;"),
        ("Object.defineProperty(Math.max, 'leak', { value: 1 });", "return typeof Math.max.leak;"),
        ("Math.max[Symbol.for('leak')] = 1;", "return typeof Math.max[Symbol.for('leak')];"),
        ("URL.prototype.toString.leak = 1;", "return typeof URL.prototype.toString.leak;"),
        ("delete Math.max.name; Math.max.leak = 1;", "return typeof Math.max.leak;"),
        ("crypto.subtle.leak = 1;", "return typeof crypto.subtle.leak;"),
        ("performance.leak = 1;", "return typeof performance.leak;"),
    ],
)
def test_something_added_to_a_function_or_an_instance_is_gone_in_the_next_test(polluted, pollution, body):
    assert in_next_test(polluted, pollution, body) == "undefined"


@pytest.mark.parametrize(
    "instance",
    [
        "[].values()",
        "''.matchAll(/./g)",
        "Iterator.from({ next() {} })",
        "[].values().map((n) => n)",
        "Iterator.concat([])",
        "(async function* () {})()",
        "new URLSearchParams('a=1').entries()",
        "new Headers().entries()",
        "new FormData().entries()",
        "new ReadableStream().values()",
        "new Blob(['x'])._parts[0]",
    ],
)
def test_something_added_to_what_only_instances_show_is_gone_in_the_next_test(polluted, instance):
    pollution = f"({instance}).leak = 1; Object.getPrototypeOf({instance}).leak = 1;"
    assert in_next_test(polluted, pollution, f"return typeof ({instance}).leak;") == "undefined"


@pytest.mark.parametrize(
    "controller",
    [
        "new ReadableStream({ start(c) { found = c; } });",
        "new ReadableStream({ type: 'bytes', start(c) { found = c; } });",
        "new WritableStream({ start(c) { found = c; } });",
        "new TransformStream({ start(c) { found = c; } });",
    ],
)
def test_something_added_to_a_controller_of_streams_is_gone_in_the_next_test(polluted, controller):
    pollution = f"let found; {controller} found.constructor.prototype.leak = 1;"
    assert in_next_test(polluted, pollution, f"let found; {controller} return typeof found.leak;") == "undefined"


def test_something_added_to_call_sites_is_gone_in_the_next_test(polluted):
    site = """
        Error.prepareStackTrace = (_, sites) => sites;
        const [site] = new Error().stack;
        Error.prepareStackTrace = undefined;
    """
    pollution = f"{site} Object.getPrototypeOf(site).leak = 1;"
    assert in_next_test(polluted, pollution, f"{site} return typeof site.leak;") == "undefined"


@pytest.mark.parametrize(
    ("pollution", "body", "expected"),
    [
        ("Object.setPrototypeOf(Array.prototype, null);", "return 'toString' in [] && [] instanceof Object;", True),
        ("Object.setPrototypeOf(Math.max, null);", "return Math.max instanceof Function;", True),
        ("Object.setPrototypeOf(process.env, { LEAK: '1' });", "return 'LEAK' in process.env;", False),
        ("Object.setPrototypeOf(globalThis, { leak: 1 });", "return typeof leak;", "undefined"),
        ("Map.prototype.__proto__ = { leak: 1 };", "return typeof new Map().leak;", "undefined"),
    ],
)
def test_another_prototype_is_gone_in_the_next_test(polluted, pollution, body, expected):
    assert in_next_test(polluted, pollution, body) == expected


@pytest.mark.parametrize("change", ["preventExtensions", "seal", "freeze"])
@pytest.mark.parametrize("target", ["Array.prototype", "Math.max", "process.env", "globalThis", "URL.prototype"])
def test_what_was_closed_is_open_in_the_next_test(polluted, target, change):
    with suppress(FunctionError), polluted.test() as t:
        run(t, f"Object.{change}({target});")
    with polluted.test() as t:
        assert run(t, f"return Object.isExtensible({target});") is True


@pytest.mark.parametrize(
    ("attributes", "attribute", "expected"),
    [
        ("{ writable: false }", "writable", True),
        ("{ enumerable: true }", "enumerable", False),
        ("{ configurable: false }", "configurable", True),
    ],
)
@pytest.mark.parametrize("place", ["Array.prototype, 'map'", "globalThis, 'JSON'", "Object, 'keys'"])
def test_an_attribute_of_a_property_is_whole_in_the_next_test(polluted, place, attributes, attribute, expected):
    pollution = f"Object.defineProperty({place}, {attributes});"
    body = f"return Object.getOwnPropertyDescriptor({place}).{attribute};"
    assert in_next_test(polluted, pollution, body) is expected


@pytest.mark.parametrize(
    ("pollution", "body", "expected"),
    [
        ("Object.defineProperty(Math.max, 'name', { value: 'leak' });", "return Math.max.name;", "max"),
        ("Object.defineProperty(Math.max, 'length', { value: 5 });", "return Math.max.length;", 2),
        ("Object.defineProperty(Math.max, 'name', { enumerable: true });", "return Object.keys(Math.max);", []),
    ],
)
def test_a_function_has_its_own_name_in_the_next_test(polluted, pollution, body, expected):
    assert in_next_test(polluted, pollution, body) == expected


def test_an_accessor_that_gives_the_old_value_is_gone_in_the_next_test(polluted):
    pollution = """
        const before = Math.max;
        Object.defineProperty(Math, "max", { get: () => before, set() {} });
    """
    body = "return 'value' in Object.getOwnPropertyDescriptor(Math, 'max');"
    assert in_next_test(polluted, pollution, body) is True


def test_an_iterator_of_arrays_that_gives_nothing_does_not_blind_the_check(polluted):
    pollution = "Array.prototype[Symbol.iterator] = function* () {}; Math.leak = 1;"
    assert in_next_test(polluted, pollution, "return [typeof Math.leak, ...[1]];") == ["undefined", 1]


def test_an_accessor_that_does_not_end_stops_nothing(polluted):
    endless = "Object.defineProperty(Math.max, 'name', { get() { for (;;); } });"
    assert in_next_test(polluted, endless, "return Math.max.name;") == "max"


def test_prepare_stack_trace_is_gone_in_the_next_test(polluted):
    assert in_next_test(polluted, "Error.prepareStackTrace = () => 'leak';", "return new Error('x').stack;") != "leak"


def test_two_backends_at_once_have_globals_of_their_own(polluted):
    with polluted.test() as first, polluted.test() as second:
        run(first, "globalThis.leak = 1;")
        assert run(second, "return typeof leak;") == "undefined"
