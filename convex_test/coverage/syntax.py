"""Parsing TypeScript and JavaScript, with tree-sitter and its TypeScript grammar: maintained, fast, wheels for every
system, and trees with exact byte positions, which is what inserting counters needs. Nothing is imported before the
first file is parsed.

The grammar of `.tsx` reads JavaScript and JSX too. What it cannot read is not measured at all (`parse` gives None):
a tree that was patched up after an error says nothing reliable about the code.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node, Parser

TYPESCRIPT_ONLY: Final = frozenset({".ts", ".mts", ".cts"})
SUFFIXES: Final = TYPESCRIPT_ONLY | {".tsx", ".js", ".mjs", ".cjs", ".jsx"}

FUNCTIONS: Final = frozenset(
    {
        "arrow_function",
        "function_expression",
        "function_declaration",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)
CLASSES: Final = frozenset({"class", "class_declaration", "abstract_class_declaration"})

TYPES: Final = frozenset(
    {
        "abstract_method_signature",
        "ambient_declaration",
        "asserts_annotation",
        "function_signature",
        "implements_clause",
        "import_alias",
        "import_statement",
        "index_signature",
        "interface_declaration",
        "method_signature",
        "opting_type_annotation",
        "type_alias_declaration",
        "type_annotation",
        "type_arguments",
        "type_parameters",
        "type_predicate_annotation",
    }
)
"""Nodes without code that runs, or (imports, assertions) without any that can be counted."""


_UNKNOWN_KEYWORDS: Final = (
    re.compile(rb"(?<=\bexport) +type(?= *\*)"),
    re.compile(rb"(?<=[<,])\s*\b(?:in +out|in|out)(?= +[A-Za-z_$][\w$]*(?:\s*[,>=]| +extends\b))"),
)
"""`export type * from "x"`, and the variance of type parameters, `<in out T>`: both say something about types alone."""


def parse(source: bytes, suffix: str) -> Node | None:
    """The root of the tree of a source file, or None when the grammar does not know something in it."""
    parser = _parser(typescript=suffix in TYPESCRIPT_ONLY)
    root = parser.parse(source).root_node
    if root.has_error:
        root = parser.parse(_respelled(source)).root_node
    return None if root.has_error else root


def _respelled(source: bytes) -> bytes:
    """`source` with white space in the place of keywords that the grammar does not know; positions stay."""
    for keyword in _UNKNOWN_KEYWORDS:
        source = keyword.sub(lambda match: b" " * len(match[0]), source)
    return source


@cache
def _parser(*, typescript: bool) -> Parser:
    import tree_sitter_typescript
    from tree_sitter import Language, Parser

    grammar = tree_sitter_typescript.language_typescript if typescript else tree_sitter_typescript.language_tsx
    return Parser(Language(grammar()))


def grammar_version() -> str:
    """Changes when trees may."""
    from importlib.metadata import version

    return f"{version('tree-sitter')} {version('tree-sitter-typescript')}"


def line_of(node: Node) -> int:
    """The line that a node begins in, counted from 1."""
    return int(node.start_point[0]) + 1


def last_line_of(node: Node) -> int:
    """The line that a node ends in, counted from 1."""
    return int(node.end_point[0]) + 1


def text_of(node: Node) -> str:
    """The source text of a node."""
    return (node.text or b"").decode("utf-8", errors="replace")


def unwrapped(node: Node) -> Node:
    """What is inside parentheses, `!` and type assertions."""
    while node.type in ("parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression"):
        inner = next((child for child in node.named_children if child.type != "comment"), None)
        if inner is None:
            return node
        node = inner
    return node


def is_anonymous_function(node: Node) -> bool:
    """Whether a node is a function or class, which takes its name from where it stands."""
    return unwrapped(node).type in FUNCTIONS or unwrapped(node).type in CLASSES


def all_nodes(root: Node) -> Iterator[Node]:
    """All nodes below and including `root`, parents first, in source order."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))
