"""What is not there yet fails by name. A line leaves this file when the feature comes."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, UsageError, js
from convex_test.errors import UnsupportedError

FILES = {
    "convex/node.ts": """\
        "use node";
        import { action } from "./_generated/server";

        export const read = action(async () => process.version);
        """,
    "convex/wasm.ts": """\
        import { query } from "./_generated/server";

        export const compile = query(async () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
        """,
}


@pytest.mark.parametrize(
    "name",
    [
        "advance",
        "crons",
        "fetch",
        "finishAllScheduledFunctions",
        "finishInProgressScheduledFunctions",
        "finish_all_scheduled_functions",
        "finish_in_progress_scheduled_functions",
        "functions",
        "outbound",
        "registerComponent",
        "register_component",
        "run_cron",
        "scheduled_functions",
    ],
)
def test_of_t(t, failure, name):
    assert str(failure(UsageError, lambda: getattr(t, name))) == f"not supported: t.{name}"


@pytest.mark.parametrize("name", ["storage", "scheduler"])
def test_of_ctx_in_python(t, failure, name):
    assert str(failure(UsageError, t.run, lambda ctx: getattr(ctx, name))) == f"not supported: ctx.{name} in Python"


@pytest.mark.parametrize(
    ("kind", "source", "text"),
    [
        ("mutation", "ctx.storage.generateUploadUrl()", "file storage (the operation 1.0/storageGenerateUploadUrl"),
        ("query", "ctx.storage.getUrl('x')", "file storage (the operation 1.0/storageGetUrl"),
        ("mutation", "ctx.storage.delete('x')", "file storage (the operation 1.0/storageDelete"),
        ("action", "ctx.storage.get('x')", "file storage (the operation storage/getBlob"),
        ("mutation", "ctx.scheduler.runAfter(0, api.a.b, {})", "scheduled functions (the operation 1.0/schedule"),
        ("mutation", "ctx.scheduler.runAt(0, api.a.b, {})", "scheduled functions (the operation 1.0/schedule"),
        ("mutation", "ctx.scheduler.cancel('x')", "scheduled functions (the operation 1.0/cancel_job"),
        ("action", "ctx.scheduler.runAfter(0, api.a.b, {})", "scheduled functions (the operation 1.0/actions/schedule"),
    ],
)
def test_of_ctx_in_typescript(t, failure, kind, source, text):
    error = failure(UnsupportedError, getattr(t, kind), js(f"async (ctx) => {{ await {source}; }}"))
    assert error.text == f"not supported: {text} of the `convex` package)"


@pytest.mark.parametrize(
    "source",
    [
        "fetch('https://example.com')",
        "new Blob(['x'])",
        "new Headers()",
        "new FormData()",
        "new Request('https://a.b')",
    ],
)
def test_of_the_globals(t, failure, source):
    error = failure(FunctionError, t.action, js(f"async () => {{ await {source}; }}"))
    assert error.text.startswith("Uncaught Error: not supported: ")


def test_node_actions(t, failure):
    assert str(failure(FunctionError, t.action, "node:read")) == (
        'not supported: node:read is defined in convex/node.ts, a "use node" module, and this library does not run '
        "Node.js actions yet."
    )


def test_webassembly(t, failure):
    assert failure(FunctionError, t.query, "wasm:compile").text.startswith("Uncaught Error: not supported: WebAssembly")


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("query", "ctx.storage.getUrl('x')"),
        ("mutation", "ctx.scheduler.runAfter(0, api.a.b, {})"),
        ("action", "ctx.scheduler.runAfter(0, api.a.b, {})"),
        ("action", "fetch('https://example.com')"),
    ],
)
def test_no_catch_hides_what_is_not_supported(t, failure, kind, source):
    handler = js(f"async (ctx) => {{ try {{ await {source}; }} catch {{ return null; }} }}")
    assert failure(UnsupportedError, getattr(t, kind), handler).text.startswith("not supported: ")
