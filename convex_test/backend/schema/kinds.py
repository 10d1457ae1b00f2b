"""What all validators have in common, and those that hold no other validators.

Imitates `crates/common/src/schemas/validator.rs`: verdicts, error texts, and how validators print.

By design checking has two steps: `matches` says yes or no and is fast, `explain` walks again after a no and finds the
words. Values are canonical, and `commit_ts` is the greatest Int64; ids are looked up in the tables of the component
whose function or table is concerned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from convex_test.backend.ids import InvalidIdError, decode_id
from convex_test.values.order import encode_key
from convex_test.values.render import render, render_float
from convex_test.values.types import CommitTsPlaceholder, ConvexInt64

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convex_test.values.types import Value

_INT64_TYPES: Final = (ConvexInt64, CommitTsPlaceholder)
_NUMBER_TYPES: Final = frozenset({int, float, *_INT64_TYPES})


class Tables(Protocol):
    """The tables that ids can belong to: those of one component, and the system's."""

    def name_of(self, table_number: int) -> str | None:
        """The name that functions know the table by, or None."""

    def is_system(self, name: str) -> bool: ...


class ValidationFailure(ValueError):
    """A value does not match a validator; the text is the backend's, without what says which value it was."""


class Validator(ABC):
    """One validator. `str()` gives it as error texts show it, such as `v.array(v.string())`."""

    __slots__ = ()

    def check(self, value: Value, tables: Tables) -> None:
        """Raise `ValidationFailure` unless the canonical `value` matches."""
        if not self.matches(value, tables):
            raise ValidationFailure(self.explain(value, tables, ""))

    @abstractmethod
    def matches(self, value: Any, tables: Tables) -> bool: ...

    def explain(self, value: Any, tables: Tables, path: str) -> str:  # noqa: ARG002 - other validators look ids up
        """Why `value`, found at `path` (such as `.a[0]`), does not match: only to be called when it does not."""
        return f"Value does not match validator.\n{describe_path(path)}\nValue: {render(value)}\nValidator: {self}"

    @abstractmethod
    def __str__(self) -> str: ...


def describe_path(path: str) -> str:
    return f"Path: {path}" if path else ""


class AnyValidator(Validator):
    """`v.any()`."""

    __slots__ = ()

    def matches(self, value: Any, tables: Tables) -> bool:  # noqa: ARG002 - needs neither
        return True

    def __str__(self) -> str:
        return "v.any()"


class TypeValidator(Validator):
    """A validator that only asks for the type, such as `v.string()`."""

    __slots__ = ("_text", "_types")

    def __init__(self, text: str, types: Iterable[type]) -> None:
        self._text = text
        self._types = frozenset(types)

    def matches(self, value: Any, tables: Tables) -> bool:  # noqa: ARG002 - needs no tables
        return type(value) in self._types

    def __str__(self) -> str:
        return self._text


ANY: Final = AnyValidator()
NULL: Final = TypeValidator("v.null()", [type(None)])
FLOAT64: Final = TypeValidator("v.float64()", [int, float])
INT64: Final = TypeValidator("v.int64()", _INT64_TYPES)
COMMIT_TS: Final = TypeValidator("v.commitTs()", _INT64_TYPES)
BOOLEAN: Final = TypeValidator("v.boolean()", [bool])
STRING: Final = TypeValidator("v.string()", [str])
BYTES: Final = TypeValidator("v.bytes()", [bytes])


class IdValidator(Validator):
    """`v.id("users")`. Whether the document exists is not asked."""

    __slots__ = ("table",)

    def __init__(self, table: str) -> None:
        self.table = table

    def matches(self, value: Any, tables: Tables) -> bool:
        return type(value) is str and _table_of(value, tables) == self.table

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        found = _table_of(value, tables) if isinstance(value, str) else None
        if found is None:
            return super().explain(value, tables, path)
        source = "a system table" if tables.is_system(found) else f"table `{found}`"
        return (
            f'Found ID "{value}" from {source}, which does not match the table name in validator '
            f"`{self}`.{describe_path(path)}"
        )

    def __str__(self) -> str:
        return f'v.id("{self.table}")'


def _table_of(text: str, tables: Tables) -> str | None:
    try:
        return tables.name_of(decode_id(text).table_number)
    except InvalidIdError:
        return None


class LiteralValidator(Validator):
    """`v.literal(x)`, x being a string, a number, a bigint or a boolean."""

    __slots__ = ("_key", "value")

    def __init__(self, value: str | int | float) -> None:  # noqa: PYI041 - an `int` is a canonical number of its own
        self.value = value
        self._key = encode_key(value)

    def matches(self, value: Any, tables: Tables) -> bool:  # noqa: ARG002 - needs no tables
        kind = type(value)
        if kind is str:
            return bool(value == self.value)
        if kind is bool:
            return value is self.value
        return kind in _NUMBER_TYPES and encode_key(value) == self._key

    def explain(self, value: Any, tables: Tables, path: str) -> str:  # noqa: ARG002 - needs no tables
        return f"`{render(value)}` does not match literal validator `{self}`.{describe_path(path)}"

    def __str__(self) -> str:
        return f"v.literal({_literal(self.value)})"


def _literal(value: str | int | float) -> str:  # noqa: PYI041 - as in LiteralValidator
    """A literal as JSON; numbers always have a point or an exponent, as the backend's JSON library writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return orjson.dumps(value).decode()
    if isinstance(value, ConvexInt64):
        return "<bigint>"
    if not isfinite(value):
        return "<number>"
    digits, exponent, power = render_float(float(value)).partition("e")
    # From 1e-5 on JSON has no exponent where Rust's own notation, which error texts have elsewhere, still has one.
    if power == "-5":
        sign = "-" if value < 0 else ""
        return f"{sign}0.0000{digits.removeprefix('-').replace('.', '')}"
    return digits + exponent + power
