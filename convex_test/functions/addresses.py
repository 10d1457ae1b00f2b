"""Which function a running function means: a name, a reference into a child component, or a function handle.

Follows `resolve` and `resolve_export` in `crates/model/src/components/mod.rs` and `lookup` in `handles.rs` for queries
and mutations. Actions look references up among the functions that their component had when they began
(`preload_resources`, and `resolve` in `crates/isolate/src/environment/action/task_executor.rs`).

By design: where the backend prints the whole record of a component into an error, its name is printed here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convex_test.backend.arguments import invalid_arguments
from convex_test.backend.components.handles import InvalidHandleError, handle_id, handle_of, parse_handle
from convex_test.backend.components.references import ChildFunction, OwnFunction, exported_path, parse_reference
from convex_test.backend.components.tree import child_path, debug_name
from convex_test.errors import FunctionError, FunctionNotFoundError
from convex_test.functions.analysis import analyze_module
from convex_test.functions.resolve import missing_hint
from convex_test.references import parse_function_path
from convex_test.values.invalid import InvalidValueError

if TYPE_CHECKING:
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.registered import RegisteredFunction
    from convex_test.references import FunctionPath
    from convex_test.syscalls.scope import Address, Scope


def resolve_address(deployment: Deployment, scope: Scope, address: Address, function: str) -> FunctionPath:
    """The path that a running function means; `function` is what errors call the operation.

    Raises:
        FunctionError: there is no such component, or it does not export that; there is no such handle.
    """
    if address.path is not None:
        return address.path
    if address.handle is not None:
        return _by_handle(deployment, address.handle, function)
    component = scope.component
    if address.reference is not None:
        try:
            reference = parse_reference(address.reference, component)
        except InvalidValueError as problem:
            raise invalid_arguments(function, problem) from None
    else:
        reference = OwnFunction(parse_function_path(address.name or "", component))
    found = _export(deployment, component, reference) if isinstance(reference, ChildFunction) else reference.path
    if scope.kind != "action":
        return _existing_export(deployment, component, reference, found)
    if found is None or not _exists(deployment, found):
        raise _unresolved(deployment, scope, reference)
    return found


def create_handle(deployment: Deployment, scope: Scope, address: Address) -> str:
    """`createFunctionHandle`. The handle of a handle is itself."""
    if address.handle is not None:
        return address.handle
    path = resolve_address(deployment, scope, address, "createFunctionHandle")
    if not _exists(deployment, path):
        raise _handle_not_found()
    deployment.runtime.handles[handle_id(path)] = path
    return handle_of(path)


def _exists(deployment: Deployment, path: FunctionPath) -> bool:
    """Whether a query, mutation or action is there; without Node.js what is in its modules is not looked at."""
    runtime = deployment.component(path.component).runtime
    if path.module not in runtime.modules_by_path:
        return False
    if runtime.runs_in_node(path.module) and not runtime.has_node:
        return True  # the call will say so
    return _registered(deployment, path) is not None


def _registered(deployment: Deployment, path: FunctionPath) -> RegisteredFunction | None:
    found = analyze_module(deployment, path.component, path.module).get(path.name)
    return None if found is None or found.kind == "httpAction" else found


def _by_handle(deployment: Deployment, handle: str, function: str) -> FunctionPath:
    try:
        wanted = parse_handle(handle)
    except InvalidHandleError as problem:
        raise invalid_arguments(function, problem) from None
    known = deployment.runtime.handles
    if wanted not in known:
        # It was made in another process, or by hand.
        known.update({handle_id(path): path for path in _all_functions(deployment)})
    found = known.get(wanted)
    if found is None or found.component not in deployment.components:
        raise _handle_not_found()
    return found


def _all_functions(deployment: Deployment) -> list[FunctionPath]:
    return [
        replace(function.path, component=mounted.path)
        for mounted in deployment.components.values()
        for module, entry in mounted.runtime.modules_by_path.items()
        if entry.environment == "isolate"
        for function in analyze_module(deployment, mounted.path, module).values()
        if function.kind != "httpAction"
    ]


def _export(deployment: Deployment, component: str, reference: ChildFunction) -> FunctionPath | None:
    """Where a component's export is, if its parent can see it: public functions only."""
    child = child_path(component, reference.child)
    if child not in deployment.components or not reference.names:
        return None
    path = exported_path(child, reference.names)
    if path.module not in deployment.component(child).runtime.modules_by_path:
        return None
    found = _registered(deployment, path)
    return path if found is not None and found.visibility == "public" else None


def _existing_export(
    deployment: Deployment, component: str, reference: OwnFunction | ChildFunction, found: FunctionPath | None
) -> FunctionPath:
    if found is not None:
        return found
    assert isinstance(reference, ChildFunction)  # noqa: S101 - an own function always has a path
    if child_path(component, reference.child) not in deployment.components:
        error = FunctionNotFoundError(f"Child component {debug_name(reference.child)} not found")
        error.add_note(_mounted(deployment, component))
        raise error
    names = ", ".join(f'PathComponent("{name}")' for name in reference.names)
    error = FunctionNotFoundError(f"Child component {debug_name(reference.child)} does not export [{names}]")
    error.add_note(_exports(deployment, component, reference))
    raise error


def _unresolved(deployment: Deployment, scope: Scope, reference: OwnFunction | ChildFunction) -> FunctionError:
    error = FunctionNotFoundError(f"Couldn't resolve {reference}")
    if isinstance(reference, OwnFunction):
        error.add_note(missing_hint(deployment, reference.path))
    elif child_path(scope.component, reference.child) in deployment.components:
        error.add_note(_exports(deployment, scope.component, reference))
    else:
        error.add_note(_mounted(deployment, scope.component))
    return error


def _mounted(deployment: Deployment, component: str) -> str:
    """What is mounted in a component, for who looked for something else."""
    definition = deployment.component(component).component.definition
    names = ", ".join(use.name for use in definition.uses)
    where = f"the convex.config.ts of {component!r}" if component else "convex.config.ts"
    return f"{where} mounts {names}." if names else f"{where} mounts no components."


def _exports(deployment: Deployment, component: str, reference: ChildFunction) -> str:
    child = deployment.component(child_path(component, reference.child))
    module = "/".join(reference.names[:-1]) + ".js"
    if module not in child.runtime.modules_by_path:
        modules = ", ".join(sorted(path.removesuffix(".js") for path in child.runtime.modules_by_path))
        return f"The component {child.path!r} has the modules {modules}."
    functions = analyze_module(deployment, child.path, module)
    public = ", ".join(sorted(name for name, each in functions.items() if each.visibility == "public")) or "nothing"
    return f"{child.runtime.file_of(module)} exports {public}; what is internal cannot be called from outside."


def _handle_not_found() -> FunctionError:
    return FunctionError("Function handle not found")
