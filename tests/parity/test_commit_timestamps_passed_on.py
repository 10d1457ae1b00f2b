"""`ctx.db.vars.commitTs` passed on: to nested calls, out of functions, and in Python."""

from __future__ import annotations

import pytest

from convex_test import ConvexInt64, UsageError, api, js, undefined
from convex_test.values import commit_ts
from tests.parity.commit_timestamp_functions import RESERVED, SOURCES, UNRESOLVED, add, failure, only

FILES = SOURCES


# Nested calls


def test_nested_mutations_take_and_return_it(t):
    timestamp = t.mutation(api.work.addNested)
    assert timestamp == only(t)["at"]
    assert isinstance(timestamp, ConvexInt64)


def test_the_caller_gets_the_same_placeholder_back(t):
    assert add(t, "return (await ctx.runMutation(api.work.add, { name: 'x' })) === ctx.db.vars.commitTs") is True


def test_nested_queries_take_it(t):
    assert add(t, "return await ctx.runQuery(api.work.classify, { at: ctx.db.vars.commitTs })") == "pending"
    assert add(t, "return await ctx.runQuery(api.work.classify, { at: 5n })") == "bigint"


def test_nested_queries_return_it(t):
    echoed = add(t, "return (await ctx.runQuery(api.work.echo, { at: [ctx.db.vars.commitTs] }))[0]")
    assert echoed == only(t)["at"]


def test_what_a_failed_nested_mutation_wrote_is_undone(t):
    body = """
      await ctx.runMutation(api.work.add, { name: "kept", at: ctx.db.vars.commitTs });
      try { await ctx.runMutation(api.work.addAndFail, {}) } catch {}
    """
    add(t, body)
    documents = t.query(api.work.list)
    assert [document["name"] for document in documents] == ["mine", "kept"]
    assert documents[0]["at"] == documents[1]["at"]


def test_the_call_tree_shows_the_placeholder_in_nested_calls(t):
    t.mutation(api.work.addNested)
    nested = t.calls[-1].children[0]
    assert nested.args["at"] is commit_ts
    assert nested.result is commit_ts


# Where it is refused


def test_queries_cannot_return_it(t):
    assert failure(t, "query", api.work.forge).message == (
        "Function work.js:forge return value invalid: queries cannot return an unresolved commit timestamp"
    )


def test_queries_may_return_it_to_queries(t):
    assert t.query(api.work.forgeNested) == "[unresolved commit timestamp]"


def test_queries_cannot_pass_it_to_queries(t):
    error = failure(t, "query", api.work.forgePassed)
    assert error.message == f"Invalid argument `args` for `runUdf`: {RESERVED}"


def test_actions_cannot_return_it(t):
    assert failure(t, "action", api.work.forgeInAction).message == (
        f"Function work.js:forgeInAction return value invalid: {RESERVED}"
    )


@pytest.mark.parametrize(
    ("kind", "callee"), [("runQuery", "echo"), ("runMutation", "add"), ("runAction", "forgeInAction")]
)
def test_actions_cannot_pass_it(t, kind, callee):
    error = failure(t, "action", api.work.passInAction, {"kind": kind})
    assert error.message == f"Invalid arguments for work.js:{callee}: {RESERVED}"


def test_actions_get_the_timestamp_from_mutations(t):
    kind, timestamp = t.action(api.work.addInAction)
    assert kind == "bigint"
    assert timestamp == only(t)["at"]


def test_errors_cannot_carry_it(t):
    assert failure(t, "mutation", api.work.failWith).text == f"ConvexError with invalid data: {RESERVED}"


def test_errors_cannot_be_made_of_it(t):
    error = failure(t, "mutation", js("(ctx) => { throw new ConvexError({ at: ctx.db.vars.commitTs }) }"))
    assert error.message == UNRESOLVED


def test_clients_cannot_pass_it(t):
    with pytest.raises(UsageError) as caught:
        t.mutation(api.work.add, name="x", at=commit_ts)
    assert str(caught.value).endswith(
        ".at: commit_ts is only allowed in the documents that a mutation writes and in index ranges: "
        "pass a ConvexInt64 of nanoseconds."
    )


def test_clients_pass_timestamps_as_int64(t):
    assert t.mutation(api.work.add, name="x", at=ConvexInt64(5)) == 5
    assert only(t)["at"] == 5


# Python


def test_python_writes_it_with_insert(t):
    t.run(lambda ctx: ctx.db.insert("work", {"name": "x", "at": ctx.db.vars.commit_ts}) and None)
    assert isinstance(only(t)["at"], ConvexInt64)


def test_python_writes_it_with_patch_and_replace(t):
    def handler(ctx):
        patched = ctx.db.insert("free", {"at": 1, "gone": 1})
        ctx.db.patch(patched, {"at": [ctx.db.vars.commit_ts], "gone": undefined})
        replaced = ctx.db.insert("free", {"at": 1})
        ctx.db.replace("free", replaced, {"at": {"deep": ctx.db.vars.commit_ts}})

    t.run(handler)
    first, second = t.run(lambda ctx: ctx.db.query("free").collect())
    assert isinstance(first["at"][0], ConvexInt64)
    assert second["at"] == {"deep": first["at"][0]}


def test_python_reads_it_back_in_the_transaction(t):
    with t.transaction() as ctx:
        new_id = ctx.db.insert("work", {"name": "x", "at": ctx.db.vars.commit_ts})
        assert ctx.db.get(new_id)["at"] is ctx.db.vars.commit_ts
        assert ctx.run_query(api.work.list)[0]["at"] is ctx.db.vars.commit_ts
        assert ctx.run_mutation(api.work.add, name="y") is ctx.db.vars.commit_ts
        assert ctx.call(js("(ctx) => ctx.db.vars.commitTs")) is ctx.db.vars.commit_ts
    first, second = t.query(api.work.list)
    assert first["at"] == second["at"]


def test_python_has_it_in_mutations_only(t):
    with pytest.raises(AttributeError, match="has no attribute 'vars'"):
        t.query(lambda ctx: ctx.db.vars)


def test_python_spells_it_in_snake_case(t):
    with pytest.raises(AttributeError) as caught:
        t.run(lambda ctx: ctx.db.vars.commitTs)
    assert str(caught.value) == "ctx.db.vars has no attribute 'commitTs'; in Python it is commit_ts"
