"""Building and reading queries (`src/server/impl/query_impl.ts`), and what iteration sees of writes.

A stream fetches rows in batches of 100 (`crates/database/src/query`): a fetched batch is a frozen copy.
"""

from __future__ import annotations

import pytest

from convex_test import FunctionError, UsageError, js

CHAINED = "A query can only be chained once and can't be chained after iteration begins."
REUSED = "This query has been chained with another operator and can't be reused."
CLOSED = "This query is closed and can't emit any more values."


def fill(t, count, table="items"):
    with t.transaction() as ctx:
        return [ctx.db.insert(table, {"n": n}) for n in range(count)]


def failure(t, body, kind="query"):
    with pytest.raises(FunctionError) as caught:
        getattr(t, kind)(js(f"async (ctx) => {{ {body} }}"))
    return caught.value.text


def test_a_table_is_read_in_the_order_of_creation(t):
    fill(t, 5)
    assert t.query(js('async (ctx) => (await ctx.db.query("items").collect()).map((d) => d.n)')) == [0, 1, 2, 3, 4]


def test_descending(t):
    fill(t, 5)
    snippet = 'async (ctx) => (await ctx.db.query("items").order("desc").collect()).map((d) => d.n)'
    assert t.query(js(snippet)) == [4, 3, 2, 1, 0]


def test_ascending_is_the_default(t):
    fill(t, 3)
    snippet = 'async (ctx) => (await ctx.db.query("items").order("asc").collect()).map((d) => d.n)'
    assert t.query(js(snippet)) == [0, 1, 2]


def test_a_table_that_nobody_wrote_to_is_empty(t):
    snippet = """async (ctx) => [
      await ctx.db.query("nothing").collect(), await ctx.db.query("nothing").first(),
      await ctx.db.query("nothing").unique(), await ctx.db.query("nothing").take(3),
    ]"""
    assert t.query(js(snippet)) == [[], None, None, []]


def test_take_gives_at_most_n(t):
    fill(t, 5)
    assert t.query(js('async (ctx) => (await ctx.db.query("items").take(3)).map((d) => d.n)')) == [0, 1, 2]


def test_take_of_more_than_there_are(t):
    fill(t, 2)
    assert t.query(js('async (ctx) => (await ctx.db.query("items").take(10)).length')) == 2


def test_take_zero_reads_nothing(t):
    fill(t, 5)
    snippet = """async (ctx) => {
      const none = await ctx.db.query("items").take(0);
      return [none, (await ctx.meta.getTransactionMetrics()).documentsRead.used];
    }"""
    assert t.query(js(snippet)) == [[], 0]


@pytest.mark.parametrize("n", ["-1", "1.5", "NaN", '"3"', "Infinity"])
def test_take_of_no_count(t, n):
    text = failure(t, f'return await ctx.db.query("items").take({n});')
    assert text == "Uncaught TypeError: Arg 1 `n` to `take` must be a non-negative integer"


def test_take_without_n(t):
    assert failure(t, 'return await ctx.db.query("items").take();') == (
        "Uncaught TypeError: Must provide arg 1 `n` to `take`"
    )


def test_first(t):
    fill(t, 3)
    assert t.query(js('async (ctx) => (await ctx.db.query("items").order("desc").first()).n')) == 2


def test_unique_of_one(t):
    fill(t, 1)
    assert t.query(js('async (ctx) => (await ctx.db.query("items").unique()).n')) == 0


def test_unique_of_several(t):
    ids = fill(t, 3)
    assert failure(t, 'return await ctx.db.query("items").unique();') == (
        f"Uncaught Error: unique() query returned more than one result from table items:\n [{ids[0]}, {ids[1]}, ...]"
    )


def test_order_after_filter(t):
    fill(t, 4)
    snippet = """async (ctx) => {
      const items = ctx.db.query("items").filter((q) => q.gt(q.field("n"), 1));
      return (await items.order("desc").collect()).map((d) => d.n);
    }"""
    assert t.query(js(snippet)) == [3, 2]


def test_order_twice(t):
    assert failure(t, 'return await ctx.db.query("items").order("asc").order("desc").collect();') == (
        "Uncaught Error: Queries may only specify order at most once"
    )


def test_a_query_is_chained_once(t):
    body = 'const q = ctx.db.query("items").order("asc"); q.filter((f) => true); q.filter((f) => true);'
    assert failure(t, body) == f"Uncaught Error: {CHAINED}"


def test_a_query_is_not_chained_after_it_was_read(t):
    body = 'const q = ctx.db.query("items").order("asc"); await q.collect(); q.filter((f) => true);'
    assert failure(t, body) == f"Uncaught Error: {CHAINED}"


def test_a_chained_query_is_not_read(t):
    body = 'const q = ctx.db.query("items").order("asc"); q.filter((f) => true); await q.collect();'
    assert failure(t, body) == f"Uncaught Error: {REUSED}"


def test_a_query_is_collected_once(t):
    body = 'const q = ctx.db.query("items").order("asc"); await q.collect(); await q.collect();'
    assert failure(t, body) == f"Uncaught Error: {CLOSED}"


def test_a_query_is_iterated_once(t):
    body = """const q = ctx.db.query("items").order("asc");
      for await (const d of q) {}
      for await (const d of q) {}"""
    assert failure(t, body) == f"Uncaught Error: {CLOSED}"


def test_a_query_that_is_being_iterated_does_not_begin_again(t):
    fill(t, 2)
    body = 'const q = ctx.db.query("items").order("asc"); for await (const d of q) await q.collect();'
    assert failure(t, body) == "Uncaught Error: Iteration can only begin on a query once."


def test_a_finished_query_emits_no_more(t):
    fill(t, 1)
    body = 'const q = ctx.db.query("items").order("asc"); await q.collect(); return await q.next();'
    assert failure(t, body) == f"Uncaught Error: {CLOSED}"


def test_next_gives_one_row_at_a_time(t):
    fill(t, 2)
    snippet = """async (ctx) => {
      const q = ctx.db.query("items").fullTableScan();
      const seen = [];
      for (let i = 0; i < 3; i++) { const { value, done } = await q.next(); seen.push([value?.n ?? null, done]); }
      return seen;
    }"""
    assert t.query(js(snippet)) == [[0, False], [1, False], [None, True]]


def test_the_beginning_of_a_query_may_be_used_again(t):
    fill(t, 3)
    snippet = """async (ctx) => {
      const items = ctx.db.query("items");
      return [(await items.collect()).length, (await items.take(1)).length, (await items.order("desc").first()).n];
    }"""
    assert t.query(js(snippet)) == [3, 1, 2]


def test_for_await(t):
    fill(t, 250)
    snippet = "async (ctx) => { let sum = 0; for await (const d of ctx.db.query('items')) sum += d.n; return sum; }"
    assert t.query(js(snippet)) == sum(range(250))


def test_leaving_a_loop_early(t):
    fill(t, 250)
    snippet = """async (ctx) => {
      const seen = [];
      for await (const d of ctx.db.query("items")) { seen.push(d.n); if (d.n === 2) break; }
      return [seen, (await ctx.db.query("items").collect()).length];
    }"""
    assert t.query(js(snippet)) == [[0, 1, 2], 250]


def test_several_streams_are_independent(t):
    fill(t, 3)
    snippet = """async (ctx) => {
      const pairs = [];
      for await (const a of ctx.db.query("items"))
        for await (const b of ctx.db.query("items").order("desc")) pairs.push(`${a.n}${b.n}`);
      return pairs.join(" ");
    }"""
    assert t.query(js(snippet)) == "02 01 00 12 11 10 22 21 20"


def test_queries_run_side_by_side(t):
    fill(t, 3)
    snippet = """async (ctx) => {
      const read = (order) => ctx.db.query("items").order(order).collect();
      const [up, down] = await Promise.all([read("asc"), read("desc")]);
      return [up.map((d) => d.n), down.map((d) => d.n)];
    }"""
    assert t.query(js(snippet)) == [[0, 1, 2], [2, 1, 0]]


def test_a_deleted_row_of_the_current_batch_is_still_seen(t):
    fill(t, 3)
    snippet = """async (ctx) => {
      const seen = [];
      for await (const d of ctx.db.query("items")) {
        seen.push(d.n);
        if (d.n > 0) continue;
        for (const other of await ctx.db.query("items").collect()) if (other.n > 0) await ctx.db.delete(other._id);
      }
      return seen;
    }"""
    assert t.mutation(js(snippet)) == [0, 1, 2]


def test_an_updated_row_of_the_current_batch_has_its_old_value(t):
    fill(t, 3)
    snippet = """async (ctx) => {
      const seen = [];
      for await (const d of ctx.db.query("items")) {
        seen.push(d.n);
        if (d.n > 0) continue;
        for (const other of await ctx.db.query("items").collect()) await ctx.db.patch(other._id, { n: 99 });
      }
      return seen;
    }"""
    assert t.mutation(js(snippet)) == [0, 1, 2]


def test_rows_inserted_after_the_last_batch_was_fetched_are_not_seen(t):
    fill(t, 3)
    snippet = """async (ctx) => {
      const seen = [];
      for await (const d of ctx.db.query("items")) { seen.push(d.n); await ctx.db.insert("items", { n: d.n + 100 }); }
      return seen;
    }"""
    assert t.mutation(js(snippet)) == [0, 1, 2]


def test_rows_inserted_before_the_last_batch_is_fetched_are_seen(t):
    fill(t, 150)
    snippet = """async (ctx) => {
      const seen = [];
      for await (const d of ctx.db.query("items")) {
        seen.push(d.n);
        if (d.n === 0) await ctx.db.insert("items", { n: 1000 });
      }
      return [seen.length, seen.at(-1)];
    }"""
    assert t.mutation(js(snippet)) == [151, 1000]


def test_a_row_deleted_beyond_the_first_100_is_not_seen(t):
    fill(t, 150)
    snippet = """async (ctx) => {
      const seen = [];
      const last = await ctx.db.query("items").order("desc").first();
      for await (const d of ctx.db.query("items")) { seen.push(d.n); if (d.n === 0) await ctx.db.delete(last._id); }
      return [seen.length, seen.at(-1)];
    }"""
    assert t.mutation(js(snippet)) == [149, 148]


def test_a_row_deleted_within_the_first_100_is_seen(t):
    ids = fill(t, 150)
    snippet = """async (ctx, id) => {
      const seen = [];
      for await (const d of ctx.db.query("items")) { seen.push(d.n); if (d.n === 0) await ctx.db.delete(id); }
      return seen.length;
    }"""
    assert t.mutation(js(snippet), ids[99]) == 150


def test_the_first_row_beyond_the_first_100_is_not_seen_when_deleted(t):
    ids = fill(t, 150)
    snippet = """async (ctx, id) => {
      const seen = [];
      for await (const d of ctx.db.query("items")) { seen.push(d.n); if (d.n === 0) await ctx.db.delete(id); }
      return seen.length;
    }"""
    assert t.mutation(js(snippet), ids[100]) == 149


def test_collect_sees_own_writes(t):
    snippet = """async (ctx) => {
      const id = await ctx.db.insert("items", { n: 1 });
      await ctx.db.insert("items", { n: 2 });
      await ctx.db.patch(id, { n: 3 });
      return (await ctx.db.query("items").collect()).map((d) => d.n);
    }"""
    assert t.mutation(js(snippet)) == [3, 2]


def test_reading_a_documents_fields_gives_sorted_keys(t):
    t.mutation(js('async (ctx) => { await ctx.db.insert("items", { b: 1, a: 2, C: 3 }); }'))
    keys = t.query(js('async (ctx) => Object.keys(await ctx.db.query("items").first())'))
    assert keys == ["C", "_creationTime", "_id", "a", "b"]


def test_documents_are_copies(t):
    fill(t, 1)
    snippet = """async (ctx) => {
      const first = await ctx.db.query("items").first();
      first.n = 99;
      return (await ctx.db.query("items").first()).n;
    }"""
    assert t.mutation(js(snippet)) == 0


def test_count(t):
    fill(t, 7)
    assert t.query(js('async (ctx) => await ctx.db.query("items").count()')) == 7


def test_count_of_an_unknown_table(t):
    assert t.query(js('async (ctx) => await ctx.db.query("nothing").count()')) == 0


def test_only_awaited_is_a_query_a_promise(t):
    assert failure(t, 'return await ctx.db.query("items").order("asc");') == (
        "Uncaught Error: Return value is a Query. Results must be retrieved with "
        "`.collect()`, `.take(n), `.unique()`, or `.first()`."
    )


def test_python_chains_likewise(t):
    fill(t, 5)
    with t.transaction() as ctx:
        items = ctx.db.query("items")
        assert [d["n"] for d in items.order("desc").take(2)] == [4, 3]
        assert items.first()["n"] == 0
        assert [d["n"] for d in items] == [0, 1, 2, 3, 4]
        assert items.count() == 5
        assert items.filter(lambda q: q.eq(q.field("n"), 3)).unique()["n"] == 3
        assert items.filter(lambda q: q.eq(q.field("n"), 9)).unique() is None


def test_python_chains_once(t):
    with t.transaction() as ctx:
        query = ctx.db.query("items").order("asc")
        query.filter(lambda q: True)
        with pytest.raises(FunctionError) as again:
            query.filter(lambda q: True)
        with pytest.raises(FunctionError) as read:
            query.collect()
        twice = ctx.db.query("items").order("asc")
        with pytest.raises(FunctionError) as ordered:
            twice.order("desc")
    assert again.value.text == CHAINED
    assert read.value.text == REUSED
    assert ordered.value.text == "Queries may only specify order at most once"


def test_python_reads_once(t):
    with t.transaction() as ctx:
        query = ctx.db.query("items").order("asc")
        query.collect()
        with pytest.raises(FunctionError) as caught:
            query.collect()
    assert caught.value.text == CLOSED


def test_python_take_of_no_count(t):
    with t.transaction() as ctx, pytest.raises(FunctionError) as caught:
        ctx.db.query("items").take(-1)
    assert caught.value.text == "Arg 1 `n` to `take` must be a non-negative integer"


def test_python_unique_of_several(t):
    ids = fill(t, 2)
    with t.transaction() as ctx, pytest.raises(FunctionError) as caught:
        ctx.db.query("items").unique()
    assert caught.value.text == (
        f"unique() query returned more than one result from table items:\n [{ids[0]}, {ids[1]}, ...]"
    )


def test_python_iteration_sees_the_frozen_batch(t):
    fill(t, 150)
    with t.transaction() as ctx:
        seen = []
        for document in ctx.db.query("items"):
            if document["n"] == 0:
                for other in ctx.db.query("items").collect():
                    if other["n"] > 0:
                        ctx.db.delete(other["_id"])
            seen.append(document["n"])
    assert seen == list(range(100))


def test_python_order_must_be_known(t):
    with t.transaction() as ctx, pytest.raises(UsageError, match=r"expected \"asc\" or \"desc\""):
        ctx.db.query("items").order("up")


def test_an_unknown_order_fails_at_reading(t):
    text = failure(t, 'return await ctx.db.query("items").order("up").collect();')
    assert 'expected "asc" or "desc"' in text
