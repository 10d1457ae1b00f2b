"""The `ctx` of Python handlers: everything it has, and that it does what TypeScript's does."""

from __future__ import annotations

import pytest

from convex_test import (
    ConvexError,
    FunctionError,
    FunctionNotFoundError,
    UsageError,
    api,
    internal,
    js,
    module,
)

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          items: defineTable(v.any()).index("by_n", ["n"]).index("by_name_and_n", ["name", "n"]),
        });
    """,
    "convex/functions.ts": """
        import { ConvexError } from "convex/values";
        import { action, internalMutation, mutation, query } from "./_generated/server";
        export const echo = query((_ctx, args: any) => args);
        export const who = query((ctx) => ctx.auth.getUserIdentity() as any);
        export const add = mutation((ctx, args: any) => ctx.db.insert("items", args));
        export const addInside = internalMutation((ctx, args: any) => ctx.db.insert("items", args));
        export const failing = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: -1 });
          throw new ConvexError({ code: 5n });
        });
        export const twice = action(async (ctx, { n }: any) => {
          await ctx.runMutation("functions:add" as any, { n });
          return 2 * n;
        });
    """,
    "convex/model/items.ts": """
        export const insertItem = async (ctx: any, n: number, name = "x") => await ctx.db.insert("items", { n, name });
        export const countItems = async (ctx: any) => (await ctx.db.query("items").collect()).length;
        export const describe = (ctx: any) => Object.keys(ctx).sort();
        export const fail = async (ctx: any) => { await ctx.db.insert("items", { n: -1 }); throw new Error("no"); };
        export const value = 5;
    """,
}
items = module("model/items")


def numbers(found):
    return [item["n"] for item in found]


# Which methods there are

WRITES = ["insert", "patch", "replace", "delete"]


@pytest.mark.parametrize("name", WRITES)
def test_a_query_s_db_has_no_writing_methods(t, name):
    def handler(ctx):
        assert not hasattr(ctx.db, name)
        getattr(ctx.db, name)

    with pytest.raises(AttributeError):
        t.query(handler)


@pytest.mark.parametrize("name", WRITES)
def test_a_system_reader_has_no_writing_methods(t, name):
    with pytest.raises(AttributeError):
        t.run(lambda ctx: getattr(ctx.db.system, name))


@pytest.mark.parametrize(
    ("kind", "names"), [("query", ["run_mutation", "run_action"]), ("mutation", ["run_action"]), ("action", ["db"])]
)
def test_a_ctx_has_only_what_its_kind_has(t, kind, names):
    for name in names:
        with pytest.raises(AttributeError):
            getattr(t, kind)(lambda ctx, name=name: getattr(ctx, name))


def test_an_unknown_attribute(t):
    with pytest.raises(AttributeError) as caught:
        t.query(lambda ctx: ctx.database)
    assert str(caught.value) == "the ctx of a query has no attribute 'database'"


def test_wrong_tables(t):
    for call in (lambda ctx: ctx.db.query(5), lambda ctx: ctx.db.normalize_id(5, "x")):
        with pytest.raises(UsageError, match="The name of a table is a str, not 5"):
            t.query(call)


def test_system_tables_are_read_through_system(t):
    assert t.query(lambda ctx: ctx.db.system.query("_storage").collect()) == []
    with pytest.raises(FunctionError) as caught:
        t.query(lambda ctx: ctx.db.query("_storage"))
    assert str(caught.value) == "System tables can only be accessed from db.system.query()."
    with pytest.raises(FunctionError) as caught:
        t.query(lambda ctx: ctx.db.system.query("items"))
    assert str(caught.value) == "User tables can only be accessed from db.query()."


# run_query, run_mutation, run_action


def test_run_query_takes_a_mapping_or_keywords(t):
    def handler(ctx):
        return [
            ctx.run_query(api.functions.echo),
            ctx.run_query("functions:echo", {"a": 1}),
            ctx.run_query(api.functions.echo, a=1, self=2),
        ]

    for kind in (t.query, t.mutation, t.action):
        assert kind(handler) == [{}, {"a": 1}, {"a": 1, "self": 2}]


def test_run_mutation_is_a_part_of_the_transaction(t):
    def handler(ctx):
        id = ctx.run_mutation(api.functions.add, n=1)
        assert ctx.db.get(id)["n"] == 1
        raise KeyError

    with pytest.raises(KeyError):
        t.run(handler)
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == []


def test_run_mutation_sees_what_was_written_before(t):
    with t.transaction() as ctx:
        ctx.db.insert("items", {"n": 1})
        assert ctx.call(items.countItems) == 1


def test_a_failing_nested_mutation_undoes_its_own_writes_alone(t):
    def handler(ctx):
        ctx.db.insert("items", {"n": 1})
        with pytest.raises(ConvexError) as caught:
            ctx.run_mutation(api.functions.failing)
        return repr(caught.value.data)

    assert t.run(handler) == "{'code': ConvexInt64(5)}"
    assert numbers(t.run(lambda ctx: ctx.db.query("items").collect())) == [1]


def test_internal_functions_are_called_by_ctx(t):
    for reference in (internal.functions.addInside, "functions:addInside"):
        t.run(lambda ctx, reference=reference: ctx.run_mutation(reference, n=1))
        t.action(lambda ctx, reference=reference: ctx.run_mutation(reference, n=1))
    assert t.run(lambda ctx: ctx.db.query("items").count()) == 4


def test_an_unknown_function(t):
    with pytest.raises(FunctionNotFoundError) as caught:
        t.run(lambda ctx: ctx.run_mutation("functions:nothing"))
    assert caught.value.text == "Could not find public function for 'functions:nothing'."


def test_another_kind_of_function(t):
    with pytest.raises(FunctionError) as caught:
        t.run(lambda ctx: ctx.run_query("functions:add"))
    assert caught.value.text == "Trying to execute functions.js:add as Query, but it is defined as Mutation."


def test_an_action_s_calls_are_transactions_of_their_own(t):
    def handler(ctx):
        ctx.run_mutation(api.functions.add, n=1)
        assert ctx.run_action(api.functions.twice, n=2) == 4
        raise KeyError

    with pytest.raises(KeyError):
        t.action(handler)
    assert numbers(t.run(lambda ctx: ctx.db.query("items").collect())) == [1, 2]


# auth, meta


def test_nobody_is_signed_in(t):
    for kind in (t.query, t.mutation, t.action):
        assert kind(lambda ctx: ctx.auth.get_user_identity()) is None


def test_the_identity_is_typescript_s(t):
    sarah = t.with_identity(name="Sarah", email_verified=True, role=["admin"])
    seen = sarah.query(api.functions.who)
    assert seen["name"] == "Sarah"
    assert seen["emailVerified"] is True
    for kind in (sarah.query, sarah.mutation, sarah.action):
        assert kind(lambda ctx: ctx.auth.get_user_identity()) == seen
    assert sarah.run(lambda ctx: ctx.run_query(api.functions.who)) == seen


def test_function_metadata_of_a_handler(t):
    def metadata(ctx):
        return ctx.meta.get_function_metadata()

    assert t.query(metadata) == {"name": "inline", "componentPath": "", "type": "query", "visibility": "public"}
    assert t.query(js("(ctx) => ctx.meta.getFunctionMetadata()"))["name"] == "inline"


def test_function_metadata_of_an_action_s_handler(t):
    assert t.action(lambda ctx: ctx.meta.get_function_metadata()) == {
        "name": "inline",
        "componentPath": "",
        "type": "action",
        "visibility": "public",
    }


@pytest.mark.parametrize("kind", ["query", "mutation", "action"])
def test_deployment_metadata(t, kind):
    expected = {"name": "convex-test-000", "region": None, "class": "s16"}
    assert getattr(t, kind)(js("(ctx) => ctx.meta.getDeploymentMetadata()")) == expected
    assert getattr(t, kind)(lambda ctx: ctx.meta.get_deployment_metadata()) == expected


@pytest.mark.parametrize("kind", ["mutation", "action"])
def test_request_metadata(t, kind):
    keys = ["authToken", "ip", "requestId", "scheduledFunctionId", "userAgent"]
    assert sorted(getattr(t, kind)(js("(ctx) => ctx.meta.getRequestMetadata()"))) == keys
    assert sorted(getattr(t, kind)(lambda ctx: ctx.meta.get_request_metadata())) == keys


def test_a_query_has_no_request_metadata(t):
    assert t.query(js("(ctx) => typeof ctx.meta.getRequestMetadata")) == "undefined"
    with pytest.raises(FunctionError) as caught:
        t.query(lambda ctx: ctx.meta.get_request_metadata())
    assert str(caught.value) == "Cannot get request metadata in a Query"


# call


def test_call_runs_typescript_in_this_transaction(t):
    with t.transaction() as ctx:
        id = ctx.call(items.insertItem, 7, "seven")
        assert ctx.db.get(id)["name"] == "seven"
        assert ctx.call(items.countItems) == 1
    assert t.run(items.countItems) == 1


def test_call_runs_a_snippet(t):
    with t.transaction() as ctx:
        assert ctx.call(js("async (ctx, ...numbers) => [typeof ctx.db.insert, ...numbers]"), 1, 2) == ["function", 1, 2]


def test_call_is_rolled_back_with_its_transaction(t):
    with pytest.raises(KeyError), t.transaction() as ctx:
        ctx.call(items.insertItem, 7)
        raise KeyError
    assert t.run(items.countItems) == 0


def test_a_query_s_call_has_a_query_s_ctx(t):
    assert t.query(lambda ctx: ctx.call(js("(ctx) => typeof ctx.db.insert"))) == "undefined"


def test_an_error_of_a_helper_comes_out(t):
    with t.transaction() as ctx, pytest.raises(FunctionError) as caught:
        ctx.call(items.fail)
    assert caught.value.text == "Uncaught Error: no"
    assert caught.value.frames[0].file == "convex/model/items.ts"


def test_call_sees_the_identity(t):
    sarah = t.with_identity(name="Sarah")
    assert sarah.query(lambda ctx: ctx.call(js("async (ctx) => (await ctx.auth.getUserIdentity()).name"))) == "Sarah"


def test_call_wants_a_helper(t):
    with pytest.raises(UsageError) as caught:
        t.run(lambda ctx: ctx.call("model/items:countItems"))
    assert str(caught.value) == 'ctx.call(\'model/items:countItems\', …): expected module("…").name or js("…").'


# Handlers


@pytest.mark.parametrize("kind", ["query", "mutation", "action", "run"])
def test_a_handler_takes_positional_arguments_and_returns_what_it_likes(t, kind):
    marker = object()
    assert getattr(t, kind)(lambda ctx, *args: [marker, *args], 1, "x") == [marker, 1, "x"]


@pytest.mark.parametrize("kind", ["query", "mutation", "action", "run"])
def test_an_exception_of_a_handler_comes_out_unchanged(t, kind):
    error = KeyError("mine")

    def handler(ctx):
        raise error

    with pytest.raises(KeyError) as caught:
        getattr(t, kind)(handler)
    assert caught.value is error


def test_a_handler_may_raise_a_convex_error(t):
    def handler(ctx):
        raise ConvexError({"code": "no"})

    with pytest.raises(ConvexError) as caught:
        t.mutation(handler)
    assert caught.value.data == {"code": "no"}


# A ctx that is over

LATE = "This ctx belongs to a transaction that has ended: use it inside its handler or `with` block."
USES = {
    "db": lambda ctx: ctx.db,
    "run_query": lambda ctx: ctx.run_query("functions:echo"),
    "run_mutation": lambda ctx: ctx.run_mutation("functions:add", n=1),
    "call": lambda ctx: ctx.call(items.countItems),
    "metrics": lambda ctx: ctx.meta.get_transaction_metrics(),
}


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
def test_a_ctx_cannot_be_used_after_its_handler(t, use):
    kept = t.run(lambda ctx: ctx)
    with pytest.raises(UsageError) as caught:
        use(kept)
    assert str(caught.value) == LATE


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
def test_a_ctx_cannot_be_used_after_its_block(t, use):
    with t.transaction() as ctx:
        pass
    with pytest.raises(UsageError) as caught:
        use(ctx)
    assert str(caught.value) == LATE


def test_a_db_that_was_kept_cannot_be_used_after_its_block(t):
    with t.transaction() as ctx:
        database, query = ctx.db, ctx.db.query("items")
    for use in (
        lambda: database.insert("items", {"n": 1}),
        lambda: database.query("items").collect(),
        lambda: database.get("j57000820c20a1g7104gm2rc1m70ynr8"),
        query.collect,
    ):
        with pytest.raises(UsageError) as caught:
            use()
        assert str(caught.value) == LATE
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == []


def test_an_action_s_ctx_cannot_be_used_after_its_handler(t):
    kept = t.action(lambda ctx: ctx)
    with pytest.raises(UsageError) as caught:
        kept.run_mutation("functions:add", n=1)
    assert str(caught.value) == LATE.replace("a transaction", "an action")
