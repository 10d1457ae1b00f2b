from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convex_test.backend.intervals import Interval
from convex_test.backend.query.plan import Bound, Comparison, IndexRange, Query, parse_query
from convex_test.backend.query.ranges import compile_range
from convex_test.backend.schema.definition import (
    SchemaDefinition,
    SearchIndexDefinition,
    TableDefinition,
    VectorIndexDefinition,
)
from convex_test.errors import FunctionError
from convex_test.values import ConvexInt64, InvalidValueError, undefined

SEE = "For more information see https://docs.convex.dev/using/indexes."
FIELDS = '["a", "b", "_creationTime"]'


def bound(kind, field, value):
    return Bound(Comparison[kind.upper()], tuple(field.split(".")), value)


def query(*bounds, index="by_a_b", order="asc", table="items"):
    return Query(IndexRange(table, index, tuple(bound(*step) for step in bounds), order))


def refused(database, plan):
    with pytest.raises(FunctionError) as raised:
        database.query(plan).collect()
    return str(raised.value)


def names(database, plan):
    return "".join(document.value["name"] for document in database.query(plan).collect())


# Errors


@pytest.mark.parametrize("bounds", [(), (("eq", "a", 1),)])
@pytest.mark.parametrize("table, index", [("items", "nope"), ("nowhere", "by_a"), ("nowhere", "by_id")])
def test_an_unknown_index_is_reported(database, table, index, bounds):
    assert refused(database, query(*bounds, table=table, index=index)) == f"Index {table}.{index} not found."


def test_an_unknown_index_is_reported_when_the_first_document_is_asked_for(database):
    stream = database.query(query(index="nope"))
    with pytest.raises(FunctionError):
        stream.next()


def test_a_staged_index_cannot_be_queried(database):
    assert refused(database, query(index="by_later")) == (
        "Index items.by_later is currently staged and not available to query until it is enabled."
    )


def test_search_and_vector_indexes_are_no_database_indexes(new_database):
    searches, vectors = (SearchIndexDefinition("text", ("a",)),), (VectorIndexDefinition("vector", ("a",), 2),)
    table = TableDefinition("items", (), searches, vectors)
    database = new_database(schema=SchemaDefinition({"items": table}))
    for index in ("text", "vector"):
        assert refused(database, query(index=index)) == f"Index items.{index} is not a database index"


def test_system_tables_have_two_indexes(database):
    file = database.transaction.insert_system("", "_storage", {"sha256": "x"})
    for index in ("by_id", "by_creation_time"):
        assert database.query(query(table="_storage", index=index)).collect() == [file]
    assert refused(database, query(table="_storage", index="by_sha256")) == (
        "Could not find system index for virtual index _storage.by_sha256"
    )


def test_private_system_tables_have_no_indexes(database):
    assert refused(database, query(table="_tables", index="by_id")) == "Index _tables.by_id not found."


@pytest.mark.parametrize(
    "bounds, text",
    [
        (
            [("eq", "a", "x"), ("eq", "a", 2)],
            'Already defined equality bound in index range. Can\'t add "a" == "x".',
        ),
        (
            [("gt", "a", 1), ("gte", "a", 2)],
            'Already defined lower bound in index range. Can\'t add "a" >= 2.0.',
        ),
        (
            [("gte", "a", 1), ("gt", "a", ConvexInt64(2))],
            'Already defined lower bound in index range. Can\'t add "a" > 2.',
        ),
        (
            [("lt", "a", 1), ("lte", "a", undefined)],
            'Already defined upper bound in index range. Can\'t add "a" <= undefined.',
        ),
        (
            [("lte", "a", 1), ("lt", "a", None)],
            'Already defined upper bound in index range. Can\'t add "a" < null.',
        ),
        (
            [("gt", "a", 1), ("lt", "b", 2)],
            "Upper and lower bounds in `range` can only be applied to a single index field. This query against index "
            'items.by_a_b attempted to set a range bound on both "a" and "b". Consider using `filter` instead. See '
            "https://docs.convex.dev/using/indexes for more info.",
        ),
        (
            [("eq", "a", 1), ("gt", "a", 2)],
            'Already defined inequality bound in index range. Can\'t add "a" == 1.0.',
        ),
        (
            [("gt", "a", 2), ("eq", "a", 1)],
            'Already defined inequality bound in index range. Can\'t add "a" == 1.0.',
        ),
        (
            [("eq", "a", 1), ("gt", "x.y", 2)],
            f'The index range included a comparison with "x.y", but items.by_a_b with fields {FIELDS} doesn\'t index '
            f"this field. {SEE}",
        ),
        (
            [("eq", "z", 1), ("eq", "y", 1), ("gt", "x", 1)],
            f'The index range included a comparison with "y", but items.by_a_b with fields {FIELDS} doesn\'t index '
            f"this field. {SEE}",
        ),
        (
            [("eq", "b", 1)],
            "Tried to query index items.by_a_b but the query didn't use the index fields in order.\n"
            f'Index fields: {FIELDS}\nQuery fields: ["b"]\nFirst incorrect field: "b"\n{SEE}',
        ),
        (
            [("gt", "b", 1)],
            "Tried to query index items.by_a_b but the query didn't use the index fields in order.\n"
            f'Index fields: {FIELDS}\nQuery fields: ["b"]\nFirst incorrect field: "b"\n{SEE}',
        ),
        (
            [("gt", "_creationTime", 1), ("eq", "a", 1)],
            "Tried to query index items.by_a_b but the query didn't use the index fields in order.\n"
            f'Index fields: {FIELDS}\nQuery fields: ["a", "_creationTime"]\nFirst incorrect field: "_creationTime"\n'
            f"{SEE}",
        ),
        (
            [("gt", "a", 1), ("eq", "b", 1)],
            "Tried to query index items.by_a_b but the query didn't use the index fields in order.\n"
            f'Index fields: {FIELDS}\nQuery fields: ["b", "a"]\nFirst incorrect field: "b"\n{SEE}',
        ),
    ],
)
def test_a_range_that_does_not_fit_the_index_is_reported(database, bounds, text):
    assert refused(database, query(*bounds)) == text


def test_by_id_has_no_fields_but_the_id(database):
    assert refused(database, query(("eq", "_creationTime", 1), index="by_id")) == (
        'The index range included a comparison with "_creationTime", but items.by_id with fields [] doesn\'t index '
        f"this field. {SEE}"
    )


# What is in a range


@pytest.fixture
def mixed(database):
    """One document of each type of `a`, named in the order of the index."""
    values = {
        "n": None,
        "i": ConvexInt64(100),
        "5": 5,
        "6": 6.5,
        "t": True,
        "s": "text",
        "b": b"bytes",
        "l": [1],
        "o": {"p": 1},
    }
    for name in reversed(values):
        database.insert("items", {"a": values[name], "name": name})
    database.insert("items", {"name": "u"})
    return database


@pytest.mark.parametrize(
    "bounds, found",
    [
        ([], "uni56tsblo"),
        ([("lt", "a", 5)], "uni"),
        ([("lte", "a", 5)], "uni5"),
        ([("gt", "a", 5)], "6tsblo"),
        ([("gte", "a", 5)], "56tsblo"),
        ([("eq", "a", 5)], "5"),
        ([("eq", "a", undefined)], "u"),
        ([("gt", "a", undefined)], "ni56tsblo"),
        ([("gte", "a", None)], "ni56tsblo"),
        ([("eq", "a", None)], "n"),
        ([("eq", "a", ConvexInt64(5))], ""),
        ([("gt", "a", None), ("lt", "a", True)], "i56"),
        ([("gt", "a", 6), ("lt", "a", 5)], ""),
        ([("gt", "a", 5), ("lt", "a", 5)], ""),
    ],
)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_bounds_follow_the_order_of_all_types(mixed, bounds, found, order):
    expected = found if order == "asc" else found[::-1]
    assert names(mixed, query(*bounds, index="by_a", order=order)) == expected


def test_equalities_may_come_in_any_order(database):
    database.insert("items", {"a": 1, "b": 2, "name": "x"})
    database.insert("items", {"a": 2, "b": 1, "name": "y"})
    assert names(database, query(("eq", "b", 2), ("eq", "a", 1))) == "x"


def test_a_range_may_go_down_to_the_id(database):
    id = database.insert("items", {"a": 1, "name": "x"})
    time = database.get(id).creation_time
    database.insert("items", {"a": 1, "name": "y"})
    steps = (("eq", "_id", id), ("eq", "_creationTime", time), ("eq", "a", 1))
    assert names(database, query(*steps, index="by_a")) == "x"
    assert names(database, query(("eq", "_id", id), index="by_id")) == "x"
    assert names(database, query(("gt", "_id", id), ("eq", "_creationTime", time), ("eq", "a", 1), index="by_a")) == ""
    assert names(database, query(("lte", "_id", id), index="by_id")).endswith("x")


def test_nested_fields_are_indexed_and_only_objects_have_them(database):
    for name, value in {"1": {"p": 1}, "2": {"p": 2}, "l": [1], "s": "p", "e": {}}.items():
        database.insert("items", {"o": value, "name": name})
    assert names(database, query(("gt", "o.p", undefined), index="by_nested")) == "12"
    assert names(database, query(("eq", "o.p", undefined), index="by_nested")) == "lse"


def test_ties_are_in_order_of_creation_and_reversed_in_descending_order(database):
    for name in "xyz":
        database.insert("items", {"a": 1, "name": name})
    assert names(database, query(index="by_a")) == "xyz"
    assert names(database, query(index="by_a", order="desc")) == "zyx"


def test_by_creation_time_can_be_ranged(database):
    ids = [database.insert("items", {"name": name}) for name in "xyz"]
    second = database.get(ids[1]).creation_time
    assert names(database, query(("gte", "_creationTime", second), index="by_creation_time")) == "yz"


# Against a full scan

NUMBERS = st.one_of(st.integers(-2, 2), st.sampled_from([-0.0, 0.5, float("nan"), float("inf"), ConvexInt64(1)]))
LEAVES = st.one_of(NUMBERS, st.none(), st.booleans(), st.text("a\0\x01é😀\uffff", max_size=2), st.binary(max_size=2))
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pq"), inner), max_leaves=3
)
MAYBE = VALUES | st.just(undefined)
ROWS = st.lists(st.fixed_dictionaries({}, optional={"a": VALUES, "b": VALUES}), max_size=8)
INEQUALITIES = st.sampled_from(["gt", "gte", "lt", "lte"])


@st.composite
def ranges(draw):
    fields = ["a", "b"][: draw(st.integers(0, 2))]
    steps = [("eq", field, draw(MAYBE)) for field in fields]
    rest = [field for field in ("a", "b") if field not in fields]
    if rest and draw(st.booleans()):
        kinds = draw(st.sampled_from([["gt"], ["gte"], ["lt"], ["lte"], ["gt", "lte"], ["gte", "lt"]]))
        steps += [(kind, rest[0], draw(MAYBE)) for kind in kinds]
    return draw(st.permutations(steps))


def holds(kind, left, right):
    return {"eq": left == right, "gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right}[
        kind
    ]


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, steps=ranges(), order=st.sampled_from(["asc", "desc"]))
def test_a_range_is_what_a_sorted_full_scan_finds(new_database, sort_key, rows, steps, order):
    database = new_database()
    ids = [database.insert("items", dict(row)) for row in rows]

    def key(number):
        return [sort_key(rows[number].get(field, undefined)) for field in ("a", "b")]

    matching = [
        number
        for number, row in enumerate(rows)
        if all(holds(kind, sort_key(row.get(field, undefined)), sort_key(value)) for kind, field, value in steps)
    ]
    expected = [ids[number] for number in sorted(matching, key=lambda number: (key(number), number))]
    found = [document.id for document in database.query(query(*steps, order=order)).collect()]
    assert found == (expected if order == "asc" else expected[::-1])


def test_a_range_without_steps_is_the_whole_index():
    assert compile_range(IndexRange("items", "by_a"), (("a",), ("_creationTime",))) == Interval(b"", None)


# The serialized form


def test_reads_what_the_npm_package_writes():
    steps = [
        {"type": "Eq", "fieldPath": "a", "value": {"$undefined": None}},
        {"type": "Gte", "fieldPath": "o.p", "value": {"$integer": "AQAAAAAAAAA="}},
        {"type": "Lt", "fieldPath": "o.p", "value": 5.0},
    ]
    source = {"type": "IndexRange", "indexName": "items.by_a", "range": steps, "order": None}
    bounds = (
        bound("eq", "a", undefined),
        bound("gte", "o.p", ConvexInt64(1)),
        bound("lt", "o.p", 5),
    )
    assert parse_query({"source": source, "operators": []}) == Query(IndexRange("items", "by_a", bounds, "asc"))


@pytest.mark.parametrize(
    "change, text",
    [
        ({"type": "Index"}, "unknown variant `Index`, expected one of `FullTableScan`, `IndexRange`, `Search`"),
        ({"order": "up"}, 'expected "asc" or "desc"'),
        ({"indexName": "items"}, "Insufficient components in index name items"),
        ({"indexName": "items.by.a"}, "Too many components in index name items.by.a"),
        (
            {"indexName": "it-ems.by_a"},
            'Invalid table name: "it-ems". Identifiers must start with a letter and can only contain letters, digits, '
            "and underscores.",
        ),
        (
            {"range": [{"type": "Neq", "fieldPath": "a", "value": 1}]},
            "unknown variant `Neq`, expected one of `Eq`, `Gt`, `Gte`, `Lt`, `Lte`",
        ),
        ({"range": [{"type": "Eq", "fieldPath": "a"}]}, "missing field `value`"),
        ({"range": [{"type": "Eq", "fieldPath": 5, "value": 1}]}, "invalid type: integer `5`, expected a string"),
        ({"range": {}}, "invalid type: map, expected a sequence"),
        ({"range": [{"type": "Eq", "fieldPath": ".", "value": 1}]}, "Empty path ."),
    ],
)
def test_reports_what_it_cannot_read(change, text):
    source = {"type": "IndexRange", "indexName": "items.by_a", "range": [], "order": None, **change}
    with pytest.raises(InvalidValueError) as raised:
        parse_query({"source": source, "operators": []})
    assert str(raised.value) == text
