"""The limits of one transaction: what counts, what the error says, how nested calls share and tighten them."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from convex_test import FunctionError, LimitError, UsageError, api, internal, js

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          items: defineTable({ n: v.number(), text: v.optional(v.string()) }).index("by_n", ["n"]),
        });
    """,
    "convex/items.ts": """
        import { internalMutation, internalQuery, mutation, query } from "./_generated/server";
        export const read = query((ctx, { count }: any) => ctx.db.query("items").take(count));
        export const write = mutation(async (ctx, { count, fail }: any) => {
          for (let n = 0; n < count; n++) await ctx.db.insert("items", { n });
          if (fail) throw new Error("no");
        });
        export const metrics = internalQuery((ctx) => (ctx as any).meta.getTransactionMetrics());
        export const readThenMetrics = internalQuery(async (ctx, { count }: any) => {
          await ctx.db.query("items").take(count);
          return await (ctx as any).meta.getTransactionMetrics();
        });
    """,
}
HELP = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective "
    "index range expressions."
)
# `_id` 38, `_creationTime` 23, the object 2, the field `n` 11.
ITEM = 74
METRICS = [
    "bytesRead",
    "bytesWritten",
    "databaseQueries",
    "documentsRead",
    "documentsWritten",
    "functionsScheduled",
    "scheduledFunctionArgsBytes",
]


@pytest.fixture
def limited(project):
    """Makes a backend with limits of its own, and ten items in it."""
    with ExitStack() as backends:

        def make(**limits):
            t = backends.enter_context(project.test(seed=1, limits=limits))
            for n in range(10):
                t.run(lambda ctx, n=n: ctx.db.insert("items", {"n": n}))
            return t

        yield make


@pytest.fixture
def t(limited):
    return limited()


class Reader:
    """Runs one of the tests' reads in TypeScript or in Python."""

    def __init__(self, language):
        self.language = language

    def __call__(self, t, javascript, python):
        return t.query(js(f"async (ctx) => {javascript}") if self.language == "typescript" else python)

    def fails(self, t, javascript, python):
        with pytest.raises(LimitError) as caught:
            self(t, javascript, python)
        assert caught.value.text == ("Uncaught Error: " if self.language == "typescript" else "") + caught.value.message
        return caught.value


@pytest.fixture(params=["typescript", "python"])
def read(request):
    return Reader(request.param)


def used_by(t, source):
    metrics = t.mutation(js(f"async (ctx) => {{ {source}; return await ctx.meta.getTransactionMetrics() }}"))
    return {name: metric["used"] for name, metric in metrics.items() if metric["used"]}


# Each limit


def test_documents_read(limited, read):
    t = limited(documentsRead=9)
    assert len(read(t, "await ctx.db.query('items').take(9)", lambda ctx: ctx.db.query("items").take(9))) == 9
    error = read.fails(t, "await ctx.db.query('items').collect()", lambda ctx: ctx.db.query("items").collect())
    assert error.message == f"Too many documents read in a single function execution (limit: 9). {HELP}"
    assert (error.limit, error.used) == (9, 10)


def test_bytes_read(limited, read):
    t = limited(bytesRead=9 * ITEM)
    assert len(read(t, "await ctx.db.query('items').take(9)", lambda ctx: ctx.db.query("items").take(9))) == 9
    error = read.fails(t, "await ctx.db.query('items').take(10)", lambda ctx: ctx.db.query("items").take(10))
    assert error.message == f"Too many bytes read in a single function execution (limit: 666 bytes). {HELP}"
    assert (error.limit, error.used) == (9 * ITEM, 10 * ITEM)


def test_database_queries(limited, read):
    t = limited(databaseQueries=2)

    def python(count):
        def handler(ctx):
            for n in range(count):
                ctx.db.query("items").with_index("by_n", lambda q, n=n: q.eq("n", 2 * n)).collect()

        return handler

    javascript = """{
        for (let n = 0; n < COUNT; n++) {
            await ctx.db.query("items").withIndex("by_n", (q) => q.eq("n", 2 * n)).collect();
        }
    }"""
    read(t, javascript.replace("COUNT", "2"), python(2))
    error = read.fails(t, javascript.replace("COUNT", "3"), python(3))
    assert error.message == f"Too many reads in a single function execution (limit: 2). {HELP}"
    assert (error.limit, error.used) == (2, 3)


def test_documents_written(limited, door):
    t = limited(documentsWritten=2)
    door.steps(t, ("insert", "items", {"n": 1}), ("insert", "items", {"n": 2}))
    with pytest.raises(LimitError) as caught:
        door.steps(t, *[("insert", "items", {"n": n}) for n in range(3)])
    assert caught.value.message == "Too many writes in a single function execution (limit: 2)"
    assert (caught.value.limit, caught.value.used) == (2, 3)


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        (200, "200 bytes"),
        (1000, "1 KB"),
        (1024, "1 KiB"),
        (1500, "1.5 KB"),
        (1536, "1.5 KiB"),
        (1001, "1001 bytes"),
        (1 << 20, "1 MiB"),
        (1_500_000, "1.5 MB"),
        (3 << 19, "1.5 MiB"),
    ],
)
def test_bytes_written(limited, door, limit, shown):
    t = limited(bytesWritten=limit)
    calls = [("insert", "x", {"text": "x" * min(limit, 1_000_000)}), ("insert", "x", {"text": "x" * 800_000})]
    with pytest.raises(LimitError) as caught:
        door.steps(t, *calls)
    assert caught.value.message == f"Too many bytes written in a single function execution (limit: {shown})"
    assert caught.value.limit == limit


def test_production_s_limits_hold_by_default(project):
    with project.test() as t:
        for _ in range(2):
            t.mutation(api.items.write, count=16_000)
        with pytest.raises(LimitError) as caught:
            t.mutation(api.items.write, count=16_001)
        assert caught.value.message == "Too many writes in a single function execution (limit: 16000)"
        read = js("async (ctx) => (await ctx.db.query('items').take(32001)).length")
        assert t.query(read) == 32_000
        t.run(lambda ctx: ctx.db.insert("items", {"n": 1}))
        with pytest.raises(LimitError) as caught:
            t.query(read)
        assert caught.value.message == (
            f"Too many documents read in a single function execution (limit: 32000). {HELP}"
        )


def test_sixteen_mib_are_production_s_limit_of_bytes(t):
    with pytest.raises(LimitError) as caught:
        t.mutation(
            js("async (ctx) => { for (let i = 0; i < 17; i++) await ctx.db.insert('x', { a: 'x'.repeat(1e6) }) }")
        )
    assert caught.value.message == "Too many bytes written in a single function execution (limit: 16 MiB)"
    assert caught.value.limit == 16 << 20
    for _ in range(2):
        t.mutation(
            js("async (ctx) => { for (let i = 0; i < 9; i++) await ctx.db.insert('x', { a: 'x'.repeat(1e6) }) }")
        )
    with pytest.raises(LimitError) as caught:
        t.query(js("async (ctx) => { await ctx.db.query('x').collect() }"))
    assert caught.value.message == (
        f"Too many bytes read in a single function execution (limit: 16777216 bytes). {HELP}"
    )


def test_no_limits(project):
    with project.test(limits=False) as t:
        t.mutation(api.items.write, count=16_001)
        metrics = t.query(internal.items.metrics)
        assert {metric["remaining"] for metric in metrics.values()} == {2**53 - 1}


def test_the_other_limits_stay_production_s(limited):
    metrics = limited(documentsRead=5).query(internal.items.metrics)
    assert {name: metric["remaining"] for name, metric in metrics.items()} == {
        "bytesRead": 16 << 20,
        "bytesWritten": 16 << 20,
        "databaseQueries": 4096,
        "documentsRead": 5,
        "documentsWritten": 16_000,
        "functionsScheduled": 1000,
        "scheduledFunctionArgsBytes": 16 << 20,
    }


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"documents": 5}, f"limits: there is no metric 'documents'. Known metrics: {', '.join(METRICS)}."),
        ({"documentsRead": -1}, "limits: documentsRead is -1. Give a whole number from 0 on."),
        ({"documentsRead": 1.5}, "limits: documentsRead is 1.5. Give a whole number from 0 on."),
        ({"documentsRead": True}, "limits: documentsRead is True. Give a whole number from 0 on."),
        (5, "limits=5: give True, False, or a mapping such as {'documentsRead': 10}."),
    ],
)
def test_wrong_limits(project, limits, text):
    with pytest.raises(UsageError) as caught, project.test(limits=limits):
        pass
    assert str(caught.value) == text


# As an error


def test_a_crossed_limit_undoes_the_mutation(limited):
    t = limited(documentsWritten=2)
    with pytest.raises(LimitError):
        t.mutation(api.items.write, count=3)
    assert len(t.query(api.items.read, count=100)) == 10


def test_a_crossed_limit_can_be_caught_but_stays_crossed(limited):
    t = limited(documentsRead=5)
    source = """async (ctx) => {
        const messages = [];
        for (const [table, count] of [["items", 6], ["items", 1], ["x", 1]]) {
            try { await ctx.db.query(table).take(count); messages.push("fine"); }
            catch (error) { messages.push(error.message); }
        }
        return messages;
    }"""
    crossed = f"Too many documents read in a single function execution (limit: 5). {HELP}"
    assert t.query(js(source)) == [crossed, crossed, "fine"]


def test_limits_hold_in_t_run_and_in_a_block(limited):
    t = limited(documentsRead=5)
    with pytest.raises(LimitError):
        t.run(lambda ctx: ctx.db.query("items").collect())
    with pytest.raises(LimitError), t.transaction() as ctx:
        ctx.db.query("items").collect()


def test_each_transaction_begins_anew(limited):
    t = limited(documentsWritten=2)
    for _ in range(3):
        t.mutation(api.items.write, count=2)
    source = "async (ctx) => { for (let i = 0; i < 3; i++) await ctx.runMutation(api.items.write, { count: 2 }) }"
    t.action(js(source))


# What counts

COUNTED = {
    "nothing": ("", {}),
    "get": (
        "const [{ _id }] = await ctx.db.query('items').take(1); await ctx.db.get(_id); await ctx.db.get(_id)",
        {"documentsRead": 3, "bytesRead": 3 * ITEM, "databaseQueries": 2},
    ),
    "get of nothing": (
        "await ctx.db.get('j57000820c20a1g7104gm2rc1m70ynr8')",
        {"databaseQueries": 1},
    ),
    "get of an unknown table": ("await ctx.db.get('g2002001081g81860w40j2gb1g6gw3vs74')", {}),
    "take": (
        "await ctx.db.query('items').take(3)",
        {"documentsRead": 3, "bytesRead": 3 * ITEM, "databaseQueries": 1},
    ),
    "take(0)": ("await ctx.db.query('items').take(0)", {}),
    "collect": (
        "await ctx.db.query('items').collect()",
        {"documentsRead": 10, "bytesRead": 10 * ITEM, "databaseQueries": 1},
    ),
    "collect twice": (
        "await ctx.db.query('items').collect(); await ctx.db.query('items').collect()",
        {"documentsRead": 20, "bytesRead": 20 * ITEM, "databaseQueries": 1},
    ),
    "rows that a filter drops": (
        "await ctx.db.query('items').filter((q) => q.eq(q.field('n'), 3)).collect()",
        {"documentsRead": 10, "bytesRead": 10 * ITEM, "databaseQueries": 1},
    ),
    "index range": (
        "await ctx.db.query('items').withIndex('by_n', (q) => q.gte('n', 8)).collect()",
        {"documentsRead": 2, "bytesRead": 2 * ITEM, "databaseQueries": 1},
    ),
    "empty index range": (
        "await ctx.db.query('items').withIndex('by_n', (q) => q.eq('n', 80)).collect()",
        {"databaseQueries": 1},
    ),
    "two ranges": (
        "for (const n of [1, 3]) await ctx.db.query('items').withIndex('by_n', (q) => q.eq('n', n)).collect()",
        {"documentsRead": 2, "bytesRead": 2 * ITEM, "databaseQueries": 2},
    ),
    "two ranges side by side": (
        "await ctx.db.query('items').withIndex('by_n', (q) => q.lt('n', 3)).collect();"
        "await ctx.db.query('items').withIndex('by_n', (q) => q.gte('n', 3).lt('n', 5)).collect()",
        {"documentsRead": 5, "bytesRead": 5 * ITEM, "databaseQueries": 1},
    ),
    "two indexes": (
        "await ctx.db.query('items').collect(); await ctx.db.query('items').withIndex('by_n').collect()",
        {"documentsRead": 20, "bytesRead": 20 * ITEM, "databaseQueries": 2},
    ),
    "insert": ("await ctx.db.insert('items', { n: 1 })", {"documentsWritten": 1, "bytesWritten": ITEM}),
    "the same document twice": (
        "const id = await ctx.db.insert('items', { n: 1 }); await ctx.db.patch(id, { n: 2 })",
        {"documentsWritten": 2, "bytesWritten": 2 * ITEM, "documentsRead": 1, "bytesRead": ITEM, "databaseQueries": 1},
    ),
    "replace": (
        "const { _id } = await ctx.db.query('items').first(); await ctx.db.replace(_id, { n: 5, text: 'abc' })",
        {
            "documentsWritten": 1,
            "bytesWritten": ITEM + 5 + 5,
            "documentsRead": 2,
            "bytesRead": 2 * ITEM,
            "databaseQueries": 2,
        },
    ),
    "delete": (
        "const { _id } = await ctx.db.query('items').first(); await ctx.db.delete(_id)",
        {"documentsWritten": 1, "documentsRead": 2, "bytesRead": 2 * ITEM, "databaseQueries": 2},
    ),
    "no-op": (
        "const { _id } = await ctx.db.query('items').first(); await ctx.db.patch(_id, {})",
        {"documentsRead": 2, "bytesRead": 2 * ITEM, "databaseQueries": 2},
    ),
    "system tables": ("await ctx.db.system.query('_storage').collect()", {"databaseQueries": 1}),
    "normalizeId": ("ctx.db.normalizeId('items', 'j57000820c20a1g7104gm2rc1m70ynr8')", {}),
}


@pytest.mark.parametrize(("source", "used"), COUNTED.values(), ids=list(COUNTED))
def test_what_counts(t, source, used):
    assert used_by(t, source) == used


def test_python_s_ctx_counts_the_same(t):
    def handler(ctx):
        first = ctx.db.query("items").first()
        ctx.db.patch(first["_id"], {"n": 50})
        return ctx.meta.get_transaction_metrics()

    metrics = t.run(handler)
    assert metrics["documentsRead"] == {"used": 2, "remaining": 31_998}
    assert metrics["documentsWritten"] == {"used": 1, "remaining": 15_999}
    assert metrics["bytesWritten"] == {"used": ITEM, "remaining": (16 << 20) - ITEM}


def test_metrics_have_convex_s_names(t):
    assert list(t.query(internal.items.metrics)) == METRICS
    assert sorted(t.query(lambda ctx: ctx.meta.get_transaction_metrics())) == METRICS


def test_metrics_are_not_for_actions(t):
    assert t.action(js("(ctx) => typeof ctx.meta.getTransactionMetrics")) == "undefined"
    with pytest.raises(AttributeError):
        t.action(lambda ctx: ctx.meta.get_transaction_metrics())


# Nested calls


def test_nested_calls_share_the_transaction(t):
    source = "await ctx.db.insert('items', { n: 1 }); await ctx.runMutation(api.items.write, { count: 3 })"
    assert used_by(t, source) == {"documentsWritten": 4, "bytesWritten": 4 * ITEM}


def test_a_nested_call_sees_what_its_parent_used(t):
    source = "async (ctx) => { await ctx.db.query('items').take(4); return ctx.runQuery(internal.items.metrics, {}) }"
    assert t.mutation(js(source))["documentsRead"] == {"used": 4, "remaining": 31_996}


def test_a_nested_call_shares_the_limit(limited):
    t = limited(documentsWritten=3)
    with pytest.raises(FunctionError) as caught:
        t.mutation(
            js("async (ctx) => { for (const count of [2, 2]) await ctx.runMutation(api.items.write, { count }) }")
        )
    assert caught.value.text.startswith(
        "Uncaught Error: Uncaught Error: Too many writes in a single function execution (limit: 3)"
    )
    assert type(caught.value) is FunctionError
    assert type(caught.value.__cause__) is LimitError


def test_a_rolled_back_child_gives_its_writes_back_but_not_its_reads(t):
    source = """
        await ctx.db.insert("items", { n: 1 });
        try { await ctx.runMutation(api.items.write, { count: 3, fail: true }) } catch {}
        try { await ctx.runQuery(internal.items.readThenMetrics, { count: 2 }) } catch {}
    """
    assert used_by(t, source) == {
        "documentsWritten": 1,
        "bytesWritten": ITEM,
        "documentsRead": 2,
        "bytesRead": 2 * ITEM,
        "databaseQueries": 1,
    }


def test_transaction_limits_are_a_budget_on_top_of_what_is_used(t):
    source = """async (ctx) => {
        await ctx.db.query("items").take(4);
        const options = { transactionLimits: { documentsRead: 3 } };
        const inside = await ctx.runQuery(internal.items.readThenMetrics, { count: 3 }, options);
        const after = await ctx.meta.getTransactionMetrics();
        return [inside.documentsRead, after.documentsRead];
    }"""
    assert t.mutation(js(source)) == [{"used": 7, "remaining": 0}, {"used": 7, "remaining": 31_993}]


def test_crossing_transaction_limits_shows_the_ceiling(t):
    source = """async (ctx) => {
        await ctx.db.query("items").take(4);
        try { await ctx.runQuery(api.items.read, { count: 4 }, { transactionLimits: { documentsRead: 3 } }) }
        catch (error) {
            const { documentsRead } = await ctx.meta.getTransactionMetrics();
            return [error.message.split("\\n")[0], documentsRead.used];
        }
    }"""
    assert t.mutation(js(source)) == [
        f"Uncaught Error: Too many documents read in a single function execution (limit: 7). {HELP}",
        8,
    ]


def test_transaction_limits_can_only_tighten(limited):
    t = limited(documentsRead=5)
    source = """async (ctx) =>
        (await ctx.runQuery(internal.items.metrics, {}, { transactionLimits: { documentsRead: 100 } })).documentsRead"""
    assert t.mutation(js(source)) == {"used": 0, "remaining": 5}


def test_transaction_limits_of_a_mutation(t):
    source = """async (ctx) => {
        try { await ctx.runMutation(api.items.write, { count: 2 }, { transactionLimits: { documentsWritten: 1 } }) }
        catch (error) { return error.message.split("\\n")[0] }
    }"""
    assert t.mutation(js(source)) == "Uncaught Error: Too many writes in a single function execution (limit: 1)"
    assert len(t.query(api.items.read, count=100)) == 10


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("-1", "invalid value: integer `-1`, expected usize"),
        ("1.5", "invalid type: floating point `1.5`, expected usize"),
        ("'x'", 'invalid type: string "x", expected usize'),
    ],
)
def test_transaction_limits_are_whole_numbers(t, value, problem):
    with pytest.raises(FunctionError) as caught:
        t.mutation(
            js(
                f"(ctx) => ctx.runQuery(api.items.read, {{ count: 1 }}, "
                f"{{ transactionLimits: {{ documentsRead: {value} }} }})"
            )
        )
    assert caught.value.message == f"Invalid arguments for `runUdf`: {problem}"


def test_unknown_transaction_limits_are_ignored(t):
    source = "(ctx) => ctx.runQuery(api.items.read, { count: 1 }, { transactionLimits: { nothing: 0 } })"
    assert len(t.mutation(js(source))) == 1
