"""`.filter`: expressions over documents (`Expression::eval`, `crates/common/src/query.rs`)."""

from __future__ import annotations

import pytest

from convex_test import ConvexInt64, FunctionError, js, undefined


@pytest.fixture
def fill(t):
    """Inserts documents with `n` and the given `a`, and returns which a filter finds."""

    def fill(*values):
        with t.transaction() as ctx:
            for n, value in enumerate(values):
                ctx.db.insert("items", {"n": n, "a": value})

        def matching(expression):
            snippet = f'async (ctx) => await ctx.db.query("items").filter((q) => {expression}).collect()'
            return [item["n"] for item in t.query(js(snippet))]

        return matching

    return fill


@pytest.fixture
def failure(fill):
    """The text of the error of an expression over one document with the given `a`."""

    def failure(value, expression):
        matching = fill(value)
        with pytest.raises(FunctionError) as caught:
            matching(expression)
        return caught.value.text

    return failure


ALL = (undefined, None, ConvexInt64(5), 4, 5, 6, True, "5", b"5", [5], {"a": 5})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('q.eq(q.field("a"), 5)', [4]),
        ('q.eq(q.field("a"), 5n)', [2]),
        ('q.eq(q.field("a"), undefined)', [0]),
        ('q.eq(q.field("a"), null)', [1]),
        ('q.eq(q.field("a"), [5])', [9]),
        ('q.eq(q.field("a"), { a: 5 })', [10]),
        ('q.eq(q.field("a"), q.field("a"))', list(range(11))),
        ('q.neq(q.field("a"), 5)', [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]),
        ('q.lt(q.field("a"), 5)', [0, 1, 2, 3]),
        ('q.lte(q.field("a"), 5)', [0, 1, 2, 3, 4]),
        ('q.gt(q.field("a"), 5)', [5, 6, 7, 8, 9, 10]),
        ('q.gte(q.field("a"), 5)', [4, 5, 6, 7, 8, 9, 10]),
        ('q.gt(q.field("a"), undefined)', list(range(1, 11))),
        ('q.and(q.gt(q.field("a"), 3), q.lt(q.field("a"), 6))', [3, 4]),
        ('q.or(q.eq(q.field("a"), null), q.eq(q.field("a"), "5"))', [1, 7]),
        ('q.not(q.lte(q.field("a"), 5))', [5, 6, 7, 8, 9, 10]),
        ('q.eq(q.field("a.a"), 5)', [10]),
        ('q.eq(q.field("a.a"), undefined)', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("q.and()", list(range(11))),
        ("q.or()", []),
        ("true", list(range(11))),
        ("false", []),
        ('q.gt(q.field("_creationTime"), 0)', list(range(11))),
        ('q.eq(5, q.field("a"))', [4]),
        ("q.eq(1, 1)", list(range(11))),
    ],
)
def test_comparisons_are_of_the_total_order(fill, expression, expected):
    assert fill(*ALL)(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('q.eq(q.add(q.field("a"), 1), 8)', [0]),
        ('q.eq(q.sub(q.field("a"), 1), 6)', [0]),
        ('q.eq(q.mul(q.field("a"), 2), 14)', [0]),
        ('q.eq(q.div(q.field("a"), 2), 3.5)', [0]),
        ('q.eq(q.mod(q.field("a"), 4), 3)', [0]),
        ('q.eq(q.neg(q.field("a")), -7)', [0]),
        ('q.eq(q.mod(q.neg(q.field("a")), 4), -3)', [0]),
        ('q.eq(q.div(q.field("a"), 0), Infinity)', [0]),
        ('q.eq(q.div(q.neg(q.field("a")), 0), -Infinity)', [0]),
        ('q.eq(q.add(q.field("a"), NaN), NaN)', [0]),
    ],
)
def test_arithmetic_of_numbers(fill, expression, expected):
    assert fill(7)(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('q.eq(q.add(q.field("a"), 1n), 8n)', [0]),
        ('q.eq(q.sub(q.field("a"), 9n), -2n)', [0]),
        ('q.eq(q.mul(q.field("a"), 2n), 14n)', [0]),
        ('q.eq(q.div(q.field("a"), 2n), 3n)', [0]),
        ('q.eq(q.div(q.neg(q.field("a")), 2n), -3n)', [0]),
        ('q.eq(q.mod(q.neg(q.field("a")), 4n), -3n)', [0]),
        ('q.eq(q.neg(q.field("a")), -7n)', [0]),
    ],
)
def test_arithmetic_of_bigints(fill, expression, expected):
    assert fill(ConvexInt64(7))(expression) == expected


@pytest.mark.parametrize(
    ("value", "expression", "text"),
    [
        (1, 'q.eq(q.add(q.field("a"), 2n), 3)', "Cannot add 1.0 (type Float64) and 2 (type Int64)"),
        (1, 'q.eq(q.sub(q.field("a"), "x"), 3)', 'Cannot subtract 1.0 (type Float64) and "x" (type String)'),
        (1, 'q.eq(q.mul(q.field("b"), 1), 3)', "Cannot multiply undefined (type undefined) and 1.0 (type Float64)"),
        (None, 'q.eq(q.div(q.field("a"), 1), 3)', "Cannot divide null (type Null) and 1.0 (type Float64)"),
        (True, 'q.eq(q.mod(q.field("a"), 1), 3)', "Cannot mod true (type Boolean) and 1.0 (type Float64)"),
        ("x", 'q.eq(q.neg(q.field("a")), 3)', 'Cannot negate "x" (type String)'),
        (
            ConvexInt64(2**63 - 1),
            'q.eq(q.add(q.field("a"), 1n), 0n)',
            "Cannot add 9223372036854775807 and 1: the result is out of range for Int64",
        ),
        (
            ConvexInt64(-(2**63)),
            'q.eq(q.neg(q.field("a")), 0n)',
            "Cannot negate -9223372036854775808: the result is out of range for Int64",
        ),
        (ConvexInt64(3), 'q.eq(q.div(q.field("a"), 0n), 0n)', "Cannot divide 3 by zero"),
    ],
)
def test_arithmetic_that_fails(failure, value, expression, text):
    assert failure(value, expression) == "Uncaught Error: " + text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ('q.field("a")', "Cannot use value 1.0 (type Float64) as a Boolean"),
        ("1", "Cannot use value 1.0 (type Float64) as a Boolean"),
        ('q.and(q.field("b"), true)', "Cannot use value undefined (type undefined) as a Boolean"),
        ('q.or("x", true)', 'Cannot use value "x" (type String) as a Boolean'),
        ("q.not(null)", "Cannot use value null (type Null) as a Boolean"),
    ],
)
def test_only_booleans_are_conditions(failure, expression, text):
    assert failure(1, expression) == "Uncaught Error: " + text


def test_and_stops_at_the_first_false(fill):
    assert fill(1)("q.and(false, 7)") == []


def test_or_stops_at_the_first_true(fill):
    assert fill(1)("q.or(true, 7)") == [0]


def test_an_error_comes_only_when_a_row_is_reached(fill):
    assert fill()("7") == []


def test_a_filter_error_can_be_caught(t, fill):
    fill(1)
    snippet = """async (ctx) => {
      try { await ctx.db.query("items").filter((q) => 7).first(); } catch (error) { return error.message; }
    }"""
    assert t.query(js(snippet)) == "Cannot use value 7.0 (type Float64) as a Boolean"


def test_several_filters_all_hold(t, fill):
    fill(1, 2, 3, 4)
    snippet = """async (ctx) => await ctx.db.query("items")
      .filter((q) => q.gt(q.field("a"), 1)).filter((q) => q.lt(q.field("a"), 4)).collect()"""
    assert [item["a"] for item in t.query(js(snippet))] == [2, 3]


def test_take_counts_after_the_filter(t, fill):
    fill(1, 2, 3, 4, 5)
    snippet = 'async (ctx) => await ctx.db.query("items").filter((q) => q.gt(q.field("a"), 2)).take(2)'
    assert [item["a"] for item in t.query(js(snippet))] == [3, 4]


def test_first_takes_the_first_match(t, fill):
    fill(1, 2, 3)
    assert (
        t.query(js('async (ctx) => (await ctx.db.query("items").filter((q) => q.gt(q.field("a"), 1)).first()).a')) == 2
    )


def test_more_than_256_filters(t):
    snippet = """async (ctx) => {
      let query = ctx.db.query("items").fullTableScan();
      for (let i = 0; i < 257; i++) query = query.filter((q) => true);
      return await query.collect();
    }"""
    with pytest.raises(FunctionError) as caught:
        t.query(js(snippet))
    assert caught.value.text == "Uncaught Error: Can't construct query with more than 256 operators"


def test_strings_compare_by_code_point_not_by_utf16(fill):
    matching = fill("\ue000", "\U0001f600")
    assert matching('q.gt(q.field("a"), "\\ue000")') == [1]


def test_a_missing_predicate(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js('async (ctx) => await ctx.db.query("items").filter().collect()'))
    assert caught.value.text == "Uncaught TypeError: Must provide arg 1 `predicate` to `filter`"


def test_python_filters_find_the_same(t, fill):
    fill(*ALL)
    with t.transaction() as ctx:

        def matching(predicate):
            return [item["n"] for item in ctx.db.query("items").filter(predicate).collect()]

        assert matching(lambda q: q.eq(q.field("a"), 5)) == [4]
        assert matching(lambda q: q.eq(q.field("a"), undefined)) == [0]
        assert matching(lambda q: q.eq(q.field("a"), ConvexInt64(5))) == [2]
        assert matching(lambda q: q.and_(q.gt(q.field("a"), 3), q.not_(q.gte(q.field("a"), 6)))) == [3, 4]
        assert matching(lambda q: q.or_(q.eq(q.field("a"), None), q.eq(q.field("a.a"), 5))) == [1, 10]
        assert matching(lambda q: q.neq(q.field("a"), 5)) == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]


def test_python_arithmetic(t, fill):
    fill(7)
    with t.transaction() as ctx:

        def holds(predicate):
            return len(ctx.db.query("items").filter(predicate).collect()) == 1

        assert holds(lambda q: q.eq(q.add(q.field("a"), 1), 8))
        assert holds(lambda q: q.eq(q.sub(q.field("a"), 1), 6))
        assert holds(lambda q: q.eq(q.mul(q.field("a"), 2), 14))
        assert holds(lambda q: q.eq(q.div(q.field("a"), 2), 3.5))
        assert holds(lambda q: q.eq(q.mod(q.field("a"), 4), 3))
        assert holds(lambda q: q.eq(q.neg(q.field("a")), -7))


def test_python_meets_the_same_errors(t, fill):
    fill(1)
    with t.transaction() as ctx, pytest.raises(FunctionError) as caught:
        ctx.db.query("items").filter(lambda q: q.field("a")).collect()
    assert caught.value.text == "Cannot use value 1.0 (type Float64) as a Boolean"
