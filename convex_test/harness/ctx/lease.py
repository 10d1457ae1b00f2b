"""How long a `ctx` may be used: as long as its handler runs or its `with` block lasts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convex_test.errors import UsageError

if TYPE_CHECKING:
    from convex_test.backend.database import Database
    from convex_test.syscalls.scope import Scope


class Lease:
    """Shared by a `ctx` and everything it hands out."""

    __slots__ = ("_ended", "_scope")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._ended = False

    def end(self) -> None:
        """The handler has returned, or the block has ended."""
        self._ended = True

    def require(self) -> None:
        """Raises `UsageError` after the end."""
        if self._ended:
            kind = "an action" if self._scope.database is None else "a transaction"
            raise UsageError(f"This ctx belongs to {kind} that has ended: use it inside its handler or `with` block.")

    @property
    def scope(self) -> Scope:
        """What the handler can reach. Raises `UsageError` after the end."""
        self.require()
        return self._scope

    @property
    def database(self) -> Database:
        """The database of the transaction. Raises `UsageError` after the end."""
        database = self.scope.database
        if database is None:
            raise UsageError("There is no database in an action: use ctx.run_query and ctx.run_mutation.")
        return database


def no_attribute(what: str, owner: object, name: str) -> AttributeError:
    """The error for an attribute that is not there; Convex's camelCase is what is most likely meant."""
    snake = re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"_{match[1].lower()}", name)
    remedy = f"; in Python it is {snake}" if snake != name and hasattr(type(owner), snake) else ""
    return AttributeError(f"{what} has no attribute {name!r}{remedy}")
