"""Bundles whose contexts can be followed: those of projects that name `AsyncLocalStorage`.

V8 hands a context on at each `await`; QuickJS tells nobody of an `await`. So esbuild turns the async functions of such
a project, packages included, into generators, and its helper that drives them gives way to the function that
`globalThis[Symbol.for("convex-test.async")]` returns, when there is one: that of the prelude's `contexts.js`. It takes
as many turns of the job queue as the language's own `await`. Other projects keep their async functions.

What can then be told from production: an async function is not an instance of `AsyncFunction`, nor is an async
generator's object one of `AsyncGenerator`.
"""

from __future__ import annotations

import re
from typing import Final

ASYNC_SYMBOL: Final = "convex-test.async"

LOWERED: Final = ("--supported:async-await=false", "--supported:async-generator=false", "--supported:for-await=false")
"""Flags of esbuild."""

_NAMED: Final = re.compile(rb"\bAsync(?:LocalStorage|Resource)\b")
_HELPER: Final = re.compile(r"^( *)var __async = (\(__this, .*?^\1\})(?=;$)", re.MULTILINE | re.DOTALL)
# Names are esbuild's to choose.
_GENERATOR_END: Final = re.compile(
    r"(resume = \(\w+, \w+, (\w+), \w+\) => \{\n *try \{\n *var (\w+) = [^\n]*, (\w+) = \3\.done;)$", re.MULTILINE
)
# The end of an async generator is not awaited, unless something is returned there.
_AT_ONCE: Final = r"\1 if (\4 && \3.value === void 0) return \2({ value: void 0, done: true });"


def needs_contexts(code: bytes) -> bool:
    """Whether code that esbuild has printed names one of the classes."""
    return _NAMED.search(code) is not None


def follow_contexts(code: str) -> str:
    """`code` with the prelude's way to drive generators, where it is to be had."""
    driver = rf'\1var __async = globalThis[Symbol.for("{ASYNC_SYMBOL}")]?.() ?? (\2)'
    return _GENERATOR_END.sub(_AT_ONCE, _HELPER.sub(driver, code, count=1), count=1)
