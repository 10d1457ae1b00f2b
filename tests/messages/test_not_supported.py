"""What is not there yet fails by name. A line leaves this file when the feature comes."""

from __future__ import annotations

import pytest

from convex_test import js
from convex_test.errors import UnsupportedError
from convex_test.syscalls import GAPS

FILES = {
    "convex/wasm.ts": """\
        import { query } from "./_generated/server";

        export const compile = query(async () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
        """,
    "convex/wasm_at_load.ts": """\
        import { query } from "./_generated/server";

        let reason = "";
        try { WebAssembly.instantiate(new Uint8Array()); } catch (error) { reason = error.message; }
        export const found = query(async () => reason);
        """,
}


def test_webassembly(t, failure):
    assert failure(UnsupportedError, t.query, "wasm:compile").text == "not supported: WebAssembly.Module"


def test_webassembly_can_be_looked_for_while_a_module_loads(t):
    assert t.query("wasm_at_load:found") == "not supported: WebAssembly.instantiate"


@pytest.mark.parametrize("op", ["1.0/getServiceUrl", "1.0/auditLog"])
def test_operations_of_the_convex_package(t, failure, op):
    snippet = js(f"async () => {{ await Convex.asyncSyscall('{op}', '{{}}'); }}")
    text = failure(UnsupportedError, t.mutation, snippet).text
    assert text == f"not supported: {GAPS[op]} (the operation {op} of the `convex` package)"


def test_no_catch_hides_what_is_not_supported(t, failure):
    snippet = js("async () => { try { await Convex.asyncSyscall('1.0/auditLog', '{}'); } catch { return null; } }")
    assert failure(UnsupportedError, t.mutation, snippet).text.startswith("not supported: ")
