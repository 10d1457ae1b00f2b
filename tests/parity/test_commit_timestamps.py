"""`ctx.db.vars.commitTs` and `v.commitTs()` (`src/values/value.ts`, `crates/value/src/pending.rs`)."""

from __future__ import annotations

import time

import pytest

from convex_test import ConvexInt64, api, js
from tests.parity.commit_timestamp_functions import RESERVED, SOURCES, UNRESOLVED, add, failure, only

FILES = SOURCES


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
