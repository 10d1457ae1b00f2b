"""`ctx.auth`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.syscalls.documents import database
from convex_test.syscalls.table import argument, syscall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.syscalls.scope import Scope

NANOSECONDS_PER_SECOND: Final = 1_000_000_000


@syscall("1.0/getUserIdentity")
def get_user_identity(scope: Scope, _args: Mapping[str, Any]) -> str:
    """The caller's identity as plain JSON, or null.

    With a token that is no good only actions learn of it (`crates/isolate/src/environment/action/task_executor.rs`): in
    the queries and mutations that they call nobody is signed in.
    """
    if scope.identity_problem is not None and scope.kind == "action":
        raise scope.identity_problem
    return "null" if scope.identity is None else orjson.dumps(dict(scope.identity)).decode()


@syscall("1.0/signJwt", frozenset({"mutation"}))
def sign_jwt(scope: Scope, args: Mapping[str, Any]) -> str:
    """A token signed with the deployment's key."""
    from convex_test.backend.auth.deployment_tokens import sign_token

    token = sign_token(
        args.get("claims"),
        argument(args, "expiresInSeconds", "auth.signJwt"),
        component=scope.component,
        now=database(scope).transaction.now // NANOSECONDS_PER_SECOND,
    )
    return orjson.dumps(token).decode()
