"""From a name to a registered function, with the backend's errors (`crates/udf/src/validation.rs`)."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

from convex_test.errors import FunctionError, FunctionNotFoundError, ProjectError, UsageError
from convex_test.functions.analysis import analyze_module
from convex_test.references import FunctionPath, Reference, parse_function_path, reference_path, reference_root

if TYPE_CHECKING:
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.registered import RegisteredFunction
    from convex_test.functions.runtime import ProjectRuntime

MAXIMUM_NAMES = 20


def function_path(deployment: Deployment, callee: str | Reference, component: str = "") -> FunctionPath:
    """The path that a string or a reference names in a component. `components` always starts from the app."""
    if isinstance(callee, str):
        return parse_function_path(callee, component)
    names = reference_path(callee)
    if reference_root(callee) == "components":
        return _component_path(deployment, callee, names)
    if not names:
        raise UsageError(f"{callee!r} names no function: write for example {callee!r}.messages.send.")
    return _path_of(deployment, component, names)


def _path_of(deployment: Deployment, component: str, names: tuple[str, ...]) -> FunctionPath:
    # `api.messages` alone, or `api.dir.file`: a module stands for its default export.
    whole, parent = "/".join(names) + ".js", "/".join(names[:-1]) + ".js"
    modules = deployment.component(component).runtime.modules_by_path
    if len(names) == 1 or (
        whole in modules and (parent not in modules or names[-1] not in analyze_module(deployment, component, parent))
    ):
        return FunctionPath(whole, "default", component)
    return FunctionPath(parent, names[-1], component)


def _component_path(deployment: Deployment, callee: Reference, names: tuple[str, ...]) -> FunctionPath:
    """`components.parent.child.module.function`, where as many names as possible are those of components."""
    for end in range(len(names) - 1, 0, -1):
        component = "/".join(names[:end])
        if component in deployment.components:
            return _path_of(deployment, component, names[end:])
    mounted = ", ".join(path for path in deployment.components if path)
    raise UsageError(
        f"{callee!r} is in no component that is mounted: "
        + (f"convex.config.ts mounts {mounted}." if mounted else "convex.config.ts mounts none.")
        + " Mount it there, or by t.register_component(…)."
    )


def find_function(deployment: Deployment, path: FunctionPath, kind: str, *, public_only: bool) -> RegisteredFunction:
    """The function at a path.

    Raises:
        FunctionNotFoundError: there is none, or it is internal and `public_only`.
        FunctionError: it is of another kind.
        ProjectError: its module does not load, or needs Node.js and there is none.
    """
    runtime = deployment.component(path.component).runtime
    entry = runtime.modules_by_path.get(path.module)
    if entry is None:
        raise _not_found(deployment, path)
    function = analyze_module(deployment, path.component, path.module).get(path.name)
    if path in runtime.unusable:
        raise ProjectError(runtime.unusable[path])
    if function is None or function.kind == "httpAction" or (public_only and function.visibility != "public"):
        raise _not_found(deployment, path, function)
    if function.kind != kind:
        wrong = FunctionError(
            f"Trying to execute {path.full} as {kind.capitalize()}, but it is defined as {function.kind.capitalize()}."
        )
        wrong.add_note(f"Call it with t.{function.kind}(…).")
        raise wrong
    return replace(function, path=path) if path.component else function


def find_any_function(deployment: Deployment, path: FunctionPath) -> RegisteredFunction:
    """The query, mutation or action at a path. Raises as `find_function` does."""
    is_known = path.module in deployment.component(path.component).runtime.modules_by_path
    known = analyze_module(deployment, path.component, path.module).get(path.name) if is_known else None
    return find_function(deployment, path, "query" if known is None else known.kind, public_only=False)


def kind_of(deployment: Deployment, path: FunctionPath) -> str:
    """The kind of the function at a path; "action" when there is none."""
    entry = deployment.component(path.component).runtime.modules_by_path.get(path.module)
    if entry is None or entry.environment == "node":
        # Looking it up says what is wrong.
        return "action"
    found = analyze_module(deployment, path.component, path.module).get(path.name)
    return "action" if found is None else found.kind


def _not_found(deployment: Deployment, path: FunctionPath, found: RegisteredFunction | None = None) -> FunctionError:
    error = FunctionNotFoundError(f"Could not find public function for '{path}'{path.inside}.")
    error.add_note(missing_hint(deployment, path, found))
    return error


def missing_hint(deployment: Deployment, path: FunctionPath, found: RegisteredFunction | None = None) -> str:
    """What is there, for who looked for a function that is not, or that is `found` and not for them."""
    runtime = deployment.component(path.component).runtime
    file = runtime.file_of(path.module)
    if found is not None and found.kind == "httpAction":
        return f"{file} exports {path.name} as an HTTP action: it is reached by its route, not by name."
    if found is not None:
        return f"{file} defines {path.name} as an internal function: call it as internal.… or by its name as a string."
    if path.module in runtime.modules_by_path:
        names = sorted(analyze_module(deployment, path.component, path.module))
        if not names:
            return f"{file} registers no functions."
        near = difflib.get_close_matches(path.name, names, n=1)
        return f"{file} registers {', '.join(names)}." + (f" Did you mean {near[0]}?" if near else "")
    return _module_hint(runtime, path.module.removesuffix(".js"))


def _module_hint(runtime: ProjectRuntime, given: str) -> str:
    folder = runtime.layout.functions_dir.name
    modules = sorted(module.removesuffix(".js") for module in runtime.modules_by_path)
    text = f"There is no module {given!r} in {folder}/. "
    # Likely slips: "messages.list", "messages/list", "convex/messages", "messages.ts".
    for plain in (given.removeprefix(f"{folder}/"), given.rsplit(".", 1)[0], given.rsplit("/", 1)[0]):
        if plain in modules:
            rest = given[len(plain) + 1 :] if given.startswith(plain) else ""
            return text + f"Did you mean {plain + ':' + rest if rest and rest != 'ts' else plain!r}?"
    near = difflib.get_close_matches(given, modules, n=1)
    if near:
        return text + f"Did you mean {near[0]!r}?"
    shown = ", ".join(modules[:MAXIMUM_NAMES]) or "no modules"
    return text + f"It has {shown}{' …' if len(modules) > MAXIMUM_NAMES else ''}."
