"""All modules of a project as one script, built by the project's own esbuild and kept on disk.

The script is one IIFE whose value has `modules` and `special`, thunks by module path, and `server` and `values`,
thunks for the project's own copies of `convex/server` and `convex/values`. A thunk's promise is for the module, which
is evaluated when it is first wanted.

Options are those of `innerEsbuild` in `src/bundler/debugBundle.ts` of the npm package `convex`, for Convex's own
runtime, except: one script instead of split ES modules; nothing is minified, so that names and stack frames stay
readable; no source contents in the map. All code is strict as in a module (see `rewrite`). Modules with `"use node"`
are listed and not bundled. Known gap: `import.meta` is an empty object.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from convex_test.errors import ProjectError
from convex_test.project.bundle_errors import bundle_error_text, describe
from convex_test.project.cache import BundleCache, Record, digest
from convex_test.project.dependencies import dependency_names, fingerprints, unchanged
from convex_test.project.entry_points import EntryPoint, EntryPoints, find_entry_points, read_source
from convex_test.project.esbuild_build import BuildRequest, BuildResult, Loaded, LoadHook
from convex_test.project.esbuild_service import build
from convex_test.project.layout import LOCK_FILES
from convex_test.project.rewrite import BANNER, corrected, with_prologue
from convex_test.project.source_paths import ENTRY_SOURCE, VIRTUAL_NAMESPACE
from convex_test.project.virtual_modules import ENTRY, VirtualModules, virtual_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convex_test.project.layout import Layout
    from convex_test.project.transform import Transform, Transformation

GLOBAL_NAME = "convexProject"
"""The variable that the script assigns."""

BUILD_TIMEOUT = 120.0
"""Seconds that esbuild may take."""

_FORMAT = 3  # part of the cache's key: to be raised when the same inputs are to give another script
_OUTPUT = "convex-test-bundle.js"
_FLAGS = (
    "--bundle",
    "--format=iife",
    f"--global-name={GLOBAL_NAME}",
    f"--banner:js={BANNER}",
    "--platform=browser",
    "--target=esnext",
    "--conditions=convex,module",
    "--jsx=automatic",
    "--tree-shaking=true",
    "--keep-names",
    '--define:process.env.NODE_ENV="production"',
    "--sourcemap=external",
    "--sources-content=false",
    "--charset=utf8",
    "--legal-comments=none",
    "--metafile",
    f"--outfile={_OUTPUT}",
)
_LOADERS = {".ts": "ts", ".mts": "ts", ".cts": "ts", ".tsx": "tsx", ".jsx": "jsx"}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A project's code.

    Attributes:
        code: a script that assigns `GLOBAL_NAME`. Its first line is a directive prologue: keep it first.
        source_map: a source map of version 3; sources are relative to the project's root.
        entry_points: the project's modules, those for Node included, which are not in `code`.
        special: `schema.js`, `auth.config.js` and `convex.config.js`, as far as they are there.
        inputs: every file that `code` was made from.
        warnings: what Convex's command line and esbuild warn about.
        notes: what the transform noted; empty without one.
        key: equal for equal `code`.
    """

    code: str
    source_map: bytes
    entry_points: tuple[EntryPoint, ...]
    special: tuple[EntryPoint, ...]
    inputs: tuple[Path, ...]
    warnings: tuple[str, ...]
    notes: str
    key: str


def bundle(layout: Layout, *, transform: Transform | None = None, timeout: float = BUILD_TIMEOUT) -> Bundle:
    """The bundle of the project in `layout`, from the cache when nothing has changed.

    `transform` is applied to the project's own JavaScript and TypeScript files, not to packages. Raises `ProjectError`
    with every error of esbuild, each with its place.
    """
    entry_points = find_entry_points(layout.functions_dir)
    cache = BundleCache.of_project(layout.functions_dir)
    key = _cache_key(layout, entry_points, transform.key if transform else "")
    record = cache.load(key)
    if record and unchanged(dict(record.dependencies), layout.root):
        cache.touch(key)
    else:
        record, started_ns = _build(layout, entry_points, transform, timeout)
        if not _touched_since(record.inputs, layout.root, started_ns):
            cache.store(key, record)
    return _bundle(layout, entry_points, record)


def _bundle(layout: Layout, entry_points: EntryPoints, record: Record) -> Bundle:
    return Bundle(
        code=record.code.decode("utf-8"),
        source_map=record.source_map,
        entry_points=entry_points.modules,
        special=entry_points.special,
        inputs=tuple(Path(os.path.normpath(layout.root / name)) for name in record.inputs),
        warnings=(*entry_points.warnings, *record.warnings),
        notes=record.notes,
        key=digest(record.code),
    )


def _build(
    layout: Layout, entry_points: EntryPoints, transform: Transform | None, timeout: float
) -> tuple[Record, int]:
    isolate = [entry for entry in entry_points.modules if entry.environment == "isolate"]
    modules = virtual_modules(layout, isolate, entry_points.special)
    result, transformation = _run(layout, modules, transform, timeout)
    common_js = _common_js(layout, isolate, result)
    if common_js:
        modules = virtual_modules(layout, isolate, entry_points.special, common_js)
        result, transformation = _run(layout, modules, transform, timeout)
    inputs = tuple(_files(result))
    code = corrected(_output(result, ".js").decode(), result.metafile, ENTRY_SOURCE)
    if transformation:
        code = with_prologue(code, transformation.prologue())
    record = Record(
        code=code.encode(),
        source_map=_output(result, ".js.map"),
        inputs=inputs,
        dependencies=fingerprints(dependency_names(inputs, layout.root), layout.root),
        warnings=tuple(map(describe, result.warnings)),
        notes=transformation.notes() if transformation else "",
    )
    return record, result.started_ns


def _run(
    layout: Layout, modules: VirtualModules, transform: Transform | None, timeout: float
) -> tuple[BuildResult, Transformation | None]:
    load_hooks = modules.load_hooks()
    transformation = transform.start() if transform else None
    if transformation:
        load_hooks.append(LoadHook(r"\.[cm]?[jt]sx?$", "file", _transformer(transformation)))
    request = BuildRequest(ENTRY, _FLAGS, layout.root, modules.resolve_hooks(), load_hooks)
    result = build(layout.esbuild, request, timeout=timeout)
    if result.errors and transform:
        # The user is to see the errors in what the user wrote.
        _run(layout, modules, None, timeout)
    if result.errors:
        raise ProjectError(bundle_error_text(result.errors, layout))
    return result, transformation


def _transformer(transformation: Transformation) -> Callable[[str], Loaded | None]:
    def load(path: str) -> Loaded | None:
        file = Path(path)
        if "node_modules" in file.parts:
            return None
        text = transformation.source(file, read_source(file))
        return None if text is None else Loaded(text, _LOADERS.get(file.suffix, "js"), str(file.parent))

    return load


def _common_js(layout: Layout, entries: list[EntryPoint], result: BuildResult) -> set[str]:
    """Paths of the entry points that esbuild found to be CommonJS."""
    inputs = result.metafile["inputs"]
    named = {entry.path: os.path.relpath(entry.file, layout.root).replace(os.sep, "/") for entry in entries}
    return {path for path, name in named.items() if inputs.get(name, {}).get("format") == "cjs"}


def _files(result: BuildResult) -> Iterator[str]:
    """Inputs that are files, relative to the project's root with forward slashes."""
    for name in result.metafile["inputs"]:
        if not name.startswith((f"{VIRTUAL_NAMESPACE}:", "(disabled):")):
            yield name


def _output(result: BuildResult, suffix: str) -> bytes:
    return next(
        content for path, content in result.outputs.items() if path.endswith(_OUTPUT.removesuffix(".js") + suffix)
    )


def _touched_since(inputs: tuple[str, ...], root: Path, started_ns: int) -> bool:
    """Whether a file may have changed while esbuild read it, so that its content now says nothing about the bundle."""
    try:
        return any((root / name).stat().st_mtime_ns >= started_ns for name in inputs)
    except OSError:
        return True


def _cache_key(layout: Layout, entry_points: EntryPoints, transform_key: str) -> str:
    settings = {
        "format": _FORMAT,
        "flags": _FLAGS,
        "esbuild": layout.esbuild.fingerprint,
        "convex": [str(layout.convex_package), layout.convex_version],
        "root": str(layout.root),
        "config": layout.config.raw,
        "entries": [[entry.path, str(entry.file), entry.environment] for entry in entry_points.modules],
        "special": [[entry.path, str(entry.file)] for entry in entry_points.special],
        "virtual": virtual_modules(layout, (), ()).sources,
        "transform": transform_key,
        "files": sorted(_names_below(layout.functions_dir)),
        "manifests": fingerprints(_manifests(layout), layout.root),
    }
    return digest(orjson.dumps(settings, option=orjson.OPT_SORT_KEYS))


def _names_below(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in {"node_modules", "__pycache__"}]
        yield from (f"{parent}/{name}" for name in files)


def _manifests(layout: Layout) -> Iterator[str]:
    """Names of the files that decide which packages and which compiler options are in force."""
    for folder in dict.fromkeys((layout.root, layout.functions_dir)):
        yield from sorted(str(path) for path in folder.glob("tsconfig*.json"))
        yield str(folder / "package.json")
    for folder in (layout.root, *layout.root.parents):
        yield from (str(folder / name) for name in LOCK_FILES)
