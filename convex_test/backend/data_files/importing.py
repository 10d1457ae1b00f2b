"""The import: rows of data files become documents, all of them or none.

Imitates `import_objects` and `finalize_import` in `crates/application/src/snapshot_import/mod.rs`,
`ImportFacingModel::insert` in `crates/database/src/bootstrap_model/import_facing.rs` and
`snapshot_import/schema_constraints.rs`: documents go into hidden tables, which then take the place of those of the
same names.

By design: `append`, too, is all or nothing, and looks for ids that are there already. Limits of transactions do not
hold, as they do not in the backend, which imports in many transactions. The import is one commit.

Gap: components that are not mounted are refused; the backend would create them.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from convex_test.backend.data_files import stored_files
from convex_test.backend.data_files.rows import ImportProblem, failure_text, in_component, usage_error
from convex_test.backend.data_files.table_numbers import assign_table_numbers
from convex_test.backend.ids import InvalidIdError, decode_id
from convex_test.backend.limits import Limits
from convex_test.backend.schema.references import referenced_tables
from convex_test.backend.schema.validators import ValidationFailure
from convex_test.backend.store.documents import check_document_size, make_document
from convex_test.backend.store.tables import MAX_USER_TABLES, Table
from convex_test.errors import FunctionError, SchemaValidationError
from convex_test.values.render import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend.data_files.rows import DataFile, StoredContent, TableRows
    from convex_test.backend.schema.validators import Validator
    from convex_test.backend.store.store import Store
    from convex_test.backend.store.tables import Namespace
    from convex_test.backend.store.transactions import Transaction

Mode = Literal["require_empty", "append", "replace", "replace_all"]

_PROGRESS: Final = 10_000
_log: Final = logging.getLogger("convex.load")

_TableKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _FutureTables:
    """The tables of a component as they will be: what validators ask for the names behind ids."""

    names: Mapping[int, str]

    def name_of(self, table_number: int) -> str | None:
        return self.names.get(table_number)

    def is_system(self, name: str) -> bool:
        return name.startswith("_")


def import_data(store: Store, data: DataFile, mode: Mode, origin: str) -> int:
    """Put all rows into the store; gives the number of documents.

    Args:
        origin: the file as a whole, as errors name it.

    Raises:
        UsageError: something is wrong with the data, or a transaction is open. Nothing has changed.
        SchemaValidationError: a document does not match the schema. Nothing has changed.
    """
    namespaces = store.namespaces()
    transaction = store.begin(limits=Limits.of(False))
    try:
        try:
            plan = _plan(data, namespaces, mode)
        except ImportProblem as problem:
            raise usage_error(problem, origin) from None
        contents: dict[str, tuple[bytes, str | None]] = {}
        count = 0
        for rows in data.tables:
            if rows.table == stored_files.TABLE:
                contents |= _import_files(transaction, rows, data.files, plan[rows.component, rows.table])
            else:
                count += _import_table(transaction, rows, plan, namespaces)
        try:
            _check_references(plan, namespaces, mode)
        except ImportProblem as problem:
            raise usage_error(problem, origin) from None
        store.adopt_tables(transaction, plan, replace_all=mode == "replace_all")
        for id, (content, uuid) in contents.items():
            store.files.add(id, content, uuid)
    finally:
        # Nothing was written through it, it gave ids and times.
        transaction.rollback()
    return count


def _plan(data: DataFile, namespaces: Mapping[str, Namespace], mode: Mode) -> dict[_TableKey, Table]:
    """The tables that are to be filled, by component and name."""
    for component in {component for component, _ in data.numbers} | {rows.component for rows in data.tables}:
        if component not in namespaces:
            raise ImportProblem(
                f"not supported: tables of the component '{component}', which is not mounted",
                remedy="Mount it in convex.config.ts, or take it out of the archive.",
            )
    replace_all = mode == "replace_all"
    numbers = assign_table_numbers(data, namespaces, replace_all=replace_all)
    new = sum(namespaces[component].table(name) is None for component, name in numbers)
    if new and not replace_all and new + sum(map(len, namespaces.values())) > MAX_USER_TABLES:
        raise ImportProblem(f"Number of tables cannot exceed {MAX_USER_TABLES}.")
    return {key: _prepare(namespaces[key[0]], key[1], number, mode) for key, number in numbers.items()}


def _prepare(namespace: Namespace, name: str, number: int, mode: Mode) -> Table:
    """A hidden table of that name: empty, or a copy to append to."""
    existing = namespace.table(name)
    if name.startswith("_") and name != stored_files.TABLE:
        raise ImportProblem(f"Invalid table name {name} starts with metadata prefix '_'")
    if existing is not None and existing.documents and mode == "require_empty":
        raise ImportProblem(
            f"Table {name} already exists. Please choose a new table name or use replace/append modes.",
            remedy='With t.load that is mode="replace" or mode="append".',
        )
    if existing is None or mode != "append":
        return Table(namespace.component, name, number, namespace.schema.tables.get(name))
    if existing.number != number:
        raise ImportProblem(
            f"table {name}{in_component(namespace.component)} wants table number {number} but was already assigned "
            f"{existing.number}",
            remedy='The ids come from another deployment: use mode="replace", or leave out the `_id` fields.',
        )
    return existing.copy()


def _future_tables(plan: Mapping[_TableKey, Table], namespace: Namespace) -> _FutureTables:
    names = {table.number: table.name for table in namespace.tables()}
    names = {number: name for number, name in names.items() if (namespace.component, name) not in plan}
    return _FutureTables(
        names | {table.number: name for (component, name), table in plan.items() if component == namespace.component}
    )


def _import_table(
    transaction: Transaction, rows: TableRows, plan: Mapping[_TableKey, Table], namespaces: Mapping[str, Namespace]
) -> int:
    namespace = namespaces[rows.component]
    table = plan[rows.component, rows.table]
    insert = _Insertion(
        transaction, table, namespace.schema.enforced_validator(table.name), _future_tables(plan, namespace)
    )
    number = 0
    row: Any = None
    try:
        for row in rows.rows:
            number += 1
            insert(row)
            if number % _PROGRESS == 0:
                _log.info('Importing "%s" (%s documents)', table.name, f"{number:,}")
    except ImportProblem as problem:
        raise usage_error(problem, rows.place(problem.row)) from None
    except FunctionError as error:
        _raise_located(error, rows.place(number), row)
    _log.info('Imported "%s"%s (%s documents)', table.name, in_component(rows.component), f"{number:,}")
    return number


def _import_files(
    transaction: Transaction, rows: TableRows, files: list[StoredContent], table: Table
) -> dict[str, tuple[bytes, str | None]]:
    """Makes the documents of stored files; their contents and UUIDs by id."""
    contents: dict[str, tuple[bytes, str | None]] = {}
    insert = _Insertion(transaction, table, None, _FutureTables({}))
    place = rows.place(None)
    try:
        entries = stored_files.read_entries(rows.rows, table.number)
        for stored in files:
            if stored.component == rows.component:
                place = stored.name
                entry, content = entries.get(stored.id, {}), stored.read()
                insert(stored_files.file_fields(stored, content, entry))
                contents[stored.id] = content, entry.get("internalId")
    except ImportProblem as problem:
        raise usage_error(problem, place if problem.row is None else rows.place(problem.row)) from None
    except FunctionError as error:
        raise usage_error(ImportProblem(error.text), place) from None
    _log.info('Imported "_storage"%s (%s files)', in_component(rows.component), f"{len(contents):,}")
    return contents


def _raise_located(error: FunctionError, place: str, row: Any) -> NoReturn:
    problem = ImportProblem(error.text, shown=render(row))
    if isinstance(error, SchemaValidationError):
        raise SchemaValidationError(failure_text(problem, place)) from None
    raise usage_error(problem, place) from None


class _Insertion:
    """Inserts rows into one hidden table."""

    __slots__ = ("_table", "_tables", "_transaction", "_validator")

    def __init__(
        self, transaction: Transaction, table: Table, validator: Validator | None, tables: _FutureTables
    ) -> None:
        self._transaction = transaction
        self._table = table
        self._validator = validator
        self._tables = tables

    def __call__(self, fields: dict[str, Any]) -> None:
        """Raises `FunctionError` for what is no document of this table."""
        table = self._table
        given = fields.get("_id")
        id = self._transaction.next_id(table) if type(given) is not str else self._own_id(given)
        time = fields.get("_creationTime")
        if type(time) is not int and type(time) is not float:
            time = self._transaction.next_creation_time()
        elif not math.isfinite(time) or math.copysign(1, time) < 0:
            raise FunctionError(f"Invalid creation time {render(time)}")
        document = make_document(id, time, fields)
        if self._validator is not None:
            try:
                self._validator.check(document.body(), self._tables)
            except ValidationFailure as failure:
                raise SchemaValidationError(
                    f'Failed to insert or update a document in table "{table.name}" because it does not match the '
                    f"schema: {failure}"
                ) from None
        check_document_size(document)
        table.swap(None, document)

    def _own_id(self, given: str) -> str:
        table = self._table
        try:
            number = decode_id(given).table_number
        except InvalidIdError:
            raise FunctionError(f"invalid _id '{given}'") from None
        if number != table.number:
            # The line break and the spaces after it are the backend's.
            raise FunctionError(
                f"_id {given} cannot be imported into '{table.name}' because it came from a different deployment and "
                "conflict with preexisting tables in this deployment. Try deleting preexisting tables or importing "
                "into an empty\n                         deployment."
            )
        if given in table.documents:
            raise FunctionError(f'Objects in table "{table.name}" have duplicate _id fields')
        return given


def _check_references(plan: Mapping[_TableKey, Table], namespaces: Mapping[str, Namespace], mode: Mode) -> None:
    """Tables that are not imported must not hold ids that a changed table number makes wrong."""
    for component, namespace in namespaces.items():
        for name in namespace.schema.tables:
            table, validator = namespace.table(name), namespace.schema.tables[name].document_validator
            if (component, name) in plan or table is None or not table.documents or mode == "replace_all":
                continue
            for target in sorted(referenced_tables(validator)):
                old, new = namespace.table(target), plan.get((component, target))
                if old is not None and new is not None and old.number != new.number:
                    raise ImportProblem(
                        f"Import changes table '{target}' which is referenced by '{name}' in the schema",
                        remedy=f"Load '{name}' together with it.",
                    )
