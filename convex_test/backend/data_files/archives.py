"""Snapshot archives: the ZIP that `npx convex export` writes.

Imitates `crates/application/src/snapshot_import/parse.rs` (which entries are read) and
`crates/exports/src/{lib,zip_uploader}.rs` (what is written, and in which order). Tables of the app are in
`<table>/documents.jsonl`, those of components below `_components/<name>/`; folders around that are ignored.

Files are in `_storage`, when there are any.

Gap: the `generated_schema.jsonl` of older exports, which is not the word "uniform", is refused.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from contextlib import contextmanager
from io import BufferedReader
from typing import IO, TYPE_CHECKING, Any, Final

import orjson

from convex_test.backend.data_files.json_files import read_json_lines
from convex_test.backend.data_files.lossless import encode_lossless
from convex_test.backend.data_files.rows import DataFile, ImportProblem, StoredContent, TableRows
from convex_test.backend.data_files.stored_files import entry_lines, file_name
from convex_test.backend.ids import InvalidIdError, decode_id
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convex_test.backend.store.files import Files
    from convex_test.backend.store.store import Store
    from convex_test.backend.store.tables import Namespace, Table

_COMPONENT: Final = re.compile(r"(.*/)?_components/([^/]+)/")
_DOCUMENTS: Final = re.compile(r"(.*/)?([^/]+)/documents\.jsonl")
_GENERATED_SCHEMA: Final = re.compile(r"(.*/)?([^/]+)/generated_schema\.jsonl")
_STORED_FILE: Final = re.compile(r"(.*/)?_storage/([^/.]+)(?:\.[^/]+)?")

# What `zipfile` raises for archives that are damaged, encrypted, or compressed in ways it does not know.
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    OverflowError,
    RuntimeError,
    ValueError,
    OSError,
)
_BUFFER: Final = 1 << 20

_README: Final = """\
# A snapshot of a Convex deployment

Each folder is a table: `documents.jsonl` has one document in each line.
`npx convex import` reads this archive, and so does `t.load(path)`.
"""


@contextmanager
def open_archive(path: Path) -> Iterator[DataFile]:
    """The tables of an archive. Raises `ImportProblem` when it is none, or has names that are none."""
    # Closed by us: an archive keeps its file open for as long as an entry is.
    with path.open("rb") as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except _BROKEN as error:
            raise _invalid(error) from None
        with archive:
            yield _read_entries(archive, path.name)


def _read_entries(archive: zipfile.ZipFile, origin: str) -> DataFile:
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    uniform = {
        _table(match)
        for name in names
        if (match := _GENERATED_SCHEMA.fullmatch(name)) and _require_uniform(archive, name)
    }
    data = DataFile([])
    for name in names:
        match = _DOCUMENTS.fullmatch(name)
        if match is None:
            if (stored := _STORED_FILE.fullmatch(name)) and stored[2] != "documents":
                data.files.append(_stored_content(archive, stored))
            continue
        component, table = _table(match)
        rows = _lines(archive, name, lossless=(component, table) in uniform)
        if table == "_tables":
            _read_numbers(rows, component, data.numbers)
        elif table == "_storage" or not table.startswith("_"):
            data.tables.append(TableRows(component, table, rows, f"{origin}: {name}"))
    return data


def _table(match: re.Match[str]) -> tuple[str, str]:
    """The component's path and the table's name that an entry is about."""
    prefix, table = match[1] or "", match[2]
    try:
        check_identifier(table)
    except InvalidValueError as error:
        raise ImportProblem(f"table name '{table}' invalid: {error}", shown=match[0]) from None
    return _component(prefix), table


def _component(prefix: str) -> str:
    path: list[str] = []
    while inner := _COMPONENT.fullmatch(prefix):
        prefix = inner[1] or ""
        path.insert(0, inner[2])
    return "/".join(path)


def _stored_content(archive: zipfile.ZipFile, match: re.Match[str]) -> StoredContent:
    name, id = match[0], match[2]
    try:
        decode_id(id)
    except InvalidIdError as error:
        raise ImportProblem(f"_storage id '{id}' invalid: {error}", shown=name) from None

    def read() -> bytes:
        with _entry(archive, name) as stream:
            return stream.read()

    return StoredContent(_component(match[1] or ""), id, name, read)


def _require_uniform(archive: zipfile.ZipFile, name: str) -> bool:
    with _entry(archive, name) as stream:
        line = stream.readline()
    try:
        is_uniform = orjson.loads(line) == "uniform"
    except orjson.JSONDecodeError as error:
        raise ImportProblem(f"Row 1 wasn't valid JSON: {error}", shown=name) from None
    if not is_uniform:
        raise ImportProblem(
            f"not supported: {name} in the format of older exports",
            shown=line.decode(errors="replace").strip(),
            remedy="Export the deployment again with the present `npx convex export`.",
        )
    return True


def _lines(archive: zipfile.ZipFile, name: str, *, lossless: bool) -> Iterator[Any]:
    with _entry(archive, name) as stream:
        yield from read_json_lines(stream, lossless=lossless, is_archived=True)


@contextmanager
def _entry(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    try:
        with archive.open(name) as stream, BufferedReader(stream, _BUFFER) as buffered:  # type: ignore[type-var]
            yield buffered
    except _BROKEN as error:
        raise _invalid(error, name) from None


def _invalid(error: Exception, entry: str = "") -> ImportProblem:
    remedy = f"Python's zipfile says: {str(error) or type(error).__name__}. Make the archive again."
    return ImportProblem("invalid zip file", shown=entry or None, remedy=remedy)


def _read_numbers(rows: Iterator[Any], component: str, numbers: dict[tuple[str, str], int]) -> None:
    """Imitates `parse_tables_table` in `crates/application/src/snapshot_import/mod.rs`."""
    for row, entry in enumerate(rows, 1):
        name, number = entry.get("name"), entry.get("id")
        if not isinstance(name, str):
            raise ImportProblem(f"Row {row} wasn't a valid Convex value: table requires name", shown=entry, row=row)
        try:
            check_identifier(name)
        except InvalidValueError as error:
            raise ImportProblem(f'"{name}" isn\'t a valid table name: {error}', shown=entry, row=row) from None
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < int(number) < 2**32:
            raise ImportProblem(
                f"Row {row} wasn't a valid Convex value: table requires id (received {number!r})", shown=entry, row=row
            )
        if (component, name) in numbers:
            raise ImportProblem(f"`_tables` contains duplicate entries for `{name}`", shown=entry, row=row)
        numbers[component, name] = int(number)


def write_archive(stream: IO[bytes], store: Store) -> None:
    """Write the user tables and the stored files of all components."""
    namespaces = store.namespaces()
    tables = [
        (component, table)
        for component, namespace in sorted(namespaces.items())
        for table in namespace.tables()
        if not table.is_system
    ]
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "README.md", [_README.encode()])
        for component in sorted(namespaces):
            lines = [_table_line(table) for owner, table in tables if owner == component]
            _write(archive, f"{_prefix(component)}_tables/documents.jsonl", lines)
        for component, table in sorted(tables, key=_size):
            folder = f"{_prefix(component)}{table.name}"
            _write(archive, f"{folder}/documents.jsonl", _document_lines(table))
            _write(archive, f"{folder}/generated_schema.jsonl", [b'"uniform"\n'])
        for component, namespace in sorted(namespaces.items()):
            _write_files(archive, f"{_prefix(component)}_storage/", namespace, store.files)


def _write_files(archive: zipfile.ZipFile, folder: str, namespace: Namespace, files: Files) -> None:
    stored = namespace.require_table("_storage").documents
    documents = [stored[id] for id in sorted(stored)]
    if not documents:
        return
    _write(archive, f"{folder}documents.jsonl", entry_lines(documents, files))
    for document in documents:
        _write(archive, f"{folder}{file_name(document)}", [files.content(document.id)])


def _table_line(table: Table) -> bytes:
    return orjson.dumps({"id": table.number, "name": table.name}) + b"\n"


def _size(entry: tuple[str, Table]) -> int:
    return sum(document.size for document in entry[1].documents.values())


def _document_lines(table: Table) -> Iterator[bytes]:
    for id in sorted(table.documents):
        yield encode_lossless(table.documents[id].value) + b"\n"


def _prefix(component: str) -> str:
    return "".join(f"_components/{name}/" for name in component.split("/") if name)


def _write(archive: zipfile.ZipFile, name: str, pieces: Iterator[bytes] | list[bytes]) -> None:
    # Entries have no time of their own, so that equal data gives equal archives.
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    with archive.open(info, "w", force_zip64=True) as stream:
        for piece in pieces:
            stream.write(piece)
