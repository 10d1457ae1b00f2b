"""Validators that hold other validators: arrays, records, objects, unions.

Imitates `crates/common/src/schemas/validator.rs`. An object reports its declared fields in alphabetical order, then
the first extra field; a union of several members reports only itself, a union of one reports as that member.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.schema.kinds import LiteralValidator, Validator, describe_path
from convex_test.values.render import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convex_test.backend.schema.kinds import Tables

_MISSING: Final = object()


class ArrayValidator(Validator):
    """`v.array(element)`."""

    __slots__ = ("element",)

    def __init__(self, element: Validator) -> None:
        self.element = element

    def matches(self, value: Any, tables: Tables) -> bool:
        if type(value) is not list:
            return False
        matches = self.element.matches
        return all(matches(item, tables) for item in value)

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        if isinstance(value, list):
            for index, item in enumerate(value):
                if not self.element.matches(item, tables):
                    return self.element.explain(item, tables, f"{path}[{index}]")
        return super().explain(value, tables, path)

    def __str__(self) -> str:
        return f"v.array({self.element})"


class RecordValidator(Validator):
    """`v.record(keys, values)`."""

    __slots__ = ("keys", "values")

    def __init__(self, keys: Validator, values: Validator) -> None:
        self.keys = keys
        self.values = values

    def matches(self, value: Any, tables: Tables) -> bool:
        if type(value) is not dict:
            return False
        key_matches, value_matches = self.keys.matches, self.values.matches
        return all(key_matches(key, tables) and value_matches(item, tables) for key, item in value.items())

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        if isinstance(value, dict):
            for key in sorted(value):
                if not self.keys.matches(key, tables):
                    return self.keys.explain(key, tables, f"{path}.keys()")
                if not self.values.matches(value[key], tables):
                    return self.values.explain(value[key], tables, f"{path}.values()")
        return super().explain(value, tables, path)

    def __str__(self) -> str:
        return f"v.record({self.keys}, {self.values})"


@dataclass(frozen=True, slots=True)
class FieldValidator:
    """A field of `v.object`."""

    validator: Validator
    optional: bool

    def __str__(self) -> str:
        return f"v.optional({self.validator})" if self.optional else str(self.validator)


class ObjectValidator(Validator):
    """`v.object({…})`. `fields` are in alphabetical order."""

    __slots__ = ("_checks", "fields")

    def __init__(self, fields: Mapping[str, FieldValidator]) -> None:
        self.fields = {name: fields[name] for name in sorted(fields)}
        self._checks = [(name, field.validator.matches, field.optional) for name, field in self.fields.items()]

    def matches(self, value: Any, tables: Tables) -> bool:
        if type(value) is not dict:
            return False
        found = 0
        for name, matches, optional in self._checks:
            item = value.get(name, _MISSING)
            if item is not _MISSING:
                if not matches(item, tables):
                    return False
                found += 1
            elif not optional:
                return False
        return found == len(value)

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        if not isinstance(value, dict):
            return super().explain(value, tables, path)
        where = f"\n{describe_path(path)}\nObject: {render(value)}\nValidator: {self}"
        for name, field in self.fields.items():
            if name not in value:
                if not field.optional:
                    return (
                        f"Object is missing the required field `{name}`. Consider wrapping the field validator in "
                        f"`v.optional(...)` if this is expected.{where}"
                    )
            elif not field.validator.matches(value[name], tables):
                return field.validator.explain(value[name], tables, f"{path}.{name}")
        extra = min(value.keys() - self.fields)
        return f"Object contains extra field `{extra}` that is not in the validator.{where}"

    def without_system_fields(self) -> ObjectValidator:
        """The same without the fields that begin with an underscore: `_id` and `_creationTime` are the backend's."""
        return ObjectValidator({name: field for name, field in self.fields.items() if not name.startswith("_")})

    def __str__(self) -> str:
        return f"v.object({{{', '.join(f'{name}: {field}' for name, field in self.fields.items())}}})"


class UnionValidator(Validator):
    """`v.union(…)`; without members it matches nothing."""

    __slots__ = ("_others", "_strings", "members")

    def __init__(self, members: Sequence[Validator]) -> None:
        self.members = tuple(members)
        literals = [member for member in self.members if _is_string_literal(member)]
        # Unions of many string literals are how Convex spells enumerations: one look-up does for all of them.
        self._strings = frozenset(str(literal.value) for literal in literals if isinstance(literal, LiteralValidator))
        self._others = [member.matches for member in self.members if member not in literals]

    def matches(self, value: Any, tables: Tables) -> bool:
        if type(value) is str and value in self._strings:
            return True
        return any(matches(value, tables) for matches in self._others)

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        if len(self.members) == 1:
            return self.members[0].explain(value, tables, path)
        return super().explain(value, tables, path)

    def __str__(self) -> str:
        return f"v.union({', '.join(map(str, self.members))})"


def _is_string_literal(validator: Validator) -> bool:
    return isinstance(validator, LiteralValidator) and isinstance(validator.value, str)
