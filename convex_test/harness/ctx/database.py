"""`ctx.db`. Imitates `npm-packages/convex/src/server/impl/database_impl.ts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convex_test.errors import FunctionError, UsageError
from convex_test.harness.ctx.lease import no_attribute
from convex_test.harness.ctx.query import TableQueryInitializer, to_dict
from convex_test.values.python import from_python, from_python_fields
from convex_test.values.types import CommitTsPlaceholder, commit_ts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.harness.ctx.lease import Lease


class DatabaseReader:
    """`ctx.db` of a query: `get`, `query`, `normalize_id`, and `system` for system tables."""

    def __init__(self, lease: Lease, *, system: bool = False) -> None:
        self._lease = lease
        self._is_system = system

    @property
    def system(self) -> DatabaseReader:
        """Reads `_storage` and `_scheduled_functions`."""
        return DatabaseReader(self._lease, system=True)

    def get(self, *args: str) -> dict[str, Any] | None:
        """A document by its id, or None: `get(id)` or `get(table, id)`."""
        table, document_id = _table_and_id("get", args)
        found = self._lease.database.get(document_id, table, system=self._is_system)
        return None if found is None else to_dict(found)

    def query(self, table: str) -> TableQueryInitializer:
        """Begins a query of a table."""
        self._check_table(table, "query")
        return TableQueryInitializer(self._lease, table)

    def normalize_id(self, table: str, id: str) -> str | None:
        """The id as the backend writes it if it is one of this table, else None."""
        self._check_table(table, "normalizeId")
        if not isinstance(id, str):
            raise UsageError(f"ctx.db.normalize_id({table!r}, {id!r}): an id is a str.")
        return self._lease.database.normalize_id(table, id)

    def __getattr__(self, name: str) -> Any:
        raise no_attribute("this ctx.db", self, name)

    def _check_table(self, table: str, method: str) -> None:
        if not isinstance(table, str):
            raise UsageError(f"The name of a table is a str, not {table!r}.")
        if table.startswith("_") is not self._is_system:
            kind, where = ("User", "db.") if self._is_system else ("System", "db.system.")
            raise FunctionError(f"{kind} tables can only be accessed from {where}{method}().")


class DatabaseVars:
    """`ctx.db.vars` of a mutation."""

    @property
    def commit_ts(self) -> CommitTsPlaceholder:
        """A placeholder for the time of this mutation's commit, to write into documents: it becomes a `ConvexInt64`.

        The unit is nanoseconds. Until the commit, what was written reads as this same object.
        """
        return commit_ts

    def __getattr__(self, name: str) -> Any:
        raise no_attribute("ctx.db.vars", self, name)


class DatabaseWriter(DatabaseReader):
    """`ctx.db` of a mutation: all of a reader, and `insert`, `patch`, `replace`, `delete`, `vars`."""

    @property
    def vars(self) -> DatabaseVars:
        """Placeholders for what is known only at the commit: `commit_ts`."""
        return DatabaseVars()

    def insert(self, table: str, value: Mapping[str, Any]) -> str:
        """Inserts a document; its id."""
        if not isinstance(table, str):
            raise UsageError(f"ctx.db.insert({table!r}, …): the name of a table is a str.")
        if table.startswith("_"):
            raise FunctionError("System tables (prefixed with `_`) are read-only.")
        return self._lease.database.insert(table, from_python(value, f"ctx.db.insert({table!r}, …)", pending=True))

    def patch(self, *args: Any) -> None:
        """Changes some fields: `patch(id, fields)` or `patch(table, id, fields)`; `undefined` removes a field."""
        table, document_id, fields = _table_id_and_value("patch", args)
        self._lease.database.patch(document_id, from_python_fields(fields, "ctx.db.patch(…)"), table)

    def replace(self, *args: Any) -> None:
        """Replaces all fields: `replace(id, value)` or `replace(table, id, value)`."""
        table, document_id, value = _table_id_and_value("replace", args)
        self._lease.database.replace(document_id, from_python(value, "ctx.db.replace(…)", pending=True), table)

    def delete(self, *args: str) -> None:
        """Deletes a document: `delete(id)` or `delete(table, id)`."""
        table, document_id = _table_and_id("delete", args)
        self._lease.database.delete(document_id, table)


def _table_and_id(method: str, args: tuple[Any, ...]) -> tuple[str | None, str]:
    match args:
        case (str() as document_id,):
            return None, document_id
        case (str() as table, str() as document_id):
            return table, document_id
        case _:
            raise UsageError(
                f"ctx.db.{method}({_shown(args)}): expected {method}(id) or {method}(table, id), all of them str."
            )


def _table_id_and_value(method: str, args: tuple[Any, ...]) -> tuple[str | None, str, Any]:
    match args:
        case (str() as document_id, value) if not isinstance(value, str):
            return None, document_id, value
        case (str() as table, str() as document_id, value):
            return table, document_id, value
        case _:
            raise UsageError(
                f"ctx.db.{method}({_shown(args)}): expected {method}(id, value) or {method}(table, id, value); "
                "table and id are str, the value is a dict."
            )


def _shown(args: tuple[Any, ...]) -> str:
    return ", ".join(f"{arg!r:.80}" for arg in args)
