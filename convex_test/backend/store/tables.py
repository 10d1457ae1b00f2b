"""The tables of one component.

Imitates `crates/database/src/bootstrap_model/table.rs` and the numbers in `crates/model/src/lib.rs`: user tables are
numbered from 10001 in the order of their creation, which for those of a schema is that of their names; each
component counts for itself. Of the system tables only the two that functions can see exist.

By design: a table that a snapshot holds is frozen. Whoever writes to it takes a copy first (`Namespace.writable`),
so snapshots cost nothing until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convex_test.backend.store.indexes import CREATION_TIME_FIELD, Index
from convex_test.errors import FunctionError, InternalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sortedcontainers import SortedDict

    from convex_test.backend.schema.definition import SchemaDefinition, TableDefinition
    from convex_test.backend.store.documents import Document

FIRST_USER_TABLE_NUMBER: Final = 10_001
MAX_USER_TABLES: Final = 10_000
SYSTEM_TABLES: Final[Mapping[str, int]] = {"_scheduled_functions": 539, "_storage": 540}


class Table:
    """One table: its documents by id, and its database indexes by name."""

    __slots__ = ("_filled", "definition", "derived", "documents", "frozen", "indexes", "name", "number", "version")

    def __init__(self, component: str, name: str, number: int, definition: TableDefinition | None) -> None:
        self.name = name
        self.number = number
        self.definition = definition
        self.documents: dict[str, Document] = {}
        self.indexes = _make_indexes(component, name, definition)
        self.frozen = False
        self.version = 0
        """Grows with each change; what was derived from the documents is good as long as it stays."""
        self.derived: dict[str, object] = {}
        """Search indexes, by name, as `search` keeps them; brought up to date by who reads them."""
        self._filled: list[Index] = []

    @property
    def is_system(self) -> bool:
        return self.name.startswith("_")

    def entries(self, index_name: str) -> SortedDict[bytes, Document]:
        """The documents by their keys in one of the table's indexes."""
        index = self.indexes[index_name]
        if not index.is_filled:
            index.fill(self.documents.values())
            self._filled.append(index)
        return index.entries

    def swap(self, old: Document | None, new: Document | None) -> None:
        """Put `new` in the place of `old`; None is no document. Called backwards it undoes itself."""
        if self.frozen:
            raise InternalError(f"Table {self.name!r} was written to while a snapshot holds it.")
        if new is not None:
            self.documents[new.id] = new
        elif old is not None:
            del self.documents[old.id]
        for index in self._filled:
            index.update(old, new)
        self.version += 1

    def copy(self) -> Table:
        copied = object.__new__(Table)
        copied.name = self.name
        copied.number = self.number
        copied.definition = self.definition
        copied.documents = self.documents.copy()
        copied.indexes = {name: index.copy() for name, index in self.indexes.items()}
        copied.frozen = False
        copied.version = self.version
        copied.derived = {}
        copied._filled = [index for index in copied.indexes.values() if index.is_filled]
        return copied


def _make_indexes(component: str, table: str, definition: TableDefinition | None) -> dict[str, Index]:
    fields = {"by_id": (), "by_creation_time": (CREATION_TIME_FIELD,)}
    if definition is not None:
        fields |= {index.name: (*index.fields, CREATION_TIME_FIELD) for index in definition.indexes if not index.staged}
    return {name: Index((component, table, name), paths) for name, paths in fields.items()}


class Namespace:
    """The tables of one component under its schema. `""` is the app.

    It is the `tables` that validators ask for the names of tables behind ids.
    """

    __slots__ = ("_by_name", "_by_number", "_free_number", "_numbers", "component", "schema")

    def __init__(self, component: str, schema: SchemaDefinition) -> None:
        self.component = component
        self.schema = schema
        self._by_name: dict[str, Table] = {}
        self._by_number: dict[int, Table] = {}
        self._numbers: dict[str, int] = {}
        self._free_number = FIRST_USER_TABLE_NUMBER
        for name, number in SYSTEM_TABLES.items():
            self._put(Table(component, name, number, None))
        for name in sorted(schema.tables):
            self.create_table(name)

    def __len__(self) -> int:
        """The number of user tables."""
        return len(self._by_name) - len(SYSTEM_TABLES)

    def table(self, name: str) -> Table | None:
        return self._by_name.get(name)

    def require_table(self, name: str) -> Table:
        """The table of that name, which must exist."""
        return self._by_name[name]

    def table_numbered(self, number: int) -> Table | None:
        return self._by_number.get(number)

    def tables(self) -> list[Table]:
        """All tables in the order of their numbers, system tables first."""
        return [self._by_number[number] for number in sorted(self._by_number)]

    def table_numbers(self) -> Mapping[str, int]:
        """The numbers of all tables by name. It changes as tables are made: copy what is to stay."""
        return self._numbers

    def name_of(self, table_number: int) -> str | None:
        table = self._by_number.get(table_number)
        return None if table is None else table.name

    def is_system(self, name: str) -> bool:
        return name.startswith("_")

    def create_table(self, name: str) -> Table:
        """Create a user table with the first number that is free. Only transactions do this later on."""
        number = self._free_number
        while number in self._by_number:
            number += 1
        self._free_number = number + 1
        return self._put(Table(self.component, name, number, self.schema.tables.get(name)))

    def drop_table(self, name: str) -> None:
        number = self._numbers.pop(name)
        del self._by_name[name]
        del self._by_number[number]
        if number >= FIRST_USER_TABLE_NUMBER:
            self._free_number = min(self._free_number, number)

    def adopt(self, tables: Iterable[Table], *, replace_all: bool) -> None:
        """Put `tables` in the place of those with their names; with `replace_all` no other user table stays."""
        adopted = {table.name: table for table in tables}
        for name in list(self._by_name):
            if name in adopted or (replace_all and name not in SYSTEM_TABLES):
                self.drop_table(name)
        for table in adopted.values():
            self._put(table)

    def writable(self, table: Table) -> Table:
        """`table`, or the copy that takes its place when a snapshot holds it."""
        return self._put(table.copy()) if table.frozen else table

    def frozen_copy(self) -> Namespace:
        """A namespace with the same tables, which are frozen by this."""
        copied = object.__new__(Namespace)
        copied.component = self.component
        copied.schema = self.schema
        copied._by_name = self._by_name.copy()
        copied._by_number = self._by_number.copy()
        copied._numbers = self._numbers.copy()
        copied._free_number = self._free_number
        for table in self._by_name.values():
            table.frozen = True
        return copied

    def _put(self, table: Table) -> Table:
        self._by_name[table.name] = table
        self._by_number[table.number] = table
        self._numbers[table.name] = table.number
        return table


def check_table_count(tables: int) -> None:
    """Raise `FunctionError` when a deployment that has so many user tables can have no further one."""
    if tables >= MAX_USER_TABLES:
        raise FunctionError(f"Number of tables cannot exceed {MAX_USER_TABLES}.")
