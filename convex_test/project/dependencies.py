"""What a bundle depends on besides the settings it was built with, as fingerprints that can be checked again.

    the content   of every input, of the `package.json` of every package among them, and of the configuration files
                  that esbuild looks for from the project's own inputs upwards, with what their `extends` names
    the names     of the files beside the project's own inputs, because a new `x.ts` can take the place of `x/index.ts`

Packages are not watched for new files: a package manager changes a lock file when it adds some, and lock files are
part of the cache's key.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from convex_test.project.entry_points import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_CONFIGS = ("package.json", "tsconfig.json", "jsconfig.json")
_EXTENDS = re.compile(rb'"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")')
_RELATIVE = re.compile(rb'"(\.[^"]*)"')
_ABSENT = "absent"
_DIGEST_SIZE = 16


def fingerprints(names: Iterable[str], root: Path) -> dict[str, str]:
    """The present fingerprint of each name. Names are relative to `root`; a final slash marks a folder."""
    return {name: _fingerprint(root, name) for name in names}


def unchanged(recorded: Mapping[str, str], root: Path) -> bool:
    """Whether everything recorded is still as it was."""
    return all(_fingerprint(root, name) == value for name, value in recorded.items())


def dependency_names(inputs: Iterable[str], root: Path) -> list[str]:
    """Names of what a bundle of `inputs` depends on, `inputs` included."""
    names = dict.fromkeys(inputs)
    own_folders = sorted({str(PurePosixPath(name).parent) for name in names if "node_modules/" not in name})
    manifests = [manifest for name in names if (manifest := _manifest_of_package(name))]
    above = {ancestor for folder in own_folders for ancestor in _upwards(root / folder)}
    configs = [file for folder in sorted(above) for name in _CONFIGS for file in _with_extends(folder / name)]
    names |= dict.fromkeys(manifests)
    names |= dict.fromkeys(f"{folder}/" for folder in own_folders)
    names |= dict.fromkeys(map(str, configs))
    return list(names)


def _fingerprint(root: Path, name: str) -> str:
    path = root / name
    try:
        return _listing(path) if name.endswith("/") else _digest(path.read_bytes())
    except OSError:
        return _ABSENT


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_DIGEST_SIZE).hexdigest()


def _listing(folder: Path) -> str:
    names = sorted(
        entry.name
        for entry in folder.iterdir()
        if not entry.name.startswith((".", "__pycache__"))
        and (entry.name.endswith((*EXTENSIONS, ".json")) or entry.is_dir())
    )
    return _digest("\n".join(names).encode(errors="surrogatepass"))


def _manifest_of_package(name: str) -> str | None:
    before, found, inside = name.rpartition("node_modules/")
    if not found:
        return None
    parts = inside.split("/")
    package = "/".join(parts[:2]) if parts[0].startswith("@") else parts[0]
    return f"{before}{found}{package}/package.json"


def _upwards(folder: Path) -> Iterator[Path]:
    resolved = folder.resolve()
    yield resolved
    yield from resolved.parents


def _with_extends(config: Path) -> Iterator[Path]:
    """`config` and the files it builds on by relative references, each once, existing or not."""
    waiting, seen = [config], set[Path]()
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        yield current
        try:
            content = current.read_bytes()
        except OSError:
            continue
        for target in _RELATIVE.findall(b"".join(_EXTENDS.findall(content))):
            base = (current.parent / target.decode(errors="replace")).resolve()
            waiting += [base, base.with_name(f"{base.name}.json")]
