"""Branches inside expressions: `?:`, `&&`, `||`, `??`, their assignments, `?.` and default values.

An operator that may stop early has two ways, and both are counted: `a && b` becomes
`((value=a)?(count,b):(count,value))`. Nothing can run between the test of `value` and its next use, so one variable
serves the whole bundle. `a?.b` becomes `((value=a)==null?void(count):(count,value).b)`, which is what compilers make
of it for old engines.

Not counted, because there is no such form that means the same: `a.b ??= c`, `a.b?.(c)` and what follows it in its
chain, `delete a?.b`, and `(a?.b)(c)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from convex_test.coverage.plan import VALUE, Arm
from convex_test.coverage.syntax import is_anonymous_function, line_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node

    from convex_test.coverage.plan import Plan

LOGICAL: Final = frozenset({"&&", "||", "??"})
LOGICAL_ASSIGNMENT: Final = frozenset({"&&=", "||=", "??="})
CHAIN: Final = {"member_expression": "object", "subscript_expression": "object", "call_expression": "function"}
DEFAULTS: Final = {
    "assignment_pattern": ("left", "right"),
    "object_assignment_pattern": ("left", "right"),
    "required_parameter": ("pattern", "value"),
    "optional_parameter": ("pattern", "value"),
}


class Scope(NamedTuple):
    """Where a node stands.

    Attributes:
        owner: the executable line that branches are counted for.
        owned: the lines that are executed already when the node is reached.
    """

    owner: int
    owned: frozenset[int]


def visit_expression(plan: Plan, node: Node, scope: Scope) -> Iterable[Node]:
    """Plans the branches that a node itself makes; what is still to be visited."""
    match node.type:
        case "ternary_expression":
            _ternary(plan, node, scope)
        case "binary_expression":
            operator = node.child_by_field_name("operator")
            if operator is not None and operator.type in LOGICAL:
                _logical(plan, node, operator, scope, "")
        case "augmented_assignment_expression":
            operator = node.child_by_field_name("operator")
            left = node.child_by_field_name("left")
            if operator is None or left is None:
                return node.named_children
            if operator.type in LOGICAL_ASSIGNMENT and left.type == "identifier":
                _logical(plan, node, operator, scope, f"{text_of(left)}=")
        case "as_expression" | "satisfies_expression":
            return node.named_children[:1]
        case kind if kind in DEFAULTS:
            _default(plan, node, scope, *DEFAULTS[kind])
        case kind if kind in CHAIN and not _goes_on(node):
            _chain(plan, node, scope)
    return node.named_children


def _arm(scope: Scope, place: Node, branch: Node | None, label: str, missing: str) -> Arm:
    """An arm of an expression at `place`; `branch` is what only this arm evaluates."""
    label = f"{label} at {line_of(place)}:{place.start_point[1] + 1}"
    if branch is None:
        return Arm(scope.owner, place.end_byte, place.end_byte, label, missing)
    return Arm(scope.owner, branch.start_byte, branch.end_byte, label, missing, line_of(branch))


def _ternary(plan: Plan, node: Node, scope: Scope) -> None:
    where = line_of(node)
    for name, label, value in (("consequence", "? true", "true"), ("alternative", "? false", "false")):
        branch = node.child_by_field_name(name)
        if branch is None:
            continue
        arm = _arm(scope, node, branch, label, f"the condition of ?: on line {where} was never {value}")
        plan.open(branch.start_byte, f"({plan.count([plan.arm(arm)])},")
        plan.close(branch.end_byte, ")")


def _logical(plan: Plan, node: Node, operator: Node, scope: Scope, assigned: str) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or is_anonymous_function(left):
        return
    sign = operator.type
    what = f"the left side of {sign} on line {line_of(operator)} was"
    went_on, stopped = {
        "&": (f"{what} never true", f"{what} never false"),
        "|": (f"{what} never false", f"{what} never true"),
        "?": (f"{what} never null or undefined", f"{what} always null or undefined"),
    }[sign[0]]
    on = plan.count([plan.arm(_arm(scope, operator, right, f"{sign} right", went_on))])
    off = plan.count([plan.arm(_arm(scope, operator, None, f"{sign} left", stopped))])
    plan.open(node.start_byte, f"(({VALUE}=")
    if sign[0] == "&":
        plan.replace(operator.start_byte, operator.end_byte, f")?({on},{assigned}")
        plan.close(node.end_byte, f"):({off},{VALUE}))")
        return
    test = ")!=null" if sign[0] == "?" else ")"
    plan.replace(operator.start_byte, operator.end_byte, f"{test}?({off},{VALUE}):({on},{assigned}")
    plan.close(node.end_byte, "))")


def _default(plan: Plan, node: Node, scope: Scope, left: str, right: str) -> None:
    target, value = node.child_by_field_name(left), node.child_by_field_name(right)
    if target is None or value is None or is_anonymous_function(value):
        return
    name = f" of {text_of(target)}" if "identifier" in target.type else ""
    arm = _arm(scope, node, value, "default", f"the default{name} on line {line_of(value)} was never used")
    plan.open(value.start_byte, f"({plan.count([plan.arm(arm)])},")
    plan.close(value.end_byte, ")")


class _Link(NamedTuple):
    """A `?.` and the node that it belongs to."""

    node: Node
    token: Node


def _chain(plan: Plan, top: Node, scope: Scope) -> None:
    """Plans all `?.` of a chain, of which `top` is the whole."""
    links, base = _links(top)
    if not links or is_anonymous_function(base) or _is_a_reference(top):
        return
    plan.open(top.start_byte, f"(({VALUE}=")
    for at, link in enumerate(links):
        what = f"the value before ?. on line {line_of(link.token)} was"
        nullish = _arm(scope, link.token, None, "?. left", f"{what} never null or undefined")
        present = _arm(scope, link.token, None, "?. right", f"{what} always null or undefined")
        stop, on = plan.count([plan.arm(nullish)]), plan.count([plan.arm(present)])
        nested = f"(({VALUE}=" if at + 1 < len(links) else ""
        dot = "." if link.node.type == "member_expression" else ""
        text = f")==null?void({stop}):{nested}({on},{VALUE}){dot}"
        plan.replace(link.token.start_byte, link.token.end_byte, text)
    plan.close(top.end_byte, ")" * len(links))


def _links(top: Node) -> tuple[list[_Link], Node]:
    """The `?.` of a chain in the order of the text, as far as they can be counted; and what the chain begins with."""
    links: list[_Link] = []
    node = top
    while node.type in CHAIN or node.type == "non_null_expression":
        inner = node.child_by_field_name(CHAIN[node.type]) if node.type in CHAIN else node.named_children[0]
        if inner is None:
            break
        token = next((child for child in node.children if child.type in ("?.", "optional_chain")), None)
        if token is not None:
            links.append(_Link(node, token))
        node = inner
    links.reverse()
    for at, link in enumerate(links):
        if link.node.type == "call_expression" and _has_receiver(link.node):
            return links[:at], node
    return links, node


def _has_receiver(call: Node) -> bool:
    """Whether a call hands on a `this`."""
    callee = call.child_by_field_name("function")
    while callee is not None and callee.type in ("parenthesized_expression", "non_null_expression"):
        callee = callee.named_children[0]
    return callee is not None and callee.type in ("member_expression", "subscript_expression")


def _goes_on(node: Node) -> bool:
    """Whether a node is the beginning of a longer chain."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "non_null_expression":
        return _goes_on(parent)
    return parent.type in CHAIN and parent.child_by_field_name(CHAIN[parent.type]) == node


def _is_a_reference(top: Node) -> bool:
    """Whether it matters that a chain is a place and not a value: `delete a?.b`, `(a?.b)(c)`."""
    node, parent = top, top.parent
    while parent is not None and parent.type in ("parenthesized_expression", "non_null_expression"):
        node, parent = parent, parent.parent
    if parent is None:
        return False
    if parent.type == "unary_expression":
        return parent.children[0].type == "delete"
    return parent.type == "call_expression" and parent.child_by_field_name("function") == node
