from __future__ import annotations

import datetime as dt
import decimal
import math

import pytest

from convex_test import (
    ArgumentValidationError,
    ConvexInt64,
    FunctionError,
    FunctionNotFoundError,
    UsageError,
    api,
    components,
    internal,
    js,
    load_project,
    module,
    undefined,
)

FILES = {
    "convex/echo.ts": """\
        import { v } from "convex/values";
        import { internalQuery, mutation, query } from "./_generated/server";

        export const back = query({ args: { value: v.any() }, handler: async (_ctx, { value }) => value });
        export const hidden = internalQuery(async () => 1);
        export const write = mutation({
          args: { n: v.number() },
          handler: async (ctx, { n }) => {
            await ctx.db.insert("items", { n });
          },
        });
        export const settings = { a: 1 };
        export function helper(_ctx: unknown, a: number, b: number) {
          return a + b;
        }
        """,
}
PLACE = "t.query(api.echo.back, …)"
TYPES = "pass None, a bool, an int, a float, a ConvexInt64, a str, bytes, a list, or a dict."


class Odd:
    def __repr__(self):
        return "Odd()"


class Rude:
    def __repr__(self):
        raise ValueError("no repr today")


def cycle():
    value = []
    value.append({"again": value})
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            2**53 + 1,
            ".value: 9007199254740993 is beyond 2**53, so a JavaScript number cannot hold it exactly: pass "
            "ConvexInt64(9007199254740993) for a bigint, or float(9007199254740993) for the nearest number.",
        ),
        (
            2**63,
            ".value: 9223372036854775808 is beyond 2**53, so a JavaScript number cannot hold it exactly: pass "
            "float(9223372036854775808) for the nearest number.",
        ),
        (
            "a\ud800",
            ".value: 'a\\ud800' has a lone surrogate at index 1, which is no text: pass bytes for binary data, or "
            "replace it.",
        ),
        (Odd(), f".value: Odd() (type=Odd) is not of a Convex type: {TYPES}"),
        ([1, {"deep": Odd()}], f".value[1].deep: Odd() (type=Odd) is not of a Convex type: {TYPES}"),
        (Rude(), f".value: <Rude whose repr() raises ValueError> (type=Rude) is not of a Convex type: {TYPES}"),
        (api.echo, f".value: api.echo (type=Reference) is not of a Convex type: {TYPES}"),
        (
            dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
            ".value: datetime.datetime(2020, 1, 1, 0, 0, tzinfo=datetime.timezone.utc) (type=datetime) is not of a "
            "Convex type: pass a number, such "
            "as `value.timestamp() * 1000` for the milliseconds that Date.now() counts.",
        ),
        (
            decimal.Decimal(1),
            ".value: Decimal('1') (type=Decimal) is not of a Convex type: pass `float(value)` or `str(value)`.",
        ),
        ({1, 2}, ".value: {1, 2} (type=set) is not of a Convex type: pass a list."),
        (1j, ".value: 1j (type=complex) is not of a Convex type: pass two numbers."),
        ({1: 2}, ".value[1]: the key 1 (type=int) is not a string; field names are: use '1'."),
        ({"$x": 1}, ".value['$x']: Field name $x starts with '$', which is reserved."),
        (
            {"é": 1},
            ".value.é: Field name é has invalid character 'é': Field names can only contain non-control ASCII "
            "characters.",
        ),
        ([undefined], ".value[0]: undefined is only allowed as the value of a field: pass None for null."),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_value_that_convex_does_not_have(t, failure, value, text):
    assert str(failure(UsageError, t.query, api.echo.back, value=value)) == PLACE + text


def test_a_value_that_contains_itself(t, failure):
    assert str(failure(UsageError, t.query, api.echo.back, value=cycle())) == (
        f"{PLACE}.value[0].again: the value contains itself here; a Convex value is a tree."
    )


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -0.0, 1.5, math.inf, 2**53, ConvexInt64(-(2**63)), "nul \0", b"\0\xff", [], {}, [{"a": []}]],
)
def test_what_convex_has_comes_back(t, value):
    assert repr(t.query(api.echo.back, value=value)) == repr(value)


@pytest.mark.parametrize(
    ("args", "keywords", "text"),
    [
        (([1],), {}, "the arguments of a Convex function are one mapping, or keywords, but got [1] (type list)."),
        (("x",), {}, "the arguments of a Convex function are one mapping, or keywords, but got 'x' (type str)."),
        (({}, {}), {}, "a function takes one mapping of arguments, or keywords, but got 2 values."),
        (({"n": 1},), {"n": 2}, "give the arguments either as one mapping or as keywords, not both."),
    ],
)
def test_arguments_that_are_no_mapping(t, failure, args, keywords, text):
    assert str(failure(UsageError, t.mutation, api.echo.write, *args, **keywords)) == (
        f"t.mutation(api.echo.write, …): {text}"
    )


CALLEES = 'expected api.module.function, a string such as "module:function", a Python function f(ctx), js("…") or '


@pytest.mark.parametrize(
    ("callee", "text"),
    [
        (None, f'{CALLEES}module("…").name, but got NoneType.'),
        (5, f'{CALLEES}module("…").name, but got int.'),
        (module("echo"), f'{CALLEES}module("…").name, but got Module.'),
    ],
)
def test_what_cannot_be_called(t, failure, callee, text):
    assert str(failure(UsageError, t.query, callee)) == f"t.query({callee!r}): {text}"


@pytest.mark.parametrize("callee", [api.echo.back, "echo:back"])
def test_run_takes_no_function_of_the_project(t, failure, callee):
    assert str(failure(UsageError, t.run, callee)) == (
        f't.run({callee!r}): expected a Python function f(ctx), js("…") or module("…").name; to call a function of the '
        "project use t.query, t.mutation or t.action."
    )


def test_a_reference_is_not_called(failure):
    assert str(failure(UsageError, api.echo.back, value=1)) == (
        "api.echo.back is a reference, not a function: write t.query(api.echo.back, …), t.mutation(…) or t.action(…)."
    )


def test_a_root_is_no_function(t, failure):
    assert str(failure(UsageError, t.query, api)) == "api names no function: write for example api.messages.send."
    assert str(failure(UsageError, t.query, internal)) == (
        "internal names no function: write for example internal.messages.send."
    )


def test_a_component_that_is_not_mounted(t, failure):
    assert str(failure(UsageError, t.query, components.counter.add)) == (
        "components.counter.add is in no component that is mounted: convex.config.ts mounts none. "
        "Mount it there, or by t.register_component(…)."
    )


def test_a_query_called_as_a_mutation(t, failure):
    assert str(failure(FunctionError, t.mutation, api.echo.back, value=1)) == (
        "Trying to execute echo.js:back as Mutation, but it is defined as Query."
    )


def test_a_mutation_called_as_an_action(t, failure):
    assert str(failure(FunctionError, t.action, api.echo.write, n=1)) == (
        "Trying to execute echo.js:write as Action, but it is defined as Mutation."
    )


def test_an_internal_function_with_the_authority_of_a_client(t, failure):
    error = failure(FunctionNotFoundError, t.query, api.echo.hidden)
    assert str(error) == "Could not find public function for 'echo:hidden'."
    assert error.__notes__ == [
        "convex/echo.ts defines hidden as an internal function: call it as internal.… or by its name as a string."
    ]


def test_an_argument_too_many(t, failure):
    assert str(failure(ArgumentValidationError, t.mutation, api.echo.write, n=1, m=2)) == (
        "ArgumentValidationError: Object contains extra field `m` that is not in the validator.\n\n"
        "Object: {m: 2.0, n: 1.0}\nValidator: v.object({n: v.float64()})"
    )


def test_a_missing_argument(t, failure):
    assert str(failure(ArgumentValidationError, t.mutation, api.echo.write)) == (
        "ArgumentValidationError: Object is missing the required field `n`. Consider wrapping the field validator in "
        "`v.optional(...)` if this is expected.\n\nObject: {}\nValidator: v.object({n: v.float64()})"
    )


def test_an_argument_of_another_type(t, failure):
    assert str(failure(ArgumentValidationError, t.mutation, api.echo.write, n="1")) == (
        'ArgumentValidationError: Value does not match validator.\nPath: .n\nValue: "1"\nValidator: v.float64()'
    )


@pytest.mark.parametrize("source", [5, None, "", "  "])
def test_a_snippet_that_is_no_source(failure, source):
    assert str(failure(UsageError, js, source)) == (
        f"js() expected the source of a JavaScript function but got {source!r}."
    )


@pytest.mark.parametrize("source", ["async (ctx: any) => 5", "async () => {", "return 5", "5 +"])
def test_a_snippet_that_does_not_parse(t, failure, source):
    text = str(failure(UsageError, t.query, js(source)))
    assert text.startswith("js(")
    assert source in text


@pytest.mark.parametrize("source", ["5", "'text'", "({ a: 1 })"])
def test_a_snippet_that_is_no_function(t, failure, source):
    assert failure(FunctionError, t.query, js(source)).text == (
        'Uncaught TypeError: the snippet is not a function; write js("async (ctx, args) => …")'
    )


def test_a_snippet_takes_no_keywords(t, failure):
    assert str(failure(UsageError, t.query, js("() => 5"), a=1)) == (
        "t.query(js('() => 5'), …): a handler takes positional arguments, not a."
    )


def test_a_module_has_a_path(failure):
    assert str(failure(UsageError, module, 5)) == 'module() expected a path such as "model/users" but got 5.'


def test_an_export_is_not_called_directly(failure):
    assert str(failure(UsageError, module("echo").helper, 1)) == (
        'Write t.run(module("echo").helper, …) or ctx.call(module(…).helper, …).'
    )


def test_an_export_that_is_not_there(t, failure):
    assert failure(FunctionError, t.run, module("echo").nothing).text == (
        'Uncaught TypeError: module "echo.js" has no export "nothing"; it has back, helper, hidden, settings, write'
    )


def test_an_export_that_is_no_function(t, failure):
    assert failure(FunctionError, t.run, module("echo").settings).text == (
        'Uncaught TypeError: "settings" in module "echo.js" is not a function'
    )


def test_an_export_of_a_module_that_is_not_there(t, failure):
    assert failure(FunctionError, t.run, module("nothing").helper).text == (
        "Uncaught Error: Couldn't find JavaScript module 'nothing.js'. Did you forget to run `npx convex dev`?"
    )


def test_an_argument_of_a_helper_that_convex_does_not_have(t, failure):
    assert str(failure(UsageError, t.run, module("echo").helper, 1, Odd())) == (
        f"the arguments of echo:helper[1]: Odd() (type=Odd) is not of a Convex type: {TYPES}"
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"limits": 5}, "limits=5: give True, False, or a mapping such as {'documentsRead': 10}."),
        (
            {"limits": {"reads": 5}},
            "limits: there is no metric 'reads'. Known metrics: bytesRead, bytesWritten, databaseQueries, "
            "documentsRead, documentsWritten, functionsScheduled, scheduledFunctionArgsBytes.",
        ),
        ({"limits": {"documentsRead": -5}}, "limits: documentsRead is -5. Give a whole number from 0 on."),
        ({"limits": {"documentsRead": "x"}}, "limits: documentsRead is 'x'. Give a whole number from 0 on."),
        ({"env": {"A": 1}}, "env['A']: the value of an environment variable is a str, not 1."),
        (
            {"env": {"1A": "x"}},
            "env['1A']: The environment variable name 1A is invalid. Environment variable names must begin with a "
            "letter and may only include characters a-z, A-Z, 0-9, and underscores.",
        ),
        (
            {"env": {"CONVEX_SITE_URL": "x"}},
            "env['CONVEX_SITE_URL']: Environment variable with name \"CONVEX_SITE_URL\" is built-in and cannot be "
            "overridden",
        ),
        ({"seed": "x"}, "seed='x': expected an int."),
        ({"seed": True}, "seed=True: expected an int."),
        ({"identity": "x"}, "with_identity('x'): expected a mapping such as {'name': 'Sarah'}, or keywords."),
        ({"isolation": "x"}, "isolation='x': expected one of 'call', 'test', 'session'."),
        ({"timeout": 0}, "timeout=0: expected seconds, a number above 0."),
        ({"timeout": "1"}, "timeout='1': expected seconds, a number above 0."),
        ({"timeout": math.nan}, "timeout=nan: expected seconds, a number above 0."),
        ({"timeout": math.inf}, "timeout=inf: expected seconds, a number above 0."),
        ({"network": 1}, "network=1: expected True or False."),
    ],
)
def test_a_setting_of_another_kind(project, failure, options, text):
    assert str(failure(UsageError, project.test(**options).__enter__)) == text


@pytest.mark.parametrize("env", [5, ["A"], "A"])
def test_an_environment_that_is_no_mapping(project, failure, env):
    text = str(failure(UsageError, project.test(env=env).__enter__))
    assert text.startswith(f"env={env!r}")


def test_a_project_has_a_path(failure):
    assert str(failure(UsageError, load_project, 5)) == "load_project(5): expected a path as str or Path."


@pytest.mark.parametrize(
    ("attributes", "claims", "text"),
    [
        (["x"], {}, "with_identity(['x']): expected a mapping such as {'name': 'Sarah'}, or keywords."),
        (None, {"name": None}, "with_identity(name=None): leave out what the token does not have."),
        (None, {"subject": 5}, "with_identity(subject=5): subject is a str."),
        ({5: "x"}, {}, "with_identity(): the name of a claim is a str, not 5."),
        (
            None,
            {"role": Odd()},
            "with_identity({'role': Odd()}): claims are JSON values: Object of type Odd is not JSON serializable.",
        ),
    ],
)
def test_an_identity_of_another_kind(t, failure, attributes, claims, text):
    assert str(failure(UsageError, t.with_identity, attributes, **claims)) == text


def test_an_attribute_that_t_does_not_have(t):
    with pytest.raises(AttributeError, match=r"^t has no attribute 'mutate'$"):
        t.mutate  # noqa: B018
