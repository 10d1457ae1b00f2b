"""The tree of mounted components.

Imitates `crates/model/src/components/type_checking.rs`: what a push checks of the tree, in its order and with its
texts, which spell names as Rust does for debugging.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convex_test.backend.components.definition import Binding, ComponentDefinition, InvalidDefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convex_test.backend.schema.validators import Tables

    Routes = Callable[[str], Sequence[tuple[str, str]] | None]
    """The paths and methods of the `http.ts` of a definition; None when it has no such file."""


@dataclass(frozen=True, slots=True)
class Component:
    """A mounted component.

    Attributes:
        path: the names from the app down, such as "parent/child"; "" is the app.
        env: what its declared environment variables are bound to; variables are the app's.
        http_prefix: where its HTTP routes are mounted, such as "/parent/child/", or None.
    """

    path: str
    definition: ComponentDefinition
    env: Mapping[str, Binding]
    http_prefix: str | None

    def child(self, name: str) -> str:
        """The path of one of its children."""
        return child_path(self.path, name)


def child_path(parent: str, name: str) -> str:
    """The path of a component by that of the one that uses it."""
    return f"{parent}/{name}" if parent else name


def mount_all(definitions: Mapping[str, ComponentDefinition], routes: Routes, tables: Tables) -> dict[str, Component]:
    """All components by path, parents first.

    Args:
        definitions: by path of the definition; "" is the app's.
        routes: the HTTP routes of a definition.
        tables: any; validators of environment variables have no ids.

    Raises:
        InvalidDefinitionError: something that a push refuses.
    """
    root = Component("", definitions[""], {}, definitions[""].http_prefix)
    return {component.path: component for component in _mount(root, definitions, routes, tables)}


def _mount(
    component: Component, definitions: Mapping[str, ComponentDefinition], routes: Routes, tables: Tables
) -> Iterator[Component]:
    definition = component.definition
    if component.path:
        for name, variable in definition.env.items():
            if not variable.optional and name not in component.env:
                raise InvalidDefinitionError(
                    f"Component {debug_path(component.path)} is missing required env var {_identifier(name)}"
                )
    yield component
    mounted: dict[str, Component] = {}
    for use in definition.uses:
        path = component.child(use.name)
        child = definitions[use.definition]
        _check_env(path, child, use.env, definition, tables)
        made = Component(path, child, dict(_resolved(component, use.env)), _prefix(component, use.name))
        yield from _mount(made, definitions, routes, tables)
        if use.name in mounted:
            raise InvalidDefinitionError(
                f"Component {_definition(definition.path)} has multiple child components with the same name: "
                f"{debug_name(use.name)}"
            )
        mounted[use.name] = made
    _check_mounts(definition, mounted, routes)


def _prefix(parent: Component, name: str) -> str | None:
    """A child's HTTP prefix counts from the deployment's root; the app's own prefix is for its own routes only."""
    for mount, target in parent.definition.mounts.items():
        if target == name:
            if parent.path and parent.http_prefix is not None:
                return parent.http_prefix.rstrip("/") + mount
            return mount
    return None


def _resolved(parent: Component, env: Mapping[str, Binding]) -> Iterator[tuple[str, Binding]]:
    for name, binding in env.items():
        if binding.variable is None or not parent.path:
            yield name, binding
        elif binding.variable in parent.env:
            yield name, parent.env[binding.variable]


def _check_env(
    path: str, child: ComponentDefinition, env: Mapping[str, Binding], parent: ComponentDefinition, tables: Tables
) -> None:
    here = f"Component {debug_path(path)}"
    for name, binding in sorted(env.items()):
        declared = child.env.get(name)
        if declared is None:
            raise InvalidDefinitionError(f"{here} has no env var named {_identifier(name)}")
        if binding.variable is None:
            problem = declared.check(binding.value or "", tables)
            if problem is not None:
                raise InvalidDefinitionError(f"{here} has an invalid value for env var {_identifier(name)}: {problem}")
            continue
        theirs = parent.env.get(binding.variable)
        if theirs is None:
            raise InvalidDefinitionError(
                f"{here} env var {_identifier(name)} references undeclared parent env var {binding.variable}"
            )
        if theirs.optional and not declared.optional:
            raise InvalidDefinitionError(
                f"{here} env var {_identifier(name)} is required, but parent env var {binding.variable} is optional"
            )
        if not declared.accepts_all_of(theirs):
            raise InvalidDefinitionError(
                f"{here} env var {_identifier(name)} validator is not satisfied by parent env var {binding.variable} "
                "validator"
            )


def _check_mounts(definition: ComponentDefinition, mounted: Mapping[str, Component], routes: Routes) -> None:
    for mount, name in sorted(definition.mounts.items()):
        where = f'HTTP mount HttpMountPath("{mount}") is invalid:'
        child = mounted[name]
        if not routes(child.definition.path) and not child.definition.mounts:
            raise InvalidDefinitionError(f"{where} Child component {debug_name(name)} doesn't have any HTTP routes.")
        if any(_overlaps(path, mount) for path, _ in routes(definition.path) or ()):
            raise InvalidDefinitionError(f"{where} Overlap with existing prefix route")


def _overlaps(route: str, mount: str) -> bool:
    """`overlaps_with_mount` of `crates/common/src/types/actions.rs`: a prefix route with the path of a mount."""
    return route.endswith("*") and (route.removesuffix("*") or "/") == mount


def debug_name(name: str) -> str:
    """A component's name in the backend's texts."""
    return f"ComponentName({_identifier(name)})"


def debug_path(path: str) -> str:
    """A component's path in the backend's texts."""
    return f"[{', '.join(debug_name(name) for name in path.split('/'))}]" if path else "[]"


def _identifier(name: str) -> str:
    return f'Identifier("{name}")'


def _definition(path: str) -> str:
    return f'ComponentDefinitionPath {{ path: "{path}" }}'
