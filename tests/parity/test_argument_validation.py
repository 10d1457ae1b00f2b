"""Arguments are checked before a function runs, wherever it is called from."""

from __future__ import annotations

import math

import pytest

from convex_test import ArgumentValidationError, ConvexInt64, FunctionError, UsageError, api, internal, js, undefined

GHOST_USER = "j97000820c20a1g7104gm2rc1m70yp0t"
GHOST_MESSAGE = "j57000820c20a1g7104gm2rc1m70ynr8"
GHOST_FILE = "kg2000820c20a1g7104gm2rc1m70y674"

VALIDATORS = {
    "anything": "v.any()",
    "boolean": "v.boolean()",
    "bytes": "v.bytes()",
    "float64": "v.float64()",
    "id": 'v.id("users")',
    "file": 'v.id("_storage")',
    "int64": "v.int64()",
    "literalBigint": "v.literal(5n)",
    "literalFlag": "v.literal(true)",
    "literalNumber": "v.literal(0)",
    "literalText": 'v.literal("a\\"b")',
    "list": "v.array(v.string())",
    "lists": "v.array(v.array(v.number()))",
    "nothing": "v.null()",
    "nullable": "v.nullable(v.string())",
    "number": "v.number()",
    "object": "v.object({ b: v.string(), a: v.optional(v.number()) })",
    "empty": "v.object({})",
    "record": "v.record(v.string(), v.number())",
    "recordById": 'v.record(v.id("users"), v.object({ n: v.number() }))',
    "text": "v.string()",
    "union": "v.union(v.string(), v.number())",
    "unionOfOne": "v.union(v.array(v.string()))",
    "unionOfNone": "v.union()",
    "unionOfLiterals": 'v.union(v.literal("a"), v.literal("b"))',
}
FUNCTIONS = "\n".join(
    f"export const {name} = query({{ args: {{ value: {validator} }}, handler: (_ctx, args) => args.value as any }});"
    for name, validator in VALIDATORS.items()
)


FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          users: defineTable({ name: v.string() }),
          messages: defineTable({ body: v.string() }),
        });
    """,
    "convex/kinds.ts": f"""
        import {{ v }} from "convex/values";
        import {{ query }} from "./_generated/server";
        {FUNCTIONS}
    """,
    "convex/functions.ts": """
        import { v } from "convex/values";
        import { action, internalMutation, mutation, query } from "./_generated/server";
        const args = { name: v.string(), age: v.optional(v.number()) };
        const write = async (ctx: any, { name }: any) => { await ctx.db.insert("users", { name }); };
        export const read = query({ args, handler: (_ctx, given) => given as any });
        export const add = mutation({ args, handler: write });
        export const addInside = internalMutation({ args, handler: write });
        export const act = action({ args, handler: (_ctx, given) => given as any });
        export const unchecked = query({ handler: (_ctx, given: any) => given });
        export const bare = query((_ctx, given: any) => given);
        export const none = query({ args: {}, handler: (_ctx, given: any) => given });
        export const whole = query({ args: v.any(), handler: (_ctx, given: any) => given });
        export const object = query({ args: v.object(args), handler: (_ctx, given) => given as any });
    """,
}


def refusal(t, callee, kind="query", **args):
    with pytest.raises(ArgumentValidationError) as caught:
        getattr(t, kind)(callee, args)
    return caught.value


# Every validator

ACCEPTED = [
    ("anything", None),
    ("anything", {"a": [ConvexInt64(1), b"x"]}),
    ("boolean", True),
    ("boolean", False),
    ("bytes", b""),
    ("float64", 1),
    ("float64", 1.5),
    ("number", math.nan),
    ("number", math.inf),
    ("number", -0.0),
    ("id", GHOST_USER),
    ("file", GHOST_FILE),
    ("int64", ConvexInt64(-1)),
    ("literalBigint", ConvexInt64(5)),
    ("literalFlag", True),
    ("literalNumber", 0),
    ("literalText", 'a"b'),
    ("list", []),
    ("list", ["a", "b"]),
    ("lists", [[], [1]]),
    ("nothing", None),
    ("nullable", None),
    ("nullable", "x"),
    ("object", {"b": "x"}),
    ("object", {"a": 1, "b": "x"}),
    ("empty", {}),
    ("record", {}),
    ("record", {"": 2, "any key": 1}),
    ("recordById", {GHOST_USER: {"n": 1}}),
    ("text", ""),
    ("union", "x"),
    ("union", 1),
    ("unionOfOne", ["x"]),
    ("unionOfLiterals", "b"),
]


@pytest.mark.parametrize(("kind", "value"), ACCEPTED, ids=repr)
def test_a_value_that_matches_reaches_the_function(t, kind, value):
    assert repr(t.query(api.kinds[kind], value=value)) == repr(value)


def no_match(value, validator, path=".value"):
    return f"Value does not match validator.\nPath: {path}\nValue: {value}\nValidator: {validator}"


REFUSED = [
    ("boolean", None, no_match("null", "v.boolean()")),
    ("boolean", 1, no_match("1.0", "v.boolean()")),
    ("bytes", "x", no_match('"x"', "v.bytes()")),
    ("float64", ConvexInt64(1), no_match("1", "v.float64()")),
    ("float64", "1", no_match('"1"', "v.float64()")),
    ("float64", True, no_match("true", "v.float64()")),
    ("number", None, no_match("null", "v.float64()")),
    ("int64", 1, no_match("1.0", "v.int64()")),
    ("int64", 1.5, no_match("1.5", "v.int64()")),
    ("text", 5, no_match("5.0", "v.string()")),
    ("text", None, no_match("null", "v.string()")),
    ("text", b"\x00\x01", no_match('b"AAE="', "v.string()")),
    ("text", ["a", {"b": 1}], no_match('["a", {b: 1.0}]', "v.string()")),
    ("text", 1e16, no_match("1e16", "v.string()")),
    ("text", -0.0, no_match("-0.0", "v.string()")),
    ("text", math.nan, no_match("NaN", "v.string()")),
    ("text", -math.inf, no_match("-inf", "v.string()")),
    ("text", 1e-5, no_match("1e-5", "v.string()")),
    ("nothing", "a\n\"'\u200b", no_match('"a\\n\\"\'\\u{200b}"', "v.null()")),
    ("nothing", False, no_match("false", "v.null()")),
    ("nothing", {}, no_match("{}", "v.null()")),
    ("id", "garbage", no_match('"garbage"', 'v.id("users")')),
    ("id", 5, no_match("5.0", 'v.id("users")')),
    ("id", "g2002001081g81860w40j2gb1g6gw3vs74", no_match('"g2002001081g81860w40j2gb1g6gw3vs74"', 'v.id("users")')),
    (
        "id",
        GHOST_MESSAGE,
        f'Found ID "{GHOST_MESSAGE}" from table `messages`, which does not match the table name in validator '
        '`v.id("users")`.Path: .value',
    ),
    (
        "id",
        GHOST_FILE,
        f'Found ID "{GHOST_FILE}" from a system table, which does not match the table name in validator '
        '`v.id("users")`.Path: .value',
    ),
    (
        "file",
        GHOST_USER,
        f'Found ID "{GHOST_USER}" from table `users`, which does not match the table name in validator '
        '`v.id("_storage")`.Path: .value',
    ),
    ("literalBigint", 5, "`5.0` does not match literal validator `v.literal(<bigint>)`.Path: .value"),
    ("literalFlag", False, "`false` does not match literal validator `v.literal(true)`.Path: .value"),
    ("literalNumber", -0.0, "`-0.0` does not match literal validator `v.literal(0.0)`.Path: .value"),
    ("literalNumber", False, "`false` does not match literal validator `v.literal(0.0)`.Path: .value"),
    ("literalText", "a", '`"a"` does not match literal validator `v.literal("a\\"b")`.Path: .value'),
    ("list", "ab", no_match('"ab"', "v.array(v.string())")),
    ("list", ["a", 1, None], no_match("1.0", "v.string()", ".value[1]")),
    ("lists", [[1], [2, "x"]], no_match('"x"', "v.float64()", ".value[1][1]")),
    ("nullable", 1, no_match("1.0", "v.union(v.string(), v.null())")),
    ("object", [], no_match("[]", "v.object({a: v.optional(v.float64()), b: v.string()})")),
    ("object", {"a": "x", "b": 1}, no_match('"x"', "v.float64()", ".value.a")),
    ("object", {"a": None, "b": "x"}, no_match("null", "v.float64()", ".value.a")),
    (
        "object",
        {"a": 1},
        "Object is missing the required field `b`. Consider wrapping the field validator in `v.optional(...)` if "
        "this is "
        "expected.\nPath: .value\nObject: {a: 1.0}\nValidator: v.object({a: v.optional(v.float64()), b: v.string()})",
    ),
    (
        "object",
        {"b": "x", "d": 1, "c": 2},
        "Object contains extra field `c` that is not in the validator.\nPath: .value\nObject: "
        '{b: "x", c: 2.0, d: 1.0}\nValidator: v.object({a: v.optional(v.float64()), b: v.string()})',
    ),
    (
        "empty",
        {"a": 1},
        "Object contains extra field `a` that is not in the validator.\nPath: .value\nObject: {a: 1.0}\n"
        "Validator: v.object({})",
    ),
    ("record", [1], no_match("[1.0]", "v.record(v.string(), v.float64())")),
    ("record", {"a": 1, "b": "x"}, no_match('"x"', "v.float64()", ".value.values()")),
    ("recordById", {"x": {"n": 1}}, no_match('"x"', 'v.id("users")', ".value.keys()")),
    ("recordById", {GHOST_USER: {"n": "x"}}, no_match('"x"', "v.float64()", ".value.values().n")),
    ("union", None, no_match("null", "v.union(v.string(), v.float64())")),
    ("unionOfOne", ["a", 1], no_match("1.0", "v.string()", ".value[1]")),
    ("unionOfNone", None, no_match("null", "v.union()")),
    ("unionOfLiterals", "c", no_match('"c"', 'v.union(v.literal("a"), v.literal("b"))')),
]


@pytest.mark.parametrize(("kind", "value", "text"), REFUSED, ids=lambda case: repr(case)[:40])
def test_a_value_that_does_not_match_is_refused(t, kind, value, text):
    error = refusal(t, api.kinds[kind], value=value)
    assert error.text == f"ArgumentValidationError: {text}"
    assert str(error) == error.text


# The arguments object


def test_a_missing_argument(t):
    assert refusal(t, api.functions.read).text == (
        "ArgumentValidationError: Object is missing the required field `name`. Consider wrapping the field "
        "validator in "
        "`v.optional(...)` if this is expected.\n\nObject: {}\n"
        "Validator: v.object({age: v.optional(v.float64()), name: v.string()})"
    )


def test_an_argument_too_many(t):
    assert refusal(t, api.functions.read, name="Sarah", size=5).text == (
        "ArgumentValidationError: Object contains extra field `size` that is not in the validator.\n\n"
        'Object: {name: "Sarah", size: 5.0}\nValidator: v.object({age: v.optional(v.float64()), name: v.string()})'
    )


def test_a_function_without_arguments_takes_none(t):
    assert t.query(api.functions.none) == {}
    assert refusal(t, api.functions.none, a=1).text == (
        "ArgumentValidationError: Object contains extra field `a` that is not in the validator.\n\n"
        "Object: {a: 1.0}\nValidator: v.object({})"
    )


@pytest.mark.parametrize("name", ["unchecked", "bare", "whole"])
def test_a_function_without_validators_takes_anything(t, name):
    assert t.query(api.functions[name], {"a": [1], "_b": None}) == {"_b": None, "a": [1]}
    assert t.query(api.functions[name]) == {}


def test_args_may_be_an_object_validator(t):
    assert t.query(api.functions.object, name="Sarah") == {"name": "Sarah"}
    assert refusal(t, api.functions.object, name=1).text == (
        "ArgumentValidationError: Value does not match validator.\nPath: .name\nValue: 1.0\nValidator: v.string()"
    )


def test_an_undefined_argument_is_no_argument(t):
    assert t.query(api.functions.read, name="Sarah", age=undefined, other=undefined) == {"name": "Sarah"}


def test_null_is_not_undefined(t):
    assert refusal(t, api.functions.read, name="Sarah", age=None).text == (
        "ArgumentValidationError: Value does not match validator.\nPath: .age\nValue: null\nValidator: v.float64()"
    )


@pytest.mark.parametrize("args", [5, "x", [1], [{"name": "x"}]])
def test_the_arguments_of_a_call_are_a_mapping(t, args):
    with pytest.raises(UsageError):
        t.query(api.functions.read, args)


# Each kind of function, and each way to call it

WRONG_NAME = "ArgumentValidationError: Value does not match validator.\nPath: .name\nValue: 5.0\nValidator: v.string()"


@pytest.mark.parametrize(("kind", "name"), [("query", "read"), ("mutation", "add"), ("action", "act")])
def test_every_kind_of_function_checks_its_arguments(t, kind, name):
    error = refusal(t, api.functions[name], kind, name=5)
    assert error.text == WRONG_NAME
    assert error.function == f"functions:{name}"
    assert error.frames == []


def test_an_internal_function_checks_its_arguments(t):
    assert refusal(t, internal.functions.addInside, "mutation", name=5).text == WRONG_NAME


def test_the_function_does_not_run(t):
    refusal(t, api.functions.add, "mutation", name="x", extra=1)
    assert t.run(lambda ctx: ctx.db.query("users").collect()) == []


@pytest.mark.parametrize("call", ["runQuery(api.functions.read", "runMutation(internal.functions.addInside"])
def test_a_nested_call_that_is_not_caught_is_an_uncaught_error(t, call):
    with pytest.raises(FunctionError) as caught:
        t.mutation(js(f"(ctx) => ctx.{call}, {{ name: 5 }})"))
    assert type(caught.value) is FunctionError
    assert caught.value.text == f"Uncaught Error: {WRONG_NAME}"
    assert type(caught.value.__cause__) is ArgumentValidationError


def test_a_nested_call_can_be_caught(t):
    source = """async (ctx) => {
        try { await ctx.runMutation(internal.functions.addInside, { name: 5 }); }
        catch (error) { return [error.constructor === Error, error.message]; }
    }"""
    assert t.mutation(js(source)) == [True, WRONG_NAME]


@pytest.mark.parametrize(
    "call", ["runQuery(api.functions.read", "runMutation(api.functions.add", "runAction(api.functions.act"]
)
def test_a_call_of_an_action_is_checked(t, call):
    with pytest.raises(FunctionError) as caught:
        t.action(js(f"(ctx) => ctx.{call}, {{ name: 5 }})"))
    assert caught.value.text == f"Uncaught Error: {WRONG_NAME}"


def test_a_call_of_python_s_ctx_is_checked(t):
    with pytest.raises(ArgumentValidationError) as caught:
        t.run(lambda ctx: ctx.run_mutation(api.functions.add, name=5))
    assert caught.value.text == WRONG_NAME


def test_a_call_of_python_s_action_ctx_is_checked(t):
    with pytest.raises(ArgumentValidationError) as caught:
        t.action(lambda ctx: ctx.run_action(api.functions.act, {"name": 5}))
    assert caught.value.text == WRONG_NAME


@pytest.mark.parametrize("args", ["5", "'x'", "[1]"])
def test_npm_wants_an_object_for_a_nested_call(t, args):
    with pytest.raises(FunctionError) as caught:
        t.mutation(js(f"(ctx) => ctx.runQuery(api.functions.unchecked, {args})"))
    shown = {"'x'": "x", "[1]": "1"}.get(args, args)
    assert caught.value.message == f"The arguments to a Convex function must be an object. Received: {shown}"


def test_a_nested_call_without_arguments_passes_an_empty_object(t):
    assert t.mutation(js("(ctx) => ctx.runQuery(api.functions.unchecked)")) == {}


# Size


def test_arguments_of_more_than_16_mib_are_refused(t):
    # The text weighs 2 more than its length, `{a: …}` 4 more, the array of arguments 2 more.
    fits = "x" * ((16 << 20) - 8)
    assert t.query(js("(ctx, text) => ctx.runQuery(api.functions.none, {}).then(() => text.length)"), fits) == len(fits)
    with pytest.raises(FunctionError) as caught:
        t.query(api.functions.read, name=fits)
    assert caught.value.text == "Arguments for functions.js:read are too large (actual: 16.00 MiB, limit: 16 MiB)"
    assert type(caught.value) is FunctionError
