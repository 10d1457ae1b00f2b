"""From the tree of a source file to its plan: statements and functions.

Work is kept on a list instead of the call stack, so that no source is too deep. An edit is noted before those of the
nodes inside, which is what `plan.Edit.order` relies on.

Not counted, because a counter there would change what a program does: default values, and values of class fields,
that are functions or classes without a name (they take it from where they stand), and what enums compute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from convex_test.coverage.branches import Scope, visit_expression
from convex_test.coverage.counted import declaration, first_line, is_counted, is_directive, namespace
from convex_test.coverage.names import name_of
from convex_test.coverage.plan import Arm, FunctionRegion, Key, Plan
from convex_test.coverage.syntax import (
    CLASSES,
    FUNCTIONS,
    TYPES,
    is_anonymous_function,
    last_line_of,
    line_of,
    text_of,
    unwrapped,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tree_sitter import Node

LOOPS: Final = frozenset({"for_statement", "for_in_statement", "while_statement"})


class Leaving(NamedTuple):
    """What a statement leaves to the next one: keys to count there, and arms that lead there."""

    keys: list[Key]
    arms: list[Arm]


NOTHING: Final = Leaving([], [])


def plan_of(root: Node) -> Plan:
    """The plan of the source file with this tree."""
    walk = Walk()
    walk.statements(root.named_children, Scope(0, frozenset()), [], 0, prologue=True)
    walk.work()
    return walk.plan.finish()


class Walk:
    """One file being planned."""

    def __init__(self) -> None:
        self.plan = Plan()
        self._pending: list[Callable[[], None]] = []

    def work(self) -> None:
        """Does what is pending until nothing is."""
        while self._pending:
            self._pending.pop()()

    def later(self, node: Node | None, scope: Scope) -> None:
        """Visit a node that is no statement, later."""
        if node is not None and node.type not in TYPES:
            self._pending.append(lambda: self._visit(node, scope))

    def all_later(self, nodes: Iterable[Node], scope: Scope) -> None:
        """Visit nodes that are no statements, later."""
        for node in nodes:
            if node.is_named:
                self.later(node, scope)

    # Statements

    def statements(
        self, nodes: Sequence[Node], scope: Scope, keys: list[Key], offset: int, *, prologue: bool = False
    ) -> None:
        """Plans a list of statements. `keys` count that it is reached; `offset` is where, if it has no statement."""
        arms: list[Arm] = []
        insert = self.plan.open
        for node in nodes:
            if node.type in ("comment", "empty_statement", "hash_bang_line") or node.type in TYPES:
                continue
            if prologue and is_directive(node):
                offset = node.end_byte
                continue
            prologue = False
            if not is_counted(node):
                keys = self._uncounted(node, scope, keys)
                continue
            line = line_of(node)
            if line not in scope.owned:
                keys = [*keys, self.plan.add_line(line, node.start_byte)]
            for arm in arms:
                arm.wanted = line
            if keys:
                self.plan.open(node.start_byte, self.plan.count(keys) + ";")
            scope = Scope(scope.owner, scope.owned | {line})
            keys, arms = self._statement(node, Scope(line, scope.owned))
            offset, insert = node.end_byte, self.plan.close
        if keys:
            insert(offset, f";{self.plan.count(keys)};")

    def _uncounted(self, node: Node, scope: Scope, keys: list[Key]) -> list[Key]:
        """Goes on into what is executed otherwise; the keys that are still to be counted."""
        inner = declaration(node)
        if inner.type == "statement_block":
            self._block(inner, scope, keys)
            return []
        block = namespace(inner)
        if block is not None:
            self._block(block, scope, keys)
            return []
        self.later(inner, scope)
        return keys

    def _block(self, block: Node, scope: Scope, keys: list[Key], *, prologue: bool = False) -> None:
        statements = block.named_children
        self._pending.append(lambda: self.statements(statements, scope, keys, block.start_byte + 1, prologue=prologue))

    def _body(self, node: Node, scope: Scope, keys: list[Key]) -> None:
        """The body of a statement, in braces if it has none."""
        if node.type == "statement_block":
            self._block(node, scope, keys)
            return

        def plan() -> None:
            self.plan.open(node.start_byte, "{")
            self.plan.close(node.end_byte, "}")
            self.statements([node], scope, keys, node.start_byte)

        self._pending.append(plan)

    def _statement(self, node: Node, scope: Scope) -> Leaving:
        match node.type:
            case "labeled_statement":
                return self._statement(_field(node, "body"), scope)
            case "statement_block":
                self._block(node, scope, [])
            case "if_statement":
                return self._if(node, scope)
            case "switch_statement":
                return self._switch(node, scope)
            case kind if kind in LOOPS:
                return self._loop(node, scope)
            case "do_statement":
                self._body(_field(node, "body"), scope, [])
                self.later(node.child_by_field_name("condition"), scope)
            case "try_statement":
                self._try(node, scope)
            case "with_statement":
                self.later(node.child_by_field_name("object"), scope)
            case "enum_declaration":
                pass
            case "export_statement":
                if declaration(node).type != "enum_declaration":
                    self.all_later(node.named_children, scope)
            case kind if kind in CLASSES:
                self.later(node, scope)
            case _:
                self.all_later(node.named_children, scope)
        return NOTHING

    def _if(self, node: Node, scope: Scope) -> Leaving:
        where = line_of(node)
        then, otherwise = _field(node, "consequence"), node.child_by_field_name("alternative")
        taken = self._arm(node, then, scope, "if true", f"the condition on line {where} was never true")
        missing = f"the condition on line {where} was never false"
        self.later(node.child_by_field_name("condition"), scope)
        if otherwise is None:
            passed = self.plan.arm(Arm(scope.owner, then.end_byte, then.end_byte, _at("if false", node), missing))
            passed.firm = True
            self.plan.close(then.end_byte, f"else{{{self.plan.count([passed])}}}")
            self._body(then, scope, [taken])
            return Leaving([], [passed])
        alternative = next(child for child in otherwise.named_children if child.type != "comment")
        passed = self._arm(node, alternative, scope, "if false", missing)
        self._body(then, scope, [taken])
        self._body(alternative, scope, [passed])
        return NOTHING

    def _switch(self, node: Node, scope: Scope) -> Leaving:
        body = _field(node, "body")
        cases = [child for child in body.named_children if child.type in ("switch_case", "switch_default")]
        self.later(node.child_by_field_name("value"), scope)
        for case in cases:
            is_default = case.type == "switch_default"
            colon = next(child for child in case.children if child.type == ":")
            value = case.child_by_field_name("value")
            self.later(value, scope)
            label = "default" if is_default or value is None else f"case {text_of(value):.30}"
            within = case.children_by_field_name("body")
            arm = self.plan.arm(
                Arm(
                    scope.owner,
                    case.start_byte,
                    case.end_byte,
                    _at(label, case),
                    f"the {label} on line {line_of(case)} was never reached",
                    first_line(within) or 0,
                    firm=True,
                )
            )
            self._case(within, scope, arm, colon.end_byte)
        if not cases or any(case.type == "switch_default" for case in cases):
            return NOTHING
        missing = f"the switch on line {line_of(node)} always found a case"
        passed = self.plan.arm(Arm(scope.owner, body.end_byte, body.end_byte, _at("no case", node), missing, firm=True))
        self.plan.close(body.end_byte - 1, f";break;default:{self.plan.count([passed])};")
        return Leaving([], [passed])

    def _case(self, within: Sequence[Node], scope: Scope, arm: Arm, offset: int) -> None:
        self._pending.append(lambda: self.statements(within, scope, [arm], offset))

    def _loop(self, node: Node, scope: Scope) -> Leaving:
        body, condition = _field(node, "body"), node.child_by_field_name("condition")
        self.all_later((child for child in node.named_children if child != body), scope)
        if node.type != "for_in_statement" and (condition is None or text_of(condition) in (";", "true", "(true)")):
            self._body(body, scope, [])
            return NOTHING
        where = line_of(node)
        entered = self._arm(node, body, scope, "loop entered", f"the loop on line {where} was never entered")
        missing = f"the loop on line {where} was never left but by return or throw"
        left = self.plan.arm(Arm(scope.owner, node.end_byte, node.end_byte, _at("loop left", node), missing, firm=True))
        self._body(body, scope, [entered])
        return Leaving([left], [left])

    def _try(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            if child.type == "statement_block":
                self._block(child, scope, [])
                continue
            block = child.child_by_field_name("body")
            self.all_later((other for other in child.named_children if other != block), scope)
            if block is not None:
                self._block(block, scope, [])

    def _arm(self, node: Node, body: Node, scope: Scope, label: str, missing: str) -> Arm:
        within = body.named_children if body.type == "statement_block" else [body]
        wanted = first_line(within) or 0
        return self.plan.arm(
            Arm(scope.owner, body.start_byte, body.end_byte, _at(label, node), missing, wanted, firm=True)
        )

    # Functions and classes

    def _visit(self, node: Node, scope: Scope) -> None:
        if node.type in FUNCTIONS:
            self._function(node, scope)
        elif node.type in CLASSES:
            self._class(node, scope)
        elif node.type == "statement_block":
            self._block(node, scope, [])
        elif node.type != "enum_declaration":
            self.all_later(visit_expression(self.plan, node, scope), scope)

    def _function(self, node: Node, scope: Scope) -> None:
        body = node.child_by_field_name("body")
        if body is None:
            return
        region = FunctionRegion(name_of(node), line_of(node), last_line_of(node), node.start_byte, node.end_byte)
        self.plan.functions.append(region)
        is_block = body.type == "statement_block"
        first = first_line(body.named_children, prologue=True) if is_block else line_of(unwrapped(body))
        keys: list[Key] = [region]
        line = first or line_of(node)
        if line in scope.owned:
            what = f"the function {region.name}" if region.name else "the function"
            missing = f"{what} on line {region.first_line} was never called"
            arm = Arm(line, node.start_byte, node.end_byte, _at("function called", node), missing)
            keys.append(self.plan.arm(arm))
        elif first is None or not is_block:
            keys.append(self.plan.add_line(line, node.start_byte if is_block else body.start_byte))
        inner = Scope(line, scope.owned)
        self.all_later((child for child in node.named_children if child != body), inner)
        if is_block:
            self._block(body, inner, keys, prologue=True)
            return
        self.plan.open(body.start_byte, f"({self.plan.count(keys)},")
        self.plan.close(body.end_byte, ")")
        self.later(body, Scope(line, scope.owned | {line}))

    def _class(self, node: Node, scope: Scope) -> None:
        body = _field(node, "body")
        self.all_later((child for child in node.named_children if child != body), scope)
        for member in body.named_children:
            value = member.child_by_field_name("value") if member.type.endswith("field_definition") else None
            if member.type == "class_static_block":
                self.all_later(member.named_children, scope)
            elif value is None or is_anonymous_function(value):
                self.later(member, scope)
            else:
                self.all_later((child for child in member.named_children if child != value), scope)
                self._field_value(value, scope)

    def _field_value(self, value: Node, scope: Scope) -> None:
        line = line_of(value)
        if line not in scope.owned:
            counted = self.plan.count([self.plan.add_line(line, value.start_byte)])
            self.plan.open(value.start_byte, f"({counted},")
            self.plan.close(value.end_byte, ")")
        self.later(value, Scope(line, scope.owned | {line}))


def _field(node: Node, name: str) -> Node:
    found = node.child_by_field_name(name)
    if found is None:
        raise ValueError(f"the grammar has changed: a {node.type} without {name}")
    return found


def _at(label: str, node: Node) -> str:
    return f"{label} at {line_of(node)}:{node.start_point[1] + 1}"
