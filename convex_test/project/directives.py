"""Whether a source file begins with the directive `"use node"`.

`convex` parses the file with Babel and looks into the program's directive prologue (`hasUseNodeDirective` in
`src/bundler/index.ts`). Here a small scanner walks over what may stand there: a BOM, a `#!` line, white space,
comments and string literals that are statements of their own. It needs no parser because nothing else can precede a
directive. Different by design: a file that Babel cannot parse falls back to a search line by line there, and is
scanned like any other here; such a file fails to bundle anyway.
"""

from __future__ import annotations

import re

USE_NODE = "use node"

_SPACE = "\\t\\n\\v\\f\\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NEWLINE = re.compile("[\\n\\r\u2028\u2029]")
_GAP = re.compile(f"(?:[{_SPACE}]|//[^\\n\\r\u2028\u2029]*|/\\*.*?\\*/)*", re.DOTALL)
_HASHBANG = re.compile("\ufeff?#![^\\n\\r\u2028\u2029]*")
_STRING = re.compile(r""""((?:[^"\\\n\r]|\\.)*)"|'((?:[^'\\\n\r]|\\.)*)'""", re.DOTALL)
# On a new line these still belong to an expression that the string began.
_CONTINUES = re.compile(r"[-+*/%.,(\[`?<>=&|^]|!=|(?:in|instanceof)(?![\w$])")


def has_use_node_directive(source: str) -> bool:
    """Whether the directive prologue of `source` contains `"use node"`."""
    return USE_NODE in source and USE_NODE in directives(source)


def directives(source: str) -> list[str]:
    """The directives at the head of `source`, as written between their quotes."""
    found: list[str] = []
    hashbang = _HASHBANG.match(source)
    at = _skip_gap(source, hashbang.end() if hashbang else 0)
    while literal := _STRING.match(source, at):
        end = _statement_end(source, literal.end())
        if end is None:
            break
        found.append(literal[1] if literal[1] is not None else literal[2])
        at = _skip_gap(source, end)
    return found


def _skip_gap(source: str, at: int) -> int:
    gap = _GAP.match(source, at)
    return gap.end() if gap else at


def _statement_end(source: str, at: int) -> int | None:
    """Where the statement that ends at `at` is over, or None when an expression goes on there."""
    following = _skip_gap(source, at)
    if following == len(source) or source[following] == "}":
        return following
    if source[following] == ";":
        return following + 1
    if _NEWLINE.search(source, at, following) and not _CONTINUES.match(source, following):
        return following
    return None
