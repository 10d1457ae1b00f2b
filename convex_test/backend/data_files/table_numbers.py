"""Which numbers the imported tables get: those in the ids of their documents, wherever possible.

Imitates `assign_table_numbers`, `prepare_table_for_import` and `validate_prepared_table_numbers` in
`crates/application/src/snapshot_import/mod.rs`, and `table_conflict_error` in
`crates/database/src/bootstrap_model/table.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convex_test.backend.data_files.rows import ImportProblem, in_component
from convex_test.backend.ids import InvalidIdError, decode_id
from convex_test.backend.store.tables import FIRST_USER_TABLE_NUMBER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from convex_test.backend.data_files.rows import DataFile, TableRows
    from convex_test.backend.store.tables import Namespace

_Names = dict[tuple[str, int], str]


def assign_table_numbers(
    data: DataFile, namespaces: Mapping[str, Namespace], *, replace_all: bool
) -> dict[tuple[str, str], int]:
    """The number of each table that is to be imported, by component and name.

    Raises:
        ImportProblem: two tables claim the same number.
    """
    assigned: dict[tuple[str, str], int] = {}
    names: _Names = {}
    for (component, table), number in data.numbers.items():
        _assign(assigned, names, component, table, number)
    for rows in data.tables:
        found = None if (rows.component, rows.table) in assigned else _number_in_ids(rows)
        if found is not None:
            _assign(assigned, names, rows.component, rows.table, found)
    without_number = [(rows.component, rows.table) for rows in data.tables]
    if replace_all:
        without_number += [
            (owner, table) for owner, namespace in namespaces.items() for table in namespace.schema.tables
        ]
    _keep_numbers(assigned, names, without_number, namespaces)
    _check_conflicts(assigned, names, namespaces, replace_all=replace_all)
    for component, table in without_number:
        if (component, table) not in assigned:
            taken = [number for owner, number in names if owner == component]
            _assign(assigned, names, component, table, _free_number(namespaces[component], taken))
    return assigned


def _assign(assigned: dict[tuple[str, str], int], names: _Names, component: str, table: str, number: int) -> None:
    other = names.setdefault((component, number), table)
    if other != table:
        raise ImportProblem(
            f"conflict between `{other}` and `{table}`{in_component(component)} with number {number}",
            remedy="The ids of two tables have the same table number: load tables of one deployment only.",
        )
    assigned[component, table] = number


def _number_in_ids(rows: TableRows) -> int | None:
    """The table number in the id of the first document."""
    first = rows.first()
    given = first.get("_id") if isinstance(first, dict) else None
    if not isinstance(given, str):
        return None
    try:
        return decode_id(given).table_number
    except InvalidIdError:
        return None


def _keep_numbers(
    assigned: dict[tuple[str, str], int],
    names: _Names,
    tables: Iterable[tuple[str, str]],
    namespaces: Mapping[str, Namespace],
) -> None:
    """Tables that ask for no number keep the one they have, unless another one asks for it."""
    for component, name in tables:
        existing = namespaces[component].table(name)
        if (component, name) in assigned or existing is None or (component, existing.number) in names:
            continue
        _assign(assigned, names, component, name, existing.number)


def _check_conflicts(
    assigned: dict[tuple[str, str], int], names: _Names, namespaces: Mapping[str, Namespace], *, replace_all: bool
) -> None:
    for component, namespace in namespaces.items():
        for table in namespace.tables():
            survives = (component, table.name) not in assigned and (table.is_system or not replace_all)
            imported = names.get((component, table.number))
            if survives and imported is not None:
                raise _conflict(imported, table.name, component)


def _conflict(imported: str, existing: str, component: str) -> ImportProblem:
    text = f"New table `{imported}`{in_component(component)} has IDs that conflict with existing "
    if existing.startswith("_"):
        return ImportProblem(f"{text}system table")
    return ImportProblem(
        f"{text}table `{existing}`. To delete all existing tables, import with `npx convex import --replace-all`.",
        remedy='With t.load that is mode="replace_all"; or leave out the `_id` fields.',
    )


def _free_number(namespace: Namespace, taken: Collection[int]) -> int:
    number = FIRST_USER_TABLE_NUMBER
    while namespace.table_numbered(number) is not None or number in taken:
        number += 1
    return number
