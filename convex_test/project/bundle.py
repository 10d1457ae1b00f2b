"""All modules of a project as one script, and those for Node as another, built by the project's own esbuild and kept
on disk.

The script is one IIFE whose value has `modules` and `special`, thunks by module path, and `server` and `values`,
thunks for the project's own copies of `convex/server` and `convex/values`. A thunk's promise is for the module, which
is evaluated when it is first wanted.

Options are those of `innerEsbuild` in `src/bundler/debugBundle.ts` of the npm package `convex`, for Convex's own
runtime, except: one script instead of split ES modules; nothing is minified, so that names and stack frames stay
readable; no source contents in the map. All code is strict as in a module (see `rewrite`). Known gap: `import.meta`
is an empty object.

Modules with `"use node"` are one ES module that exports the same four names, with the options for platform `node`
and the packages of `external_packages` left out. One file instead of split ones means that what a module imports from
those packages is there before any module is evaluated.
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
from convex_test.project.contexts import LOWERED, follow_contexts, needs_contexts
from convex_test.project.dependencies import dependency_names, fingerprints, unchanged
from convex_test.project.entry_points import EntryPoint, EntryPoints, Environment, find_entry_points, read_source
from convex_test.project.esbuild_build import BuildRequest, BuildResult, Loaded, LoadHook
from convex_test.project.esbuild_service import build
from convex_test.project.external_packages import external_hook, external_packages, used_packages
from convex_test.project.layout import LOCK_FILES
from convex_test.project.rewrite import BANNER, corrected, remember_failures, with_prologue
from convex_test.project.source_paths import ENTRY_SOURCE, VIRTUAL_NAMESPACE
from convex_test.project.virtual_modules import ENTRY, VirtualModules, used_components, virtual_modules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from convex_test.project.layout import Layout
    from convex_test.project.transform import Transform, Transformation

GLOBAL_NAME = "convexProject"
"""The variable that the script assigns."""

BUILD_TIMEOUT = 120.0
"""Seconds that esbuild may take."""

_FORMAT = 6  # part of the cache's key: to be raised when the same inputs are to give another script
OUTPUT = "convex-test-bundle.js"
_COMMON_FLAGS = (
    "--bundle",
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
    f"--outfile={OUTPUT}",
)
FLAGS: Mapping[Environment, tuple[str, ...]] = {
    "isolate": (
        *_COMMON_FLAGS,
        "--format=iife",
        f"--global-name={GLOBAL_NAME}",
        f"--banner:js={BANNER}",
        "--platform=browser",
    ),
    "node": (*_COMMON_FLAGS, "--format=esm", "--platform=node", "--loader:.wasm=binary"),
}
_LOADERS = {".ts": "ts", ".mts": "ts", ".cts": "ts", ".tsx": "tsx", ".jsx": "jsx"}


@dataclass(frozen=True, slots=True)
class NodeBundle:
    """The code of a project's modules for Node.

    Attributes:
        code: an ES module.
        source_map, notes: as in `Bundle`.
        externals: the folders of the npm packages that it imports when it runs, by name.
    """

    code: str
    source_map: bytes
    externals: Mapping[str, Path]
    notes: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A project's code.

    Attributes:
        code: a script that assigns `GLOBAL_NAME`. Its first line is a directive prologue: keep it first.
        source_map: a source map of version 3; sources are relative to the project's root.
        entry_points: the project's modules, those for Node included, which are not in `code`.
        node: the code of those; None when there are none.
        special: `schema.js`, `auth.config.js` and `convex.config.js`, as far as they are there.
        inputs: every file that `code` was made from.
        components: the folders of the components that `convex.config.js` imports, relative to the functions folder.
        warnings: what Convex's command line and esbuild warn about.
        notes: what the transform noted; empty without one.
        key: equal for equal `code`.
    """

    code: str
    source_map: bytes
    entry_points: tuple[EntryPoint, ...]
    special: tuple[EntryPoint, ...]
    inputs: tuple[Path, ...]
    components: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: str
    key: str
    node: NodeBundle | None = None

    @property
    def sources(self) -> list[Path]:
        """All files of the project's own that it stands for, read or not."""
        entries = [entry.file for entry in (*self.entry_points, *self.special)]
        return list(dict.fromkeys([*entries, *self.inputs]))


def bundle(layout: Layout, *, transform: Transform | None = None, timeout: float = BUILD_TIMEOUT) -> Bundle:
    """The bundle of the project in `layout`, from the cache when nothing has changed.

    `transform` is applied to the project's own JavaScript and TypeScript files, not to packages. Raises `ProjectError`
    with every error of esbuild, each with its place.
    """
    entry_points = find_entry_points(layout.functions_dir)
    _refuse_node_in_component(layout, entry_points)
    record = _record(layout, entry_points, "isolate", transform, timeout)
    node = None
    if any(entry.environment == "node" for entry in entry_points.modules):
        node = _record(layout, entry_points, "node", transform, timeout)
    return _bundle(layout, entry_points, record, node)


def _record(
    layout: Layout,
    entry_points: EntryPoints,
    environment: Environment,
    transform: Transform | None,
    timeout: float,
) -> Record:
    cache = BundleCache.of_project(layout.functions_dir)
    key = _cache_key(layout, entry_points, environment, transform.key if transform else "")
    record = cache.load(key)
    if record and unchanged(dict(record.dependencies), layout.root):
        cache.touch(key)
    else:
        record, started_ns = _build(layout, entry_points, environment, transform, timeout)
        if not _touched_since(record.inputs, layout.root, started_ns):
            cache.store(key, record)
    return record


def _refuse_node_in_component(layout: Layout, entry_points: EntryPoints) -> None:
    if layout.is_component and any(entry.environment == "node" for entry in entry_points.modules):
        raise ProjectError(
            '"use node" directive is not supported in components. Remove it from the component at: '
            f"{layout.functions_dir}."
        )


def _bundle(layout: Layout, entry_points: EntryPoints, record: Record, node: Record | None) -> Bundle:
    records = [record] if node is None else [record, node]
    names = dict.fromkeys(name for each in records for name in each.inputs)
    return Bundle(
        code=record.code.decode("utf-8"),
        source_map=record.source_map,
        entry_points=entry_points.modules,
        special=entry_points.special,
        inputs=tuple(Path(os.path.normpath(layout.root / name)) for name in names),
        components=record.components,
        warnings=(*entry_points.warnings, *(warning for each in records for warning in each.warnings)),
        notes=record.notes,
        key=digest(*(each.code for each in records)),
        node=None if node is None else _node_bundle(layout, node),
    )


def _node_bundle(layout: Layout, record: Record) -> NodeBundle:
    packages = external_packages(layout)
    externals = {name: packages[name] for name in record.externals if name in packages}
    return NodeBundle(record.code.decode("utf-8"), record.source_map, externals, record.notes)


def _build(
    layout: Layout, entry_points: EntryPoints, environment: Environment, transform: Transform | None, timeout: float
) -> tuple[Record, int]:
    entries = [entry for entry in entry_points.modules if entry.environment == environment]
    special = entry_points.special if environment == "isolate" else ()
    modules = virtual_modules(layout, entries, special, (), environment)
    result, transformation = _run(layout, modules, transform, timeout)
    common_js = _common_js(layout, entries, result)
    if common_js:
        modules = virtual_modules(layout, entries, special, common_js, environment)
        result, transformation = _run(layout, modules, transform, timeout)
    # Node has the classes, and follows contexts by itself.
    lowered = environment == "isolate" and needs_contexts(_output(result, ".js"))
    if lowered:
        result, transformation = _run(layout, modules, transform, timeout, LOWERED)
    inputs = tuple(_files(result))
    code = _output(result, ".js").decode()
    if environment == "node":
        # The other corrections are for what QuickJS has not.
        code, externals = remember_failures(code), used_packages(result.metafile, external_packages(layout))
    else:
        code, externals = corrected(code, result.metafile, ENTRY_SOURCE), ()
        code = follow_contexts(code) if lowered else code
    if transformation:
        code = with_prologue(code, transformation.prologue())
    record = Record(
        externals=externals,
        code=code.encode(),
        source_map=_output(result, ".js.map"),
        inputs=inputs,
        dependencies=fingerprints(dependency_names(inputs, layout.root), layout.root),
        warnings=tuple(map(describe, result.warnings)),
        notes=transformation.notes() if transformation else "",
        components=tuple(used_components(result.metafile["inputs"])),
    )
    return record, result.started_ns


def _run(
    layout: Layout, modules: VirtualModules, transform: Transform | None, timeout: float, flags: Sequence[str] = ()
) -> tuple[BuildResult, Transformation | None]:
    load_hooks = modules.load_hooks()
    transformation = transform.start() if transform else None
    if transformation:
        load_hooks.append(transform_hook(transformation))
    resolve_hooks = modules.resolve_hooks()
    if modules.environment == "node" and (packages := external_packages(layout)):
        resolve_hooks.append(external_hook(packages))
    request = BuildRequest(ENTRY, (*FLAGS[modules.environment], *flags), layout.root, resolve_hooks, load_hooks)
    result = build(layout.esbuild, request, timeout=timeout)
    if result.errors and transform:
        # The user is to see the errors in what the user wrote.
        _run(layout, modules, None, timeout)
    if result.errors:
        raise ProjectError(bundle_error_text(result.errors, layout))
    return result, transformation


def transform_hook(transformation: Transformation, *, except_for: Collection[Path] = ()) -> LoadHook:
    """What hands the project's own source files to a transformation."""

    def load(path: str) -> Loaded | None:
        file = Path(path)
        if "node_modules" in file.parts or file in except_for:
            return None
        text = transformation.source(file, read_source(file))
        return None if text is None else Loaded(text, _LOADERS.get(file.suffix, "js"), str(file.parent))

    return LoadHook(r"\.[cm]?[jt]sx?$", "file", load)


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
        content for path, content in result.outputs.items() if path.endswith(OUTPUT.removesuffix(".js") + suffix)
    )


def _touched_since(inputs: tuple[str, ...], root: Path, started_ns: int) -> bool:
    """Whether a file may have changed while esbuild read it, so that its content now says nothing about the bundle."""
    try:
        return any((root / name).stat().st_mtime_ns >= started_ns for name in inputs)
    except OSError:
        return True


def _cache_key(layout: Layout, entry_points: EntryPoints, environment: Environment, transform_key: str) -> str:
    settings = {
        "format": _FORMAT,
        "flags": FLAGS[environment],
        "esbuild": layout.esbuild.fingerprint,
        "convex": [str(layout.convex_package), layout.convex_version],
        "root": str(layout.root),
        "component": layout.is_component,
        "config": layout.config.raw,
        "entries": [[entry.path, str(entry.file), entry.environment] for entry in entry_points.modules],
        "special": [[entry.path, str(entry.file)] for entry in entry_points.special],
        "virtual": virtual_modules(layout, (), (), (), environment).sources,
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
