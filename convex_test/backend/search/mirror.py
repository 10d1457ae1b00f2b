"""Keeping what is derived from the documents of a table up with the table.

By design: an index is built when a search first wants it. Later searches look for documents that are not the ones they
were, which for 10,000 documents takes half a millisecond, and not at all while the table's version stays; so writes
cost nothing, and rollbacks and snapshots need no care. The indexes that were used last are kept (`lru_cache`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convex_test.backend.store.documents import Document
    from convex_test.backend.store.tables import Table


class Mirror(ABC):
    """Something that holds a part of each document of one table.

    Attributes:
        documents: the documents that it holds, by id.
    """

    __slots__ = ("_version", "documents")

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self._version: int | None = None

    def refresh(self, table: Table) -> None:
        """Take in what has changed in the table."""
        if self._version == table.version:
            return
        held = self.documents
        current = table.documents
        for document in [document for id, document in current.items() if held.get(id) is not document]:
            if document.id in held:
                self.remove(document.id)
            held[document.id] = document
            self.add(document)
        if len(held) != len(current):
            for id in [id for id in held if id not in current]:
                del held[id]
                self.remove(id)
        self._version = table.version

    @abstractmethod
    def add(self, document: Document) -> None:
        """Take in a document that is not held."""

    @abstractmethod
    def remove(self, id: str) -> None:
        """Forget a document."""
