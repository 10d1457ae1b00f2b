"""The database through `t` and `ctx`, against a list of documents that is scanned, sorted and copied naively.

The schema is drawn at random, once: tables with validators and indexes of all sorts, and one table outside of it. Any
mix of writes, queries, pages, nested mutations that succeed and fail, commits and rollbacks must give what the list
gives: results, their order, and the class and text of errors.
"""

from __future__ import annotations

import math
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import ge, gt, le, lt
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from convex_test import ConvexInt64, FunctionError, SchemaValidationError, undefined

FUNCTIONS = """
    import { mutation, query } from "./_generated/server";
    export const apply = mutation(async (ctx, { steps, fail }: { steps: any[]; fail: boolean }) => {
      const ids = [];
      for (const { how, table, id, fields, removed } of steps) {
        const value = { ...fields, ...Object.fromEntries((removed ?? []).map((name: string) => [name, undefined])) };
        if (how === "insert") ids.push(await ctx.db.insert(table, value));
        else if (how === "patch") await ctx.db.patch(id, value);
        else if (how === "replace") await ctx.db.replace(id, value);
        else await ctx.db.delete(id);
      }
      if (fail) throw new Error("on purpose");
      return ids;
    });
    export const page = query(async (ctx, { table, index, order, paginationOpts }: any) => {
      const source = ctx.db.query(table);
      return await (index === null ? source : source.withIndex(index)).order(order).paginate(paginationOpts);
    });
"""
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
NUMBERS = (0, 1, 2, 0.5, -0.0, -3, math.nan, math.inf, ConvexInt64(0), ConvexInt64(1), ConvexInt64(-(2**63)))
OTHERS = (None, True, False, "", "x", "\uffff", "\U00010000", b"", b"\x00\xff", [], [1], [1, "x"], {}, {"k": None})
VALUES = st.sampled_from([*NUMBERS, *OTHERS])
FIELDS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3)
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


def draw_tables(random: Random) -> list[Table]:
    tables = []
    for number in range(6):
        declared = random.sample(NAMES, random.randint(2, 3))
        fields = {
            name: (random.choice(["any", "any", *VALIDATORS]), random.random() < 0.6) for name in sorted(declared)
        }
        paths = {tuple(random.sample(declared, random.randint(1, 2))) for _ in range(3)}
        indexes = {f"by_{'_'.join(path)}": path for path in sorted(paths)}
        tables.append(Table(f"t{number}", None if number == 0 else fields, indexes))
    return tables


TABLES = {table.name: table for table in [*draw_tables(Random(5)), Table(FREE, None, {})]}
SCHEMA = f"""
    import {{ defineSchema, defineTable }} from "convex/server";
    import {{ v }} from "convex/values";
    export default defineSchema({{ {" ".join(table.source() for table in TABLES.values() if table.name != FREE)} }});
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

    def __init__(self, other: Model | None = None) -> None:
        self.documents = [] if other is None else list(other.documents)
        self.tables = set(TABLES) - {FREE} if other is None else set(other.tables)

    def insert(self, table: str, fields: dict[str, Any]) -> None:
        """What an insert is checked for; the document follows with `add`, once its id is known."""
        validate(TABLES[table], fields)

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
            validate(TABLES[document.table], body)
            self.documents[at] = replace(document, fields=body)

    def scan(self, table: str, index: str | None, order: str, bounds: list[tuple[str, str, Any]]) -> list[Document]:
        found = [document for document in self.documents if document.table == table]
        built_in = {"by_id", "by_creation_time"} if table in self.tables else set()
        if index is not None and index not in TABLES[table].indexes and index not in built_in:
            raise Refused(f"Index {table}.{index} not found.")
        # Sorting is stable, and the list is in the order of creation.
        if index == "by_id":
            found.sort(key=lambda document: document.id)
        elif index in TABLES[table].indexes:
            path = TABLES[table].indexes[index]
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


# Filters: trees that the model evaluates and that a builder turns into expressions

LEAVES = st.one_of(
    st.tuples(
        st.sampled_from(["eq", "neq", "lt", "lte", "gt", "gte"]),
        st.sampled_from(NAMES),
        st.one_of(VALUES, st.just(MISSING)),
    ),
    st.tuples(st.just("sum"), st.sampled_from(NAMES), VALUES),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and_", "or_"]), inner, inner), st.tuples(st.just("not_"), inner)
    ),
    max_leaves=3,
)


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


def build(q: Any, tree: Any) -> Any:
    match tree:
        case ("and_" | "or_" as name, left, right):
            return getattr(q, name)(build(q, left), build(q, right))
        case ("not_", inner):
            return q.not_(build(q, inner))
        case ("sum", name, value):
            return q.gt(q.add(q.field(name), value), 1)
        case (operator, name, value):
            return getattr(q, operator)(q.field(name), value)
    raise AssertionError(tree)


@st.composite
def sources(draw: st.DrawFn) -> tuple[str, str | None, str, list[tuple[str, str, Any]]]:
    """A table, an index or None, an order, and bounds that the index allows."""
    table = draw(st.sampled_from(sorted(TABLES)))
    index = draw(st.sampled_from([None, "by_id", "by_creation_time", "by_nothing", *TABLES[table].indexes] * 2))
    path = TABLES[table].indexes.get(index or "", ())
    values = st.one_of(VALUES, st.just(MISSING))
    equalities = draw(st.integers(0, len(path)))
    bounds = [("eq", name, draw(values)) for name in path[:equalities]]
    if equalities < len(path):
        sides = [operators for operators in (("gt", "gte"), ("lt", "lte")) if draw(st.booleans())]
        bounds += [(draw(st.sampled_from(operators)), path[equalities], draw(values)) for operators in sides]
    return table, index, draw(st.sampled_from(["asc", "desc"])), bounds


class Rollback(Exception):
    pass


class DatabaseAgainstAList(RuleBasedStateMachine):
    def __init__(self, project: Any) -> None:
        super().__init__()
        self.backend = project.test(seed=1)
        self.t = self.backend.__enter__()
        self.committed = Model()
        self.model = Model()
        self.block: Any = None
        self.ctx: Any = None
        self.known: dict[str, str] = {}
        self.times: dict[str, float] = {}

    @initialize(data=st.data())
    def begin_with_documents(self, data: st.DataObject) -> None:
        for table in TABLES:
            for fields in data.draw(st.lists(FIELDS, max_size=4)):
                self.insert(table, fields)

    # Transactions

    def open(self) -> Any:
        if self.block is None:
            self.block = self.t.transaction()
            self.ctx = self.block.__enter__()
            self.model = Model(self.committed)
        return self.ctx

    @precondition(lambda self: self.block)
    @rule(keep=st.booleans())
    def end(self, keep: bool) -> None:
        block, self.block = self.block, None
        if keep:
            block.__exit__(None, None, None)
            self.committed = self.model
            return
        with suppress(Rollback):
            block.__exit__(Rollback, Rollback(), None)

    # Writes

    @rule(table=st.sampled_from(sorted(TABLES)), fields=FIELDS)
    def insert(self, table: str, fields: dict[str, Any]) -> None:
        ctx = self.open()
        if self.same(lambda: self.model.insert(table, fields), lambda: ctx.db.insert(table, fields), compare=False):
            self.add(table, self.last, fields)

    def add(self, table: str, id: str, fields: dict[str, Any]) -> None:
        assert id not in self.known
        self.known[id] = table
        self.model.add(table, id, fields)

    @precondition(lambda self: self.known)
    @rule(
        data=st.data(),
        how=st.sampled_from(["patch", "replace", "delete"]),
        fields=FIELDS,
        removed=st.lists(st.sampled_from(NAMES), max_size=2),
    )
    def write(self, data: st.DataObject, how: str, fields: dict[str, Any], removed: list[str]) -> None:
        ctx, id = self.open(), data.draw(st.sampled_from(list(self.known)))
        body = {**fields, **dict.fromkeys(removed if how == "patch" else [], undefined)}
        arguments = [id] if how == "delete" else [id, body]
        gone = removed if how == "patch" else []
        self.same(lambda: self.model.write(how, self.known[id], id, fields, gone), lambda: getattr(ctx.db, how)(*arguments))

    @rule(data=st.data(), fail=st.booleans())
    def nested_mutation(self, data: st.DataObject, fail: bool) -> None:
        steps = []
        for fields in data.draw(st.lists(FIELDS, min_size=1, max_size=4)):
            how = data.draw(
                st.sampled_from(["insert", "insert", "patch", "replace", "delete"] if self.known else ["insert"])
            )
            step: dict[str, Any] = {"how": how, "fields": fields}
            if how == "insert":
                step["table"] = data.draw(st.sampled_from(sorted(TABLES)))
            else:
                step["id"] = data.draw(st.sampled_from(list(self.known)))
            if how == "patch":
                step["removed"] = data.draw(st.lists(st.sampled_from(NAMES), max_size=1))
            steps.append(step)
        ctx, before = self.open(), self.model
        self.model = Model(before)
        if self.same(
            lambda: self.apply(steps, fail=fail),
            lambda: ctx.run_mutation("f:apply", steps=steps, fail=fail),
            compare=False,
        ):
            inserted = [step for step in steps if step["how"] == "insert"]
            names = {f"new {number}": id for number, id in enumerate(self.last)}
            self.model.documents = [replace(found, id=names.get(found.id, found.id)) for found in self.model.documents]
            self.known |= {id: step["table"] for id, step in zip(self.last, inserted, strict=True)}
        else:
            self.model = before

    def apply(self, steps: list[dict[str, Any]], *, fail: bool) -> None:
        number = 0
        for step in steps:
            if step["how"] == "insert":
                self.model.insert(step["table"], step["fields"])
                self.model.add(step["table"], f"new {number}", step["fields"])
                number += 1
            else:
                id, removed = step["id"], step.get("removed", [])
                self.model.write(step["how"], self.known[id], id, step["fields"], removed)
        if fail:
            raise Refused("on purpose")

    # Reads

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def get(self, data: st.DataObject) -> None:
        ctx, id = self.open(), data.draw(st.sampled_from(list(self.known)))
        expected = next((document for document in self.model.documents if document.id == id), None)
        found = ctx.db.get(id)
        assert (found is None) is (expected is None)
        if found is not None:
            self.are_the_same([expected], [found])

    @rule(
        source=sources(),
        filters=st.lists(FILTERS, max_size=2),
        end=st.sampled_from(["collect", "first", "unique", 0, 2]),
    )
    def query(self, source: Any, filters: list[Any], end: Any) -> None:
        ctx = self.open()
        table, index, order, bounds = source
        limit = {"collect": None, "first": 1, "unique": 2}.get(end, end)

        def expected() -> list[Document]:
            found: list[Document] = []
            for document in self.model.scan(table, index, order, bounds):
                if limit is not None and len(found) >= limit:
                    break
                if all(evaluate(tree, document) for tree in filters):
                    found.append(document)
            if end == "unique" and len(found) == 2:
                ids = f"[{found[0].id}, {found[1].id}, ...]"
                raise Refused(f"unique() query returned more than one result from table {table}:\n {ids}")
            return found

        def actual() -> list[dict[str, Any]]:
            query = ctx.db.query(table)
            if index is not None:
                query = query.with_index(index, lambda q: in_range(q, bounds))
            query = query.order(order)
            for tree in filters:
                query = query.filter(lambda q, tree=tree: build(q, tree))
            if end in ("first", "unique"):
                found = getattr(query, end)()
                return [] if found is None else [found]
            return query.collect() if end == "collect" else query.take(end)

        self.same(expected, actual)

    @rule(source=sources(), size=st.integers(1, 4))
    def pages(self, source: Any, size: int) -> None:
        ctx = self.open()
        table, index, order, _bounds = source

        def all_pages() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            cursor, is_done = None, False
            while not is_done:
                options = {"numItems": size, "cursor": cursor}
                page = ctx.run_query("f:page", table=table, index=index, order=order, paginationOpts=options)
                cursor, is_done = page["continueCursor"], page["isDone"]
                assert is_done or len(page["page"]) == size
                found += page["page"]
            return found

        self.same(lambda: self.model.scan(table, index, order, []), all_pages)

    # Comparing

    def same(self, expected: Any, actual: Any, *, compare: bool = True) -> bool:
        """Both give the same documents, or refuse with the same error; whether there is a result, kept in `last`."""
        wanted, refused = None, None
        try:
            wanted = expected()
        except Refused as answer:
            refused = answer
        if refused is not None:
            with pytest.raises(FunctionError) as caught:
                actual()
            assert caught.value.message == str(refused)
            assert type(caught.value) is refused.error
            return False
        self.last = actual()
        if compare and wanted is not None:
            self.are_the_same(wanted, self.last)
        return True

    def are_the_same(self, expected: list[Any], found: list[dict[str, Any]]) -> None:
        assert [document["_id"] for document in found] == [document.id for document in expected]
        for document, wanted in zip(found, expected, strict=True):
            body = {name: value for name, value in document.items() if not name.startswith("_")}
            assert place(body) == place(wanted.fields)
            assert self.times.setdefault(document["_id"], document["_creationTime"]) == document["_creationTime"]

    @invariant()
    def tables_hold_what_the_model_holds(self) -> None:
        read = self.ctx.db.query if self.block else None
        for table in TABLES:
            model = self.model if self.block else self.committed
            found = (
                read(table).collect() if read else self.t.run(lambda ctx, table=table: ctx.db.query(table).collect())
            )
            self.are_the_same([document for document in model.documents if document.table == table], found)
            times = [document["_creationTime"] for document in found]
            assert times == sorted(set(times))

    def teardown(self) -> None:
        if self.block is not None:
            self.end(keep=False)
        self.tables_hold_what_the_model_holds()
        self.backend.__exit__(None, None, None)


def in_range(q: Any, bounds: list[tuple[str, str, Any]]) -> Any:
    for operator, name, value in bounds:
        q = getattr(q, operator)(name, value)
    return q


def test_the_database_against_a_list(write_project) -> None:
    from convex_test import load_project

    project = load_project(write_project({"convex/schema.ts": SCHEMA, "convex/f.ts": FUNCTIONS}))
    run_state_machine_as_test(
        lambda: DatabaseAgainstAList(project),
        settings=settings(max_examples=150, stateful_step_count=25, deadline=None, derandomize=True, database=None, phases=[Phase.generate]),
    )
