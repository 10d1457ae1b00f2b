"""Calling public functions as nobody, and finding out whether a failure was a refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

from convex_test.backend.ids import encode_id
from convex_test.backend.schema.examples import NoExampleError, example
from convex_test.errors import ConvexError, FunctionError
from convex_test.functions.calls import new_scope, run_transaction_function
from convex_test.functions.drain import Timeline
from convex_test.functions.resolve import find_any_function
from convex_test.functions.runner import DeploymentRunner
from convex_test.harness.outbound import Outbound
from convex_test.harness.state import Snapshot, fork
from convex_test.references import parse_function_path
from convex_test.values.python import to_python

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convex_test.functions.deployment import Deployment
    from convex_test.functions.registered import RegisteredFunction
    from convex_test.records import FunctionRecord
    from convex_test.syscalls.scope import FunctionKind
    from convex_test.values.types import Value

WHO_CALLS: Final = "1.0/getUserIdentity"
SEED: Final = 1
_KINDS: Final[dict[str, FunctionKind]] = {"query": "query", "mutation": "mutation"}
_DIGITS: Final = re.compile(r"\d+")
_NO_DOCUMENT: Final = bytes(16)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of calling one function.

    Attributes:
        outcome: "refused"; "answered", with the result; "unclear", with the reason.
        error: what it failed with, if it did.
    """

    function: FunctionRecord
    args: Any
    outcome: Literal["refused", "answered", "unclear"]
    result: Any = None
    reason: str = ""
    error: FunctionError | None = None


@dataclass(slots=True)
class _Call:
    """One call: what it asked of the backend, in order, and how it ended."""

    asked: list[str] = field(default_factory=list)
    result: Value = None
    error: FunctionError | None = None


class Trials:
    """Calls in a fork of a deployment, each of which finds the data of the beginning.

    Attributes:
        identity: the user whose calls those of nobody are compared with.
    """

    def __init__(
        self,
        deployment: Deployment,
        identity: Mapping[str, Any],
        is_refusal: Callable[[FunctionError], bool] | None = None,
    ) -> None:
        self.identity = identity
        self._is_refusal = is_refusal
        self._parent = deployment
        self._deployment = fork(deployment)
        self._deployment.clock.go_alone()
        self._start = Snapshot.of(self._deployment)
        self._timeline = Timeline(self._deployment)

    def close(self) -> None:
        """Forgets the fork, so that nothing of it is reported at the end of the test."""
        if isinstance(self._deployment.world, Outbound):
            self._deployment.world.dismiss()
        self._parent.discard(self._deployment)

    def run(self, record: FunctionRecord) -> Trial:
        """Calls one function. Raises `ProjectError` when its module does not load."""
        try:
            function = find_any_function(self._deployment, parse_function_path(record.path))
            args = self._arguments(function)
        except NoExampleError as problem:
            return Trial(record, None, "unclear", reason=f"cannot be called: {problem}")
        except FunctionError as error:
            return Trial(record, None, "unclear", reason="cannot be called", error=error)
        shown = to_python(args)
        nobodys = self._call(function, args, None)
        if nobodys.error is None:
            return Trial(record, shown, "answered", result=to_python(nobodys.result))
        reason = self._doubt(function, args, nobodys)
        return Trial(record, shown, "unclear" if reason else "refused", reason=reason, error=nobodys.error)

    def _doubt(self, function: RegisteredFunction, args: Value, nobodys: _Call) -> str:
        """Why a failure may not have been a refusal; "" if it was one."""
        if self._is_refusal is not None:
            return "" if _agrees(self._is_refusal, nobodys.error) else "failed with what is_refusal says is no refusal"
        if WHO_CALLS not in nobodys.asked:
            return "failed before it asked who calls"
        somebodys = self._call(function, args, self.identity)
        if somebodys.error is None:
            return ""
        if nobodys.asked != somebodys.asked[: len(nobodys.asked)]:
            return "failed in another place for somebody who is signed in"
        is_further = len(somebodys.asked) > len(nobodys.asked)
        if is_further or _essence(nobodys.error) != _essence(somebodys.error):
            return ""
        return "failed in the same way for somebody who is signed in"

    def _call(self, function: RegisteredFunction, args: Value, identity: Mapping[str, Any] | None) -> _Call:
        deployment, loop = self._deployment, self._timeline.loop
        self._start.restore(deployment)
        deployment.random.seed(SEED)
        call = _Call()
        kind: FunctionKind = _KINDS.get(function.kind, "action")
        runner = DeploymentRunner(deployment, loop if kind == "action" else None)
        scope = new_scope(deployment, runner, kind, identity=identity)
        scope.asked = call.asked
        try:
            if kind == "action":
                call.result = loop.run(loop.start_function(scope, function.path, args, public_only=True)).value
            else:
                call.result = run_transaction_function(deployment, scope, function.path, args, public_only=True).value
        except FunctionError as error:
            call.error = error
        return call

    def _arguments(self, function: RegisteredFunction) -> Value:
        if function.args is None or function.args.fields is None:
            return {}
        return example(function.args.fields, self._an_id)

    def _an_id(self, table: str) -> str | None:
        """That of the table's oldest document, or of none."""
        namespace = self._deployment.store.namespace("")
        found = namespace.table(table)
        if found is not None and found.documents:
            return min(found.documents.values(), key=lambda document: document.creation_time).id
        number = namespace.table_numbers().get(table)
        return None if number is None else encode_id(number, _NO_DOCUMENT)


def _agrees(is_refusal: Callable[[FunctionError], bool], error: FunctionError | None) -> bool:
    try:
        return error is not None and bool(is_refusal(error))
    except Exception:  # noqa: BLE001 - an error without `data`, or with other data, is not what was looked for
        return False


def _essence(error: FunctionError | None) -> tuple[str, str]:
    """An error without what differs from call to call: numbers, times, ids."""
    if error is None:
        return "", ""
    text = error.message
    if isinstance(error, ConvexError):
        text = error.data_json or orjson.dumps(error.data, default=repr).decode()
    return error.name, _DIGITS.sub("#", text)
