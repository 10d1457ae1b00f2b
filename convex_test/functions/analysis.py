"""What functions a module registers (`crates/isolate/src/environment/analyze.rs`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from convex_test.backend.schema.validators import InvalidValidatorError
from convex_test.engine.context import ScriptCrash
from convex_test.errors import ProjectError
from convex_test.functions.loading import evaluate
from convex_test.functions.registered import registered_function
from convex_test.references import FunctionPath

if TYPE_CHECKING:
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.mounted import MountedComponent
    from convex_test.functions.registered import RegisteredFunction


def analyze_module(deployment: Deployment, component: str, module: str) -> dict[str, RegisteredFunction]:
    """The functions that a module of a component registers, by export name; evaluates it when first asked.

    Their paths are those in the component's definition: they do not say which component.

    Raises:
        ProjectError: the module throws, or does not come to an end, while it loads.
    """
    mounted = deployment.component(component)
    runtime = mounted.runtime
    known = runtime.modules.get(module)
    if known is None:
        known = runtime.modules[module] = _analyze(deployment, mounted, module)
    return known


def _analyze(deployment: Deployment, mounted: MountedComponent, module: str) -> dict[str, RegisteredFunction]:
    runtime = mounted.runtime
    if runtime.runs_in_node(module):
        described = _describe_for_node(deployment, module)
    else:
        described = evaluate_in(deployment, mounted, "analyze", module)
    found = {}
    for each in described:
        path = FunctionPath(module, each["name"])
        try:
            found[path.name] = registered_function(path, each)
        except InvalidValidatorError as problem:
            text = f"{problem}\n\nThe module is {runtime.file_of(module)}."
            if not runtime.is_test_file:
                raise ProjectError(text) from None
            runtime.unusable[path] = text
    return found


def evaluate_in(deployment: Deployment, mounted: MountedComponent, function: str, module: str) -> Any:
    """Calls one of the prelude's functions that load a module, with the component's environment; what it reports.

    Raises:
        ProjectError: the module throws, or does not come to an end, while it loads.
    """
    context = mounted.acquire()
    try:
        settings = deployment.begin_settings(mounted, context, "import", deployment.clock.read(), 1)
        context.call("begin", settings)
        return evaluate(mounted.runtime, context, function, module)
    finally:
        mounted.release(context)


def _describe_for_node(deployment: Deployment, module: str) -> list[dict[str, Any]]:
    """The same by `npm-packages/node-executor/src/executor.ts` and `crates/node_executor/src/executor.rs`."""
    runtime = deployment.runtime
    file = runtime.file_of(module)
    try:
        context = deployment.acquire_node()
    except ProjectError as problem:
        raise ProjectError(f'{file} has the directive "use node". {problem}') from None
    try:
        begin = deployment.begin_settings(deployment.component(""), context, "import", deployment.clock.read(), 1)
        context.call("begin", deployment.node_settings(context, orjson.loads(begin)))
        described: list[dict[str, Any]] = evaluate(runtime, context, "analyze", module)
    except ScriptCrash as crash:
        raise ProjectError(f"Node.js ended, with exit code {crash.code}, while {file} loaded:\n{crash.said}") from None
    finally:
        deployment.release_node(context)
    for each in described:
        if each["kind"] != "action":
            kind = each["kind"][0].upper() + each["kind"][1:]
            raise ProjectError(
                f"`{each['name']}` defined in `{module}` is a {kind} function. Only actions can be defined in Node.js. "
                f"See https://docs.convex.dev/functions/actions for more details.\n\nThe module is {file}."
            )
    return described
