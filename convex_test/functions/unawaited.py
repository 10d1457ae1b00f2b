"""What a function leaves behind when it returns: operations that it began and did not wait for.

The names in the log of an action are those of `name_when_dangling` in `crates/isolate/src/environment/action/task.rs`.
That queries and mutations are looked at as well is this library's own: the backend still does their work, but an error
in it comes too late to be caught.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convex_test.engine.messages import Request

TIMER: Final = "timer"
_BACKEND_NAMES: Final = {"storage/storeBlob": "storage.store", "storage/getBlob": "storage.get"}
_METHODS: Final = {
    "1.0/insert": "db.insert",
    "1.0/get": "db.get",
    "1.0/shallowMerge": "db.patch",
    "1.0/replace": "db.replace",
    "1.0/remove": "db.delete",
    "1.0/count": "db.query",
    "1.0/queryPage": "db.query",
    "1.0/queryStreamNext": "db.query",
    "stream/collect": "db.query",
    "1.0/schedule": "scheduler.runAt",
    "1.0/actions/schedule": "scheduler.runAt",
    "1.0/cancel_job": "scheduler.cancel",
    "1.0/actions/cancel_job": "scheduler.cancel",
    "1.0/actions/query": "runQuery",
    "1.0/actions/mutation": "runMutation",
    "1.0/actions/action": "runAction",
    "1.0/actions/vectorSearch": "vectorSearch",
    "1.0/getUserIdentity": "auth.getUserIdentity",
    "1.0/storageStore": "storage.store",
    "1.0/storageGet": "storage.get",
    "1.0/storageDelete": "storage.delete",
    "1.0/storageGetUrl": "storage.getUrl",
    "1.0/storageGetMetadata": "storage.getMetadata",
    "1.0/storageGenerateUploadUrl": "storage.generateUploadUrl",
    "storage/storeBlob": "storage.store",
    "storage/getBlob": "storage.get",
}
_NESTED: Final = {"mutation": "runMutation", "query": "runQuery", "snapshotQuery": "runQuery"}


class Unawaited(NamedTuple):
    """A function that returned too early.

    Attributes:
        function: such as "messages:send".
        kind: "query", "mutation" or "action".
        calls: what it did not wait for, each different one once.
        place: the file and line of its declaration, such as "convex/messages.ts:12", or "".
    """

    function: str
    kind: str
    calls: tuple[str, ...]
    place: str


def may_dangle(op: str) -> bool:
    """Whether an operation is a task of its own in production."""
    return op != TIMER and not op.startswith("crypto/")


def action_warning(operations: Iterable[str]) -> str | None:
    """The line in the log of an action that left these operations behind; None when there are none."""
    names = [_backend_name(operation) for operation in operations]
    if not names:
        return None
    return (
        f"{len(names)} unawaited operation{'' if len(names) == 1 else 's'}: [{', '.join(sorted(set(names)))}]. "
        "Async operations should be awaited or they might not run. "
        "See https://docs.convex.dev/functions/actions#dangling-promises for more information."
    )


def describe(request: Request) -> str:
    """A request as the call that made it, such as `ctx.runMutation(messages:send)`."""
    try:
        args = orjson.loads(request.args)
    except orjson.JSONDecodeError:
        args = None
    if not isinstance(args, dict):
        args = {}
    if request.op == "fetch":
        return f"fetch({_shown(args.get('url'))})"
    if request.op == "1.0/runUdf":
        return f"ctx.{_NESTED.get(str(args.get('udfType')), 'runQuery')}({_target(args)})"
    method = _METHODS.get(request.op)
    return _backend_name(request.op) if method is None else f"ctx.{method}({_target(args)})"


def _target(args: dict[str, Any]) -> str:
    """The function or the table that a call is about; nothing where it says neither."""
    for key in ("name", "reference"):
        if isinstance(args.get(key), str):
            return str(args[key])
    return _shown(args.get("table") or _table_read(args))


def _table_read(args: dict[str, Any]) -> str | None:
    """The table of a query; only its first request says it."""
    try:
        source = args["open"]["query"]["source"]
        return str(source["tableName"] if "tableName" in source else source["indexName"].partition(".")[0])
    except (KeyError, TypeError):
        return None


def _shown(text: object) -> str:
    return orjson.dumps(text).decode() if isinstance(text, str) else ""


def _backend_name(op: str) -> str:
    if op in _BACKEND_NAMES:
        return _BACKEND_NAMES[op]
    return op.removeprefix("1.0/").removeprefix("actions/").replace("shallowMerge", "patch")
