"""`ctx.meta` (`npm-packages/convex/src/server/impl/meta_impl.ts`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from convex_test.errors import FunctionError
from convex_test.syscalls.documents import database
from convex_test.syscalls.table import TRANSACTION, syscall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.syscalls.scope import Scope


@syscall("1.0/getFunctionMetadata")
def get_function_metadata(scope: Scope, _args: Mapping[str, Any]) -> str:
    """The running function's name and component; inline handlers are called "inline"."""
    name = "inline" if scope.function is None else str(scope.function)
    return orjson.dumps({"name": name, "componentPath": scope.component}).decode()


@syscall("1.0/getDeploymentMetadata")
def get_deployment_metadata(_scope: Scope, _args: Mapping[str, Any]) -> str:
    """The deployment of every test."""
    return '{"name":"convex-test-000","region":null,"class":"s16"}'


@syscall("1.0/getRequestMetadata")
def get_request_metadata(scope: Scope, _args: Mapping[str, Any]) -> str:
    """The request that led to this call; nested calls inherit it."""
    if scope.kind == "query":
        raise FunctionError("Cannot get request metadata in a Query")
    request = scope.request
    return orjson.dumps(
        {
            "ip": request.ip,
            "userAgent": request.user_agent,
            "requestId": request.request_id,
            "scheduledFunctionId": request.scheduled_function_id,
            "authToken": request.auth_token,
        }
    ).decode()


@syscall("1.0/getTransactionMetrics", TRANSACTION)
def get_transaction_metrics(scope: Scope, _args: Mapping[str, Any]) -> str:
    """What the transaction has used so far and what remains, by metric."""
    return orjson.dumps(database(scope).transaction.usage.metrics()).decode()
