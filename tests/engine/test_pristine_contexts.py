"""Whether a context notices that something was changed which outlives a test."""

from __future__ import annotations

import json

import pytest

# What the expressions of `USED` begin with.
MAKE = """
  let it;
  const start = (made) => { it = made; };
  const listen = (target) => (target.addEventListener("abort", start), target);
"""
USED = [
    "new URL('https://a.b/?x=1').searchParams.entries()",
    "structuredClone({ a: [new Map([[1, 2]])] })",
    "[new DOMException('x'), new WeakRef({}), new FinalizationRegistry(() => {})]",
    "(() => { const c = new AbortController(); listen(c.signal); c.abort(); return [c, it]; })()",
    "[new TextEncoder().encode('é'), new TextDecoder(), new TextDecoder('utf-16le'), new TextDecoder('latin1')]",
    "[new TextEncoderStream(), new TextDecoderStream()]",
    "[new ReadableStream({ start }), it, new ReadableStream().values(), new ReadableStream().tee()]",
    "[new ReadableStream({ type: 'bytes', start }).getReader({ mode: 'byob' }), it]",
    "[new WritableStream({ start }).getWriter(), it, new TransformStream({ start }), it]",
    "[new Blob(['a']), new Blob(['a']).stream(), new File(['a'], 'b'), new FormData(), new FormData().entries()]",
    "[new Headers({ a: 'b' }).entries(), new Request('https://a.b', { method: 'POST', body: 'x' }).body]",
    "[new Response('x'), new Response('x').body, Response.json({}), new Request('https://a.b').signal]",
    "[performance.mark('a'), performance, performance.now()]",
    "[crypto, crypto.subtle, crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(2))]",
    "[new AsyncLocalStorage().run(1, () => 2), new AsyncResource('a'), AsyncLocalStorage.snapshot()]",
    "[[].values(), ''.matchAll(/a/g), new Map().keys(), new Set().keys(), [].values().map(String)]",
    "[Iterator.from({ next() {} }), Iterator.concat([1]), (async function* () {})(), (function* () {})()]",
    "[async () => {}, new Error('x'), new Date(), /x/g, new Proxy({}, {}), new Float16Array(1).values()]",
    "[Promise.resolve(), Promise.withResolvers(), new DisposableStack()]",
    "(console.log({ a: [1] }), console.time('x'), console.timeEnd('x'))",
    "[(1234.5).toLocaleString(), 'a'.localeCompare('b'), new Date().toString(), process.env.X, atob(btoa('x'))]",
]

# Changes the n-th of the functions and objects that two results of an expression share though no global leads there, or
# takes the change back. Returns how many there are.
CHANGE = """(_ctx, n, back) => {
  const reachable = (roots, known) => {
    const found = new Set();
    for (const next = [...roots]; next.length > 0; ) {
      const value = next.pop();
      const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
      if (!isObject || known.has(value) || found.has(value)) continue;
      found.add(value);
      next.push(Object.getPrototypeOf(value));
      for (const property of Object.values(Object.getOwnPropertyDescriptors(value))) {
        next.push(property.value, property.get, property.set);
      }
    }
    return found;
  };
  const make = () => { %s return (%s); };
  make();
  const globals = reachable([globalThis], new Set());
  const [first, second] = [reachable([make()], globals), reachable([make()], globals)];
  const shared = [...first].filter((value) => second.has(value));
  if (back) delete shared[n].leak;
  else if (n < shared.length) shared[n].leak = 1;
  return shared.length;
}"""


@pytest.mark.parametrize("expression", USED)
def test_what_was_only_used_is_not_changed(context, run, expression):
    outbox = run(context, f"() => {{ {MAKE} {expression}; }}", kind="action")
    assert outbox.failure is None
    assert context.is_pristine()


@pytest.mark.parametrize("expression", USED)
def test_whatever_a_test_can_get_hold_of_is_watched(context, run, expression):
    change = CHANGE % (MAKE, expression)
    count = int(run(context, change, kind="action", args="[9999]").result)
    for at in range(count):
        run(context, change, kind="action", args=json.dumps([at]))
        assert not context.is_pristine()
        run(context, change, kind="action", args=json.dumps([at, True]))
    assert context.is_pristine()


def test_a_broken_context_is_not_asked(context):
    context.broken = True
    assert not context.is_pristine()
