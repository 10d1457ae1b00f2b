"""Database indexes: ordered maps from key bytes to documents.

Imitates `crates/common/src/index.rs` and `crates/common/src/bootstrap_model/index/database_index/`: a key is the
values of the indexed fields, then `_creationTime` unless it is `by_id`, then the id as text. Missing fields count as
undefined.

The maps are `sortedcontainers.SortedDict`: pure Python, and faster here than SQLite in memory.

By design: an index is filled when a query first wants it and kept up from then on, so that a table pays only for the
indexes in use.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sortedcontainers import SortedDict

from convex_test.values.order import encode_key
from convex_test.values.types import Undefined, undefined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convex_test.backend.intervals import Interval
    from convex_test.backend.store.documents import Document

FieldPath = tuple[str, ...]

ID_FIELD: Final[FieldPath] = ("_id",)
CREATION_TIME_FIELD: Final[FieldPath] = ("_creationTime",)


# Of all indexes that nobody has asked for: making a map for each costs more than most tests do otherwise.
_NOTHING: Final[SortedDict[bytes, Document]] = SortedDict()


class Index:
    """One index of one table.

    Attributes:
        label: names the index within the deployment: component, table, index.
        fields: the indexed fields without the trailing `_id`, as the backend counts them.
        entries: documents by key.
        is_filled: whether the entries are there; they are not as long as nobody asks for them.
    """

    __slots__ = ("_own_fields", "entries", "fields", "is_filled", "label")

    def __init__(self, label: tuple[str, str, str], fields: tuple[FieldPath, ...]) -> None:
        self.label = label
        self.fields = fields
        self.entries = _NOTHING
        self.is_filled = False
        self._own_fields = fields[:-1]

    def key(self, document: Document) -> bytes:
        if not self.fields:
            return encode_key(document.id)
        value = document.value
        parts = [
            encode_key(value.get(path[0], undefined) if len(path) == 1 else field_at(value, path))
            for path in self._own_fields
        ]
        parts.append(document.tail)
        return b"".join(parts)

    def fill(self, documents: Iterable[Document]) -> None:
        """Make the entries from all `documents` of the table."""
        self.entries = SortedDict((self.key(document), document) for document in documents)
        self.is_filled = True

    def copy(self) -> Index:
        copied = Index(self.label, self.fields)
        if self.is_filled:
            copied.entries = self.entries.copy()
            copied.is_filled = True
        return copied

    def update(self, old: Document | None, new: Document | None) -> None:
        """Keep up with a document that was added, changed or removed. For filled indexes only."""
        new_key = b"" if new is None else self.key(new)
        if old is not None:
            old_key = self.key(old)
            if old_key != new_key:
                del self.entries[old_key]
        if new is not None:
            self.entries[new_key] = new


def field_at(value: Mapping[str, Any], path: FieldPath) -> Any:
    """The value at a field path, `undefined` where there is none. Only objects have fields."""
    found: Any = value
    for name in path:
        if type(found) is not dict:
            return undefined
        found = found.get(name, undefined)
        if isinstance(found, Undefined):
            return undefined
    return found


def scan(
    entries: SortedDict[bytes, Document], interval: Interval, at_most: int, *, descending: bool
) -> list[tuple[bytes, Document]]:
    """The first `at_most` entries of an interval in the given direction."""
    keys = entries.irange(interval.start, interval.end, (True, False), descending)
    return [(key, entries[key]) for key in islice(keys, at_most)]
