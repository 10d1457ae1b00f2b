"""Actions: calls of functions, timers, and what stays when one fails (`crates/isolate/src/environment/action`)."""

from __future__ import annotations

import pytest

from convex_test import (
    ArgumentValidationError,
    ConvexError,
    FunctionError,
    FunctionNotFoundError,
    ReturnsValidationError,
    api,
    js,
)
from tests.parity.action_functions import SOURCES, caught_message, first_line, run

FILES = SOURCES


# Calls


def test_an_action_returns_a_value(t):
    assert t.action(api.items.echo, a=[1, None, "x"]) == {"a": [1, None, "x"]}


def test_run_query(t):
    assert run(t, "return await ctx.runQuery(api.items.list, {});") == []


def test_run_mutation_commits_before_it_returns(t):
    body = """
      await ctx.runMutation(api.items.add, { n: 1 });
      return await ctx.runQuery(api.items.list, {});"""
    assert run(t, body) == [1]


def test_run_action(t):
    assert run(t, "return await ctx.runAction(api.items.echo, { x: 1n, y: new ArrayBuffer(1) });") == {
        "x": 1,
        "y": b"\0",
    }


def test_internal_functions_may_be_called(t):
    body = """
      await ctx.runMutation(internal.items.hiddenAdd, {});
      return [await ctx.runAction(internal.items.hiddenEcho, { a: 1 }), await ctx.runQuery(internal.items.list, {})];"""
    assert run(t, body) == [{"a": 1}, [-1]]


def test_a_name_may_be_used_in_place_of_a_reference(t):
    assert run(t, 'return await ctx.runQuery("items:list");') == []


def test_an_action_has_no_database(t):
    assert run(t, 'return ["db" in ctx, typeof ctx.db];') == [False, "undefined"]


def test_actions_in_actions_in_actions(t):
    assert t.action(api.items.down, depth=12) == 12


def test_the_identity_is_kept(t):
    sarah = t.with_identity(name="Sarah")
    assert sarah.action(api.items.identity) == "Sarah"
    assert sarah.action(js("async (ctx) => await ctx.runAction(api.items.identity, {})")) == "Sarah"
    assert t.action(api.items.identity) is None


# Failures


def test_writes_before_a_failure_stay(t):
    with pytest.raises(FunctionError) as caught:
        t.action(api.items.addAndFail)
    assert caught.value.text == "Uncaught Error: after two"
    assert t.query(api.items.list) == [1, 2]


def test_a_mutation_that_fails_leaves_nothing(t):
    text = caught_message(t, "await ctx.runMutation(api.items.addThenFail, {});")
    assert first_line(text) == "Uncaught Error: too bad"
    assert t.query(api.items.list) == []


def test_an_error_comes_with_its_frames(t):
    text = caught_message(t, "await ctx.runMutation(api.items.addThenFail, {});")
    assert text.splitlines()[1].startswith("    at ")
    assert "(convex/items.ts:14:" in text.splitlines()[1]


def test_a_convex_error_keeps_its_data(t):
    body = """
      try { await ctx.runMutation(api.items.refuse, {}); }
      catch (error) { return [error instanceof ConvexError, error.data]; }"""
    assert run(t, body) == [True, {"code": 7}]


def test_a_convex_error_of_an_action_keeps_its_data(t):
    body = """
      try { await ctx.runAction(api.items.refusing, {}); }
      catch (error) { return [error instanceof ConvexError, error.data]; }"""
    assert run(t, body) == [True, "action says no"]


def test_a_convex_error_that_nobody_catches_comes_out(t):
    with pytest.raises(ConvexError) as caught:
        run(t, "await ctx.runAction(api.items.refusing, {});")
    assert caught.value.data == "action says no"


def test_an_error_of_an_action_can_be_caught(t):
    text = caught_message(t, "await ctx.runAction(api.items.failing, {});")
    assert first_line(text) == "Uncaught RangeError: action failed"


def test_an_error_of_an_action_that_nobody_catches(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await ctx.runAction(api.items.failing, {});")
    assert first_line(caught.value.text) == "Uncaught Error: Uncaught RangeError: action failed"
    assert caught.value.__cause__.text == "Uncaught RangeError: action failed"


def test_bad_arguments_can_be_caught(t):
    expected = 'ArgumentValidationError: Value does not match validator.\nPath: .n\nValue: "x"\nValidator: v.float64()'
    assert caught_message(t, 'await ctx.runMutation(api.items.add, { n: "x" });') == expected
    assert caught_message(t, 'await ctx.runAction(api.items.typed, { n: "x" });') == expected


def test_bad_arguments_of_the_action_itself(t):
    with pytest.raises(ArgumentValidationError, match="ArgumentValidationError: Value does not match validator"):
        t.action(api.items.typed, n="x")


def test_a_wrong_result_of_the_action_itself(t):
    with pytest.raises(ReturnsValidationError) as caught:
        t.action(api.items.typed, n=1)
    assert caught.value.text == (
        "ReturnsValidationError: Value does not match validator.\n\nValue: 1.0\nValidator: v.string()"
    )


def test_a_wrong_result_of_a_mutation_undoes_it(t):
    text = caught_message(t, "await ctx.runMutation(api.items.wrongResult, {});")
    assert text == "ReturnsValidationError: Value does not match validator.\n\nValue: 5.0\nValidator: v.string()"
    assert t.query(api.items.list) == []


def test_a_function_that_does_not_exist_can_be_caught(t):
    for call in ("runQuery", "runMutation", "runAction"):
        text = caught_message(t, f"await ctx.{call}(api.items.nope, {{}});")
        assert text == "Couldn't resolve api.items.nope"


def test_a_function_that_does_not_exist_and_nobody_catches(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await ctx.runAction(api.items.nope, {});")
    assert isinstance(caught.value.__cause__, FunctionNotFoundError)


def test_the_wrong_kind_can_be_caught(t):
    assert caught_message(t, "await ctx.runQuery(api.items.add, { n: 1 });") == (
        "Trying to execute items.js:add as Query, but it is defined as Mutation."
    )
    assert caught_message(t, "await ctx.runAction(api.items.list, {});") == (
        "Trying to execute items.js:list as Action, but it is defined as Query."
    )


def test_an_action_goes_on_after_an_error(t):
    body = """
      try { await ctx.runMutation(api.items.addThenFail, {}); } catch {}
      await ctx.runMutation(api.items.add, { n: 5 });
      return await ctx.runQuery(api.items.list, {});"""
    assert run(t, body) == [5]


def test_an_action_has_no_transaction_metrics(t):
    assert run(t, "return typeof ctx.meta.getTransactionMetrics;") == "undefined"


# Python


def test_python_action(t):
    def action(ctx):
        ctx.run_mutation(api.items.add, n=1)
        assert ctx.run_action(api.items.echo, a=1) == {"a": 1}
        return ctx.run_query(api.items.list)

    assert t.action(action) == [1]


def test_writes_of_a_python_action_stay_when_it_raises(t):
    def action(ctx):
        ctx.run_mutation(api.items.add, n=1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        t.action(action)
    assert t.query(api.items.list) == [1]


def test_a_python_action_catches_errors(t):
    def action(ctx):
        with pytest.raises(FunctionError) as caught:
            ctx.run_mutation(api.items.addThenFail)
        with pytest.raises(ConvexError) as refused:
            ctx.run_action(api.items.refusing)
        return caught.value.text, refused.value.data

    assert t.action(action) == ("Uncaught Error: too bad", "action says no")


def test_a_python_action_has_no_database(t):
    assert t.action(lambda ctx: hasattr(ctx, "db")) is False
