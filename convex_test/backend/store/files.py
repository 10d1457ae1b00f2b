"""The bytes of stored files, beside the tables. Which file exists is said by its document in `_storage`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from convex_test.errors import InternalError

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class UploadPermission:
    """What the token of an upload URL stands for; `issued` in nanoseconds."""

    component: str
    issued: int


class Files:
    """The bytes of all files that were ever stored, by the ids of their documents. It only grows."""

    __slots__ = ("_contents", "_ids", "_random", "_uploads", "_uuids")

    def __init__(self, random: Random) -> None:
        self._random = random
        self._contents: dict[str, bytes] = {}
        self._uuids: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._uploads: dict[str, UploadPermission] = {}

    def add(self, document_id: str, content: bytes, uuid: str | None = None) -> None:
        """Keeps the bytes of a new document, under a UUID of its own or a given one."""
        uuid = uuid or str(UUID(int=self._random.getrandbits(128), version=4))
        self._contents[document_id] = content
        self._uuids[document_id] = uuid
        self._ids[uuid] = document_id

    def content(self, document_id: str) -> bytes:
        """The bytes of a document."""
        try:
            return self._contents[document_id]
        except KeyError:
            raise InternalError(f"The file {document_id} has a document and no content.") from None

    def uuid(self, document_id: str) -> str:
        """The UUID that a file's URL has."""
        return self._uuids[document_id]

    def id_of(self, uuid: str) -> str | None:
        """The document behind a UUID."""
        return self._ids.get(uuid)

    def allow_upload(self, component: str, now: int) -> str:
        """A token for one upload URL."""
        token = f"{self._random.getrandbits(256):064x}"
        self._uploads[token] = UploadPermission(component, now)
        return token

    def upload(self, token: str) -> UploadPermission | None:
        """What a token permits; None for one that was never given out."""
        return self._uploads.get(token)

    def copy(self) -> Files:
        """What a snapshot holds."""
        copied = Files(self._random)
        copied.include(self)
        return copied

    def include(self, other: Files) -> None:
        """Adds all files of another store."""
        self._contents |= other._contents
        self._uuids |= other._uuids
        self._ids |= other._ids
        self._uploads |= other._uploads
