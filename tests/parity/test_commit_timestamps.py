"""`ctx.db.vars.commitTs` and `v.commitTs()` (`src/values/value.ts`, `crates/value/src/pending.rs`)."""

from __future__ import annotations

import time

import pytest

from convex_test import ConvexInt64, FunctionError, UsageError, api, js, undefined
from convex_test.values import commit_ts

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          work: defineTable({ name: v.string(), at: v.commitTs() }).index("by_at", ["at"]),
          strict: defineTable({ at: v.number() }),
          notes: defineTable({ body: v.string(), at: v.int64() })
            .searchIndex("by_body", { searchField: "body", filterFields: ["at"] }),
        }, { strictTableNameTypes: false });
    """,
    "convex/work.ts": """
        import { action, mutation, query } from "./_generated/server";
        import { api } from "./_generated/api";
        import { CommitTsPlaceholder, ConvexError, v } from "convex/values";

        const at = v.commitTs();
        export const add = mutation({
          args: { name: v.string(), at: v.optional(at) },
          returns: at,
          handler: async (ctx, args) => {
            const at = args.at ?? ctx.db.vars.commitTs;
            await ctx.db.insert("work", { name: args.name, at });
            return at;
          },
        });
        export const addNested = mutation({
          returns: at,
          handler: async (ctx): Promise<bigint | CommitTsPlaceholder> =>
            await ctx.runMutation(api.work.add, { name: "nested", at: ctx.db.vars.commitTs }),
        });
        export const list = query(async (ctx) => await ctx.db.query("work").withIndex("by_at").collect());
        export const classify = query({
          args: { at },
          handler: async (_ctx, { at }) => (at instanceof CommitTsPlaceholder ? "pending" : typeof at),
        });
        export const echo = query({ handler: async (_ctx, args: { at?: any }) => args.at });
        export const forge = query(async () => [new CommitTsPlaceholder()]);
        export const forgeNested = query(async (ctx): Promise<string> => {
          const [at] = await ctx.runQuery(api.work.forge, {});
          return String(at);
        });
        export const forgePassed = query(async (ctx): Promise<any> =>
          await ctx.runQuery(api.work.echo, { at: new CommitTsPlaceholder() }));
        export const number = mutation({ returns: v.number(), handler: async (ctx) => ctx.db.vars.commitTs as any });
        export const addInAction = action(async (ctx): Promise<any> => {
          const at = await ctx.runMutation(api.work.add, { name: "from an action" });
          return [typeof at, at];
        });
        export const forgeInAction = action(async () => new CommitTsPlaceholder());
        export const passInAction = action({
          handler: async (ctx, { kind }: { kind: "runQuery" | "runMutation" | "runAction" }): Promise<any> => {
            const { echo, add, forgeInAction } = api.work;
            const callee = { runQuery: echo, runMutation: add, runAction: forgeInAction }[kind];
            return await ctx[kind](callee as any, { at: new CommitTsPlaceholder() });
          },
        });
        export const addAndFail = mutation(async (ctx) => {
          await ctx.db.insert("work", { name: "undone", at: ctx.db.vars.commitTs });
          throw new Error("no");
        });
        export const failWith = mutation(async (ctx) => {
          const error = new ConvexError<any>("no");
          error.data = { at: ctx.db.vars.commitTs };
          throw error;
        });
    """,
}
RESERVED = "Field name $commitTs starts with '$', which is reserved."
UNRESOLVED = (
    "This commit timestamp is unresolved: its value is assigned when the mutation commits. Read the document after the "
    "mutation completes to get its value."
)


def add(t, body="return null"):
    """Inserts a document `mine` and then runs `body`."""
    insert = "const id = await ctx.db.insert('work', { name: 'mine', at: ctx.db.vars.commitTs });"
    return t.mutation(js(f"async (ctx) => {{ {insert} {body} }}"))


def only(t):
    [document] = t.query(api.work.list)
    return document


def failure(t, kind, callee, *args):
    with pytest.raises(FunctionError) as caught:
        getattr(t, kind)(callee, *args)
    return caught.value


# In the mutation


@pytest.mark.parametrize(
    "expression",
    [
        "(await ctx.db.get(id)).at",
        "(await ctx.db.get('work', id)).at",
        "(await ctx.db.query('work').first()).at",
        "(await ctx.db.query('work').collect())[0].at",
        "(await ctx.db.query('work').paginate({ numItems: 1, cursor: null })).page[0].at",
        "(await ctx.db.query('work').withIndex('by_at', (q) => q.eq('at', ctx.db.vars.commitTs)).unique()).at",
        "(await ctx.runQuery(api.work.list, {}))[0].at",
    ],
)
def test_reads_give_the_placeholder_back(t, expression):
    assert add(t, f"return {expression} === ctx.db.vars.commitTs") is True


def test_iteration_gives_the_placeholder_back(t):
    assert add(t, "for await (const row of ctx.db.query('work')) return row.at === ctx.db.vars.commitTs") is True


def test_its_text_says_that_it_is_unresolved(t):
    assert add(t, "return `${ctx.db.vars.commitTs}`") == "[unresolved commit timestamp]"


@pytest.mark.parametrize("expression", ["+at", "at + 1", "at < 5n", "JSON.stringify({ at })", "at.valueOf()"])
def test_it_has_no_value_yet(t, expression):
    error = failure(t, "mutation", js(f"(ctx) => {{ const at = ctx.db.vars.commitTs; return {expression}; }}"))
    assert error.message == UNRESOLVED


def test_it_can_be_logged(t):
    add(t, "console.log(ctx.db.vars.commitTs)")
    assert t.logs[-1].message == "CommitTsPlaceholder {}"


def test_queries_do_not_have_it(t):
    assert t.query(js("(ctx) => ctx.db.vars === undefined")) is True


@pytest.mark.parametrize(
    "value",
    ["ctx.db.vars.commitTs", "[1, ctx.db.vars.commitTs]", "{ a: { b: [ctx.db.vars.commitTs] } }"],
)
@pytest.mark.parametrize(
    "write",
    [
        "ctx.db.insert('free', { value: VALUE })",
        "ctx.db.insert('free', {}).then((id) => ctx.db.patch(id, { value: VALUE }))",
        "ctx.db.insert('free', {}).then((id) => ctx.db.patch('free', id, { value: VALUE }))",
        "ctx.db.insert('free', {}).then((id) => ctx.db.replace(id, { value: VALUE }))",
    ],
)
def test_it_may_be_anywhere_in_what_is_written(t, write, value):
    t.mutation(js(f"async (ctx) => {{ await {write.replace('VALUE', value)} }}"))
    timestamp = t.query(js("(ctx) => ctx.db.query('free').first()"))["value"]
    while not isinstance(timestamp, ConvexInt64):
        timestamp = timestamp[-1] if isinstance(timestamp, list) else next(iter(timestamp.values()))
    assert abs(timestamp - time.time_ns()) < 60_000_000_000


def test_a_patch_leaves_it_pending(t):
    assert add(t, "await ctx.db.patch(id, { name: 'new' }); return (await ctx.db.get(id)).at === ctx.db.vars.commitTs")
    assert only(t)["name"] == "new"
    assert isinstance(only(t)["at"], ConvexInt64)


@pytest.mark.parametrize(
    ("bound", "names"),
    [
        ("q.eq('at', ctx.db.vars.commitTs)", ["mine"]),
        ("q.gte('at', ctx.db.vars.commitTs)", ["mine"]),
        ("q.lt('at', ctx.db.vars.commitTs)", ["old"]),
        ("q.lte('at', ctx.db.vars.commitTs)", ["old", "mine"]),
        ("q.gt('at', ctx.db.vars.commitTs)", []),
    ],
)
def test_index_ranges_find_what_this_mutation_has_written(t, bound, names):
    t.mutation(api.work.add, name="old")
    found = add(t, f"return await ctx.db.query('work').withIndex('by_at', (q) => {bound}).collect()")
    assert [document["name"] for document in found] == names


def test_filters_refuse_it(t):
    query = "ctx.db.query('work').filter((q) => q.eq(q.field('at'), ctx.db.vars.commitTs)).collect()"
    error = failure(t, "mutation", js(f"async (ctx) => await {query}"))
    assert error.message == f"Invalid argument `query` for `queryStream`: {RESERVED}"


def test_filters_compare_documents_with_the_greatest_bigint(t):
    query = "ctx.db.query('work').filter((q) => q.eq(q.field('at'), 9223372036854775807n)).collect()"
    assert [document["name"] for document in add(t, f"return await {query}")] == ["mine"]
    assert t.query(js(f"async (ctx) => await {query}")) == []


def test_text_searches_filter_by_the_greatest_bigint(t):
    search = (
        "ctx.db.query('notes').withSearchIndex('by_body', "
        "(q) => q.search('body', 'hello').eq('at', 9223372036854775807n)).collect()"
    )
    insert = "await ctx.db.insert('notes', { body: 'hello', at: ctx.db.vars.commitTs });"
    assert len(t.mutation(js(f"async (ctx) => {{ {insert} return await {search} }}"))) == 1
    assert t.query(js(f"async (ctx) => await {search}")) == []


def test_filters_of_text_searches_refuse_it(t):
    search = "withSearchIndex('by_body', (q) => q.search('body', 'hello').eq('at', ctx.db.vars.commitTs))"
    error = failure(t, "mutation", js(f"async (ctx) => await ctx.db.query('notes').{search}.collect()"))
    assert error.message == f"Invalid argument `query` for `queryStream`: {RESERVED}"


def test_schemas_take_it_for_the_greatest_int64(t):
    error = failure(t, "mutation", js("(ctx) => ctx.db.insert('strict', { at: ctx.db.vars.commitTs })"))
    assert error.message == (
        'Failed to insert or update a document in table "strict" because it does not match the schema: '
        "Value does not match validator.\nPath: .at\nValue: 9223372036854775807\nValidator: v.float64()"
    )


def test_the_raw_token_holds_null(t):
    write = """Convex.asyncSyscall("1.0/insert", '{"table":"free","value":{"at":{"$commitTs":5}}}')"""
    error = failure(t, "mutation", js(f"async () => {{ await {write} }}"))
    assert error.message == "Invalid argument `value` for `db.insert`: $commitTs value must be null"


# After the commit


def test_a_mutation_returns_the_timestamp_of_its_commit(t):
    timestamp = t.mutation(api.work.add, name="x")
    assert isinstance(timestamp, ConvexInt64)
    assert timestamp == only(t)["at"]


def test_a_snippet_returns_the_timestamp_of_its_commit(t):
    returned = add(t, "return { at: ctx.db.vars.commitTs, all: [await ctx.db.get(id)] }")
    assert returned["at"] == returned["all"][0]["at"] == only(t)["at"]
    assert t.calls[-1].result is not None
    assert isinstance(returned["at"], ConvexInt64)


def test_all_documents_of_a_mutation_have_the_same_timestamp(t):
    add(t, "await ctx.db.insert('work', { name: 'second', at: ctx.db.vars.commitTs })")
    first, second = t.query(api.work.list)
    assert first["at"] == second["at"]


def test_the_timestamp_is_in_nanoseconds(t):
    before = time.time_ns()
    timestamp = t.mutation(api.work.add, name="x")
    assert before - 1_000 <= timestamp <= time.time_ns() + 1_000


def test_timestamps_grow_from_commit_to_commit(t):
    timestamps = [t.mutation(api.work.add, name=str(number)) for number in range(5)]
    assert sorted(set(timestamps)) == timestamps
    assert [document["at"] for document in t.query(api.work.list)] == timestamps


def test_committed_documents_stand_before_the_next_mutations_own(t):
    t.mutation(js("(ctx) => ctx.db.insert('work', { name: 'far', at: 9223372036854775806n })"))
    found = add(t, "return (await ctx.db.query('work').withIndex('by_at').collect()).map((row) => row.name)")
    assert found == ["far", "mine"]
    assert [document["name"] for document in t.query(api.work.list)] == ["mine", "far"]


def test_a_failed_mutation_leaves_nothing(t):
    failure(t, "mutation", api.work.addAndFail)
    assert t.query(api.work.list) == []


def test_a_mutation_that_writes_nothing_returns_the_timestamp_of_its_snapshot(t):
    at, snapshot = t.mutation(js("(ctx) => [ctx.db.vars.commitTs, ctx.meta.getSnapshotTs()]"))
    assert at == snapshot


def test_returns_are_validated_before_the_commit_as_the_greatest_int64(t):
    error = failure(t, "mutation", api.work.number)
    assert error.message == (
        "ReturnsValidationError: Value does not match validator.\n\nValue: 9223372036854775807\nValidator: v.float64()"
    )


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
