"""The part of `t` that is about its data as a whole: imports and exports, and the state as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convex_test.harness.data import dump_data, load_data
from convex_test.harness.state import Snapshot, restore_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    from convex_test.backend.data_files.importing import Mode
    from convex_test.functions.deployment import Deployment


class Stateful:
    """What `ConvexTest` inherits; its data is that of `_deployment`."""

    _deployment: Deployment

    def load(
        self,
        source: Mapping[str, Iterable[Mapping[str, Any]]] | str | PathLike[str],
        *,
        table: str | None = None,
        mode: Mode = "require_empty",
    ) -> int:
        """Imports documents as `npx convex import` does, all or none: `t.load({"users": [{"name": "Sarah"}]})`.

        Documents may have `_id` and `_creationTime`; ids keep the numbers of their tables. They must match the schema.
        In .jsonl, .json and .csv all numbers are float64; only a .zip can hold int64, bytes, NaN and infinities. For
        large files there are lines of progress in `logging`, under the name "convex.load".

        Args:
            source: documents by table, or the path of a .jsonl, .json or .csv file for one table, or of a .zip that
                `npx convex export` or `t.dump` has written.
            table: the table of the file, if it is not the file's name.
            mode: whether its tables must be empty, get the documents in addition ("append"), or lose those that
                they have ("replace"); "replace_all" empties all other tables, too.

        Returns:
            The number of documents.

        Raises:
            SchemaValidationError: a document does not match the schema.
            UsageError: the file cannot be read, or what is in it cannot be imported; the message says where.
        """
        return load_data(self._deployment.store, source, table, mode)

    def dump(self, path: str | PathLike[str], *, table: str | None = None) -> None:
        """Exports all tables to a .zip as `npx convex export` does, or one table to a .jsonl, .json or .csv file.

        A file that is there already is replaced.

        Args:
            table: the table for a .jsonl, .json or .csv file, if it is not the file's name.

        Raises:
            UsageError: no such table or folder, values that the format cannot hold, or a transaction is open.
        """
        dump_data(self._deployment.store, path, table)

    def snapshot(self) -> Snapshot:
        """The state as a value, for `restore`: documents, files, scheduled functions, and times of crons.

        Takes next to no time and memory, however many documents there are.
        """
        return Snapshot.of(self._deployment)

    def restore(self, snapshot: Snapshot) -> None:
        """Brings a state back, also that of another `t` of the same project. Time does not go back, and `env` stays."""
        restore_snapshot(self._deployment, snapshot)
