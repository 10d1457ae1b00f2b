"""The database through `t` and `ctx`, against a list of documents that is scanned, sorted and copied naively.

With any schema, any mix of writes, queries, pages, nested mutations that succeed and fail, commits and rollbacks must
give what the list gives: results, their order, and the class and text of errors.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from convex_test import ConvexInt64, FunctionError, Project, undefined
from tests.stateful.conftest import (
    MISSING,
    NAMES,
    TABLES,
    Document,
    Model,
    Refused,
    Table,
    evaluate,
    place,
    schema_source,
    schemas,
)

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
NUMBERS = (0, 1, 2, 0.5, -0.0, -3, math.nan, math.inf, ConvexInt64(0), ConvexInt64(1), ConvexInt64(-(2**63)))
OTHERS = (None, True, False, "", "x", "\uffff", "\U00010000", b"", b"\x00\xff", [], [1], [1, "x"], {}, {"k": None})
# A few come often, so that documents and bounds meet.
VALUES = st.one_of(st.sampled_from([0, -0.0, ConvexInt64(0), "x"]), st.sampled_from([*NUMBERS, *OTHERS]))
NAMES_OF_TABLES = st.one_of(st.just("t0"), st.sampled_from(sorted(TABLES)))
FIELDS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3)


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
def sources(draw: st.DrawFn, schema: dict[str, Table]) -> tuple[str, str | None, str, list[tuple[str, str, Any]]]:
    """A table, an index or None, an order, and bounds that the index allows."""
    table = draw(NAMES_OF_TABLES)
    index = draw(st.sampled_from([None, "by_id", "by_creation_time", "by_nothing", *[*schema[table].indexes] * 3]))
    path = schema[table].indexes.get(index or "", ())
    values = st.one_of(VALUES, st.just(MISSING))
    equalities = min(len(path), draw(st.sampled_from([0, 0, 0, 1, 2])))
    bounds = [("eq", name, draw(values)) for name in path[:equalities]]
    if equalities < len(path):
        sides = [operators for operators in (("gt", "gte"), ("lt", "lte")) if draw(st.integers(0, 2)) == 0]
        bounds += [(draw(st.sampled_from(operators)), path[equalities], draw(values)) for operators in sides]
    return table, index, draw(st.sampled_from(["asc", "desc"])), bounds


class Rollback(Exception):
    pass


class DatabaseAgainstAList(RuleBasedStateMachine):
    def __init__(self, make_project: Any) -> None:
        super().__init__()
        self.make_project = make_project
        self.backend: Any = None
        self.block: Any = None
        self.ctx: Any = None
        self.known: dict[str, str] = {}
        self.times: dict[str, float] = {}

    @initialize(data=st.data(), schema=schemas())
    def begin_with_documents(self, data: st.DataObject, schema: dict[str, Table]) -> None:
        self.schema = schema
        self.backend = self.make_project(schema_source(schema)).test(seed=1)
        self.t = self.backend.__enter__()
        self.committed = Model(schema)
        self.model = Model(schema)
        for table in TABLES:
            for fields in data.draw(
                st.lists(FIELDS, min_size=6 if table == "t0" else 0, max_size=10 if table == "t0" else 3)
            ):
                self.insert(table, fields)

    # Transactions

    def open(self) -> Any:
        if self.block is None:
            self.block = self.t.transaction()
            self.ctx = self.block.__enter__()
            self.model = self.committed.copy()
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

    @rule(table=NAMES_OF_TABLES, fields=FIELDS)
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
        self.same(
            lambda: self.model.write(how, self.known[id], id, fields, gone), lambda: getattr(ctx.db, how)(*arguments)
        )

    @rule(data=st.data(), fail=st.booleans())
    def nested_mutation(self, data: st.DataObject, fail: bool) -> None:
        steps = []
        for fields in data.draw(st.lists(FIELDS, min_size=1, max_size=4)):
            how = data.draw(
                st.sampled_from(["insert", "insert", "patch", "replace", "delete"] if self.known else ["insert"])
            )
            step: dict[str, Any] = {"how": how, "fields": fields}
            if how == "insert":
                step["table"] = data.draw(NAMES_OF_TABLES)
            else:
                step["id"] = data.draw(st.sampled_from(list(self.known)))
            if how == "patch":
                step["removed"] = data.draw(st.lists(st.sampled_from(NAMES), max_size=1))
            steps.append(step)
        ctx, before = self.open(), self.model
        self.model = before.copy()
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
        data=st.data(),
        filters=st.one_of(st.just([]), st.lists(FILTERS, max_size=2)),
        end=st.sampled_from(["collect", "collect", "first", "unique", 0, 2]),
    )
    def query(self, data: st.DataObject, filters: list[Any], end: Any) -> None:
        ctx = self.open()
        table, index, order, bounds = data.draw(sources(self.schema))
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

    @rule(data=st.data(), size=st.integers(1, 4))
    def pages(self, data: st.DataObject, size: int) -> None:
        ctx = self.open()
        table, index, order, _bounds = data.draw(sources(self.schema))

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
        if self.backend is None:
            return
        if self.block is not None:
            self.end(keep=False)
        self.tables_hold_what_the_model_holds()
        self.backend.__exit__(None, None, None)


def in_range(q: Any, bounds: list[tuple[str, str, Any]]) -> Any:
    for operator, name, value in bounds:
        q = getattr(q, operator)(name, value)
    return q


def test_the_database_against_a_list(write_project, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CONVEX_TEST_CACHE_DIR", str(tmp_path / "cache"))
    root = write_project({"convex/f.ts": FUNCTIONS})

    def make_project(schema: str) -> Project:
        (root / "convex" / "schema.ts").write_text(schema, encoding="utf-8")
        return Project(root)

    run_state_machine_as_test(
        lambda: DatabaseAgainstAList(make_project),
        settings=settings(
            max_examples=80,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
        ),
    )
