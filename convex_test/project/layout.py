"""What a Convex project has on disk, checked before anything is built."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import orjson

from convex_test.errors import ProjectError
from convex_test.project.config import CONFIG_NAME, ProjectConfig, load_config
from convex_test.project.discover import HOW_TO_CONFIGURE
from convex_test.project.esbuild import Esbuild, find_esbuild, node_modules_above

OLDEST_CONVEX: Final = (1, 9, 0)
"""The oldest npm package `convex` whose functions the backend runs by today's rules.

For older ones it searches text with another algorithm (before 1.7, `crates/common/src/version.rs`) and writes the
checksums of files differently (before 1.9, `crates/model/src/file_storage/virtual_table.rs`).
"""
_VERSION: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)(-.+)?", re.ASCII)
_INSTALL_BY_LOCK = {
    "package-lock.json": "npm install",
    "pnpm-lock.yaml": "pnpm install",
    "yarn.lock": "yarn install",
    "bun.lock": "bun install",
    "bun.lockb": "bun install",
}
LOCK_FILES = (*_INSTALL_BY_LOCK, "npm-shrinkwrap.json")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a project are. All paths are absolute.

    Attributes:
        root: the folder of `convex.json`.
        functions_dir: the folder of the functions, usually `root / "convex"`.
        config: what `convex.json` says.
        esbuild: the binary that the installed `convex` package uses.
        convex_package: the folder of the installed npm package `convex`.
        convex_version: its version, such as "1.48.0".
        is_component: `functions_dir` is that of a component which the project uses.
    """

    root: Path
    functions_dir: Path
    config: ProjectConfig
    esbuild: Esbuild
    convex_package: Path
    convex_version: str
    is_component: bool = False

    def of_component(self, folder: Path) -> Layout:
        """The layout of a component whose `convex.config.ts` is in `folder`, below or outside of the functions folder.

        Its generated code is TypeScript whatever `convex.json` says (`src/cli/lib/codegen.ts` of npm's `convex`).
        """
        return replace(
            self, functions_dir=folder, config=replace(self.config, generates_typescript=True), is_component=True
        )


def load_layout(root: Path) -> Layout:
    """The layout of the project in `root`. Raises `ProjectError` for the first thing that is missing."""
    absolute = Path(root).resolve()
    if not absolute.is_dir():
        what = "is a file" if absolute.exists() else "does not exist"
        raise ProjectError(f"The project folder {absolute} {what}.\n{HOW_TO_CONFIGURE}")
    config = load_config(absolute)
    functions_dir = (absolute / config.functions).resolve()
    if not functions_dir.is_dir():
        raise ProjectError(_no_functions(absolute, functions_dir, config))
    package = _find_convex_package(absolute, functions_dir)
    version = convex_version(package)
    _check_is_new_enough(absolute, package, version)
    return Layout(absolute, functions_dir, config, find_esbuild(package), package, version)


def install_command(folder: Path) -> str:
    """How the packages of the project in `folder` are installed, going by the nearest lock file."""
    for ancestor in (folder, *folder.parents):
        for lock, command in _INSTALL_BY_LOCK.items():
            if (ancestor / lock).is_file():
                return command
    return "npm install"


def _no_functions(root: Path, functions_dir: Path, config: ProjectConfig) -> str:
    reason = (
        f"`functions` in {root / CONFIG_NAME} is {config.functions!r}"
        if "functions" in config.raw
        else f"{root / CONFIG_NAME} does not name another folder"
    )
    return (
        f"The project {root} has no functions folder: {functions_dir} does not exist, and {reason}.\n{HOW_TO_CONFIGURE}"
    )


def _find_convex_package(root: Path, functions_dir: Path) -> Path:
    """The `convex` package that an import in the functions folder resolves to."""
    searched = list(node_modules_above(functions_dir))
    for folder in searched:
        if (folder / "convex" / "package.json").is_file():
            return folder / "convex"
    command = install_command(root)
    plug_and_play = next((p for p in (root, *root.parents) if (p / ".pnp.cjs").is_file()), None)
    if plug_and_play:
        raise ProjectError(
            f"The packages of {root} are installed by Yarn Plug'n'Play ({plug_and_play / '.pnp.cjs'}), "
            "which is not supported.\nPut `nodeLinker: node-modules` into .yarnrc.yml and run `yarn install`."
        )
    if not searched:
        raise ProjectError(
            f"The packages of {root} are not installed: no node_modules there or above.\nRun `{command}` in {root}."
        )
    add = _add_command(root)
    raise ProjectError(
        "The npm package convex is not installed. Looked in\n"
        + "".join(f"    {folder}\n" for folder in searched)
        + f"Run `{command}` in {root}, or `{add}` when package.json does not name it."
    )


def _add_command(root: Path) -> str:
    command = install_command(root)
    return command.replace(" install", " install convex" if command.startswith("npm") else " add convex")


def _check_is_new_enough(root: Path, package: Path, version: str) -> None:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ProjectError(
            f"{package / 'package.json'} is damaged: the version is {version!r}\nInstall the packages again."
        )
    *numbers, prerelease = match.groups()
    found = tuple(map(int, numbers))
    if found < OLDEST_CONVEX or (found == OLDEST_CONVEX and prerelease):
        raise ProjectError(
            f"The npm package convex {version} in {package} is too old: "
            f"convex-test needs {'.'.join(map(str, OLDEST_CONVEX))} or newer.\n"
            f"Run `{_add_command(root)}@latest` in {root}."
        )


def convex_version(package: Path) -> str:
    """The version of an installed package `convex`. Raises `ProjectError` when it says none."""
    path = package / "package.json"
    try:
        return str(orjson.loads(path.read_bytes())["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(f"{path} is damaged: {error!r}\nInstall the packages again.") from error
