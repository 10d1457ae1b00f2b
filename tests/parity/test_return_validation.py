"""Results are checked after a function ran: at the top before the commit, in nested calls after the merge."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, ReturnsValidationError, api, internal, js

WRONG_TEXT = 'ReturnsValidationError: Value does not match validator.\n\nValue: "wrong"\nValidator: v.float64()'


FILES = {
    "convex/returns.ts": """
        import { v } from "convex/values";
        import { action, internalMutation, mutation, query } from "./_generated/server";
        import { api, internal } from "./_generated/api";
        const returns = v.number();
        const write = async (ctx: any) => { await ctx.db.insert("items", {}); return "wrong" as any; };
        export const read = query({ returns, handler: (_ctx, args: any) => args.value });
        export const write1 = mutation({ returns, handler: write });
        export const inner = internalMutation({ returns, handler: write });
        export const act = action({ returns, handler: async (ctx) => {
          await ctx.runMutation("returns:plain" as any, {});
          return "wrong" as any;
        } });
        export const plain = mutation({ handler: async (ctx) => { await ctx.db.insert("items" as any, {}); } });
        export const nothing = mutation({ returns: v.null(), handler: write });
        export const nothingAtAll = query({ returns: v.null(), handler: () => undefined as any });
        const echo = (_ctx: any, args: any) => args.value;
        export const short = query({ returns: { a: v.string() } as any, handler: echo });
        export const anything = query({ returns: v.any(), handler: (_ctx, args: any) => args.value });
        export const list = query({ returns: v.array(v.object({ n: v.number() })), handler: echo });
        export const huge = query(() => "x".repeat((16 << 20) + 1));
        export const fits = query(() => "x".repeat((16 << 20) - 2).length);
        export const catches = mutation(async (ctx) => {
          try { await ctx.runMutation("returns:inner" as any, {}); }
          catch (error: any) { return error.message; }
        });
        export const optional = query({
          returns: v.object({ a: v.optional(v.number()) }),
          handler: () => ({ a: undefined }),
        });
    """,
}


def count(t):
    return t.run(lambda ctx: len(ctx.db.query("items").collect()))


def refusal(t, kind, callee, **args):
    with pytest.raises(ReturnsValidationError) as caught:
        getattr(t, kind)(callee, args)
    return caught.value


def test_a_result_that_matches_comes_back(t):
    assert t.query(api.returns.read, value=5) == 5
    assert t.query(api.returns.list, value=[{"n": 1}]) == [{"n": 1}]


def test_a_query_with_a_wrong_result_fails(t):
    error = refusal(t, "query", api.returns.read, value="wrong")
    assert error.text == WRONG_TEXT
    assert str(error) == WRONG_TEXT
    assert error.function == "returns:read"


def test_the_path_of_a_wrong_result(t):
    assert refusal(t, "query", api.returns.list, value=[{"n": 1}, {"n": "x"}]).text == (
        'ReturnsValidationError: Value does not match validator.\nPath: [1].n\nValue: "x"\nValidator: v.float64()'
    )


def test_a_missing_field_of_a_result(t):
    assert refusal(t, "query", api.returns.list, value=[{}]).text == (
        "ReturnsValidationError: Object is missing the required field `n`. Consider wrapping the field validator in "
        "`v.optional(...)` if this is expected.\nPath: [0]\nObject: {}\nValidator: v.object({n: v.float64()})"
    )


def test_returns_may_be_an_object_of_validators(t):
    assert t.query(api.returns.short, value={"a": "x"}) == {"a": "x"}
    assert refusal(t, "query", api.returns.short, value={"a": "x", "b": 1}).text == (
        "ReturnsValidationError: Object contains extra field `b` that is not in the validator.\n\n"
        'Object: {a: "x", b: 1.0}\nValidator: v.object({a: v.string()})'
    )


def test_undefined_becomes_null_before_the_check(t):
    assert t.query(api.returns.nothingAtAll) is None
    assert refusal(t, "query", api.returns.read).text == (
        "ReturnsValidationError: Value does not match validator.\n\nValue: null\nValidator: v.float64()"
    )


def test_undefined_fields_are_dropped_before_the_check(t):
    assert t.query(api.returns.optional) == {}


def test_v_any_takes_everything(t):
    assert t.query(api.returns.anything, value=[None, {"a": 1}]) == [None, {"a": 1}]


def test_a_mutation_with_a_wrong_result_commits_nothing(t):
    assert refusal(t, "mutation", api.returns.write1).text == WRONG_TEXT
    assert count(t) == 0


def test_a_mutation_that_should_return_nothing_commits_nothing(t):
    assert refusal(t, "mutation", api.returns.nothing).text == (
        'ReturnsValidationError: Value does not match validator.\n\nValue: "wrong"\nValidator: v.null()'
    )
    assert count(t) == 0


def test_an_internal_mutation_at_the_top_commits_nothing(t):
    refusal(t, "mutation", internal.returns.inner)
    assert count(t) == 0


def test_what_an_action_did_before_its_wrong_result_stays(t):
    assert refusal(t, "action", api.returns.act).text == WRONG_TEXT
    assert count(t) == 1


def test_a_nested_mutation_with_a_wrong_result_can_be_caught(t):
    assert t.mutation(api.returns.catches) == WRONG_TEXT


def test_the_writes_of_a_nested_mutation_with_a_wrong_result_stay_when_it_is_caught(t):
    """As in production: the child is part of its parent's transaction before its result is looked at."""
    t.mutation(api.returns.catches)
    assert count(t) == 1


def test_the_parent_sees_the_writes_of_a_nested_mutation_with_a_wrong_result(t):
    source = """async (ctx) => {
        try { await ctx.runMutation(internal.returns.inner, {}); } catch {}
        return (await ctx.db.query("items").collect()).length;
    }"""
    assert t.mutation(js(source)) == 1


def test_a_nested_mutation_with_a_wrong_result_that_is_not_caught_undoes_everything(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation(js("(ctx) => ctx.runMutation(internal.returns.inner, {})"))
    assert type(caught.value) is FunctionError
    assert caught.value.text == f"Uncaught Error: {WRONG_TEXT}"
    assert type(caught.value.__cause__) is ReturnsValidationError
    assert count(t) == 0


def test_the_writes_stay_when_python_s_ctx_catches_the_error(t):
    def handler(ctx):
        with pytest.raises(ReturnsValidationError) as caught:
            ctx.run_mutation("returns:inner")
        return caught.value.text

    assert t.run(handler) == WRONG_TEXT
    assert count(t) == 1


def test_a_nested_query_with_a_wrong_result(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js("(ctx) => ctx.runQuery(api.returns.read, { value: 'wrong' })"))
    assert caught.value.text == f"Uncaught Error: {WRONG_TEXT}"


def test_a_mutation_of_an_action_with_a_wrong_result_commits_nothing(t):
    source = """async (ctx) => {
        try { await ctx.runMutation(api.returns.write1, {}); } catch (error) { return error.message; }
    }"""
    assert t.action(js(source)) == WRONG_TEXT
    assert count(t) == 0


def test_a_result_of_more_than_16_mib_is_refused(t):
    assert t.query(api.returns.fits) == (16 << 20) - 2
    with pytest.raises(FunctionError) as caught:
        t.query(api.returns.huge)
    assert caught.value.text == "Function returns.js:huge return value is too large (actual: 16.00 MiB, limit: 16 MiB)"
