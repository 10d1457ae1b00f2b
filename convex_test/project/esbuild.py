"""The esbuild binary that the project's own `convex` package uses, found without Node.

`convex` pins an esbuild version; what it resolves is what `npx convex dev` bundles with, so it is found the way Node
does: from the real location of the `convex` package upwards through `node_modules` folders to `esbuild`, and from the
real location of that to `@esbuild/<platform>`. Real locations make npm's nested, pnpm's symlinked and yarn's hoisted
layouts the same case. Platform names were read in `lib/main.js` of the npm package `esbuild`. `ESBUILD_BINARY_PATH`
wins, as it does there. Not supported: `esbuild-wasm` and Yarn Plug'n'Play, which keeps packages in ZIP files.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from convex_test.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARY_VARIABLE = "ESBUILD_BINARY_PATH"
_VERSION_TIMEOUT = 20.0

_SYSTEMS = {"win32": "win32", "cygwin": "win32", "darwin": "darwin", "android": "android"}
_MACHINES = {
    "x86_64": "x64",
    "amd64": "x64",
    "i386": "ia32",
    "i686": "ia32",
    "x86": "ia32",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv6l": "arm",
    "armv7l": "arm",
    "armv8l": "arm",
    "riscv64": "riscv64",
    "loongarch64": "loong64",
    "ppc64le": "ppc64",
    "s390x": "s390x",
    "mips64": "mips64el",
}


@dataclass(frozen=True, slots=True)
class Esbuild:
    """An esbuild binary.

    Attributes:
        path: the executable.
        known_version: such as "0.27.0"; None when no package says it and the binary has to be asked.
    """

    path: Path
    known_version: str | None

    @property
    def version(self) -> str:
        """Such as "0.27.0". May start the binary."""
        return self.known_version or _ask_version(self.path)

    @property
    def fingerprint(self) -> str:
        """Changes when the binary does. Starts nothing."""
        if self.known_version:
            return self.known_version
        status = self.path.stat()
        return f"{self.path} {status.st_size} {status.st_mtime_ns}"


def find_esbuild(convex_package: Path) -> Esbuild:
    """The esbuild that `convex_package` (the folder of the installed npm package) resolves.

    Raises `ProjectError` when there is none for this platform.
    """
    override = os.environ.get(BINARY_VARIABLE)
    if override:
        return _from_variable(Path(override))
    searched: list[Path] = []
    for package in _packages(convex_package.resolve(), "esbuild"):
        searched.append(package)
        found = _binary_of(package)
        if found:
            return found
    raise ProjectError(_not_found(convex_package, searched))


def node_modules_above(folder: Path) -> Iterator[Path]:
    """The existing `node_modules` folders that Node searches for an import in `folder`, nearest first."""
    for ancestor in (folder, *folder.parents):
        if ancestor.name != "node_modules":
            candidate = ancestor / "node_modules"
            if candidate.is_dir():
                yield candidate


def platform_packages() -> list[str]:
    """Names below `@esbuild/` whose binary runs here, best first."""
    system = _SYSTEMS.get(sys.platform) or sys.platform.rstrip("0123456789")
    machine = _MACHINES.get(platform.machine().lower(), platform.machine().lower())
    names = [f"{system}-{machine}"]
    if system in ("darwin", "win32") and machine == "arm64":
        names.append(f"{system}-x64")  # both systems emulate x64, and a Node for x64 installs that package
    elif system in ("darwin", "win32") and machine == "x64":
        names.append(f"{system}-arm64")  # an emulated Python reports x64 on a machine whose Node is arm64
    return names


def _packages(start: Path, name: str) -> Iterator[Path]:
    for folder in node_modules_above(start):
        package = folder / name
        if package.is_dir():
            yield package.resolve()


def _binary_of(esbuild_package: Path) -> Esbuild | None:
    for name in platform_packages():
        subpath = "esbuild.exe" if name.startswith("win32") else "bin/esbuild"
        for package in _packages(esbuild_package, f"@esbuild/{name}"):
            if (package / subpath).is_file():
                return Esbuild(package / subpath, _version_of(package))
        downloaded = esbuild_package / "lib" / f"downloaded-@esbuild-{name}-{Path(subpath).name}"
        if downloaded.is_file():
            return Esbuild(downloaded, _version_of(esbuild_package))
    return None


def _version_of(package: Path) -> str | None:
    try:
        version = orjson.loads((package / "package.json").read_bytes())["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return version if isinstance(version, str) else None


def _from_variable(binary: Path) -> Esbuild:
    if not binary.is_file():
        raise ProjectError(
            f"The environment variable {BINARY_VARIABLE} names {binary}, which is no file.\n"
            "Correct it, or unset it to use the esbuild in node_modules."
        )
    return Esbuild(binary, None)


def _ask_version(binary: Path) -> str:
    try:
        answer = subprocess.run(  # noqa: S603 - the esbuild that the user named
            [str(binary), "--version"], capture_output=True, text=True, timeout=_VERSION_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProjectError(f"{binary} is no esbuild that runs on this machine: {error}") from error
    return answer.stdout.strip()


def _not_found(convex_package: Path, searched: list[Path]) -> str:
    wanted = " or ".join(f"@esbuild/{name}" for name in platform_packages())
    if not searched:
        where = f"Looked for the npm package esbuild from {convex_package} upwards."
    else:
        where = "\n".join(f"Looked from {package} upwards." for package in searched)
    lines = [f"No esbuild binary for this platform: the npm package {wanted} is not installed.", where]
    others = sorted({found for package in searched for found in _other_platforms(package)})
    if others:
        lines.append(f"Found {', '.join(others)}: node_modules was installed on another platform.")
    lines.append(
        "Install the packages again on this machine, without --omit=optional, "
        f"or set the environment variable {BINARY_VARIABLE} to an esbuild binary."
    )
    return "\n".join(lines)


def _other_platforms(esbuild_package: Path) -> Iterator[str]:
    for folder in node_modules_above(esbuild_package):
        scope = folder / "@esbuild"
        if scope.is_dir():
            yield from (f"@esbuild/{entry.name}" for entry in scope.iterdir())
