"""What is asked of an esbuild build, what its plugins are asked, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """An import that esbuild asks a plugin about. Paths are native; `kind` is esbuild's, such as "import-statement"."""

    path: str
    importer: str
    namespace: str
    resolve_dir: str
    kind: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """A plugin's answer to an import: a path in a namespace, one left to the runtime, or the text of an error."""

    path: str = ""
    namespace: str = "file"
    error: str | None = None
    external: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin's content for a path. `resolve_dir` is where relative imports in it start."""

    contents: str
    loader: str
    resolve_dir: str | None = None


Resolve = Callable[[str, str], "str | None"]
"""`resolve(path, resolve_dir)`: what esbuild itself makes of an import there, as a native path."""


@dataclass(frozen=True, slots=True)
class ResolveHook:
    """Answers imports whose path matches `filter`, a regular expression in Go's syntax."""

    filter: str
    answer: Callable[[ImportRequest, Resolve], Resolved | None]


@dataclass(frozen=True, slots=True)
class LoadHook:
    """Gives the content of paths in `namespace` that match `filter`; None leaves it to esbuild."""

    filter: str
    namespace: str
    answer: Callable[[str], Loaded | None]


@dataclass(frozen=True, slots=True)
class Message:
    """An error or a warning of esbuild.

    Attributes:
        file: relative to the working directory, "" when the message has no place.
        line: counts from 1.
        column: in UTF-8 bytes of the line, counts from 0.
        notes: further texts.
    """

    text: str
    file: str = ""
    line: int = 0
    column: int = 0
    line_text: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build. `flags` are those of esbuild's command line."""

    entry: str
    flags: Sequence[str]
    working_dir: Path
    resolve_hooks: Sequence[ResolveHook] = ()
    load_hooks: Sequence[LoadHook] = ()


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What came out.

    Attributes:
        outputs: contents by native path.
        metafile: as documented by esbuild; empty after errors.
        started_ns: when the build began, on the clock of the file system for temporary files.
    """

    errors: tuple[Message, ...]
    warnings: tuple[Message, ...]
    outputs: dict[str, bytes] = field(default_factory=dict)
    metafile: dict[str, Any] = field(default_factory=dict)
    started_ns: int = 0
