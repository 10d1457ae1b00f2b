"""Stored files: their bytes, and what `ctx.storage` does with them.

Imitates `crates/file_storage/src/core.rs`, `crates/model/src/file_storage/{mod,virtual_table}.rs` and
`crates/keybroker/src/broker.rs` (tokens of upload URLs).

A file is its document in `_storage`, which transactions write, roll back and snapshots hold like any other. The bytes,
which never change, lie beside the tables under the document's id; those whose document is gone are out of reach, and
stay for a rollback or a snapshot that brings it back. The UUID in a file's URL is another id, drawn for itself.

Known gaps: `store` and `get` of mutations are not in the backend's published source, so they answer as npm's `convex`
expects. Reading and writing files counts towards no limit.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from convex_test.backend.arguments import invalid_argument
from convex_test.backend.components.handles import component_id
from convex_test.backend.ids import InvalidIdError, decode_id
from convex_test.errors import FunctionError, UnsupportedError

if TYPE_CHECKING:
    from convex_test.backend.store.documents import Document
    from convex_test.backend.store.transactions import Transaction

CLOUD_ORIGIN: Final = "https://convex-test-000.convex.cloud"
UPLOAD_SECONDS: Final = 60 * 60
TABLE: Final = "_storage"

_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_MEDIA_TYPE: Final = re.compile(rf"({_WORD}/{_WORD})((?:\s*;\s*{_WORD}=(?:\"[^\"]*\"|{_WORD}))*)\s*;?\s*")
_PARAMETER: Final = re.compile(rf";\s*({_WORD})=(\"[^\"]*\"|{_WORD})")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that exists. `sha256` is hexadecimal."""

    id: str
    uuid: str
    content: bytes
    content_type: str | None
    sha256: str


class Storage:
    """The files of one component, seen by one transaction."""

    __slots__ = ("_component", "_files", "_transaction")

    def __init__(self, transaction: Transaction, component: str) -> None:
        self._transaction = transaction
        self._component = component
        self._files = transaction.store.files

    def store(self, content: bytes, content_type: str | None = None, digest: str | None = None) -> str:
        """Stores a file and gives its id. `digest` is what its SHA-256 must be, in base64.

        Raises:
            FunctionError: the digest is no digest, or another one.
        """
        actual = hashlib.sha256(content).digest()
        if digest is not None and _decode_digest(digest) != actual:
            expected = b64encode(_decode_digest(digest)).decode()
            raise FunctionError(f"Sha256 mismatch. Expected: {expected} Actual: {b64encode(actual).decode()}")
        fields = {
            "contentType": normalize_media_type(content_type) if content_type else None,
            "sha256": b64encode(actual).decode(),
            "size": len(content),
        }
        document = self._transaction.insert_system(self._component, TABLE, fields)
        self._files.add(document.id, content)
        return document.id

    def get(self, storage_id: str, function: str) -> StoredFile | None:
        """A file by its id or its UUID. `function` is the name that errors have.

        Raises:
            FunctionError: the text is no id, or one of another table.
        """
        document = self._find(storage_id, function)
        if document is None:
            return None
        value = document.value
        return StoredFile(
            id=document.id,
            uuid=self._files.uuid(document.id),
            content=self._files.content(document.id),
            content_type=value["contentType"],
            sha256=b64decode(value["sha256"]).hex(),
        )

    def get_url(self, storage_id: str) -> str | None:
        """Where the file can be fetched from, as long as it exists."""
        document = self._find(storage_id, "storage.getUrl")
        if document is None:
            return None
        url = f"{CLOUD_ORIGIN}/api/storage/{self._files.uuid(document.id)}"
        return f"{url}?component={component_id(self._component)}" if self._component else url

    def get_metadata(self, storage_id: str) -> dict[str, str | int | None] | None:
        """`{"storageId", "sha256", "size", "contentType"}`, where the id is the UUID and the digest hexadecimal."""
        found = self.get(storage_id, "storage.getMetadata")
        if found is None:
            return None
        return {
            "storageId": found.uuid,
            "sha256": found.sha256,
            "size": len(found.content),
            "contentType": found.content_type,
        }

    def delete(self, storage_id: str) -> None:
        """Deletes a file. Raises `FunctionError` when there is none."""
        document = self._find(storage_id, "storage.delete")
        if document is None:
            raise FunctionError(f"storage id {storage_id} not found")
        self._transaction.delete_system(self._component, document.id)

    def generate_upload_url(self) -> str:
        """A URL that takes one POST with a file, for an hour."""
        token = self._files.allow_upload(self._component, self._transaction.now)
        return f"{CLOUD_ORIGIN}/api/storage/upload?token={token}"

    def _find(self, storage_id: str, function: str) -> Document | None:
        try:
            number = decode_id(storage_id).table_number
        except InvalidIdError:
            return self._find_by_uuid(storage_id, function)
        namespace = self._transaction.store.namespace(self._component)
        if namespace.name_of(number) != TABLE:
            raise FunctionError(
                "Invalid storage ID. Storage ID cannot be an ID on any table other than '_storage'.",
            )
        return self._transaction.get_system(self._component, storage_id)

    def _find_by_uuid(self, text: str, function: str) -> Document | None:
        uuid = parse_uuid(text)
        if uuid is None:
            raise invalid_argument(
                "storageId",
                function,
                f'Invalid storage ID: "{text}". Storage ID should be an\n'
                "                    Id of '_storage' table, or a UUID string.",
            )
        document_id = self._files.id_of(uuid)
        return None if document_id is None else self._transaction.get_system(self._component, document_id)


def parse_uuid(text: str) -> str | None:
    """A UUID in its usual spelling, or None; the other spellings that Rust's `uuid` takes are read too."""
    bare = re.fullmatch(r"(?:urn:uuid:)?(\{)?([0-9a-fA-F-]+)(\})?", text)
    if bare is None or (bare[1] is None) != (bare[3] is None):
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", bare[2]):
        return None
    return str(UUID(bare[2]))


def normalize_media_type(text: str) -> str:
    """A media type as the backend keeps it: its names in lower case.

    Raises:
        UnsupportedError: it is none; what the backend then says is not imitated.
    """
    found = _MEDIA_TYPE.fullmatch(text)
    if found is None:
        raise UnsupportedError(f"not supported: storing a file whose content type is no media type ({text!r:.200})")

    def lower(parameter: re.Match[str]) -> str:
        name = parameter[1].lower()
        value = parameter[2].lower() if name == "charset" else parameter[2]
        return parameter[0].replace(f"{parameter[1]}={parameter[2]}", f"{name}={value}")

    return found[1].lower() + _PARAMETER.sub(lower, found[2])


def _decode_digest(text: str) -> bytes:
    try:
        digest = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise FunctionError("invalid HTTP header")
    return digest
