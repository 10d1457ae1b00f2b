"""Bundles kept on disk between runs, so that an unchanged project starts no esbuild.

A record is stored under a key (everything known before bundling) with the fingerprints of everything that bundling
read or depended on; it counts only while all of them are still true. Records carry a checksum, are written to a
temporary file and moved into place, so that processes may share the folder; a damaged one is as good as none. A
folder that cannot be written to is no error: then nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER_VARIABLE = "CONVEX_TEST_CACHE_DIR"
RECORDS_PER_PROJECT = 8

_MAGIC = b"convex-test bundle 3\n"
_DIGEST_SIZE = 16


@dataclass(frozen=True, slots=True)
class Record:
    """A kept bundle.

    Attributes:
        dependencies: name to fingerprint; the names are the caller's.
        warnings: texts shown to the user.
        notes: what was noted about the bundle by who changed its sources.
        externals: names of npm packages that the code imports when it runs.
    """

    code: bytes
    source_map: bytes
    inputs: tuple[str, ...]
    dependencies: Mapping[str, str]
    warnings: tuple[str, ...]
    notes: str = ""
    externals: tuple[str, ...] = ()
    components: tuple[str, ...] = ()


def cache_folder() -> Path:
    """The folder that records are kept in: the environment variable, or the user's cache folder."""
    override = os.environ.get(FOLDER_VARIABLE)
    return Path(override) if override else Path(platformdirs.user_cache_dir("convex-test", appauthor=False))


def digest(*parts: bytes) -> str:
    """A digest of `parts` that tells apart where each ends."""
    state = hashlib.blake2b(digest_size=_DIGEST_SIZE)
    for part in parts:
        state.update(len(part).to_bytes(8, "little"))
        state.update(part)
    return state.hexdigest()


@dataclass(frozen=True, slots=True)
class BundleCache:
    """The records of one project.

    Attributes:
        folder: holds nothing but the records of this project.
    """

    folder: Path

    @classmethod
    def of_project(cls, functions_dir: Path) -> BundleCache:
        """The cache of the project whose functions are in `functions_dir`."""
        return cls(cache_folder() / "bundles" / digest(str(functions_dir).encode(errors="surrogatepass")))

    def load(self, key: str) -> Record | None:
        """The record under `key`, or None when there is none or it is damaged. Its fingerprints are not looked at."""
        path = self.folder / key
        try:
            content = path.read_bytes()
        except OSError:
            return None
        record = _decode(content)
        if record is None:
            _remove(path)
        return record

    def touch(self, key: str) -> None:
        """Note that the record under `key` was useful."""
        with contextlib.suppress(OSError):
            os.utime(self.folder / key)

    def store(self, key: str, record: Record) -> None:
        """Keep `record` under `key`, and drop the records that were useless for longest."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=".tmp")
        except OSError:
            return
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_encode(record))
            Path(name).replace(self.folder / key)
        except OSError:
            _remove(Path(name))
            return
        self._prune()

    def _prune(self) -> None:
        try:
            with os.scandir(self.folder) as listing:
                ages = sorted((entry.stat().st_mtime_ns, entry.path) for entry in listing)
        except OSError:
            return
        for _, path in ages[:-RECORDS_PER_PROJECT]:
            _remove(Path(path))


def _encode(record: Record) -> bytes:
    head = orjson.dumps(
        {
            "code": len(record.code),
            "inputs": record.inputs,
            "dependencies": record.dependencies,
            "warnings": record.warnings,
            "notes": record.notes,
            "externals": record.externals,
            "components": record.components,
        }
    )
    body = len(head).to_bytes(8, "little") + head + record.code + record.source_map
    return _MAGIC + hashlib.blake2b(body, digest_size=_DIGEST_SIZE).digest() + body


def _decode(content: bytes) -> Record | None:
    start = len(_MAGIC) + _DIGEST_SIZE
    body = content[start:]
    if content[:start] != _MAGIC + hashlib.blake2b(body, digest_size=_DIGEST_SIZE).digest():
        return None
    code_at = 8 + int.from_bytes(body[:8], "little")
    head = orjson.loads(body[8:code_at])
    map_at = code_at + head["code"]
    return Record(
        code=body[code_at:map_at],
        source_map=body[map_at:],
        inputs=tuple(head["inputs"]),
        dependencies=head["dependencies"],
        warnings=tuple(head["warnings"]),
        notes=head["notes"],
        externals=tuple(head["externals"]),
        components=tuple(head["components"]),
    )


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # another process was faster, or holds it open
        path.unlink()
