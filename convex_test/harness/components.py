"""Components in the arguments of `t`: which one is meant, and mounting one that no `convex.config.ts` mounts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from convex_test.errors import UsageError
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_identifier

if TYPE_CHECKING:
    from convex_test.functions.deployment import Deployment

CONFIG_NAMES: Final = ("convex.config.ts", "convex.config.js")


def mounted_path(deployment: Deployment, call: str, component: object) -> str:
    """The path of a mounted component, as a test gives it; None is the app. Raises `UsageError` for any other."""
    if component is None:
        return ""
    if isinstance(component, str) and component in deployment.components:
        return component
    mounted = ", ".join(repr(path) for path in deployment.components if path)
    known = f"mounted are {mounted}" if mounted else "no component is mounted"
    raise UsageError(f"{call}(…, component={component!r}): there is no such component; {known}.")


def register_component(deployment: Deployment, path: object, directory: object) -> None:
    """What `t.register_component` does."""
    call = f"t.register_component({path!r}, {str(directory)!r})"
    if not isinstance(path, str) or not path:
        raise UsageError(f"{call}: expected the path of a component, such as 'counter'.")
    if path in deployment.components:
        raise UsageError(f"{call}: there is a component at that path already.")
    parent, _, name = path.rpartition("/")
    if parent not in deployment.components:
        raise UsageError(f"{call}: there is no component {parent!r} to mount it in.")
    try:
        check_identifier(name)
    except InvalidValueError as problem:
        raise UsageError(f"{call}: {problem}.") from None
    deployment.register(parent, name, _folder(deployment, call, directory))


def _folder(deployment: Deployment, call: str, directory: object) -> Path:
    if not isinstance(directory, str | Path):
        raise UsageError(f"{call}: expected a folder as str or Path.")
    folder = (deployment.runtime.layout.root / directory).resolve()
    if not any((folder / name).is_file() for name in CONFIG_NAMES):
        raise UsageError(f"{call}: {folder} is no component: it has no {' or '.join(CONFIG_NAMES)}.")
    return folder
