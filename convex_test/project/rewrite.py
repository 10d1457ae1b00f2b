"""Corrections to what esbuild prints. None moves a mapped position, so the source map stays right.

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

*The many small functions of a `ctx` are not named one by one.* Because names are kept, esbuild names each function
expression by a call, and npm's `convex` makes some forty of them for every call of a function: half the cost of the
call. In the sections of that package `__name(…)` around an expression becomes `__same(…)`, which gives it back as it
is.

*Promises and caught errors can be watched.* See `tasks`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convex_test.project.tasks import helpers, with_hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

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
_NAMED_EXPRESSION = re.compile(r"(?<=/\* @__PURE__ \*/ )__name\((?!class\b)")
_CONVEX_PACKAGE = re.compile(r"(?:^|/)node_modules/convex/")
_SAME = "var __same = (value) => value;"
_BUNDLED_IMPORT = re.compile(r"Promise\.resolve\(\)(?=\.then\(\(\) => (?:\(init_|__toESM\(require_))")


def corrected(code: str, metafile: Mapping[str, Any], entry: str) -> str:
    """`code` with all corrections; `entry` is the module of ours that imports all others."""
    code = mark_dynamic_imports(remember_failures(code), metafile, entry)
    return mark_tasks(spare_names(code, metafile), metafile, entry)


def with_prologue(code: str, prologue: str) -> str:
    """`code` with more JavaScript, without line breaks, on its first line."""
    first_line, newline, rest = code.partition("\n")
    return first_line + prologue + newline + rest


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
    return _rewritten(
        code, metafile, _HOOK, importing, lambda section: _BUNDLED_IMPORT.sub("__dynamicImport()", section)
    )


def spare_names(code: str, metafile: Mapping[str, Any]) -> str:
    """`code` in which the package `convex` does not name its function expressions."""
    package = {name for name in metafile["inputs"] if _CONVEX_PACKAGE.search(name)}
    return _rewritten(code, metafile, _SAME, package, lambda section: _NAMED_EXPRESSION.sub("__same(", section))


def mark_tasks(code: str, metafile: Mapping[str, Any], entry: str) -> str:
    """`code` whose promises and caught errors can be watched; of the package `convex`, only the latter."""
    definitions, short = helpers(code)
    package = {name for name in metafile["inputs"] if _CONVEX_PACKAGE.search(name)}
    code = _rewritten(code, metafile, "", package, lambda section: with_hooks(section, short, only_caught=True))
    others = metafile["inputs"].keys() - package - {entry}
    return _rewritten(code, metafile, definitions, others, lambda section: with_hooks(section, short))


def _rewritten(
    code: str, metafile: Mapping[str, Any], helper: str, modules: Collection[str], rewrite: Callable[[str], str]
) -> str:
    """`code` with a helper on its first line and the sections of some modules rewritten.

    Esbuild heads the code of each module with a comment that names it.
    """
    first_line, newline, rest = code.partition("\n")
    heads = [head for head in _SECTION.finditer(rest) if head[1] in metafile["inputs"]]
    parts: list[str] = [rest[: heads[0].start()] if heads else rest]
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        section = rest[head.start() : following.start() if following else len(rest)]
        parts.append(rewrite(section) if head[1] in modules else section)
    return first_line + helper + newline + "".join(parts)
