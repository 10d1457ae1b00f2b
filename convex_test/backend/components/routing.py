"""Which component's `http.ts` a request is for.

Imitates `route_http_action` of `crates/application/src/application_function_runner/http_routing.rs`: an exact route
of the component's own, else the longest of its prefix routes and its mounts, else its own `http.ts`, which then says
that there is no such route.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convex_test.backend.components.tree import Component


@dataclass(frozen=True, slots=True)
class RoutedRequest:
    """The component that answers, and the path as its own `http.ts` sees it."""

    component: str
    path: str


def route_request(
    components: Mapping[str, Component],
    routes_of: Callable[[str], Sequence[tuple[str, str]] | None],
    path: str,
    method: str,
) -> RoutedRequest | None:
    """Where a request goes; None when neither HTTP routes nor mounts are there for it.

    Args:
        components: all by path.
        routes_of: the paths and methods of a component's `http.ts`, None without that file.
        path: of the request's URL.
        method: of the request; HEAD goes where GET does.
    """
    method = "GET" if method == "HEAD" else method
    component = components[""]
    while True:
        routes, mounts = routes_of(component.path), component.definition.mounts
        if routes is None and not mounts:
            return None
        own = _own_path(component, path)
        here = None if own is None or routes is None else RoutedRequest(component.path, own)
        if here is not None and (here.path, method) in (routes or ()):
            return here
        mount = max((mount for mount in mounts if path.startswith(mount)), key=len, default=None)
        prefix = None if here is None else _longest_prefix(routes or (), here.path, method)
        if mount is None or (here is not None and prefix is not None and _is_longer(here.path, prefix, path, mount)):
            return here
        component = components[component.child(mounts[mount])]
        path = "/" + path.removeprefix(mount)


def _is_longer(own_path: str, prefix: int, path: str, mount: str) -> bool:
    """Whether a prefix route goes before a mount. They are compared by what they leave over; a mount wins a tie."""
    return len(own_path) - prefix + 1 < len(path) - len(mount)


def _own_path(component: Component, path: str) -> str | None:
    """The path without the app's `httpPrefix`; None when it does not begin with it."""
    prefix = component.definition.http_prefix
    if component.path or prefix is None:
        return path
    return "/" + path.removeprefix(prefix) if path.startswith(prefix) else None


def _longest_prefix(routes: Sequence[tuple[str, str]], path: str, method: str) -> int | None:
    """The length of the longest prefix route of a method that fits."""
    prefixes = [route.removesuffix("*") or "/" for route, served in routes if served == method and route.endswith("*")]
    return max((len(prefix) for prefix in prefixes if path.startswith(prefix)), default=None)
