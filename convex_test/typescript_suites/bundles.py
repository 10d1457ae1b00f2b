"""One test file with everything that it imports, as one script; kept on disk as the bundles of projects are.

Options are those of the project's own bundle (`project/bundle.py`), except that `process.env.NODE_ENV` is "test" as in
Vitest. A module that cannot be resolved or parsed throws when it is evaluated, unless it is the test file itself: a
glob over a folder of functions finds more than any test loads.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from convex_test.errors import ProjectError
from convex_test.project.bundle import BUILD_TIMEOUT, FLAGS, OUTPUT, transform_hook
from convex_test.project.bundle_errors import bundle_error_text
from convex_test.project.cache import BundleCache, Record, digest
from convex_test.project.dependencies import dependency_names, fingerprints, unchanged
from convex_test.project.esbuild_build import BuildRequest, BuildResult, Message
from convex_test.project.esbuild_service import build
from convex_test.project.rewrite import remember_failures, spare_names, with_prologue
from convex_test.project.source_paths import VIRTUAL_NAMESPACE
from convex_test.project.virtual_modules import ENTRY
from convex_test.typescript_suites.stand_ins import StandIns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convex_test.project.transform import Transform, Transformation
    from convex_test.typescript_suites.layouts import SuiteLayout

_FORMAT: Final = 2  # part of the cache's key: to be raised when the same inputs are to give another script
_ATTEMPTS: Final = 6
_UNRESOLVED: Final = re.compile(r'^Could not resolve "(?P<path>.*)"$')
NODE_BUILT_INS: Final = frozenset(
    """
    assert buffer child_process cluster console crypto dgram dns events fs fs/promises http http2 https
    module net os path perf_hooks process querystring readline stream string_decoder timers
    timers/promises tls tty url util v8 vm worker_threads zlib
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
_FLAGS: Final = (
    *(flag for flag in FLAGS["isolate"] if "NODE_ENV" not in flag),
    '--define:process.env.NODE_ENV="test"',
    *(
        f"--loader:.{kind}=empty"
        for kind in ("css", "scss", "svg", "png", "jpg", "jpeg", "gif", "webp", "woff", "woff2")
    ),
    *(f"--loader:.{kind}=text" for kind in ("md", "html", "txt", "sql", "graphql")),
)


@dataclass(frozen=True, slots=True)
class SuiteBundle:
    """A test file's code: a script that assigns the bundle's global, its source map, and what the transform noted."""

    code: str
    source_map: bytes
    notes: str = ""


def bundle_suite(layout: SuiteLayout, setup: Sequence[Path] = (), transform: Transform | None = None) -> SuiteBundle:
    """The bundle of a test file, from the cache when nothing has changed.

    `transform` is applied to what the test file imports, not to itself and the setup files.

    Raises `ProjectError` with every error of esbuild that is in the test file.
    """
    cache = BundleCache.of_project(layout.file)
    key = _cache_key(layout, setup, transform.key if transform else "")
    root = layout.layout.root
    record = cache.load(key)
    if record and unchanged(dict(record.dependencies), root):
        cache.touch(key)
    else:
        record = _record(layout, *_build(layout, setup, transform))
        cache.store(key, record)
    return SuiteBundle(record.code.decode("utf-8"), record.source_map, record.notes)


def _record(layout: SuiteLayout, result: BuildResult, transformation: Transformation | None) -> Record:
    root = layout.layout.root
    inputs = tuple(
        name for name in result.metafile["inputs"] if not name.startswith((f"{VIRTUAL_NAMESPACE}:", "(disabled):"))
    )
    code = spare_names(remember_failures(_output(result, ".js").decode()), result.metafile)
    if transformation:
        code = with_prologue(code, transformation.prologue())
    return Record(
        code=code.encode(),
        source_map=_output(result, ".js.map"),
        inputs=inputs,
        dependencies=fingerprints(dependency_names(inputs, root), root),
        warnings=(),
        notes=transformation.notes() if transformation else "",
    )


def _build(
    layout: SuiteLayout, setup: Sequence[Path], transform: Transform | None
) -> tuple[BuildResult, Transformation | None]:
    stand_ins = StandIns(layout, tuple(setup))
    for _ in range(_ATTEMPTS):
        load_hooks = stand_ins.load_hooks()
        transformation = transform.start() if transform else None
        if transformation:
            load_hooks.append(transform_hook(transformation, except_for={layout.file, *setup}))
        request = BuildRequest(ENTRY, _FLAGS, layout.layout.root, stand_ins.resolve_hooks(), load_hooks)
        result = build(layout.layout.esbuild, request, timeout=BUILD_TIMEOUT)
        if not result.errors:
            return result, transformation
        known = set(stand_ins.missing), set(stand_ins.broken)
        stood_in = [_stand_in(stand_ins, layout, error, *known) for error in result.errors]
        if not all(stood_in):
            break
    raise ProjectError(bundle_error_text(result.errors, layout.layout))


def _stand_in(stand_ins: StandIns, layout: SuiteLayout, error: Message, missing: set[str], broken: set[str]) -> bool:
    """Makes the module that an error is about one that throws; False when that cannot be.

    `missing` and `broken` were that already when the error came up.
    """
    unresolved = _UNRESOLVED.match(error.text)
    if unresolved is not None and unresolved["path"] not in missing:
        stand_ins.missing.setdefault(unresolved["path"], _unresolved_text(unresolved["path"], error.file))
        return True
    file = os.path.normpath(layout.layout.root / error.file) if error.file else ""
    if not file or file == str(layout.file) or file in broken or not Path(file).is_file():
        return False
    stand_ins.broken.setdefault(file, f"{error.file}:{error.line}: {error.text}")
    return True


def _unresolved_text(path: str, importer: str) -> str:
    if path.startswith("node:") or path in NODE_BUILT_INS:
        return f"not supported: the Node.js module {path} in a test file that pytest runs (imported by {importer})"
    return f"Cannot find module '{path}' imported from '{importer}'"


def _output(result: BuildResult, suffix: str) -> bytes:
    return next(
        content for path, content in result.outputs.items() if path.endswith(OUTPUT.removesuffix(".js") + suffix)
    )


def _cache_key(layout: SuiteLayout, setup: Sequence[Path], transform_key: str) -> str:
    settings = {
        "transform": transform_key,
        "format": _FORMAT,
        "flags": _FLAGS,
        "esbuild": layout.layout.esbuild.fingerprint,
        "convex": [str(layout.layout.convex_package), layout.layout.convex_version],
        "functions": str(layout.layout.functions_dir) if layout.has_functions else None,
        "file": str(layout.file),
        "setup": list(map(str, setup)),
    }
    return digest(orjson.dumps(settings, option=orjson.OPT_SORT_KEYS))
