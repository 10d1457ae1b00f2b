"""`ctx.auth`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from convex_test.errors import UnsupportedError
from convex_test.syscalls.table import syscall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.syscalls.scope import Scope


@syscall("1.0/getUserIdentity")
def get_user_identity(scope: Scope, _args: Mapping[str, Any]) -> str:
    """The caller's identity as plain JSON, or null."""
    if scope.has_unverified_token:
        raise UnsupportedError(
            "not supported: checking the token in an Authorization header, which ctx.auth.getUserIdentity() of an HTTP "
            "action does. Send the request as a user instead: t.with_identity(…).fetch(…)."
        )
    return "null" if scope.identity is None else orjson.dumps(dict(scope.identity)).decode()
