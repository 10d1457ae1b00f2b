"""From a name to a registered function, with the backend's errors (`crates/udf/src/validation.rs`)."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from convex_test.errors import FunctionError, FunctionNotFoundError, UsageError
from convex_test.functions.analysis import analyze_module
from convex_test.references import FunctionPath, Reference, parse_function_path, reference_path, reference_root

if TYPE_CHECKING:
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.registered import RegisteredFunction


def function_path(deployment: Deployment, callee: str | Reference) -> FunctionPath:
    """The path that a string or a reference names."""
    if isinstance(callee, str):
        return parse_function_path(callee)
    if reference_root(callee) == "components":
        raise FunctionError(f"not supported: components ({callee!r})")
    names = reference_path(callee)
    if not names:
        raise UsageError(f"{callee!r} names no function: write for example {callee!r}.messages.send.")
    # `api.messages` alone, or `api.dir.file`: a module stands for its default export.
    whole = "/".join(names) + ".js"
    if len(names) == 1 or (
        whole in deployment.runtime.entry_points and "/".join(names[:-1]) + ".js" not in deployment.runtime.entry_points
    ):
        return FunctionPath(whole, "default")
    return FunctionPath("/".join(names[:-1]) + ".js", names[-1])


def find_function(deployment: Deployment, path: FunctionPath, kind: str, *, public_only: bool) -> RegisteredFunction:
    """The function at a path.

    Raises:
        FunctionNotFoundError: there is none, or it is internal and `public_only`.
        FunctionError: it is of another kind, or it runs in Node.js.
        ProjectError: its module does not load.
    """
    entry = deployment.runtime.entry_points.get(path.module)
    if entry is None:
        raise _not_found(deployment, path)
    if entry.environment == "node":
        raise FunctionError(
            f'not supported: {path} is defined in {deployment.runtime.file_of(path.module)}, a "use node" module, '
            "and this library does not run Node.js actions yet."
        )
    function = analyze_module(deployment, path.module).get(path.name)
    if function is None or function.kind == "httpAction" or (public_only and function.visibility != "public"):
        raise _not_found(deployment, path, function)
    if function.kind != kind:
        raise FunctionError(
            f"Trying to execute {path.full} as {kind.capitalize()}, but it is defined as {function.kind.capitalize()}."
        )
    return function


def _not_found(deployment: Deployment, path: FunctionPath, found: RegisteredFunction | None = None) -> FunctionError:
    inside = f" in '{path.component}'" if path.component else ""
    error = FunctionNotFoundError(f"Could not find public function for '{path}'{inside}.")
    error.add_note(_hint(deployment, path, found))
    return error


def _hint(deployment: Deployment, path: FunctionPath, found: RegisteredFunction | None) -> str:
    runtime = deployment.runtime
    file = runtime.file_of(path.module)
    if found is not None and found.kind == "httpAction":
        return f"{file} exports {path.name} as an HTTP action: it is reached by its route, not by name."
    if found is not None:
        return f"{file} defines {path.name} as an internal function: call it as internal.… or by its name as a string."
    if path.module in runtime.entry_points:
        names = sorted(analyze_module(deployment, path.module))
        if not names:
            return f"{file} registers no functions."
        near = difflib.get_close_matches(path.name, names, n=1)
        return f"{file} registers {', '.join(names)}." + (f" Did you mean {near[0]}?" if near else "")
    modules = sorted(module.removesuffix(".js") for module in runtime.entry_points)
    near = difflib.get_close_matches(path.module.removesuffix(".js"), modules, n=1)
    text = f"There is no module {path.module.removesuffix('.js')!r} in {runtime.layout.functions_dir.name}/. "
    return text + (f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(modules) or 'no modules'}.")
