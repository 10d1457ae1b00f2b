"""What the tests of the backend share."""

from __future__ import annotations

import struct
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from convex_test.backend.database import Database
from convex_test.backend.limits import Limits
from convex_test.backend.schema.definition import IndexDefinition, SchemaDefinition, TableDefinition
from convex_test.backend.store.store import Store
from convex_test.values import ConvexInt64
from convex_test.values.types import Undefined

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.backend.clock import Clock


@pytest.fixture(scope="session")
def new_store() -> Callable[..., Store]:
    """Makes a store whose app has the table `items` with the indexes `by_a`, `by_a_b` and `by_nested`."""
    indexes = (
        IndexDefinition("by_a", (("a",),)),
        IndexDefinition("by_a_b", (("a",), ("b",))),
        IndexDefinition("by_nested", (("o", "p"),)),
        IndexDefinition("by_later", (("later",),), staged=True),
    )
    default = SchemaDefinition({"items": TableDefinition("items", indexes)})

    def make(
        schema: SchemaDefinition = default, *, clock: Clock | None = None, **components: SchemaDefinition
    ) -> Store:
        return Store({"": schema, **components}, clock=clock, random=Random(0))

    return make


@pytest.fixture(scope="session")
def new_database(new_store: Callable[..., Store]) -> Callable[..., Database]:
    """Makes a database in a transaction of its own, of a new store like `new_store` makes them."""

    def make(limits: Any = True, **store: Any) -> Database:
        return Database(new_store(**store).begin(limits=Limits.of(limits)))

    return make


@pytest.fixture
def database(new_database: Callable[..., Database]) -> Database:
    return new_database()


@pytest.fixture(scope="session")
def sort_key() -> Callable[[Any], Any]:
    """The naive model of the order of values: something that Python itself can sort."""
    return _sort_key


def _sort_key(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Undefined):
        return (0,)
    if value is None:
        return (1,)
    if isinstance(value, bool):
        return (4, value)
    if isinstance(value, ConvexInt64):
        return (2, int(value))
    if isinstance(value, int | float):
        (bits,) = struct.unpack(">q", struct.pack(">d", value))
        return (3, bits if bits >= 0 else -(2**63) - 1 - bits)
    if isinstance(value, str):
        return (5, value.encode())
    if isinstance(value, bytes):
        return (6, value)
    if isinstance(value, list):
        return (7, [_sort_key(item) for item in value])
    return (8, [(name, _sort_key(value[name])) for name in sorted(value)])
