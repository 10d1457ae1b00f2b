"""CSV: files of one table whose cells are numbers or strings.

Imitates `parse_csv_import` and `parse_csv_cell` in `crates/application/src/snapshot_import/parse.rs`: a cell is a
number if Rust can parse it as one, otherwise a string; NaN and infinities become null. `drop_empty` is
`remap_empty_string_by_schema` in `mod.rs` there. So writing refuses all that would be read as something else.

Read with Python's `csv`, which agrees with the backend's `csv_async` on quotes, separators and empty lines.
"""

from __future__ import annotations

import csv
import io
import re
from math import isfinite
from typing import IO, TYPE_CHECKING, Any, Final

from convex_test.backend.data_files.rows import ImportProblem
from convex_test.errors import UsageError
from convex_test.values.codec import canonical_number
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_field_name
from convex_test.values.render import quote, render
from convex_test.values.size import MAX_DOCUMENT_SIZE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from convex_test.values.types import Value

_NUMBER: Final = re.compile(r"[+-]?(?:inf|infinity|nan|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)", re.IGNORECASE)


def read_csv(stream: IO[bytes], optional_fields: Collection[str] = ()) -> Iterator[Value]:
    """The rows of a CSV file.

    Args:
        optional_fields: fields whose empty cells are left out.
    """
    records = _records(stream)
    _, header = next(records, (1, []))
    names = [_field_name(cell.strip(" ")) for cell in header]
    for number, (line, record) in enumerate(records, 1):
        if len(record) != len(names):
            raise ImportProblem(
                f"CSV row {line} doesn't have all of the fields in the header",
                shown=record,
                remedy=f"The header has {len(names)} fields, this row has {len(record)}.",
                row=number,
            )
        row = {name: parse_cell(cell) for name, cell in zip(names, record, strict=True)}
        yield {name: item for name, item in row.items() if item != "" or name not in optional_fields}


def _records(stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """The records that are not empty, with the number of their first line."""
    # A cell may be as long as a document; the module has one limit for everybody.
    limit = csv.field_size_limit(max(csv.field_size_limit(), MAX_DOCUMENT_SIZE))
    line = 1
    try:
        with io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
            reader = csv.reader(text)
            for record in reader:
                if record:
                    yield line, record
                line = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise ImportProblem(
            f"Failed to parse CSV row {line}: {error}", remedy="Save the file as UTF-8.", row=line
        ) from None
    except csv.Error as error:
        raise ImportProblem(f"Failed to parse CSV row {line}: {error}", row=line) from None
    finally:
        csv.field_size_limit(limit)


def _field_name(name: str) -> str:
    try:
        check_field_name(name)
    except InvalidValueError as error:
        raise ImportProblem(f"CSV header {quote(name)} isn't a valid field name: {error}") from None
    return name


def parse_cell(cell: str) -> Value:
    """What a cell holds: a number, null, or the text as it is."""
    if not _NUMBER.fullmatch(cell):
        return cell
    number = float(cell)
    return canonical_number(number) if isfinite(number) else None


def write_csv(documents: Sequence[dict[str, Any]], optional_fields: Collection[str], where: str) -> Iterator[bytes]:
    """The lines of a CSV file. Raises `UsageError` for what would not be read back as it is."""
    names = sorted({name for document in documents for name in document} | {"_id", "_creationTime"})
    for name in names:
        if name != name.strip(" "):
            raise _inexpressible(where, f"the field name {quote(name)} begins or ends with a space")
    text = io.StringIO()
    # With both characters in the end of a line, either is quoted inside a cell, in all versions of Python.
    writer = csv.writer(text, lineterminator="\r\n")
    for record in [names, *(_record(document, names, optional_fields, where) for document in documents)]:
        writer.writerow(record)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _record(document: dict[str, Any], names: list[str], optional_fields: Collection[str], where: str) -> list[str]:
    record = []
    for name in names:
        place = f"the field {name} of the document {document['_id']}"
        if name not in document:
            if name not in optional_fields:
                raise _inexpressible(where, f"{place} is missing and not optional in the schema")
            record.append("")
            continue
        value = document[name]
        cell = str(value) if type(value) is int or type(value) is float else value
        if not isinstance(cell, str) or (cell == "" and name in optional_fields) or _is_changed(value, cell):
            raise _inexpressible(where, f"{place} is {render(value)}")
        record.append(cell)
    return record


def _is_changed(value: Any, cell: str) -> bool:
    found = parse_cell(cell)
    return type(found) is not type(value) or repr(found) != repr(value)


def _inexpressible(where: str, what: str) -> UsageError:
    return UsageError(
        f"{where}: {what}, which an import would not read back from CSV: write .jsonl or a snapshot archive (.zip)."
    )
