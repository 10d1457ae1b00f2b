"""Stored files in snapshot archives: `_storage/documents.jsonl`, and the contents beside it.

Imitates `crates/application/src/snapshot_import/import_file_storage.rs` and `crates/exports/src/export_storage.rs`: a
content without a line about it is a file all the same, a line without a content is none.
"""

from __future__ import annotations

import hashlib
import mimetypes
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.backend.data_files.rows import ImportProblem
from convex_test.backend.ids import InvalidIdError, decode_id
from convex_test.backend.storage import parse_uuid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convex_test.backend.data_files.rows import StoredContent
    from convex_test.backend.store.documents import Document
    from convex_test.backend.store.files import Files

TABLE: Final = "_storage"

_OPTIONAL_KINDS: Final[dict[str, type | tuple[type, ...]]] = {
    "_creationTime": (int, float),
    "contentType": str,
    "internalId": str,
    "sha256": str,
    "size": int,
}


def read_entries(rows: Iterable[Any], table_number: int) -> dict[str, dict[str, Any]]:
    """What is said about each file, by its id.

    Raises:
        ImportProblem: a line is no entry of such a table.
    """
    entries: dict[str, dict[str, Any]] = {}
    for row, entry in enumerate(rows, 1):
        fault = _fault(entry)
        if fault:
            raise ImportProblem(f"Row {row} wasn't a valid Convex value: {fault}", shown=entry, row=row)
        number = decode_id(entry["_id"]).table_number
        if number != table_number:
            raise ImportProblem(
                f"_storage entry has invalid ID {entry['_id']} (TableNumber({number}) != TableNumber({table_number}))",
                shown=entry,
                row=row,
            )
        entries[entry["_id"]] = entry
    return entries


def _fault(entry: dict[str, Any]) -> str:
    if not isinstance(entry.get("_id"), str):
        return "missing field `_id`"
    try:
        decode_id(entry["_id"])
    except InvalidIdError as error:
        return str(error)
    for name, kind in _OPTIONAL_KINDS.items():
        value = entry.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
            return f"{name} is {value!r}"
    uuid = entry.get("internalId")
    return "Couldn't parse storage_id" if uuid is not None and parse_uuid(uuid) is None else ""


def file_fields(stored: StoredContent, content: bytes, entry: dict[str, Any]) -> dict[str, Any]:
    """The fields of the document of a file. Raises `ImportProblem` when the content is not what its entry says."""
    digest = b64encode(hashlib.sha256(content).digest()).decode()
    expected = entry.get("sha256")
    if expected is not None and expected != digest:
        raise ImportProblem(f"Sha256 mismatch. Expected: {expected} Actual: {digest}", shown=stored.name)
    size = entry.get("size")
    if size is not None and size != len(content):
        raise ImportProblem(
            f"the file has {len(content)} bytes, and _storage/documents.jsonl says {size}", shown=stored.name
        )
    fields: dict[str, Any] = {
        "_id": stored.id,
        "contentType": entry.get("contentType"),
        "sha256": digest,
        "size": len(content),
    }
    if entry.get("_creationTime") is not None:
        fields["_creationTime"] = entry["_creationTime"]
    return fields


def entry_lines(documents: Iterable[Document], files: Files) -> Iterator[bytes]:
    """The lines about files."""
    for document in documents:
        value = document.value
        entry = {
            "_creationTime": float(document.creation_time),
            "_id": document.id,
            "contentType": value["contentType"],
            "internalId": files.uuid(document.id),
            "sha256": value["sha256"],
            "size": value["size"],
        }
        yield orjson.dumps(entry) + b"\n"


def file_name(document: Document) -> str:
    """What the content of a file is called, with an extension that fits its type if there is one."""
    content_type = document.value["contentType"]
    extension = None if content_type is None else mimetypes.guess_extension(content_type.partition(";")[0].strip())
    return f"{document.id}{extension or ''}"
