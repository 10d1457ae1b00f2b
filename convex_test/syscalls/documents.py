"""`ctx.db.get`, `insert`, `patch`, `replace`, `delete` and `count`, and the timestamp of what they read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from convex_test.errors import InternalError
from convex_test.syscalls.table import TRANSACTION, argument, syscall, text_argument
from convex_test.values.codec import decode_fields, decode_parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend.database import Database
    from convex_test.syscalls.scope import Scope

_decode_document: Final = partial(decode_parsed, pending=True)


def database(scope: Scope) -> Database:
    """The database of a query's or mutation's scope."""
    if scope.database is None:
        raise InternalError("A syscall of transactions was answered outside of one.")
    return scope.database


@syscall("1.0/get", TRANSACTION)
def get(scope: Scope, args: Mapping[str, Any]) -> str:
    """A document, or null."""
    system = bool(args.get("isSystem", False))
    function = "db.system.get" if system else "db.get"
    document = database(scope).get(text_argument(args, "id", function), args.get("table"), system=system)
    return "null" if document is None else document.json


@syscall("1.0/insert", TRANSACTION)
def insert(scope: Scope, args: Mapping[str, Any]) -> str:
    """The new document's id, as `{_id}`."""
    table = text_argument(args, "table", "db.insert")
    new_id = database(scope).insert(table, argument(args, "value", "db.insert"), decode=_decode_document)
    return f'{{"_id":"{new_id}"}}'


@syscall("1.0/shallowMerge", TRANSACTION)
def patch(scope: Scope, args: Mapping[str, Any]) -> str:
    """Merges top-level fields; the client ignores the answer."""
    document_id = text_argument(args, "id", "db.patch")
    fields = argument(args, "value", "db.patch")
    return database(scope).patch(document_id, fields, args.get("table"), decode=decode_fields).json


@syscall("1.0/replace", TRANSACTION)
def replace(scope: Scope, args: Mapping[str, Any]) -> str:
    """Replaces all fields; the client ignores the answer."""
    document_id = text_argument(args, "id", "db.replace")
    value = argument(args, "value", "db.replace")
    return database(scope).replace(document_id, value, args.get("table"), decode=_decode_document).json


@syscall("1.0/remove", TRANSACTION)
def delete(scope: Scope, args: Mapping[str, Any]) -> str:
    """Deletes; the client ignores the answer."""
    return database(scope).delete(text_argument(args, "id", "db.delete"), args.get("table")).json


@syscall("1.0/count", TRANSACTION)
def count(scope: Scope, args: Mapping[str, Any]) -> str:
    """The number of documents in a table."""
    return str(database(scope).count(text_argument(args, "table", "db.count")))
