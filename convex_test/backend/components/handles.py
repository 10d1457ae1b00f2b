"""Function handles: `function://<id>#<name>`.

Imitates `crates/common/src/bootstrap_model/components/handles.rs` and `crates/model/src/components/handles.rs`: only
the id counts, the name is for readers; every function of every component has one, internal ones too.

By design: the backend makes the ids when it first sees a function, and keeps them over pushes. Here they follow from
the function's place, so that they are the same in every test, in snapshots and in forks.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from convex_test.backend.ids import InvalidIdError, decode_id, encode_id

if TYPE_CHECKING:
    from convex_test.references import FunctionPath

PREFIX: Final = "function://"
TABLE_NUMBER: Final = 545
"""Of `_function_handles`; ids are 16 bytes of randomness in their tables."""
COMPONENTS_TABLE_NUMBER: Final = 544
_ID_BYTES: Final = 16


class InvalidHandleError(ValueError):
    """A text is no function handle; the text is the backend's."""


def handle_of(path: FunctionPath) -> str:
    """The handle of a function."""
    return f"{PREFIX}{handle_id(path)}#{path}"


def handle_id(path: FunctionPath) -> str:
    """The id in a function's handle."""
    return _id(TABLE_NUMBER, f"{path.component} {path.full}")


def component_id(component: str) -> str:
    """The id of a component, which URLs of its files have."""
    return _id(COMPONENTS_TABLE_NUMBER, component)


def parse_handle(handle: str) -> str:
    """The id in a handle. Raises `InvalidHandleError`."""
    if not handle.startswith(PREFIX):
        raise InvalidHandleError(f"Invalid function handle {handle}")
    found = handle.removeprefix(PREFIX).partition("#")[0]
    try:
        decode_id(found)
    except InvalidIdError as problem:
        raise InvalidHandleError(str(problem)) from None
    return found


def _id(table_number: int, name: str) -> str:
    return encode_id(table_number, hashlib.sha256(name.encode()).digest()[:_ID_BYTES])
