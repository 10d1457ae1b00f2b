"""Which files of the functions folder are modules, and where each of them runs.

The rules are those of `entryPoints` and `determineEnvironment` in `src/bundler/index.ts` of the npm package `convex`,
texts included; module paths are checked as the backend does at push (`crates/convex/sync_types/src/path.rs`,
`module_path.rs`, `crates/application/src/deploy_config.rs`). Like there, symbolic links below the functions folder
are no modules, folders with a `convex.config.ts` of their own are components and skipped, and folders named
`__tests__` are not special.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from convex_test.errors import ProjectError
from convex_test.project.directives import has_use_node_directive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Environment = Literal["isolate", "node"]

EXTENSIONS = (".js", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".jsx")
MAX_MODULES = 4096
MAX_PATH_COMPONENT = 64

_ISOLATE_ONLY = ("http", "crons", "schema", "auth.config")
_SPACE = "[\\t\\n\\v\\f\\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
_IS_MODULE = re.compile(f"(?:^|(?<=[\\n\\r\u2028\u2029])){_SPACE}{{0,100}}(?:import|export)")
_IMPORTS_ROUTER = re.compile(r"import\s*\{[^}]*\bhttpRouter\b[^}]*\}\s*from")


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One module of the project.

    Attributes:
        path: the module's canonical path, such as "dir/messages.js".
        file: the source file.
        environment: "isolate" for Convex's own runtime, "node" for files with `"use node"`.
    """

    path: str
    file: Path
    environment: Environment


@dataclass(frozen=True, slots=True)
class EntryPoints:
    """Everything in a functions folder that is evaluated.

    Attributes:
        modules: the modules in Convex's order; `http.js` and `crons.js` are among them.
        special: `schema.js`, `auth.config.js` and `convex.config.js`, as far as they are there.
        warnings: what Convex's command line would warn about.
    """

    modules: tuple[EntryPoint, ...]
    special: tuple[EntryPoint, ...]
    warnings: tuple[str, ...]


def find_entry_points(functions_dir: Path) -> EntryPoints:
    """The modules of the project whose functions are in `functions_dir`.

    Raises `ProjectError` for what makes `npx convex dev` fail: reserved folders, paths the backend refuses, two files
    with one path, `"use node"` where it is not allowed, too many modules.
    """
    modules: list[EntryPoint] = []
    warnings: list[str] = []
    for relative in _files(functions_dir, ""):
        file = functions_dir / relative
        if relative.startswith("_deps/"):
            raise ProjectError(
                f'The path "{file}" is within the "_deps" directory, which is reserved for dependencies. '
                "Please move your code to another directory."
            )
        warnings += _router_warning(file, relative)
        if _is_named_like_a_module(relative):
            source = read_source(file)
            if not relative.endswith((".ts", ".tsx")) or _IS_MODULE.search(source):
                modules.append(EntryPoint(_canonical(relative), file, _environment(relative, source)))
    _check_paths(functions_dir, modules)
    return EntryPoints(tuple(modules), tuple(_special(functions_dir)), tuple(warnings))


def holds_modules(functions_dir: Path) -> bool:
    """Whether `functions_dir` is a folder with at least one file that could be a module or a schema."""
    try:
        return any(
            _is_named_like_a_module(relative) or relative in ("schema.ts", "schema.js")
            for relative in _files(functions_dir, "")
        )
    except ProjectError:
        return False


def read_source(file: Path) -> str:
    """The text of a source file, line ends untouched. Bytes that are no UTF-8 become U+FFFD, as in Node."""
    try:
        return file.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise ProjectError(f"Cannot read {file}: {error.strerror}") from error


def _files(folder: Path, prefix: str) -> Iterator[str]:
    """Posix paths of the files below `folder`, in the order of UTF-16 code units as JavaScript sorts them."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name.encode("utf-16-be", errors="surrogatepass"))
    except OSError as error:
        raise ProjectError(f"Cannot read {folder}: {error.strerror}") from error
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            child = folder / entry.name
            if not (child / "convex.config.ts").exists():
                yield from _files(child, f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            yield prefix + entry.name


def _is_named_like_a_module(relative: str) -> bool:
    name = relative.rpartition("/")[2]
    return (
        relative.endswith(EXTENSIONS)
        and not relative.startswith("_generated/")
        and not name.startswith((".", "#"))
        and name not in ("schema.ts", "schema.js")
        and name.count(".") <= 1
        and " " not in relative
    )


def _canonical(relative: str) -> str:
    return relative.rpartition(".")[0] + ".js"


def _environment(relative: str, source: str) -> Environment:
    if has_use_node_directive(source):
        if relative.rpartition(".")[0] in _ISOLATE_ONLY:
            raise ProjectError(f'"use node" directive is not allowed for {relative}.')
        return "node"
    if relative.startswith("actions/"):
        raise ProjectError(
            f'{relative} is in /actions subfolder but has no "use node"; directive. You can now define actions in any '
            'folder and indicate they should run in node by adding "use node" directive. /actions is a deprecated way '
            'to choose Node.js environment, and we require "use node" for all files within that folder to avoid '
            "unexpected errors during the migration. See https://docs.convex.dev/functions/actions for more details"
        )
    return "isolate"


def _router_warning(file: Path, relative: str) -> list[str]:
    name = relative.lower()
    if not name.startswith("https.") or "/" in relative or not _IMPORTS_ROUTER.search(read_source(file)):
        return []
    return [
        (
            f"Found {file}. HTTP action routes will not be imported from this file. "
            f"Did you mean to include http{file.suffix.lower()}?"
        )
    ]


def _check_paths(functions_dir: Path, modules: list[EntryPoint]) -> None:
    wrong = [f"{module.file}: {text}" for module in modules if (text := _path_error(module.path))]
    if wrong:
        raise ProjectError(
            "\n".join([*wrong, f"Rename what cannot be deployed, or move it out of {functions_dir.name}/."])
        )
    by_path: dict[str, EntryPoint] = {}
    for module in modules:
        other = by_path.setdefault(module.path, module)
        if other is not module:
            raise ProjectError(
                f"Two output files share the same path but have different contents: out/{module.path}\n"
                f"Both {other.file} and {module.file} are the module {module.path}: rename one of them."
            )
    if len(modules) > MAX_MODULES:
        raise ProjectError(
            f'Too many function files ({len(modules)} > maximum {MAX_MODULES}) in "convex/". See our docs '
            "(https://docs.convex.dev/using/writing-convex-functions#using-libraries) for more details."
        )


def _path_error(path: str) -> str | None:
    """The backend's text for a module path it refuses, or None."""
    for component in path.split("/"):
        problem = _component_error(component)
        if problem:
            return f"{path} is not a valid path to a Convex module. {problem}"
    return None


def _component_error(component: str) -> str | None:
    size = len(component.encode("utf-8", errors="surrogatepass"))
    if size > MAX_PATH_COMPONENT:
        shown = component.encode("utf-8", errors="surrogatepass")[:MAX_PATH_COMPONENT].decode("utf-8", errors="ignore")
        return f"Path component is too long ({size} > maximum {MAX_PATH_COMPONENT}): {shown}..."
    if not re.fullmatch(r"[A-Za-z0-9_.]*", component):
        return f"Path component {component} can only contain alphanumeric characters, underscores, or periods."
    if not re.search("[A-Za-z0-9]", component):
        return f"Path component {component} must have at least one alphanumeric character."
    return None


def _special(functions_dir: Path) -> Iterator[EntryPoint]:
    for stem in ("schema", "auth.config", "convex.config"):
        typescript, javascript = functions_dir / f"{stem}.ts", functions_dir / f"{stem}.js"
        if stem == "auth.config" and typescript.exists() and javascript.exists():
            raise ProjectError(f"Found both {javascript} and {typescript}, choose one.")
        file = typescript if typescript.exists() else javascript
        if file.exists():
            yield EntryPoint(f"{stem}.js", file, "isolate")
