"""`ctx.storage`. Imitates `npm-packages/convex/src/server/impl/storage_impl.ts`; files are `bytes` in Python."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from convex_test.errors import UsageError
from convex_test.harness.ctx.lease import no_attribute

if TYPE_CHECKING:
    from convex_test.harness.ctx.lease import Lease


class StorageReader:
    """`ctx.storage` of a query."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    def get_url(self, storage_id: str) -> str | None:
        """The URL that `t.fetch` can get the file from; None when there is no such file."""
        scope = self._lease.scope
        with scope.runner.storage(scope) as storage:
            return storage.get_url(_id("get_url", storage_id))

    def get_metadata(self, storage_id: str) -> dict[str, Any] | None:
        """`{"storageId", "sha256", "size", "contentType"}` of the file; None when there is no such file."""
        scope = self._lease.scope
        with scope.runner.storage(scope) as storage:
            return storage.get_metadata(_id("get_metadata", storage_id))

    def __getattr__(self, name: str) -> Any:
        raise no_attribute("ctx.storage", self, name)


class StorageWriter(StorageReader):
    """`ctx.storage` of a mutation or action, of `t.run` and `t.transaction()`."""

    def store(self, content: bytes, *, content_type: str | None = None, sha256: bytes | str | None = None) -> str:
        """Stores a file and returns its id.

        Args:
            content: the file.
            content_type: its media type, such as "image/png".
            sha256: its SHA-256, as bytes or in base64; another one is an error.
        """
        if not isinstance(content, bytes | bytearray | memoryview):
            raise UsageError(f"ctx.storage.store({content!r:.200}): expected bytes, but got {type(content).__name__}.")
        if content_type is not None and not isinstance(content_type, str):
            raise UsageError(f"ctx.storage.store(…, content_type={content_type!r:.200}): expected a str.")
        digest = b64encode(sha256).decode() if isinstance(sha256, bytes) else sha256
        scope = self._lease.scope
        with scope.runner.storage(scope) as storage:
            return storage.store(bytes(content), content_type, digest)

    def get(self, storage_id: str) -> bytes | None:
        """The file; None when there is no such file."""
        scope = self._lease.scope
        with scope.runner.storage(scope) as storage:
            found = storage.get(_id("get", storage_id), "storage.get")
        return None if found is None else found.content

    def delete(self, storage_id: str) -> None:
        """Deletes the file. Raises `FunctionError` when there is no such file."""
        scope = self._lease.scope
        with scope.runner.storage(scope) as storage:
            storage.delete(_id("delete", storage_id))

    def generate_upload_url(self) -> str:
        """A URL that `t.fetch(url, method="POST", content=…)` can send a file to."""
        scope = self._lease.scope
        with scope.runner.storage(scope) as storage:
            return storage.generate_upload_url()


def _id(method: str, storage_id: object) -> str:
    if not isinstance(storage_id, str):
        raise UsageError(f"ctx.storage.{method}({storage_id!r:.200}): expected the id of a file, a str.")
    return storage_id
