"""Contexts with a bundle of a few lines; no project, no npm packages."""

from __future__ import annotations

import pytest

from convex_test.engine.context import JavaScriptContext
from convex_test.engine.pool import ContextPool
from convex_test.engine.prelude_files import read_prelude

# What the prelude asks of a bundle, with a stand-in for npm's `convex`: a handler gets an empty ctx.
BUNDLE = """
var bundle = (() => {
  let count = 0;
  const builder = (handler) => ({
    _handler: handler,
    invokeMutation: async (args) => JSON.stringify((await handler({}, ...JSON.parse(args))) ?? null),
    invokeQuery: async (args) => JSON.stringify((await handler({}, ...JSON.parse(args))) ?? null),
    invokeAction: async (_id, args) => JSON.stringify((await handler({}, ...JSON.parse(args))) ?? null),
  });
  const server = { queryGeneric: builder, mutationGeneric: builder, actionGeneric: builder };
  const modules = {
    "counter.js": async () => ({ next: () => ++count }),
    "broken.js": async () => { throw new Error("broken while loading"); },
  };
  return { modules, special: {}, server: async () => server, values: async () => ({}) };
})();
"""
BEGIN = '{"kind":"%s","now":1700000000123,"live":false,"seed":[1,2,3,4],"importNow":5,"env":{}}'
MEMORY = 64 << 20


@pytest.fixture
def run():
    """Runs a snippet; what the pump brought."""

    def run_snippet(context, source, kind="mutation", args="[]"):
        context.call("begin", BEGIN % kind)
        context.call("invokeSnippet", kind, source, args)
        return context.pump()

    return run_snippet


@pytest.fixture
def context():
    made = JavaScriptContext(read_prelude(), memory_limit=MEMORY)
    made.compile_bundle(BUNDLE, "bundle")
    made.instantiate()
    made.limit_time(5)
    return made


@pytest.fixture
def pool():
    return ContextPool(BUNDLE, "bundle", memory_limit=MEMORY)
