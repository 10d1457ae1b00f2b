"""A naive database, for the state machine: a list of documents that is scanned, sorted and copied.

Its schema is drawn at random: tables with validators and indexes of all sorts, and one table outside of it.
"""

from __future__ import annotations

import math
from base64 import b64encode
from dataclasses import dataclass, replace
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from convex_test import ConvexInt64, FunctionError, SchemaValidationError, undefined

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = "abc"
FREE = "free"
MISSING = undefined

# What a validator is: its TypeScript, how error texts show it, and what it accepts
VALIDATORS = {
    "number": ("v.number()", "v.float64()", lambda value: kind_of(value) == "Float64"),
    "int64": ("v.int64()", "v.int64()", lambda value: kind_of(value) == "Int64"),
    "string": ("v.string()", "v.string()", lambda value: kind_of(value) == "String"),
    "boolean": ("v.boolean()", "v.boolean()", lambda value: kind_of(value) == "Boolean"),
    "any": ("v.any()", "v.any()", lambda _value: True),
    "nullable": (
        "v.union(v.number(), v.null())",
        "v.union(v.float64(), v.null())",
        lambda value: kind_of(value) in {"Float64", "Null"},
    ),
}
COMPARISONS = {"lt": lt, "lte": le, "gt": gt, "gte": ge}


@dataclass(frozen=True)
class Table:
    """A table of the schema: pairs of validator and whether it is optional by field, and fields by index."""

    name: str
    fields: dict[str, tuple[str, bool]] | None
    indexes: dict[str, tuple[str, ...]]

    def source(self) -> str:
        fields = ", ".join(
            f"{name}: {f'v.optional({VALIDATORS[kind][0]})' if optional else VALIDATORS[kind][0]}"
            for name, (kind, optional) in (self.fields or {}).items()
        )
        document = "v.any()" if self.fields is None else f"{{ {fields} }}"
        indexes = "".join(f'.index("{name}", {list(path)!r})' for name, path in self.indexes.items())
        return f"{self.name}: defineTable({document}){indexes},"


TABLES = ("t0", "t1", "t2", "t3", FREE)
"""The first has fields of any kind, so that writes to it are seldom refused."""


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Table]:
    """Tables by name."""
    tables = {FREE: Table(FREE, None, {})}
    for name in TABLES[:-1]:
        declared = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=3, unique=True))
        kinds = st.tuples(st.sampled_from(["any", "any", *VALIDATORS]), st.sampled_from([True, True, False]))
        fields = {field: draw(kinds) for field in sorted(declared)}
        path = st.lists(st.sampled_from(declared), min_size=1, max_size=2, unique=True).map(tuple)
        paths = draw(st.lists(path, min_size=1, max_size=3, unique=True))
        indexes = {f"by_{'_'.join(path)}": path for path in sorted(paths)}
        tables[name] = Table(name, None if name == TABLES[0] else fields, indexes)
    return tables


def schema_source(schema: Mapping[str, Table]) -> str:
    """The text of `schema.ts`."""
    tables = " ".join(table.source() for table in schema.values() if table.name != FREE)
    return f"""
        import {{ defineSchema, defineTable }} from "convex/server";
        import {{ v }} from "convex/values";
        export default defineSchema({{ {tables} }});
    """


# Values, naively


def kind_of(value: Any) -> str:
    match value:
        case bool():
            return "Boolean"
        case ConvexInt64():
            return "Int64"
        case int() | float():
            return "Float64"
    return {type(None): "Null", str: "String", bytes: "Bytes", list: "Array", dict: "Object"}.get(
        type(value), "undefined"
    )


KINDS = ("undefined", "Null", "Int64", "Float64", "Boolean", "String", "Bytes", "Array", "Object")


def place(value: Any) -> tuple[Any, ...]:
    """What values are ordered by, and the same only for the same values."""
    kind = kind_of(value)
    match kind:
        case "Int64":
            rest = int(value)
        case "Float64":
            rest = (1,) if math.isnan(value) else (0, float(value), math.copysign(1, value))
        case "String":
            rest = value.encode()
        case "Array":
            rest = tuple(map(place, value))
        case "Object":
            rest = tuple((name, place(value[name])) for name in sorted(value))
        case "Boolean" | "Bytes":
            rest = value
        case _:
            rest = None
    return KINDS.index(kind), rest


def show(value: Any) -> str:
    """A value in an error text."""
    match kind_of(value):
        case "Null":
            return "null"
        case "Boolean":
            return str(value).lower()
        case "Int64":
            return str(int(value))
        case "Float64":
            return "NaN" if math.isnan(value) else repr(float(value))
        case "String":
            return {"\uffff": '"\\u{ffff}"'}.get(value, f'"{value}"')
        case "Bytes":
            return f'b"{b64encode(value).decode()}"'
        case "Array":
            return f"[{', '.join(map(show, value))}]"
        case "Object":
            return f"{{{', '.join(f'{name}: {show(value[name])}' for name in sorted(value))}}}"
    return "undefined"


class Refused(Exception):
    """What the model answers instead of a result: the class and the text of an error."""

    def __init__(self, text: str, error: type[FunctionError] = FunctionError) -> None:
        super().__init__(text)
        self.error = error


def validate(table: Table, fields: dict[str, Any]) -> None:
    if table.fields is None:
        return

    def refuse(text: str) -> None:
        prefix = f'Failed to insert or update a document in table "{table.name}" because it does not match the schema: '
        raise Refused(f"{prefix}{text}", SchemaValidationError)

    shown = {
        name: f"v.optional({VALIDATORS[kind][1]})" if optional else VALIDATORS[kind][1]
        for name, (kind, optional) in table.fields.items()
    }
    ending = (
        f"\nObject: {show(fields)}\nValidator: v.object({{{', '.join(f'{n}: {shown[n]}' for n in sorted(shown))}}})"
    )
    for name in sorted(table.fields):
        kind, optional = table.fields[name]
        if name in fields and not VALIDATORS[kind][2](fields[name]):
            text = f"Path: .{name}\nValue: {show(fields[name])}\nValidator: {VALIDATORS[kind][1]}"
            refuse(f"Value does not match validator.\n{text}")
        if name not in fields and not optional:
            advice = "Consider wrapping the field validator in `v.optional(...)` if this is expected."
            refuse(f"Object is missing the required field `{name}`. {advice}\n{ending}")
    for name in sorted(fields):
        if name not in table.fields:
            refuse(f"Object contains extra field `{name}` that is not in the validator.\n{ending}")


# The model


@dataclass(frozen=True)
class Document:
    table: str
    id: str
    fields: dict[str, Any]

    def field(self, name: str) -> Any:
        return self.fields.get(name, MISSING)


class Model:
    """Documents in the order of their creation, and the tables that exist: the free one from its first insert on."""

    def __init__(self, schema: Mapping[str, Table]) -> None:
        self.schema = schema
        self.documents: list[Document] = []
        self.tables = set(schema) - {FREE}

    def copy(self) -> Model:
        made = Model(self.schema)
        made.documents, made.tables = list(self.documents), set(self.tables)
        return made

    def insert(self, table: str, fields: dict[str, Any]) -> None:
        """What an insert is checked for; the document follows with `add`, once its id is known."""
        validate(self.schema[table], fields)

    def add(self, table: str, id: str, fields: dict[str, Any]) -> None:
        self.tables.add(table)
        self.documents.append(Document(table, id, fields))

    def write(self, how: str, table: str, id: str, fields: dict[str, Any], removed: list[str]) -> None:
        if table not in self.tables:
            raise Refused(f'Invalid argument `id` for `db.{how}`: Table for ID "{id}" not found')
        at = next((at for at, document in enumerate(self.documents) if document.id == id), None)
        if at is None:
            verb = {"patch": "Update", "replace": "Replace", "delete": "Delete"}[how]
            raise Refused(f"{verb} on nonexistent document ID {id}")
        document = self.documents[at]
        if how == "delete":
            del self.documents[at]
            return
        body = {**document.fields, **fields} if how == "patch" else fields
        body = {name: value for name, value in body.items() if name not in removed}
        if place(body) != place(document.fields):
            validate(self.schema[document.table], body)
            self.documents[at] = replace(document, fields=body)

    def scan(self, table: str, index: str | None, order: str, bounds: list[tuple[str, str, Any]]) -> list[Document]:
        found = [document for document in self.documents if document.table == table]
        built_in = {"by_id", "by_creation_time"} if table in self.tables else set()
        if index is not None and index not in self.schema[table].indexes and index not in built_in:
            raise Refused(f"Index {table}.{index} not found.")
        # Sorting is stable, and the list is in the order of creation.
        if index == "by_id":
            found.sort(key=lambda document: document.id)
        elif index in self.schema[table].indexes:
            path = self.schema[table].indexes[index]
            found.sort(key=lambda document: [place(document.field(name)) for name in path])
        found = [document for document in found if all(holds(document, *bound) for bound in bounds)]
        return found if order == "asc" else found[::-1]


def holds(document: Document, operator: str, name: str, value: Any) -> bool:
    left, right = place(document.field(name)), place(value)
    match operator:
        case "eq":
            return left == right
        case "neq":
            return left != right
    return COMPARISONS[operator](left, right)


def evaluate(tree: Any, document: Document) -> bool:
    match tree:
        case ("and_", left, right):
            return evaluate(left, document) and evaluate(right, document)
        case ("or_", left, right):
            return evaluate(left, document) or evaluate(right, document)
        case ("not_", inner):
            return not evaluate(inner, document)
        case ("sum", name, value):
            left = document.field(name)
            kinds = {kind_of(left), kind_of(value)}
            if kinds == {"Float64"}:
                return place(float(left) + float(value)) > place(1)
            if kinds != {"Int64"}:
                types = [f"{show(side)} (type {kind_of(side)})" for side in (left, value)]
                raise Refused(f"Cannot add {types[0]} and {types[1]}")
            total = int(left) + int(value)
            if not -(2**63) <= total < 2**63:
                raise Refused(f"Cannot add {show(left)} and {show(value)}: the result is out of range for Int64")
            return place(ConvexInt64(total)) > place(1)
        case (operator, name, value):
            return holds(document, operator, name, value)
    raise AssertionError(tree)
