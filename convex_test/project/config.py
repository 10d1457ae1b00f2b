"""`convex.json`: the few settings that decide how a project is read.

Rules of `src/cli/lib/config.ts` in the npm package `convex`: plain JSON without comments; an object; unknown keys are
kept; with no file the functions are in `convex/`, or in `src/convex/` when `package.json` depends on `react-scripts`.
Texts for wrong types are those of Convex's own check. Keys that only steer deployment or code generation are not
checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from convex_test.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG_NAME = "convex.json"
DEFAULT_FUNCTIONS = "convex/"


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """What `convex.json` says, or its defaults.

    Attributes:
        functions: the functions folder relative to the project's root, as written.
        external_packages: npm packages that Node actions import at run time instead of bundling; `("*",)` is all.
        generates_typescript: `_generated` holds `.ts` files (`codegen.fileType` is "ts").
        raw: the whole object as read.
    """

    functions: str = DEFAULT_FUNCTIONS
    external_packages: tuple[str, ...] = ()
    generates_typescript: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, hash=False)


def load_config(root: Path) -> ProjectConfig:
    """The configuration of the project in `root`. Raises `ProjectError` for a file that Convex would refuse."""
    path = root / CONFIG_NAME
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return ProjectConfig(functions=_default_functions(root))
    except OSError as error:
        raise ProjectError(f"Unable to read the project's configuration {path}: {error.strerror}") from error
    return _parse(path, content)


def _default_functions(root: Path) -> str:
    return f"src/{DEFAULT_FUNCTIONS}" if is_create_react_app(root) else DEFAULT_FUNCTIONS


def is_create_react_app(root: Path) -> bool:
    """Whether the `package.json` in `root` depends on `react-scripts`."""
    try:
        content = (root / "package.json").read_bytes()
        if b"react-scripts" not in content:
            return False
        manifest = orjson.loads(content)
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and any(
        isinstance(manifest.get(key), dict) and "react-scripts" in manifest[key]
        for key in ("dependencies", "devDependencies")
    )


def _parse(path: Path, content: bytes) -> ProjectConfig:
    try:
        raw = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ProjectError(
            f"{path}:{error.lineno}:{error.colno}: Parsing {CONFIG_NAME} failed: {error.msg}\n"
            "It has to be plain JSON, without comments and trailing commas."
        ) from error
    if not isinstance(raw, dict):
        raise ProjectError(f"{path}: Expected `convex.json` to contain an object")
    node = _typed(path, raw, ("node",), dict, {})
    codegen = _typed(path, raw, ("codegen",), dict, {})
    return ProjectConfig(
        functions=_typed(path, raw, ("functions",), str, DEFAULT_FUNCTIONS),
        external_packages=_external_packages(path, node),
        generates_typescript=codegen.get("fileType") == "ts",
        raw=raw,
    )


def _external_packages(path: Path, node: dict[str, Any]) -> tuple[str, ...]:
    names = _typed(path, node, ("node", "externalPackages"), list, [])
    entries = dict(enumerate(names))
    return tuple(_typed(path, entries, ("node", "externalPackages", index), str, "") for index in entries)


_TYPE_NAMES: dict[type, str] = {str: "string", dict: "object", list: "array"}


def _typed(path: Path, holder: Mapping[Any, Any], at: tuple[str | int, ...], expected: type, default: Any) -> Any:
    if at[-1] not in holder:
        return default
    value = holder[at[-1]]
    if isinstance(value, expected):
        return value
    where = ".".join(map(str, at))
    raise ProjectError(
        f"{path}: `{where}` in `convex.json`: Expected {_TYPE_NAMES[expected]}, received {_received(value)}"
    )


def _received(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case _:
            return _TYPE_NAMES[type(value)]
