"""`ConvexError`: data that a function throws for its caller (`src/values/errors.ts`, `crates/isolate/src/error.rs`)."""

from __future__ import annotations

import pytest

from convex_test import ConvexError, ConvexInt64, FunctionError, api, js

FILES = {
    "convex/errors.ts": """
        import { mutation } from "./_generated/server";
        import { ConvexError } from "convex/values";
        import { internal } from "./_generated/api";
        export const refuse = mutation(async (_ctx, { data }: { data: any }) => {
          throw new ConvexError(data);
        });
        export const refuseThrough = mutation(async (ctx, { data }: { data: any }) => {
          await ctx.runMutation(internal.errors.refuse, { data });
        });
    """,
}


def thrown(t, body):
    return failure(t.query, js(f"async (ctx) => {{ {body} }}"))


def failure(call, *args, **kwargs):
    with pytest.raises(FunctionError) as caught:
        call(*args, **kwargs)
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        "text",
        "",
        5,
        1.5,
        True,
        None,
        ConvexInt64(7),
        b"\x00\xff",
        [1, "x", None],
        {},
        {"code": "NOT_FOUND", "details": {"ids": [ConvexInt64(1)], "raw": b"x"}},
    ],
)
def test_data_of_all_kinds_comes_out(t, data):
    for function in (api.errors.refuse, api.errors.refuseThrough):
        error = failure(t.mutation, function, data=data)
        assert isinstance(error, ConvexError)
        assert (error.data, type(error.data)) == (data, type(data))


def test_the_text_of_a_convex_error_with_a_string(t):
    assert failure(t.mutation, api.errors.refuse, data="no entry").text == "Uncaught ConvexError: no entry"


def test_the_text_of_a_convex_error_with_an_object(t):
    error = failure(t.mutation, api.errors.refuse, data={"b": 1, "a": [True, None]})
    assert error.text == 'Uncaught ConvexError: {"a":[true,null],"b":1}'


def test_the_text_of_a_convex_error_with_a_bigint(t):
    assert failure(t.mutation, api.errors.refuse, data=ConvexInt64(5)).text == 'Uncaught ConvexError: "5n"'


def test_the_name_and_message_of_a_convex_error(t):
    error = failure(t.mutation, api.errors.refuse, data="no entry")
    assert (error.name, error.message) == ("ConvexError", "no entry")


def test_a_convex_error_without_data(t):
    error = thrown(t, "throw new ConvexError();")
    assert isinstance(error, ConvexError)
    assert error.data is None


def test_a_subclass_of_convex_error(t):
    error = thrown(t, 'throw new (class Special extends ConvexError { name = "Special"; })({ code: 1 });')
    assert isinstance(error, ConvexError)
    assert (error.data, error.text) == ({"code": 1}, 'Uncaught Special: {"code":1}')


def test_a_convex_error_whose_data_is_no_convex_value(t):
    error = thrown(t, "throw new ConvexError({ when: new Date(0) });")
    assert type(error) is FunctionError
    assert "is not a supported Convex type" in error.text


def test_a_convex_error_keeps_its_data_when_it_is_caught(t):
    snippet = """async (ctx) => {
      try { await ctx.runMutation(api.errors.refuse, { data: { n: 1n } }); } catch (error) { return error.data; }
    }"""
    assert t.mutation(js(snippet)) == {"n": 1}


def test_a_convex_error_of_an_action_through_calls(t):
    error = failure(t.action, js("async (ctx) => await ctx.runMutation(api.errors.refuseThrough, { data: [1] })"))
    assert isinstance(error, ConvexError)
    assert error.data == [1]


def test_a_convex_error_has_frames(t):
    assert failure(t.mutation, api.errors.refuse, data=1).frames[0].line == 6


def test_python_raises_a_convex_error(t):
    def mutation(ctx):
        ctx.db.insert("items", {})
        raise ConvexError({"code": 1})

    with pytest.raises(ConvexError) as caught:
        t.mutation(mutation)
    assert caught.value.data == {"code": 1}
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == []
