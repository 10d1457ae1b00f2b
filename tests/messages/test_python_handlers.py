from __future__ import annotations

import pytest

from convex_test import ConvexError, FunctionError, FunctionNotFoundError, SchemaValidationError, UsageError, module

FILES = {
    "convex/echo.ts": """\
        import { v } from "convex/values";
        import { mutation, query } from "./_generated/server";

        export const one = query(async () => 1);
        export const fails = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          throw new Error("from TypeScript");
        });
        export function helper() {
          throw new Error("from a helper");
        }
        """,
}
ENDED = "This ctx belongs to a transaction that has ended: use it inside its handler or `with` block."


class Mine(Exception):
    pass


def write_and_raise(error):
    def handler(ctx):
        ctx.db.insert("items", {"n": 1})
        raise error

    return handler


@pytest.mark.parametrize("kind", ["run", "mutation"])
@pytest.mark.parametrize("error", [Mine("x"), KeyError("x"), AssertionError(), KeyboardInterrupt(), SystemExit(1)])
def test_an_exception_comes_out_unchanged_and_nothing_stays(t, kind, error):
    with pytest.raises(type(error)) as caught:
        getattr(t, kind)(write_and_raise(error))
    assert caught.value is error


def test_a_convex_error_comes_out_unchanged(t):
    error = ConvexError({"code": 1})
    with pytest.raises(ConvexError) as caught:
        t.run(write_and_raise(error))
    assert caught.value is error
    assert caught.value.data == {"code": 1}


def test_an_exception_of_a_query_comes_out_unchanged(t):
    error = Mine()

    def handler(ctx):
        ctx.db.query("items").collect()
        raise error

    with pytest.raises(Mine) as caught:
        t.query(handler)
    assert caught.value is error


def test_an_exception_of_an_action_comes_out_unchanged(t):
    error = Mine()

    def handler(ctx):
        ctx.run_query("echo:one")
        raise error

    with pytest.raises(Mine) as caught:
        t.action(handler)
    assert caught.value is error


def test_an_exception_in_a_block_comes_out_unchanged_and_nothing_stays(t):
    error = Mine()
    with pytest.raises(Mine) as caught, t.transaction() as ctx:
        ctx.db.insert("items", {"n": 1})
        raise error
    assert caught.value is error


def test_an_exception_inside_an_index_range_comes_out_unchanged(t):
    error = Mine()

    def build(q):
        raise error

    with pytest.raises(Mine) as caught:
        t.run(lambda ctx: ctx.db.query("items").with_index("by_n", build).collect())
    assert caught.value is error


def test_a_failed_write_that_is_caught_leaves_nothing(t):
    def handler(ctx):
        with pytest.raises(SchemaValidationError):
            ctx.db.insert("items", {"n": "text"})
        with pytest.raises(FunctionError):
            ctx.run_mutation("echo:fails")
        return ctx.db.query("items").collect()

    assert t.run(handler) == []


def test_a_nested_function_that_fails(t, failure):
    error = failure(FunctionError, t.run, lambda ctx: ctx.run_mutation("echo:fails"))
    assert str(error).startswith("Uncaught Error: from TypeScript\n    at <anonymous> (convex/echo.ts:7:")


def test_a_nested_function_that_is_not_there(t, failure):
    error = failure(FunctionNotFoundError, t.run, lambda ctx: ctx.run_query("echo:two"))
    assert error.text.startswith("Could not find")
    assert "'echo:two'" in error.text


def test_a_helper_that_fails(t, failure):
    error = failure(FunctionError, t.run, lambda ctx: ctx.call(module("echo").helper))
    assert str(error).startswith("Uncaught Error: from a helper\n    at helper (convex/echo.ts:10:")


def test_only_helpers_and_snippets_are_called_with_a_ctx(t, failure):
    assert str(failure(UsageError, t.run, lambda ctx: ctx.call("echo:one"))) == (
        'ctx.call(\'echo:one\', …): expected module("…").name or js("…").'
    )


async def coroutine(ctx):
    ctx.db.insert("items", {"n": 1})


def generator(ctx):
    yield ctx.db.insert("items", {"n": 1})


async def asynchronous_generator(ctx):
    yield ctx.db.insert("items", {"n": 1})


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize("handler", [coroutine, generator, asynchronous_generator])
@pytest.mark.parametrize("kind", ["run", "query", "mutation", "action"])
def test_a_handler_that_would_not_run_is_refused(t, failure, kind, handler):
    text = str(failure(UsageError, getattr(t, kind), handler))
    assert text.startswith(f"t.{kind}(")
    assert "plain function" in text


def test_a_handler_without_ctx(t):
    with pytest.raises(TypeError, match="takes 0 positional arguments but 1 was given"):
        t.run(lambda: 1)


def test_a_ctx_is_of_no_use_after_its_transaction(t, failure):
    kept = t.run(lambda ctx: ctx)
    assert str(failure(UsageError, lambda: kept.db)) == ENDED
    assert str(failure(UsageError, kept.run_query, "echo:one")) == ENDED


def test_a_ctx_is_of_no_use_after_a_rollback(t, failure):
    kept = []

    def handler(ctx):
        kept.append(ctx)
        raise Mine

    with pytest.raises(Mine):
        t.run(handler)
    assert str(failure(UsageError, lambda: kept[0].db)) == ENDED


def test_a_database_is_of_no_use_after_its_transaction(t, failure):
    database = t.run(lambda ctx: ctx.db)
    assert str(failure(UsageError, database.insert, "items", {"n": 1})) == ENDED


def test_a_query_is_of_no_use_after_its_transaction(t, failure):
    query = t.run(lambda ctx: ctx.db.query("items"))
    assert str(failure(UsageError, query.collect)) == ENDED


def test_a_call_inside_a_transaction(t, failure):
    with t.transaction():
        error = failure(UsageError, t.query, "echo:one")
    assert str(error) == (
        "Cannot begin a transaction while a transaction is open: finish the function, or leave the `with` block, first."
    )


def test_a_query_cannot_write(t):
    with pytest.raises(AttributeError, match="insert"):
        t.query(lambda ctx: ctx.db.insert("items", {"n": 1}))


def test_an_action_has_no_database(t):
    with pytest.raises(AttributeError, match=r"^the ctx of an action has no attribute 'db'$"):
        t.action(lambda ctx: ctx.db)
