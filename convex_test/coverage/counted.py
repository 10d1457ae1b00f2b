"""Which statements count as something that is executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convex_test.coverage.syntax import CLASSES, FUNCTIONS, TYPES, line_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node

VARIABLES: Final = frozenset({"lexical_declaration", "variable_declaration"})


def first_line(nodes: Iterable[Node], *, prologue: bool = False) -> int | None:
    """The first executable line of a list of statements."""
    for node in nodes:
        if prologue and is_directive(node):
            continue
        if node.type == "comment" or node.type in TYPES:
            continue
        prologue = False
        if node.type == "statement_block":
            found = first_line(node.named_children)
            if found is not None:
                return found
        elif is_counted(node):
            return line_of(node)
    return None


def is_counted(node: Node) -> bool:
    """Whether a statement does something when it is reached."""
    if node.type in ("comment", "empty_statement", "statement_block", "ERROR") or node.type in TYPES:
        return False
    inner = declaration(node)
    if inner.type in VARIABLES:
        return any(child.child_by_field_name("value") is not None for child in inner.named_children)
    if node.type == "export_statement":
        if inner is node:
            value = node.child_by_field_name("value")
            is_assignment = any(child.type == "=" for child in node.children)
            return is_assignment or (value is not None and value.type not in ("function_expression", *TYPES))
        return inner.type in CLASSES or inner.type == "enum_declaration"
    return inner.type not in FUNCTIONS and inner.type not in TYPES and namespace(inner) is None


def declaration(node: Node) -> Node:
    """What an export declares, or the node itself."""
    if node.type != "export_statement":
        return node
    return node.child_by_field_name("declaration") or node


def namespace(node: Node) -> Node | None:
    """The block of a namespace."""
    inner = node.named_children[0] if node.type == "expression_statement" and node.named_children else node
    return inner.child_by_field_name("body") if inner.type in ("internal_module", "module") else None


def is_directive(node: Node) -> bool:
    return (
        node.type == "expression_statement" and node.named_child_count == 1 and node.named_children[0].type == "string"
    )
