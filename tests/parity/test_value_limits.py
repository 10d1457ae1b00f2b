"""How large, wide and deep values, documents, arguments and results may be."""

from __future__ import annotations

import json

import pytest

from convex_test import FunctionError, api, js


def deep(levels):
    return "[" * levels + "]" * levels


def test_arguments_and_results_nest_64_levels(t):
    value = json.loads(deep(64))
    assert t.query(js("(ctx, value) => value"), *value) == value[0]
    assert t.query(js(f"() => {deep(64)}")) == value


def test_a_result_cannot_nest_65_levels(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js(f"() => {deep(65)}"))
    assert caught.value.text == (
        "Function inline return value invalid: Value is too nested (nested 65 levels deep > maximum nesting 64)"
    )


def test_arguments_of_a_nested_call_nest_64_levels(t):
    call = "(ctx) => ctx.runQuery(api.values.echo, { value: VALUE })"
    assert t.mutation(js(call.replace("VALUE", deep(63)))) == json.loads(deep(63))
    with pytest.raises(FunctionError) as caught:
        t.mutation(js(call.replace("VALUE", deep(64))))
    assert caught.value.message == (
        "Invalid argument `args` for `runUdf`: Value is too nested (nested 65 levels deep > maximum nesting 64)"
    )


@pytest.mark.parametrize("wrap", ["{ a: VALUE }", "{ a: { b: VALUE } }"])
def test_an_array_holds_8192_elements(t, wrap):
    source = wrap.replace("VALUE", "Array(8192).fill(0)")
    t.mutation(js(f"(ctx) => ctx.db.insert('items', {source})"))
    with pytest.raises(FunctionError) as caught:
        t.mutation(js(f"(ctx) => ctx.db.insert('items', {source.replace('8192', '8193')})"))
    assert caught.value.message == (
        "Invalid argument `value` for `db.insert`: Array length is too long (8193 > maximum length 8192)"
    )


def test_a_nested_object_holds_1024_fields(t):
    source = (
        "(ctx) => ctx.db.insert('items', { a: Object.fromEntries([...Array(1024).keys()].map((n) => ['k' + n, n])) })"
    )
    t.mutation(js(source))
    with pytest.raises(FunctionError) as caught:
        t.mutation(js(source.replace("1024", "1025")))
    assert caught.value.message == (
        "Invalid argument `value` for `db.insert`: Object has too many fields (1025 > maximum number 1024)"
    )


def test_a_document_holds_1022_fields_beside_those_of_the_system(t, door):
    fields = {f"k{n}": n for n in range(1022)}
    door.call(t, "insert", "items", fields)
    error = door.fails(t, "insert", "items", {**fields, "one_more": 1})
    assert error.message == "Object has too many fields (1025 > maximum number 1024)"


def test_a_document_nests_16_levels(t, door):
    door.call(t, "insert", "items", {"a": json.loads(deep(15))})
    error = door.fails(t, "insert", "items", {"a": json.loads(deep(16))})
    assert error.message.startswith("Document(value: {_creationTime: ")
    assert error.message.endswith(
        f", a: {deep(16)}}}) isn't a valid document: Document is too nested "
        "(nested 17 levels deep > maximum nesting 16)"
    )


def test_a_document_holds_1_mib(t, door):
    # Fields of the system 63 bytes, the name `a` 2, the string's length 2.
    exact = (1 << 20) - 63 - 2 - 2
    door.call(t, "insert", "items", {"a": "x" * exact})
    error = door.fails(t, "insert", "items", {"a": "x" * (exact + 1)})
    assert error.message == "Value is too large (1.00 MiB > maximum size 1 MiB)"
    assert error.text == ("Uncaught Error: " if door.language == "typescript" else "") + error.message


def test_a_result_holds_16_mib(t):
    text = "x" * (4 << 20)
    assert t.query(api.values.echo, value=[text, text, text]) == [text] * 3
    with pytest.raises(FunctionError) as caught:
        t.query(api.values.echo, value=[text] * 4)
    assert caught.value.text == "Arguments for values.js:echo are too large (actual: 16.00 MiB, limit: 16 MiB)"
