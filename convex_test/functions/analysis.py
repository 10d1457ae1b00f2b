"""What functions a module registers (`crates/isolate/src/environment/analyze.rs`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convex_test.backend.schema.validators import InvalidValidatorError
from convex_test.errors import ProjectError
from convex_test.functions.loading import evaluate
from convex_test.functions.registered import registered_function
from convex_test.references import FunctionPath

if TYPE_CHECKING:
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.registered import RegisteredFunction


def analyze_module(deployment: Deployment, module: str) -> dict[str, RegisteredFunction]:
    """The functions that a module registers, by export name. Evaluates the module in a context of the deployment.

    Raises:
        ProjectError: the module throws, or does not come to an end, while it loads.
    """
    runtime = deployment.runtime
    known = runtime.modules.get(module)
    if known is not None:
        return known
    context = deployment.acquire()
    try:
        now = deployment.clock.read()
        context.call("begin", deployment.begin_settings(context, "import", now, 1))
        described = evaluate(runtime, context, "analyze", module)
    finally:
        deployment.release(context)
    try:
        found = {each["name"]: registered_function(FunctionPath(module, each["name"]), each) for each in described}
    except InvalidValidatorError as problem:
        raise ProjectError(f"{problem}\n\nThe module is {runtime.file_of(module)}.") from None
    runtime.modules[module] = found
    return found
