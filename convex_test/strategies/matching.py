"""From a validator to a strategy for the values that match it.

Every kind of validator has an arm here, and a kind that has none is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from convex_test.backend.schema.compound import ArrayValidator, ObjectValidator, RecordValidator, UnionValidator
from convex_test.backend.schema.kinds import (
    ANY,
    BOOLEAN,
    BYTES,
    COMMIT_TS,
    FLOAT64,
    INT64,
    NULL,
    STRING,
    IdValidator,
    LiteralValidator,
)
from convex_test.errors import InternalError, UsageError
from convex_test.strategies import values
from convex_test.strategies.overrides import ELEMENTS, VALUES, Overrides
from convex_test.values.python import from_python
from convex_test.values.types import undefined

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from convex_test.backend.schema.compound import FieldValidator
    from convex_test.backend.schema.kinds import Tables, Validator

_SIMPLE: Final[dict[Validator, SearchStrategy[Any]]] = {
    ANY: values.any_values,
    NULL: st.none(),
    FLOAT64: values.numbers,
    INT64: values.int64s,
    COMMIT_TS: values.int64s,
    BOOLEAN: st.booleans(),
    STRING: values.strings,
    BYTES: values.byte_strings,
}


# Options for the first page, as clients send them: a cursor belongs to the query that gave it, and what becomes of a
# number of items below 1 no query decides. Others can be put there by overrides.
_PAGINATION: Final[dict[str, SearchStrategy[Any]]] = {
    "numItems": st.integers(1, 20),
    "cursor": st.none(),
    "endCursor": st.none(),
    "id": st.integers(0, 9),
    "maximumRowsRead": st.integers(1, 100),
    "maximumBytesRead": st.integers(1000, 100_000),
}


class Matching:
    """Makes strategies for validators.

    Attributes:
        ids: the strategy for the ids of a table.
        tables: what overriding values are checked with.
    """

    def __init__(self, ids: Callable[[str], SearchStrategy[str]], tables: Tables) -> None:
        self.ids = ids
        self.tables = tables

    def whole(self, validator: Validator, overrides: Overrides) -> SearchStrategy[Any]:
        """Values that match. Raises `UsageError` when a path in `overrides` is none of the validator's."""
        made = self.strategy(validator, overrides)
        unused = sorted(overrides.unused())
        if unused:
            raise UsageError(f"overrides={{{unused[0]!r}: …}}: there is no such place in {validator}.")
        return made

    def strategy(self, validator: Validator, overrides: Overrides | None = None) -> SearchStrategy[Any]:
        """Values that match, but for what is overridden."""
        if overrides is not None and overrides.strategy is not None:
            overrides.applies = True
            return self._checked(validator, overrides)
        if validator in _SIMPLE:
            return _SIMPLE[validator]
        match validator:
            case IdValidator():
                return self.ids(validator.table)
            case LiteralValidator():
                return st.just(validator.value)
            case ArrayValidator():
                return _lists(self.strategy(validator.element, _step(overrides, ELEMENTS)))
            case RecordValidator():
                return self._record(validator, _step(overrides, VALUES))
            case ObjectValidator():
                return self._object(validator, overrides)
            case UnionValidator():
                return st.one_of([self.strategy(member, overrides) for member in validator.members])
        raise InternalError(f"There is no strategy for {validator}: say in matching.py what it takes.")

    def _record(self, validator: RecordValidator, overrides: Overrides | None) -> SearchStrategy[dict[str, Any]]:
        keys = self.record_keys(validator.keys)
        items = self.strategy(validator.values, overrides)
        return st.just({}) if keys.is_empty or items.is_empty else st.dictionaries(keys, items)

    def record_keys(self, validator: Validator) -> SearchStrategy[str]:
        """The keys of records are strings that are names of fields."""
        match validator:
            case IdValidator():
                return self.ids(validator.table)
            case UnionValidator():
                return st.one_of([self.record_keys(member) for member in validator.members])
        return values.field_names

    def _object(self, validator: ObjectValidator, overrides: Overrides | None) -> SearchStrategy[dict[str, Any]]:
        fields = {name: self.field(field, _step(overrides, name)) for name, field in validator.fields.items()}
        if _is_pagination(validator):
            fields |= {
                name: _PAGINATION[name]
                for name in fields
                if _step(overrides, name) is None  # what the user has put there stays
            }
        optional = {name: made for name, made in fields.items() if validator.fields[name].optional}
        required = {name: made for name, made in fields.items() if name not in optional}
        whole = st.fixed_dictionaries(required, optional=optional)
        return whole.map(_without_undefined) if overrides is not None and overrides.below else whole

    def field(self, field: FieldValidator, overrides: Overrides | None = None) -> SearchStrategy[Any]:
        """Values of a field that is there."""
        if overrides is not None and overrides.strategy is not None:
            overrides.applies = True
            return self._checked(field.validator, overrides, optional=field.optional)
        return self.strategy(field.validator, overrides)

    def _checked(self, validator: Validator, overrides: Overrides, *, optional: bool = False) -> SearchStrategy[Any]:
        """What the user has put here; it has to match, or the example would fail for a reason of no interest."""

        def check(drawn: Any) -> Any:
            if optional and drawn is undefined:
                return drawn
            where = f"overrides[{overrides.path!r}]"
            if not validator.matches(from_python(drawn, where), self.tables):
                raise UsageError(f"{where} gave {drawn!r:.200}, which {validator} refuses.")
            return drawn

        if overrides.strategy is None:
            raise InternalError("There is nothing to check.")
        return overrides.strategy.map(check)


def _is_pagination(validator: ObjectValidator) -> bool:
    """Whether it is `paginationOptsValidator`, of whatever version of the npm package."""
    names = validator.fields.keys()
    return names >= {"numItems", "cursor"} and names <= _PAGINATION.keys()


def _lists(elements: SearchStrategy[Any]) -> SearchStrategy[list[Any]]:
    return st.just([]) if elements.is_empty else st.lists(elements)


def _step(overrides: Overrides | None, name: str) -> Overrides | None:
    return None if overrides is None else overrides.step(name)


def _without_undefined(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in fields.items() if item is not undefined}
