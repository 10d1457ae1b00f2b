"""`t.load` and `t.dump`: data of a test from Python values and files, and back.

What is read and written is what `npx convex import` and `npx convex export` do; each call is all or nothing. For large
files `logging` has lines at the level INFO under the name "convex.load": one for each 10,000 documents, and one for
each table when it is complete.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final, get_args

from convex_test.backend.data_files.archives import open_archive, write_archive
from convex_test.backend.data_files.csv_files import read_csv, write_csv
from convex_test.backend.data_files.importing import Mode, import_data
from convex_test.backend.data_files.json_files import json_array, json_lines, read_json_array, read_json_lines
from convex_test.backend.data_files.rows import DataFile, ImportProblem, TableRows, check_table_name, usage_error
from convex_test.backend.schema.references import optional_fields
from convex_test.errors import UsageError
from convex_test.values.python import from_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convex_test.backend.store.store import Store
    from convex_test.backend.store.tables import Namespace

_SUFFIXES: Final = (".zip", ".jsonl", ".json", ".csv")


def load_data(store: Store, source: Any, table: str | None, mode: str) -> int:
    """What `t.load` does; gives the number of documents."""
    if mode not in get_args(Mode):
        raise UsageError(f"t.load(…, mode={mode!r}): expected one of {', '.join(map(repr, get_args(Mode)))}.")
    if table is not None and not isinstance(table, str):
        raise UsageError(f"t.load(…, table={table!r}): expected the name of a table as str.")
    checked: Mode = mode  # type: ignore[assignment]
    if isinstance(source, Mapping):
        if table is not None:
            raise UsageError(f"t.load({{…}}, table={table!r}): a mapping names its tables: leave out `table`.")
        origin = "t.load({…})"
        with _located(origin):
            data = _from_mapping(source)
        return import_data(store, data, checked, origin)
    path = _path(source, "t.load", "a mapping of tables to lists of documents, or a path as str or Path")
    if not path.is_file():
        kind = "is no file" if path.exists() else "does not exist"
        raise UsageError(f"t.load({str(source)!r}): {path.absolute()} {kind}.")
    with _located(str(path)), _open(store.namespace(""), path, table) as data:
        return import_data(store, data, checked, str(path))


@contextmanager
def _located(origin: str) -> Iterator[None]:
    try:
        yield
    except ImportProblem as problem:
        raise usage_error(problem, origin) from None


def _path(source: Any, call: str, expected: str) -> Path:
    if not isinstance(source, str | os.PathLike):
        raise UsageError(f"{call}({source!r:.200}): expected {expected}, but got {type(source).__name__}.")
    path = Path(source)
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{call}({str(source)!r}): expected a file that ends in {', '.join(_SUFFIXES)}.")
    return path


def _from_mapping(source: Mapping[Any, Any]) -> DataFile:
    tables = []
    for table, documents in source.items():
        if not isinstance(table, str):
            raise UsageError(f"t.load({{{table!r}: …}}): expected the name of a table as str.")
        check_table_name(table)
        if isinstance(documents, Mapping | str | bytes) or not isinstance(documents, Iterable):
            raise UsageError(
                f"t.load({{{table!r}: …}}): expected a list of documents, but got {documents!r:.200} "
                f"(type {type(documents).__name__})."
            )
        tables.append(TableRows("", table, _rows_of(table, documents), "t.load({…})", "document", -1))
    return DataFile(tables)


def _rows_of(table: str, documents: Iterable[Any]) -> Iterator[Any]:
    for number, document in enumerate(documents):
        where = f"t.load({{…}}): {table}[{number}]"
        if not isinstance(document, Mapping):
            raise UsageError(f"{where} is {document!r:.200} (type {type(document).__name__}): a document is a dict.")
        yield from_python(document, where)


@contextmanager
def _open(namespace: Namespace, path: Path, table: str | None) -> Iterator[DataFile]:
    suffix = path.suffix.lower()
    if suffix == ".zip":
        if table is not None:
            raise UsageError(f"t.load({path.name!r}, table={table!r}): an archive names its tables: leave out `table`.")
        with open_archive(path) as data:
            yield data
        return
    name = path.stem if table is None else table
    check_table_name(name)
    with path.open("rb") as stream:
        if suffix == ".csv":
            rows = read_csv(stream, _optional_fields(namespace, name))
            yield DataFile([TableRows("", name, rows, path.name, "row")])
        elif suffix == ".json":
            yield DataFile([TableRows("", name, read_json_array(stream), path.name, "row")])
        else:
            yield DataFile([TableRows("", name, read_json_lines(stream), path.name)])


def _optional_fields(namespace: Namespace, table: str) -> set[str]:
    definition = namespace.schema.tables.get(table)
    return set() if definition is None else optional_fields(definition.document_validator)


def dump_data(store: Store, target: Any, table: str | None) -> None:
    """What `t.dump` does."""
    path = _path(target, "t.dump", "a path as str or Path")
    if table is not None and not isinstance(table, str):
        raise UsageError(f"t.dump(…, table={table!r}): expected the name of a table as str.")
    if not path.parent.is_dir():
        raise UsageError(f"t.dump({str(target)!r}): the folder {path.parent.absolute()} does not exist.")
    # Tables hold what an open transaction has written; only what is committed may get out.
    transaction = store.begin(read_only=True)
    try:
        _write(store, path, table)
    finally:
        transaction.rollback()


def _write(store: Store, path: Path, table: str | None) -> None:
    if path.suffix.lower() == ".zip":
        if table is not None:
            raise UsageError(f"t.dump({path.name!r}, table={table!r}): an archive has all tables: leave out `table`.")
        with _replacing(path) as stream:
            write_archive(stream, store)
        return
    name = path.stem if table is None else table
    pieces = _pieces(store.namespace(""), path, name)
    with _replacing(path) as stream:
        stream.writelines(pieces)


def _pieces(namespace: Namespace, path: Path, name: str) -> Iterator[bytes]:
    where = f"t.dump({path.name!r})"
    table = namespace.table(name)
    if table is None or table.is_system:
        names = ", ".join(table.name for table in namespace.tables() if not table.is_system) or "none"
        raise UsageError(f"{where}: there is no table {name!r} to write; tables are: {names}. Name one with `table=`.")
    documents = [table.documents[id].value for id in sorted(table.documents)]
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return write_csv(documents, _optional_fields(namespace, name), where)
    return (json_array if suffix == ".json" else json_lines)(documents, where)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` when the block ends well, and is gone otherwise."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
        try:
            yield stream
        except BaseException:
            stream.close()
            with suppress(OSError):
                Path(stream.name).unlink()
            raise
    Path(stream.name).chmod(0o644)
    Path(stream.name).replace(path)
