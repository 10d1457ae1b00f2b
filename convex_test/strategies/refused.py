"""From a validator to a strategy for values that it refuses: near misses, and values of other kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from convex_test.backend.schema.compound import ArrayValidator, ObjectValidator, RecordValidator, UnionValidator
from convex_test.backend.schema.kinds import AnyValidator, IdValidator, LiteralValidator
from convex_test.strategies import values
from convex_test.values.python import from_python
from convex_test.values.types import ConvexInt64

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from convex_test.backend.schema.kinds import Validator
    from convex_test.strategies.matching import Matching

_NOTHING: Final[SearchStrategy[Any]] = st.nothing()
# One of each kind, those first that are most often mistaken for another.
_OTHER_KINDS: Final[SearchStrategy[Any]] = st.one_of(
    st.sampled_from([None, 0, "", "0", "null", False, ConvexInt64(0), b"", [], {}, [0], {"a": 0}, 1e308]),
    values.any_values,
)
_MORE_FIELDS: Final = st.dictionaries(values.field_names, values.primitives, min_size=1, max_size=2)


class Refused:
    """Makes strategies for what a validator refuses; empty for one that refuses nothing."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching

    def strategy(self, validator: Validator) -> SearchStrategy[Any]:
        """Values of Convex that do not match."""
        if isinstance(validator, AnyValidator):
            return _NOTHING
        return st.one_of(self._near(validator), _OTHER_KINDS).filter(lambda value: self._refuses(validator, value))

    def objects(self, validator: ObjectValidator) -> SearchStrategy[dict[str, Any]]:
        """Objects that do not match: what a client can send as arguments."""
        return self._objects(validator).filter(lambda value: self._refuses(validator, value))

    def _refuses(self, validator: Validator, value: Any) -> bool:
        return not validator.matches(from_python(value, "the value"), self._matching.tables)

    def _near(self, validator: Validator) -> SearchStrategy[Any]:
        match validator:
            case IdValidator():
                return self._ids(validator)
            case LiteralValidator():
                return _other_literals(validator)
            case ArrayValidator():
                return self._arrays(validator)
            case RecordValidator():
                return self._records(validator)
            case ObjectValidator():
                return self._objects(validator)
            case UnionValidator():
                return st.one_of([self._near(member) for member in validator.members])
        return _NOTHING

    def _ids(self, validator: IdValidator) -> SearchStrategy[str]:
        others = ["_storage", "_scheduled_functions"]
        good = self._matching.ids(validator.table)
        broken = good.map(lambda made: made[:-1]) | good.map(str.upper) | good.map(lambda made: f"{made}0")
        return st.one_of(broken, *(self._matching.ids(other) for other in others if other != validator.table))

    def _arrays(self, validator: ArrayValidator) -> SearchStrategy[list[Any]]:
        bad = self.strategy(validator.element)
        if bad.is_empty:
            return _NOTHING
        good = _few(self._matching.strategy(validator.element))
        return st.tuples(good, bad, good).map(lambda parts: [*parts[0], parts[1], *parts[2]])

    def _records(self, validator: RecordValidator) -> SearchStrategy[dict[str, Any]]:
        keys, items = self._matching.record_keys(validator.keys), self._matching.strategy(validator.values)
        bad_keys = values.field_names.filter(lambda key: self._refuses(validator.keys, key))
        pairs = [(keys, self.strategy(validator.values))]
        if isinstance(validator.keys, IdValidator):
            pairs.append((bad_keys, items))
        return st.one_of(
            [st.dictionaries(key, item, min_size=1, max_size=2) for key, item in pairs if not item.is_empty]
        )

    def _objects(self, validator: ObjectValidator) -> SearchStrategy[dict[str, Any]]:
        good = self._matching.strategy(validator)
        more = st.tuples(good, _MORE_FIELDS).map(lambda parts: {**parts[1], **parts[0]})
        ways: list[SearchStrategy[Any]] = []
        for name, field in validator.fields.items():
            if not field.optional:
                ways.append(st.tuples(good, st.just(name)).map(_without_field))
            bad = self.strategy(field.validator)
            if not bad.is_empty:
                ways.append(st.tuples(good, st.just(name), bad).map(_with_field))
        return st.one_of(*ways, more)


def _few(elements: SearchStrategy[Any]) -> SearchStrategy[list[Any]]:
    return st.just([]) if elements.is_empty else st.lists(elements, max_size=2)


def _other_literals(validator: LiteralValidator) -> SearchStrategy[Any]:
    literal = validator.value
    match literal:
        case bool():
            near: list[Any] = [not literal, str(literal).lower(), int(literal)]
        case ConvexInt64():
            near = [int(literal) if abs(literal) <= 2**53 else 0, str(int(literal)), ConvexInt64(0), ConvexInt64(1)]
        case str():
            near = [literal.upper(), literal.lower(), f"{literal} ", literal[:-1], [literal]]
        case _:
            near = [-literal, literal + 1, str(literal), bool(literal)]
    return st.sampled_from(near)


def _with_field(parts: tuple[dict[str, Any], str, Any]) -> dict[str, Any]:
    fields, name, item = parts
    return {**fields, name: item}


def _without_field(parts: tuple[dict[str, Any], str]) -> dict[str, Any]:
    fields, missing = parts
    return {name: item for name, item in fields.items() if name != missing}
