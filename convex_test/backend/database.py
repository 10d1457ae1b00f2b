"""`ctx.db`: what one function execution can do with its component's tables.

Imitates `crates/isolate/src/environment/udf/async_syscall.rs` (checks of arguments and their order),
`crates/database/src/bootstrap_model/user_facing.rs` and the writes in `crates/database/src/transaction.rs`.

Errors have the backend's complete texts and are ready to be shown. Values go in and come out canonical.

By design: values may also be given undecoded with a `decode` function, because the backend looks at ids and tables
before it looks at values, and which error comes first can be seen.

Gap: components cannot be unmounted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from convex_test.backend.arguments import invalid_argument
from convex_test.backend.ids import InvalidIdError, decode_id, normalize_id
from convex_test.backend.query.pagination import check_options, read_page
from convex_test.backend.query.sources import open_source
from convex_test.backend.query.streams import QueryStream
from convex_test.backend.scheduler import TABLE as JOBS_TABLE
from convex_test.backend.schema.validators import ValidationFailure
from convex_test.backend.store.documents import check_document_size, make_document
from convex_test.errors import FunctionError, SchemaValidationError
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_identifier
from convex_test.values.size import MAX_OBJECT_FIELDS
from convex_test.values.types import Undefined

if TYPE_CHECKING:
    from convex_test.backend.query.pagination import Page, PaginationOptions
    from convex_test.backend.query.plan import Query
    from convex_test.backend.store.documents import Document
    from convex_test.backend.store.tables import Namespace, Table
    from convex_test.backend.store.transactions import Transaction

Decode: TypeAlias = Callable[[Any], Any]


class Database:
    """The database as one function execution sees it.

    Attributes:
        transaction: the transaction it runs in, shared with the functions that call it and that it calls.
        namespace: the tables of its component.
    """

    __slots__ = ("_component", "_has_paginated", "namespace", "transaction")

    def __init__(self, transaction: Transaction, component: str = "") -> None:
        self.transaction = transaction
        self._component = component
        self.namespace: Namespace = transaction.store.namespace(component)
        self._has_paginated = False

    # Reading

    def get(self, id: str, table: str | None = None, *, system: bool = False) -> Document | None:
        """`db.get`, or `db.system.get` with `system`."""
        try:
            number = decode_id(id).table_number
        except InvalidIdError as error:
            raise invalid_argument("id", _get_method(system), error) from None
        found = self.namespace.table_numbered(number)
        if found is None:
            return None
        if found.is_system is not system:
            raise _wrong_reader(found)
        if table is not None:
            _check_table(found, table, _get_method(system))
        if system and found.name == JOBS_TABLE:
            self.transaction.store.jobs_were_read = True
        usage = self.transaction.usage
        document = found.documents.get(id)
        if document is not None and not system:
            usage.read_documents(1, document.size)
        usage.read_id(found.indexes["by_id"].label, id)
        return document

    def query(self, query: Query) -> QueryStream:
        """The results of a query. A wrong index or range is reported when the first document is asked for."""
        if query.source.table == JOBS_TABLE:
            self.transaction.store.jobs_were_read = True
        return QueryStream(
            lambda: open_source(self.transaction, self.namespace, query.source),
            query.operators,
        )

    def paginate(self, query: Query, options: PaginationOptions) -> Page:
        """One page of a query; a function execution may have one only, and only in the app."""
        cursors = check_options(options)
        if self._component:
            raise FunctionError(
                "paginate() is only supported in the app. Learn more at "
                "https://docs.convex.dev/components/authoring#pagination"
            )
        page = read_page(self.transaction, self.namespace, query, options, cursors)
        if self._has_paginated:
            raise FunctionError(
                "This query or mutation function ran multiple paginated queries. Convex only supports a single "
                "paginated query in each function."
            )
        self._has_paginated = True
        return page

    def count(self, table: str) -> int:
        """How many documents a table has; 0 for a table that does not exist."""
        _check_table_name(table, "db.count")
        return self.transaction.count(self.namespace, table)

    def normalize_id(self, table: str, text: str) -> str | None:
        """The id that `text` is in `table`, if it can be one. Whether there is such a document does not matter."""
        _check_table_name(table, "db.normalizeId")
        found = self.namespace.table(table)
        return None if found is None else normalize_id(text, found.number)

    # Writing

    def insert(self, table: str, value: Any, *, decode: Decode | None = None) -> str:
        """Insert a document and give its id."""
        fields = _decoded(value, "db.insert", decode)
        if self.namespace.table(table) is None:
            _check_table_name(table, "db.insert")
        if table.startswith("_"):
            raise FunctionError("System tables can only be accessed with db.system.")
        transaction = self.transaction
        creation_time = transaction.next_creation_time()
        found = transaction.table_for_insert(self.namespace, table)
        document = make_document(transaction.next_id(found), creation_time, fields)
        self._enforce_schema(found, document)
        check_document_size(document)
        transaction.usage.write_document(document.size)
        transaction.write(self.namespace, found, None, document)
        return document.id

    def patch(self, id: str, fields: Any, table: str | None = None, *, decode: Decode | None = None) -> Document:
        """Change some top-level fields, those that are `undefined` are removed. Gives the new document."""
        found = self._resolve(id, table, "db.patch")
        changes = _decoded(fields, "db.patch", decode)
        old = self._read_for_write(found, id, "Update")
        merged = {**old.value, **changes}
        # The backend puts the system fields back in, so removing them does no harm.
        merged = {name: item for name, item in merged.items() if not isinstance(item, Undefined)}
        if len(merged) > MAX_OBJECT_FIELDS:
            raise FunctionError(f"Object has too many fields ({len(merged)} > maximum number {MAX_OBJECT_FIELDS})")
        return self._write(found, old, old.with_fields(merged))

    def replace(self, id: str, value: Any, table: str | None = None, *, decode: Decode | None = None) -> Document:
        """Replace all fields but the system's. Gives the new document."""
        found = self._resolve(id, table, "db.replace")
        fields = _decoded(value, "db.replace", decode)
        old = self._read_for_write(found, id, "Replace")
        return self._write(found, old, old.with_fields(fields))

    def delete(self, id: str, table: str | None = None) -> Document:
        """Delete a document. Gives what it was."""
        found = self._resolve(id, table, "db.delete")
        document = self._read_for_write(found, id, "Delete")
        self.transaction.usage.write_document(0)
        self.transaction.write(self.namespace, found, document, None)
        return document

    def _resolve(self, id: str, table: str | None, method: str) -> Table:
        """The table of a document that is to be written. Whether it may be written comes later."""
        try:
            number = decode_id(id).table_number
        except InvalidIdError as error:
            raise invalid_argument("id", method, error) from None
        found = self.namespace.table_numbered(number)
        if found is None:
            raise invalid_argument("id", method, f'Table for ID "{id}" not found')
        if table is not None:
            _check_table(found, table, method)
        return found

    def _read_for_write(self, table: Table, id: str, action: str) -> Document:
        if table.is_system:
            raise FunctionError("System tables can only be accessed with db.system.")
        usage = self.transaction.usage
        usage.read_id(table.indexes["by_id"].label, id)
        document = table.documents.get(id)
        if document is None:
            raise FunctionError(f"{action} on nonexistent document ID {id}")
        usage.read_documents(1, document.size)
        return document

    def _write(self, table: Table, old: Document, new: Document) -> Document:
        if new.json == old.json:
            return old
        self._enforce_schema(table, new)
        check_document_size(new)
        self.transaction.usage.write_document(new.size)
        self.transaction.write(self.namespace, table, old, new)
        return new

    def _enforce_schema(self, table: Table, document: Document) -> None:
        validator = self.namespace.schema.enforced_validator(table.name)
        if validator is None:
            return
        try:
            validator.check(document.body(), self.namespace)
        except ValidationFailure as failure:
            raise SchemaValidationError(
                f'Failed to insert or update a document in table "{table.name}" because it does not match the schema: '
                f"{failure}"
            ) from None


def _get_method(system: bool) -> str:
    return "db.system.get" if system else "db.get"


def _wrong_reader(table: Table) -> FunctionError:
    if table.is_system:
        return FunctionError("System tables can only be accessed with db.system.")
    return FunctionError("User tables cannot be accessed with db.system.")


def _check_table(found: Table, expected: str, method: str) -> None:
    if found.name != expected:
        raise invalid_argument("id", method, f'expected to be an Id<"{expected}">, got Id<"{found.name}"> instead.')


def _check_table_name(name: str, method: str) -> None:
    try:
        check_identifier(name)
    except InvalidValueError as error:
        raise invalid_argument("table", method, error) from None


def _decoded(value: Any, method: str, decode: Decode | None) -> dict[str, Any]:
    if decode is not None:
        try:
            value = decode(value)
        except InvalidValueError as error:
            raise invalid_argument("value", method, error) from None
    if not isinstance(value, dict):
        raise invalid_argument("value", method, "Value must be an Object")
    return value
