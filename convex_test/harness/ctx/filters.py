"""The `q` of `.filter(lambda q: …)`, of index ranges and of text searches.

Imitates
`npm-packages/convex/src/server/impl/{filter_builder_impl,index_range_builder_impl,search_filter_builder_impl}.ts`.
"""

from __future__ import annotations

from typing import Any

from convex_test.backend.query.filters import Expression, Field, Literal, Operation
from convex_test.backend.query.plan import Bound, Comparison, SearchEq, SearchText
from convex_test.errors import FunctionError, UsageError
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import parse_field_path
from convex_test.values.python import from_python
from convex_test.values.types import Undefined, Value


def _literal(value: Any, where: str, *, pending: bool = False) -> Value | Undefined:
    return value if isinstance(value, Undefined) else from_python(value, where, pending=pending)


def _path(field: Any, where: str) -> tuple[str, ...]:
    if not isinstance(field, str):
        raise UsageError(f"{where}: the name of a field is a str, not {field!r}.")
    try:
        return parse_field_path(field)
    except InvalidValueError as problem:
        raise FunctionError(str(problem)) from None


class FilterBuilder:
    """Makes filter expressions: `q.eq(q.field("author"), "Sarah")`, `q.and_(…)`, `q.not_(…)`, `q.add(…)`."""

    def field(self, path: str) -> Expression:
        """The value of a field of the document; "a.b" reaches into objects."""
        return Field(_path(path, "q.field()"))

    def eq(self, left: Any, right: Any) -> Expression:
        """Whether two values are the same, in Convex's total order."""
        return self._operation("$eq", left, right)

    def neq(self, left: Any, right: Any) -> Expression:
        """Whether two values differ."""
        return self._operation("$neq", left, right)

    def lt(self, left: Any, right: Any) -> Expression:
        """Whether `left` comes before `right`; values of all types have an order."""
        return self._operation("$lt", left, right)

    def lte(self, left: Any, right: Any) -> Expression:
        """Whether `left` comes before `right` or is the same."""
        return self._operation("$lte", left, right)

    def gt(self, left: Any, right: Any) -> Expression:
        """Whether `left` comes after `right`."""
        return self._operation("$gt", left, right)

    def gte(self, left: Any, right: Any) -> Expression:
        """Whether `left` comes after `right` or is the same."""
        return self._operation("$gte", left, right)

    def add(self, left: Any, right: Any) -> Expression:
        """The sum of two numbers of the same type."""
        return self._operation("$add", left, right)

    def sub(self, left: Any, right: Any) -> Expression:
        """The difference of two numbers of the same type."""
        return self._operation("$sub", left, right)

    def mul(self, left: Any, right: Any) -> Expression:
        """The product of two numbers of the same type."""
        return self._operation("$mul", left, right)

    def div(self, left: Any, right: Any) -> Expression:
        """The quotient of two numbers of the same type."""
        return self._operation("$div", left, right)

    def mod(self, left: Any, right: Any) -> Expression:
        """The remainder, with the sign of `left`."""
        return self._operation("$mod", left, right)

    def neg(self, value: Any) -> Expression:
        """A number with the other sign."""
        return self._operation("$neg", value)

    def and_(self, *values: Any) -> Expression:
        """Whether all are true."""
        return self._operation("$and", *values)

    def or_(self, *values: Any) -> Expression:
        """Whether any is true."""
        return self._operation("$or", *values)

    def not_(self, value: Any) -> Expression:
        """Whether it is false."""
        return self._operation("$not", value)

    def _operation(self, operator: str, *operands: Any) -> Expression:
        return Operation(operator, tuple(expression_of(operand) for operand in operands))


def expression_of(value: Any) -> Expression:
    """An expression as it is; any other value as a literal."""
    if isinstance(value, Field | Literal | Operation):
        return value
    return Literal(_literal(value, "a filter"))


class IndexRangeBuilder:
    """Makes the range of `.with_index(name, lambda q: q.eq("author", "x").gt("age", 5))`.

    Each step gives a new builder, and each builder makes one step.
    """

    def __init__(self, bounds: tuple[Bound, ...] = ()) -> None:
        self._bounds = bounds
        self._used = False

    def eq(self, field: str, value: Any) -> IndexRangeBuilder:
        """Documents in which the field is `value`; `undefined` means that it is not there."""
        return self._step(Comparison.EQ, field, value)

    def gt(self, field: str, value: Any) -> IndexRangeBuilder:
        """Documents in which the field comes after `value`."""
        return self._step(Comparison.GT, field, value)

    def gte(self, field: str, value: Any) -> IndexRangeBuilder:
        """Documents in which the field is `value` or comes after it."""
        return self._step(Comparison.GTE, field, value)

    def lt(self, field: str, value: Any) -> IndexRangeBuilder:
        """Documents in which the field comes before `value`."""
        return self._step(Comparison.LT, field, value)

    def lte(self, field: str, value: Any) -> IndexRangeBuilder:
        """Documents in which the field is `value` or comes before it."""
        return self._step(Comparison.LTE, field, value)

    def bounds(self) -> tuple[Bound, ...]:
        """The finished range."""
        self._use()
        return self._bounds

    def _step(self, comparison: Comparison, field: str, value: Any) -> IndexRangeBuilder:
        self._use()
        bound = Bound(
            comparison,
            _path(field, f"q.{comparison.name.lower()}()"),
            _literal(value, f"q.{comparison.name.lower()}()", pending=True),
        )
        return IndexRangeBuilder((*self._bounds, bound))

    def _use(self) -> None:
        if self._used:
            raise FunctionError(
                "IndexRangeBuilder has already been used! Chain your method calls like `q => q.eq(...).eq(...)`. "
                "See https://docs.convex.dev/using/indexes"
            )
        self._used = True


class SearchFilterBuilder:
    """Makes the filters of `.with_search_index(name, lambda q: q.search("body", "hi").eq("author", "x"))`."""

    def __init__(self, filters: tuple[SearchText | SearchEq, ...] = ()) -> None:
        self._filters = filters
        self._used = False

    def search(self, field: str, text: str) -> SearchFilterBuilder:
        """Documents whose field has words of `text`."""
        if not isinstance(text, str):
            raise UsageError(f"q.search(): the text is a str, not {text!r}.")
        return self._step(SearchText(_path(field, "q.search()"), text))

    def eq(self, field: str, value: Any) -> SearchFilterBuilder:
        """Documents in which a filter field is `value`."""
        return self._step(SearchEq(_path(field, "q.eq()"), _literal(value, "q.eq()")))

    def filters(self) -> tuple[SearchText | SearchEq, ...]:
        """The finished filters."""
        self._use()
        return self._filters

    def _step(self, condition: SearchText | SearchEq) -> SearchFilterBuilder:
        self._use()
        return SearchFilterBuilder((*self._filters, condition))

    def _use(self) -> None:
        if self._used:
            raise FunctionError(
                "SearchFilterBuilder has already been used! Chain your method calls like `q.search(...).eq(...)`."
            )
        self._used = True
