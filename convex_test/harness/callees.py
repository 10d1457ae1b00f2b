"""Entering TypeScript that is not a registered function: exports of modules, and snippets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convex_test.errors import UsageError
from convex_test.references import ModuleExport, Snippet
from convex_test.values.codec import encode
from convex_test.values.python import from_python

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.engine.protocol import Context
    from convex_test.functions.deployment import Deployment


def callee_name(helper: ModuleExport | Snippet) -> str:
    """What call trees and errors call it."""
    return str(helper) if isinstance(helper, ModuleExport) else "inline"


def runs_in_node(deployment: Deployment, kind: str, helper: ModuleExport | Snippet) -> bool:
    """Whether a helper is of a module with `"use node"`. Raises `UsageError` when it is, and `kind` is no action."""
    if not isinstance(helper, ModuleExport) or not deployment.runtime.runs_in_node(f"{helper.module}.js"):
        return False
    if kind != "action":
        file = deployment.runtime.file_of(f"{helper.module}.js")
        raise UsageError(
            f'{helper}: {file} has the directive "use node", and only actions run in Node.js: t.action(…).'
        )
    return True


def enter_helper(kind: str, helper: ModuleExport | Snippet, args: tuple[Any, ...]) -> Callable[[Context], object]:
    """How a helper is entered with these positional arguments after `ctx`."""
    values = from_python(list(args), f"the arguments of {callee_name(helper)}")
    text = encode(values)
    if isinstance(helper, Snippet):
        return lambda context: context.call("invokeSnippet", kind, helper.source, text)
    if not helper.name:
        raise UsageError(f"{helper} names no export.")
    return lambda context: context.call("invokeHelper", kind, f"{helper.module}.js", helper.name, text)
