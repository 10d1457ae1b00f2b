"""Ready-made tests of a whole project.

    from convex_test import api, checks

    def test_who_may_call_what(t):
        checks.public_functions_need_auth(t, allow=[api.users.me])

Imports the harness and what lies below; nothing of pytest.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from convex_test.checks.report import report
from convex_test.checks.trials import Trials
from convex_test.errors import UsageError
from convex_test.functions.analysis import analyze_module
from convex_test.functions.listing import list_functions
from convex_test.functions.resolve import function_path
from convex_test.harness.identity import make_identity
from convex_test.harness.inside import deployment_of, identity_of
from convex_test.harness.t import ConvexTest
from convex_test.references import Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from convex_test.errors import FunctionError
    from convex_test.functions.deployment import Deployment
    from convex_test.records import FunctionRecord

__all__ = ["public_functions_need_auth"]


def public_functions_need_auth(
    t: ConvexTest,
    *,
    allow: Iterable[str | Reference] = (),
    user: ConvexTest | None = None,
    is_refusal: Callable[[FunctionError], bool] | None = None,
) -> None:
    """Calls each public query, mutation and action as a client that is not signed in; each has to refuse.

    Each is called with one set of arguments that match its validators: ids are those of documents that `t` has, if
    any, otherwise of documents that do not exist. All happens in a fork: `t` stays as it is. HTTP actions are not
    called, since who may use them is said by their requests, of which no validator knows.

    A function that returns has not refused, whatever it returns. One that fails has refused if it asked who calls, and
    the same call gets further when somebody is signed in: it returns, asks more of the backend, or fails in another
    way. (Errors that differ in digits only count as the same.) A failure of which that cannot be said is reported,
    too: the function may have failed for lack of a document, so that nothing is known of it. Put documents into `t`,
    give a `user` for whom the calls succeed, or say what a refusal is.

    What it does not show: that the right users are let in, or that other arguments are refused as well.

    Args:
        t: the backend, with data in it if that helps the calls.
        allow: public functions that may be called by anybody; they are not called.
        user: `t` as somebody who has signed up; otherwise somebody of whom the project has no data.
        is_refusal: tells from the error whether a call was refused, instead of a comparison with a signed-in user:
            `lambda error: error.data["code"] == "unauthenticated"`. An exception that it raises is a no.

    Raises:
        AssertionError: functions did not refuse; the text lists them, with file, line and arguments.
        UsageError: `allow` names what is no public function.
        ProjectError: a module does not load, or needs Node.js and there is none.
    """
    if not isinstance(t, ConvexTest):
        raise UsageError(f"public_functions_need_auth({t!r:.200}): expected a `t`.")
    deployment = deployment_of(t)
    _require_node(deployment)
    functions = {record.path: record for record in list_functions(deployment)}
    public = {path: record for path, record in functions.items() if _is_called(record)}
    allowed = _allowed(deployment, allow, functions)
    trials = Trials(deployment, _somebody(t, user), is_refusal)
    try:
        results = [trials.run(record) for path, record in public.items() if path not in allowed]
    finally:
        trials.close()
    text = report(results)
    if text:
        raise AssertionError(text)


def _require_node(deployment: Deployment) -> None:
    """Functions that need Node.js are left out of lists where there is none, and nobody would miss them here."""
    for module, entry in deployment.runtime.modules_by_path.items():
        if entry.environment == "node":
            analyze_module(deployment, "", module)


def _is_called(record: FunctionRecord) -> bool:
    return record.visibility == "public" and record.kind != "httpAction"


def _somebody(t: ConvexTest, user: ConvexTest | None) -> Mapping[str, Any]:
    if user is None:
        return make_identity({"name": "Somebody", "email": "somebody@example.com", "emailVerified": True}, {})
    identity = identity_of(user) if isinstance(user, ConvexTest) else None
    if identity is None or deployment_of(user) is not deployment_of(t):
        raise UsageError(
            f"public_functions_need_auth(user={user!r:.200}): expected the same t as somebody, such as "
            't.with_identity(name="Sarah").'
        )
    return identity


def _allowed(deployment: Deployment, allow: Any, functions: Mapping[str, FunctionRecord]) -> set[str]:
    if isinstance(allow, str | Reference):
        raise UsageError(f"public_functions_need_auth(allow={allow!r}): expected a list of functions.")
    found = set()
    for callee in allow:
        if not isinstance(callee, str | Reference):
            raise UsageError(
                f"public_functions_need_auth(allow=[{callee!r:.200}]): expected api.module.function, or a string such "
                'as "module:function".'
            )
        path = str(function_path(deployment, callee))
        if path not in functions or not _is_called(functions[path]):
            raise UsageError(f"public_functions_need_auth(allow=[{callee!r}]): {_unknown(path, functions)}")
        found.add(path)
    return found


def _unknown(path: str, functions: Mapping[str, FunctionRecord]) -> str:
    if path in functions:
        kind = "an HTTP action" if functions[path].kind == "httpAction" else "an internal function"
        return f"{path!r} is {kind}, which is not called."
    near = difflib.get_close_matches(path, [name for name in functions if _is_called(functions[name])], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{path!r} is no public query, mutation or action.{hint}"
