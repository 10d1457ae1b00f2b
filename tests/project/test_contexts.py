"""Bundles of projects that name `AsyncLocalStorage`."""

from __future__ import annotations

import pytest

from convex_test.project.bundle import bundle
from convex_test.project.contexts import ASYNC_SYMBOL, follow_contexts, needs_contexts

STORAGE = 'import { AsyncLocalStorage } from "node:async_hooks";\nexport const storage = new AsyncLocalStorage();\n'
COUNT = "export async function count() { let n = 0; for await (const x of numbers()) n += x; return n; }\n"
NUMBERS = "export async function* numbers() { yield 1; await null; yield 2; }\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [(b"new AsyncLocalStorage()", True), (b"extends AsyncResource", True), (b"MyAsyncResource", False)],
)
def test_which_code_needs_contexts(code, expected):
    assert needs_contexts(code) is expected


def test_async_functions_stay_what_they_are(project):
    code = bundle(project({"convex/a.ts": COUNT + NUMBERS})).code
    assert "async function count" in code
    assert ASYNC_SYMBOL not in code


def test_async_functions_become_generators_where_contexts_are_needed(project, evaluate):
    code = bundle(project({"convex/a.ts": STORAGE + COUNT + NUMBERS})).code
    assert "async function" not in code
    assert code.count(ASYNC_SYMBOL) == 1
    assert evaluate(code, "globalThis.AsyncLocalStorage = class {};").module("a.js", "m.count()") == "3"


def test_a_helper_that_is_not_known_is_left_alone():
    assert follow_contexts("var __async = something;\n") == "var __async = something;\n"
