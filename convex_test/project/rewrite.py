"""Two corrections to what esbuild prints. Neither moves a mapped position, so the source map stays right.

*A module that threw keeps throwing.* In JavaScript every import of a module whose evaluation failed fails with the
same error. esbuild before 0.28 forgets the failure: the second import gets the half-evaluated module. Its helpers for
that are replaced, line by line, by what newer versions print.

*`import()` in the project's code can be told from ours.* esbuild turns a bundled `import()` into
`Promise.resolve().then(…)`. Queries and mutations must not import dynamically (the backend's
`crates/isolate/src/environment/udf/phase.rs`), so those calls become `__dynamicImport().then(…)`, which has the same
length. It asks the function at `globalThis[Symbol.for("convex-test.dynamicImport")]`, when there is one, for the
promise to go on from.
Known gap: a package that was itself bundled by esbuild and, in the same file, really uses `import()`, has its own
`Promise.resolve().then(() => (init_…` counted as one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

BANNER = '"use strict";'
"""Convex deploys modules, and all code in a module is strict, CommonJS packages included. esbuild's IIFE is sloppy."""

DYNAMIC_IMPORT_SYMBOL = "convex-test.dynamicImport"

_HOOK = (
    f'var __dynamicImport = () => (globalThis[Symbol.for("{DYNAMIC_IMPORT_SYMBOL}")] ?? (() => Promise.resolve()))();'
)
_OLD_ESM = re.compile(
    r"(var __esm = )\(fn, res\)( => function __init\(\) \{\n *)"
    r"(return fn && \(res = \(0, fn\[__getOwnPropNames\(fn\)\[0\]\]\)\(fn = 0\)\), res;)(?=\n *\};)"
)
_OLD_COMMON_JS = re.compile(
    r"(var __commonJS = \(cb, mod\) => function __require\(\) \{\n *)"
    r"(return mod \|\| \(0, cb\[__getOwnPropNames\(cb\)\[0\]\]\)\(\(mod = \{ exports: \{\} \}\)\.exports, mod\), "
    r"mod\.exports;)"
    r"(?=\n *\};)"
)
_SECTION = re.compile(r"^ *// (.+)$", re.MULTILINE)
_BUNDLED_IMPORT = re.compile(r"Promise\.resolve\(\)(?=\.then\(\(\) => (?:\(init_|__toESM\(require_))")


def remember_failures(code: str) -> str:
    """`code` with helpers that rethrow the error of a module that failed to load."""
    code = _OLD_ESM.sub(
        r"\1(fn, res, err)\2if (err) throw err[0]; try { \3 } catch (e) { throw err = [e], e; }", code, 1
    )
    return _OLD_COMMON_JS.sub(r"\1try { \2 } catch (e) { throw mod = 0, e; }", code, 1)


def mark_dynamic_imports(code: str, metafile: Mapping[str, Any], entry: str) -> str:
    """`code` with the dynamic imports of all modules but `entry` marked."""
    importing = {
        name
        for name, details in metafile["inputs"].items()
        if name != entry and any(imported["kind"] == "dynamic-import" for imported in details["imports"])
    }
    if not importing:
        return code
    first_line, newline, rest = code.partition("\n")
    return first_line + _HOOK + newline + _marked(rest, metafile["inputs"], importing)


def _marked(code: str, inputs: Collection[str], importing: Collection[str]) -> str:
    """Esbuild heads the code of each module with a comment that names it."""
    heads = [head for head in _SECTION.finditer(code) if head[1] in inputs]
    parts: list[str] = [code[: heads[0].start()] if heads else code]
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        section = code[head.start() : following.start() if following else len(code)]
        parts.append(_BUNDLED_IMPORT.sub("__dynamicImport()", section) if head[1] in importing else section)
    return "".join(parts)
