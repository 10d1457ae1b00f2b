"""`ctx.meta` (`src/server/impl/meta_impl.ts`, `crates/isolate/src/environment/udf/async_syscall.rs`)."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, api, internal, js

FILES = {
    "convex/meta.ts": """
        import { action, internalAction, internalMutation, internalQuery, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";
        export const inQuery = query(async (ctx) => await ctx.meta.getFunctionMetadata());
        export const inMutation = mutation(async (ctx) => await ctx.meta.getFunctionMetadata());
        export const inAction = action(async (ctx) => await ctx.meta.getFunctionMetadata());
        export const hiddenQuery = internalQuery(async (ctx) => await ctx.meta.getFunctionMetadata());
        export const hiddenMutation = internalMutation(async (ctx) => await ctx.meta.getFunctionMetadata());
        export const hiddenAction = internalAction(async (ctx) => await ctx.meta.getFunctionMetadata());
        export default query(async (ctx) => await ctx.meta.getFunctionMetadata());
        export const request = mutation(async (ctx) => await ctx.meta.getRequestMetadata());
        export const requestInAction = action(async (ctx): Promise<any> => [
          await ctx.meta.getRequestMetadata(), await ctx.runMutation(internal.meta.request, {}),
        ]);
        export const writeTwo = mutation(async (ctx) => {
          await ctx.db.insert("items", {});
          await ctx.db.insert("items", {});
        });
        export const metrics = mutation(async (ctx) => await ctx.meta.getTransactionMetrics());
    """,
    "convex/dir/nested.ts": """
        import { query } from "../_generated/server";
        export const name = query(async (ctx) => (await ctx.meta.getFunctionMetadata()).name);
        export default query(async (ctx) => (await ctx.meta.getFunctionMetadata()).name);
    """,
}
METRICS = [
    "bytesRead",
    "bytesWritten",
    "databaseQueries",
    "documentsRead",
    "documentsWritten",
    "functionsScheduled",
    "scheduledFunctionArgsBytes",
]


def metrics(t, body="", kind="mutation"):
    return getattr(t, kind)(js(f"async (ctx) => {{ {body} return await ctx.meta.getTransactionMetrics(); }}"))


def used(t, body, kind="mutation"):
    return {name: metric["used"] for name, metric in metrics(t, body, kind).items()}


# Functions


@pytest.mark.parametrize(
    ("kind", "reference", "name", "visibility"),
    [
        ("query", api.meta.inQuery, "inQuery", "public"),
        ("mutation", api.meta.inMutation, "inMutation", "public"),
        ("action", api.meta.inAction, "inAction", "public"),
        ("query", internal.meta.hiddenQuery, "hiddenQuery", "internal"),
        ("mutation", internal.meta.hiddenMutation, "hiddenMutation", "internal"),
        ("action", internal.meta.hiddenAction, "hiddenAction", "internal"),
    ],
)
def test_function_metadata(t, kind, reference, name, visibility):
    assert getattr(t, kind)(reference) == {
        "name": f"meta:{name}",
        "componentPath": "",
        "type": kind,
        "visibility": visibility,
    }


def test_a_default_export_has_its_modules_name(t):
    assert t.query(api.meta)["name"] == "meta"
    assert t.query(api.dir.nested) == "dir/nested"


def test_a_function_in_a_folder(t):
    assert t.query(api.dir.nested.name) == "dir/nested:name"


def test_a_nested_call_has_its_own_name(t):
    assert t.mutation(js("async (ctx) => (await ctx.runQuery(api.meta.inQuery, {})).name")) == "meta:inQuery"


# The deployment


@pytest.mark.parametrize("kind", ["query", "mutation", "action"])
def test_deployment_metadata(t, kind):
    assert getattr(t, kind)(js("async (ctx) => await ctx.meta.getDeploymentMetadata()")) == {
        "name": "convex-test-000",
        "region": None,
        "class": "s16",
    }


# Requests


def test_request_metadata(t):
    found = t.mutation(api.meta.request)
    request_id = found.pop("requestId")
    assert found == {"ip": None, "userAgent": None, "scheduledFunctionId": None, "authToken": None}
    assert len(request_id) == 16
    int(request_id, 16)


def test_a_query_has_no_request_metadata(t):
    assert t.query(js("async (ctx) => typeof ctx.meta.getRequestMetadata")) == "undefined"


def test_a_query_that_asks_by_hand(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js('async () => await Convex.asyncSyscall("1.0/getRequestMetadata", "{}")'))
    assert caught.value.text == "Uncaught Error: Cannot get request metadata in a Query"


def test_each_request_has_an_id_of_its_own(t):
    assert t.mutation(api.meta.request)["requestId"] != t.mutation(api.meta.request)["requestId"]


def test_nested_calls_belong_to_the_same_request(t):
    outer, inner = t.action(api.meta.requestInAction)
    assert outer == inner


def test_the_user_is_no_secret_of_the_token(t):
    assert t.mutation(api.meta.request)["authToken"] is None


# Transactions


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_metrics_begin_at_zero(t, kind):
    found = metrics(t, kind=kind)
    assert {name: found[name]["used"] for name in METRICS} == dict.fromkeys(METRICS, 0)


def test_what_remains_is_the_limit(t):
    found = metrics(t)
    assert {name: found[name]["remaining"] for name in METRICS} == {
        "bytesRead": 16 * 2**20,
        "bytesWritten": 16 * 2**20,
        "databaseQueries": 4096,
        "documentsRead": 32000,
        "documentsWritten": 16000,
        "functionsScheduled": 1000,
        "scheduledFunctionArgsBytes": 16 * 2**20,
    }


def test_used_and_remaining_make_up_the_limit(t):
    found = metrics(t, 'await ctx.db.insert("items", { a: 1 });')
    assert found["documentsWritten"] == {"used": 1, "remaining": 15999}
    assert found["bytesWritten"]["used"] + found["bytesWritten"]["remaining"] == 16 * 2**20


def test_a_write_counts_its_size(t):
    # 63 bytes of an empty document, and 2 for the name, 9 for the number.
    assert used(t, 'await ctx.db.insert("items", { a: 1 });')["bytesWritten"] == 74


def test_a_read_counts_documents_bytes_and_queries(t):
    t.run(lambda ctx: [ctx.db.insert("items", {"a": 1}) for _ in range(3)])
    found = used(t, 'await ctx.db.query("items").collect();', "query")
    assert (found["documentsRead"], found["bytesRead"], found["databaseQueries"]) == (3, 3 * 74, 1)


def test_a_get_counts(t):
    document_id = t.run(lambda ctx: ctx.db.insert("items", {"a": 1}))
    snippet = """async (ctx, id) => {
      await ctx.db.get(id);
      await ctx.db.get(id);
      return await ctx.meta.getTransactionMetrics();
    }"""
    found = t.query(js(snippet), document_id)
    assert (found["documentsRead"]["used"], found["databaseQueries"]["used"]) == (2, 1)


def test_a_filter_counts_what_it_drops(t):
    t.run(lambda ctx: [ctx.db.insert("items", {"a": n}) for n in range(5)])
    assert used(t, 'await ctx.db.query("items").filter((q) => q.eq(q.field("a"), 4)).collect();')["documentsRead"] == 5


def test_take_counts_what_it_takes(t):
    t.run(lambda ctx: [ctx.db.insert("items", {"a": n}) for n in range(5)])
    assert used(t, 'await ctx.db.query("items").take(2);')["documentsRead"] == 2


def test_a_patch_counts_a_read_and_a_write(t):
    found = used(t, 'const id = await ctx.db.insert("items", { a: 1 }); await ctx.db.patch(id, { a: 2 });')
    assert (found["documentsRead"], found["documentsWritten"]) == (1, 2)


def test_a_patch_that_changes_nothing_counts_no_write(t):
    found = used(t, 'const id = await ctx.db.insert("items", { a: 1 }); await ctx.db.patch(id, { a: 1 });')
    assert (found["documentsRead"], found["documentsWritten"]) == (1, 1)


def test_a_delete_writes_no_bytes(t):
    found = used(t, 'const id = await ctx.db.insert("items", { a: 1 }); await ctx.db.delete(id);')
    assert (found["documentsWritten"], found["bytesWritten"]) == (2, 74)


def test_nested_calls_share_the_metrics(t):
    assert used(t, "await ctx.runMutation(api.meta.writeTwo, {});")["documentsWritten"] == 2


def test_a_nested_call_sees_what_its_caller_used(t):
    snippet = 'async (ctx) => { await ctx.db.insert("items", {}); return await ctx.runMutation(api.meta.metrics, {}); }'
    assert t.mutation(js(snippet))["documentsWritten"]["used"] == 1


def test_a_nested_call_sees_its_own_limits(t):
    snippet = """async (ctx) =>
      await ctx.runMutation(api.meta.metrics, {}, { transactionLimits: { documentsWritten: 5 } })"""
    assert t.mutation(js(snippet))["documentsWritten"] == {"used": 0, "remaining": 5}


def test_each_transaction_begins_anew(t):
    t.mutation(api.meta.writeTwo)
    assert t.mutation(api.meta.metrics)["documentsWritten"]["used"] == 0


def test_limits_of_the_test(project):
    with project.test(limits={"documentsWritten": 7}) as t:
        assert metrics(t)["documentsWritten"] == {"used": 0, "remaining": 7}


def test_python_metrics(t):
    with t.transaction() as ctx:
        ctx.db.insert("items", {"a": 1})
        found = ctx.meta.get_transaction_metrics()
    assert found["documentsWritten"] == {"used": 1, "remaining": 15999}
    assert set(METRICS) <= set(found)


def test_the_record_of_a_call_has_its_metrics(t):
    t.mutation(api.meta.writeTwo)
    (call,) = t.calls
    assert call.metrics["documentsWritten"]["used"] == 2
