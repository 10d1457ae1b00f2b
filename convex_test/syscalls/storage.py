"""`ctx.storage` (`npm-packages/convex/src/server/impl/storage_impl.ts`).

In a query or mutation it works in the function's transaction, in an action each call is one of its own. Bytes travel as
base64. `storage/storeBlob` and `storage/getBlob` are what the prelude makes of the two operations on blobs.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.backend.arguments import describe_json, invalid_arguments
from convex_test.syscalls.table import ACTION, argument, syscall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.syscalls.scope import FunctionKind, Scope

MUTATION: Final[frozenset[FunctionKind]] = frozenset({"mutation"})


@syscall("1.0/storageGetUrl")
def get_url(scope: Scope, args: Mapping[str, Any]) -> str:
    """A URL, or null."""
    storage_id = _storage_id(args, "storage.getUrl")
    with scope.runner.storage(scope) as storage:
        return _json(storage.get_url(storage_id))


@syscall("1.0/storageGetMetadata")
def get_metadata(scope: Scope, args: Mapping[str, Any]) -> str:
    """`{storageId, sha256, size, contentType}`, or null."""
    storage_id = _storage_id(args, "storage.getMetadata")
    with scope.runner.storage(scope) as storage:
        return _json(storage.get_metadata(storage_id))


@syscall("1.0/storageGenerateUploadUrl", MUTATION | ACTION)
def generate_upload_url(scope: Scope, _args: Mapping[str, Any]) -> str:
    """A URL to post a file to."""
    with scope.runner.storage(scope) as storage:
        return _json(storage.generate_upload_url())


@syscall("1.0/storageDelete", MUTATION | ACTION)
def delete(scope: Scope, args: Mapping[str, Any]) -> str:
    """Null."""
    storage_id = _storage_id(args, "storage.delete")
    with scope.runner.storage(scope) as storage:
        storage.delete(storage_id)
    return "null"


@syscall("1.0/storageStore", MUTATION)
def store(scope: Scope, args: Mapping[str, Any]) -> str:
    """The new file's id."""
    return _store(scope, args)


@syscall("1.0/storageGet", MUTATION)
def get(scope: Scope, args: Mapping[str, Any]) -> str:
    """`{blob, contentType}`, or null."""
    return _get(scope, args, "storage.get")


@syscall("storage/storeBlob", ACTION)
def store_blob(scope: Scope, args: Mapping[str, Any]) -> str:
    """The new file's id."""
    return _store(scope, args)


@syscall("storage/getBlob", ACTION)
def get_blob(scope: Scope, args: Mapping[str, Any]) -> str:
    """`{blob, contentType}`, or null. Errors have the name that the backend gives it."""
    return _get(scope, args, "storage.getMetadata")


def _store(scope: Scope, args: Mapping[str, Any]) -> str:
    content = b64decode(argument(args, "blob", "storage.store"))
    with scope.runner.storage(scope) as storage:
        return _json(storage.store(content, args.get("contentType"), args.get("sha256")))


def _get(scope: Scope, args: Mapping[str, Any], function: str) -> str:
    storage_id = _storage_id(args, function)
    with scope.runner.storage(scope) as storage:
        found = storage.get(storage_id, function)
    if found is None:
        return "null"
    return _json({"blob": b64encode(found.content).decode(), "contentType": found.content_type})


def _storage_id(args: Mapping[str, Any], function: str) -> str:
    value = argument(args, "storageId", function)
    if not isinstance(value, str):
        raise invalid_arguments(function, f"invalid type: {describe_json(value)}, expected a string")
    return value


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
