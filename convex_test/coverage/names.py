"""What a function is called in a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convex_test.coverage.syntax import CLASSES, FUNCTIONS, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

TRANSPARENT: Final = frozenset({"parenthesized_expression", "as_expression", "satisfies_expression"})


def name_of(function: Node) -> str | None:
    """The name of a function, `Class.method` for methods, or None.

    The handler of a Convex function is called as the variable is that the registration is assigned to, or `default`.
    """
    own = function.child_by_field_name("name")
    if function.type == "method_definition" and own is not None:
        owner = _class_name(function)
        registered = _registered_name(function) if text_of(own) == "handler" else None
        return registered or (f"{owner}.{text_of(own)}" if owner else text_of(own))
    if own is not None:
        return text_of(own)
    child, parent = _above(function)
    if parent is None:
        return None
    match parent.type:
        case "variable_declarator":
            return _identifier(parent.child_by_field_name("name"))
        case "assignment_expression":
            return _identifier(parent.child_by_field_name("left"))
        case "public_field_definition" | "field_definition":
            field, owner = parent.child_by_field_name("name"), _class_name(parent)
            return f"{owner}.{text_of(field)}" if owner and field else _identifier(field)
        case "pair":
            key = parent.child_by_field_name("key")
            registered = _registered_name(parent) if key is not None and text_of(key) == "handler" else None
            return registered or _identifier(key)
        case "arguments":
            call = parent.parent
            callee = call.child_by_field_name("function") if call is not None else None
            return _registered_name(child) if callee is not None and callee.type == "identifier" else None
        case "export_statement":
            return "default"
    return None


def _above(node: Node) -> tuple[Node, Node | None]:
    """The closest node around that means something, and the child of it that `node` is in."""
    child, parent = node, node.parent
    while parent is not None and parent.type in TRANSPARENT:
        child, parent = parent, parent.parent
    return child, parent


def _registered_name(node: Node) -> str | None:
    """The variable that a call is assigned to: `send` in `export const send = mutation({ handler })`.

    Only the call itself counts, so that a callback somewhere inside of it is not called the same.
    """
    parent = node.parent
    while parent is not None and parent.type in ("object", "arguments", "call_expression", *TRANSPARENT):
        if parent.type == "call_expression":
            _, above = _above(parent)
            if above is not None and above.type == "variable_declarator":
                return _identifier(above.child_by_field_name("name"))
            return "default" if above is not None and above.type == "export_statement" else None
        parent = parent.parent
    return None


def _class_name(member: Node) -> str | None:
    node = member.parent
    while node is not None and node.type not in CLASSES and node.type not in FUNCTIONS:
        node = node.parent
    if node is None or node.type not in CLASSES:
        return None
    return _identifier(node.child_by_field_name("name"))


def _identifier(node: Node | None) -> str | None:
    if node is None or node.type not in ("identifier", "type_identifier", "property_identifier"):
        return None
    return text_of(node)
