"""Where npm's `convex-test` 0.0.60 answers otherwise than production: writes, limits, calls and errors.

Each test asserts production's answer; the comments number the deviations by topic.
"""

from __future__ import annotations

import json

import pytest

from convex_test import FunctionError, FunctionNotFoundError, LimitError, api, js

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({ items: defineTable(v.any()).index("by_n", ["n"]) });
    """,
    "convex/f.ts": """
        import { ConvexError } from "convex/values";
        import { action, internalMutation, internalQuery, mutation, query } from "./_generated/server";
        class Mine extends Error { code = 7; }
        export const hidden = internalQuery(async () => "hidden");
        export const shown = query(async () => "shown");
        export const write = mutation(async (ctx) => { await ctx.db.insert("items", {}); });
        export const act = action(async () => "acted");
        export const unwrapped = async () => "no";
        export const add = internalMutation(async (ctx, { n }: { n: number }) => {
          for (let i = 0; i < n; i++) await ctx.db.insert("items", { n: i });
        });
        export const addAndFail = internalMutation(async (ctx) => {
          await ctx.db.insert("items", {});
          throw new Mine("mine");
        });
        export const refuse = internalQuery(async () => { throw new ConvexError({ code: 1 }); });
        export const read = internalQuery(async (ctx) => { await ctx.db.query("items").collect(); });
        export const deep = query(async (ctx, { n }: { n: number }): Promise<any> =>
          n === 0 ? 0 : await ctx.runQuery("f:deep" as any, { n: n - 1 }));
        export const who = query(async (ctx) => await ctx.auth.getUserIdentity());
        export const whoAsked = query(async (ctx): Promise<any> => await ctx.runQuery("f:who" as any, {}));
        export const name = query(async (ctx) => (await ctx.meta.getFunctionMetadata()).name);
        export const size = query(async (_ctx, { text }: { text: string }) => text.length);
    """,
}
GHOST = "j57000820c20a1g7104gm2rc1m70ynr8"
GHOST_FILE = "kg2000820c20a1g7104gm2rc1m70y674"
GHOST_JOB = "kc2000820c20a1g7104gm2rc1m70y5yj"
HELP = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective "
    "index range expressions."
)


def run(t, body, *args, kind="mutation"):
    return getattr(t, kind)(js(f"async (ctx, ...args) => {{ {body} }}"), *args)


def fails(t, body, *args, kind="mutation"):
    """The message of the error that a function can catch."""
    return run(t, f"try {{ {body} }} catch (error) {{ return error.message }} return 'no error'", *args, kind=kind)


def metrics(t, body, kind="mutation"):
    """What a function has used after some steps, without what it has not used at all."""
    used = run(t, f"{body}; return await ctx.meta.getTransactionMetrics()", kind=kind)
    return {name: metric["used"] for name, metric in used.items() if metric["used"]}


def fill(t, count):
    with t.transaction() as ctx:
        return [ctx.db.insert("items", {"n": n}) for n in range(count)]


# 24. Texts and rules of writes


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("patch(args[0], { a: 1 })", f"Update on nonexistent document ID {GHOST}"),
        ("replace(args[0], {})", f"Replace on nonexistent document ID {GHOST}"),
        ("delete(args[0])", f"Delete on nonexistent document ID {GHOST}"),
    ],
)
def test_writing_to_a_document_that_is_not_there(t, call, text):
    assert fails(t, f"await ctx.db.{call}", GHOST) == text


def test_the_text_of_another_id_in_a_replaced_document(t):
    [item] = fill(t, 1)
    assert (
        fails(t, "await ctx.db.replace(args[0], { _id: args[1] })", item, GHOST)
        == f'Provided document ID "{item}" doesn\'t match \'_id\' field "{GHOST}"'
    )


def test_a_patch_and_a_replace_that_change_nothing_are_no_writes(t):
    fill(t, 1)
    body = """
        const item = await ctx.db.query("items").first();
        await ctx.db.patch(item._id, { n: 0 });
        await ctx.db.replace(item._id, item);
    """
    assert "documentsWritten" not in metrics(t, body)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{ a: Array(8193).fill(1) }", "Array length is too long (8193 > maximum length 8192)"),
        (
            "{ a: Object.fromEntries(Array.from({ length: 1025 }, (_, n) => ['f' + n, n])) }",
            "Object has too many fields (1025 > maximum number 1024)",
        ),
    ],
)
def test_the_size_of_a_value_is_limited(t, value, text):
    message = fails(t, f"await ctx.db.insert('items', {value})")
    assert message == f"Invalid argument `value` for `db.insert`: {text}"


def test_a_document_is_at_most_one_mebibyte(t):
    assert fails(t, "await ctx.db.insert('items', { a: 'x'.repeat(1 << 21) })") == (
        "Value is too large (2.00 MiB > maximum size 1 MiB)"
    )


def test_a_document_has_at_most_sixteen_levels(t):
    body = "let value = 1; for (let i = 0; i < 16; i++) value = [value]; await ctx.db.insert('items', { value })"
    assert fails(t, body).endswith(
        "isn't a valid document: Document is too nested (nested 17 levels deep > maximum nesting 16)"
    )


# 25. System tables are guarded behind the client, too


def by_hand(op, argument):
    return f"await Convex.asyncSyscall({json.dumps(op)}, {json.dumps(json.dumps(argument))})"


@pytest.mark.parametrize(
    ("op", "argument"),
    [
        ("1.0/insert", {"table": "_storage", "value": {}}),
        ("1.0/insert", {"table": "_scheduled_functions", "value": {}}),
        ("1.0/shallowMerge", {"id": GHOST_FILE, "value": {"a": 1}}),
        ("1.0/replace", {"id": GHOST_JOB, "value": {}}),
        ("1.0/remove", {"id": GHOST_FILE}),
    ],
)
def test_writing_a_system_table_by_hand_is_refused(t, op, argument):
    assert "System tables can only be accessed with db.system." in fails(t, by_hand(op, argument))


# 28. Limits and what counts


def test_limits_hold_without_being_switched_on(t):
    body = """
        for (let n = 0; n <= 4096; n++) await ctx.db.query("items").withIndex("by_n", (q) => q.eq("n", 2 * n)).first();
    """
    assert fails(t, body, kind="query") == f"Too many reads in a single function execution (limit: 4096). {HELP}"


def test_documents_that_a_filter_drops_are_counted(t):
    fill(t, 10)
    assert metrics(t, "await ctx.db.query('items').filter((q) => false).collect()", kind="query") == {
        "bytesRead": 740,
        "databaseQueries": 1,
        "documentsRead": 10,
    }


def test_a_page_counts_the_documents_that_it_dropped(t):
    fill(t, 10)
    body = "await ctx.db.query('items').filter((q) => q.gt(q.field('n'), 7)).paginate({ numItems: 5, cursor: null })"
    assert metrics(t, body, kind="query")["documentsRead"] == 10


def test_ranges_that_touch_are_one_query(t):
    fill(t, 3)
    body = """
        await ctx.db.query("items").withIndex("by_n", (q) => q.lt("n", 1)).collect();
        await ctx.db.query("items").withIndex("by_n", (q) => q.gte("n", 1)).collect();
        await ctx.db.query("items").withIndex("by_n").collect();
    """
    assert metrics(t, body, kind="query")["databaseQueries"] == 1


def test_the_same_id_again_is_one_query(t):
    [item] = fill(t, 1)
    assert metrics(t, f"for (let i = 0; i < 5; i++) await ctx.db.get('{item}')")["databaseQueries"] == 1


@pytest.mark.parametrize(
    ("limits", "body", "text"),
    [
        (
            {"documentsRead": 2},
            "await ctx.db.query('items').collect()",
            f"Too many documents read in a single function execution (limit: 2). {HELP}",
        ),
        (
            {"bytesRead": 100},
            "await ctx.db.query('items').collect()",
            f"Too many bytes read in a single function execution (limit: 100 bytes). {HELP}",
        ),
        (
            {"documentsWritten": 1},
            "for (let i = 0; i < 2; i++) await ctx.db.insert('free', {})",
            "Too many writes in a single function execution (limit: 1)",
        ),
        (
            {"bytesWritten": 100},
            "for (let i = 0; i < 2; i++) await ctx.db.insert('free', {})",
            "Too many bytes written in a single function execution (limit: 100 bytes)",
        ),
    ],
)
def test_the_texts_of_limits(project, limits, body, text):
    with project.test(limits=limits) as t:
        for _ in range(3):
            t.run(lambda ctx: ctx.db.insert("items", {}))
        with pytest.raises(LimitError) as caught:
            run(t, body)
    assert caught.value.message == text


def test_nested_limits_are_a_budget_on_top_of_what_is_used(t):
    fill(t, 5)
    body = """
        await ctx.db.query("items").take(3);
        await ctx.runQuery("f:read", {}, { transactionLimits: { documentsRead: 5 } });
        return (await ctx.meta.getTransactionMetrics()).documentsRead;
    """
    assert run(t, body) == {"used": 8, "remaining": 31992}


def test_the_reads_of_a_snapshot_query_do_not_count(t):
    fill(t, 5)
    body = "await ctx.runQuery('f:read', {}, { useStaleSnapshot: true })"
    assert "documentsRead" not in metrics(t, body)


# 29. Sizes of arguments and results; the depth of calls


def test_arguments_are_at_most_sixteen_mebibytes(t):
    with pytest.raises(FunctionError) as caught:
        t.query("f:size", text="x" * (17 << 20))
    assert caught.value.message == "Arguments for f.js:size are too large (actual: 17.00 MiB, limit: 16 MiB)"


def test_calls_are_at_most_eight_deep(t):
    assert t.query("f:deep", n=7) == 0
    with pytest.raises(FunctionError) as caught:
        t.query("f:deep", n=9)
    assert "Cross component call depth limit exceeded. Do you have an infinite loop in your app?" in str(caught.value)


# 33. Public and internal, and how functions are found


def test_an_internal_function_is_not_public(t):
    with pytest.raises(FunctionNotFoundError) as caught:
        t.query(api.f.hidden)
    assert caught.value.message == "Could not find public function for 'f:hidden'."


def test_a_module_that_is_not_there(t):
    with pytest.raises(FunctionNotFoundError) as caught:
        t.query(api.nowhere.f)
    assert caught.value.message == "Could not find public function for 'nowhere:f'."


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("query", "f:write", "Trying to execute f.js:write as Query, but it is defined as Mutation."),
        ("mutation", "f:shown", "Trying to execute f.js:shown as Mutation, but it is defined as Query."),
        ("action", "f:shown", "Trying to execute f.js:shown as Action, but it is defined as Query."),
    ],
)
def test_a_function_of_another_kind(t, kind, name, text):
    with pytest.raises(FunctionError) as caught:
        getattr(t, kind)(name)
    assert caught.value.message == text


# 34. Identity


def test_a_nested_query_has_its_callers_identity(t):
    sarah = t.with_identity(name="Sarah")
    assert sarah.query("f:whoAsked") == sarah.query("f:who")
    assert sarah.query("f:who")["name"] == "Sarah"


# 35. Metadata


def test_a_function_knows_its_own_name(t):
    assert t.query("f:name") == "f:name"


def test_the_timestamp_of_a_snapshot_is_known_before_any_commit(t):
    assert run(t, "return ctx.meta.getSnapshotTs() > 0n", kind="query") is True


def test_request_ids_are_not_counted_in_words(t):
    first, second = (run(t, "return (await ctx.meta.getRequestMetadata()).requestId") for _ in range(2))
    assert first != second
    assert not first.startswith("fake")


# 39. Errors that go through a nested call


def test_an_error_from_a_nested_call_is_another_error(t):
    body = """
        try { await ctx.runMutation("f:addAndFail", {}) }
        catch (error) { return [error.constructor === Error, error.code ?? null, error.message.split("\\n")[0]] }
    """
    assert run(t, body) == [True, None, "Uncaught Error: mine"]


def test_a_convex_error_from_a_nested_call_keeps_its_data(t):
    body = "try { await ctx.runQuery('f:refuse', {}) } catch (error) { return [error.name, error.data] }"
    assert run(t, body) == ["ConvexError", {"code": 1}]


# 40. What a nested call that failed leaves behind


def test_the_writes_of_a_nested_call_that_failed_are_gone_and_its_creation_time_is_used(t):
    body = """
        const first = await ctx.db.get(await ctx.db.insert("items", {}));
        try { await ctx.runMutation("f:addAndFail", {}) } catch {}
        const second = await ctx.db.get(await ctx.db.insert("items", {}));
        const count = (await ctx.db.query("items").collect()).length;
        return [count, second._creationTime - first._creationTime];
    """
    assert run(t, body) == [2, 2 * 0.000244140625]


def test_the_written_documents_of_a_nested_call_that_failed_do_not_count(t):
    body = "try { await ctx.runMutation('f:addAndFail', {}) } catch {}"
    assert "documentsWritten" not in metrics(t, body)
