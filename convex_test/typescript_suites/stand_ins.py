"""Modules that a test file imports and that are not there as files, given to esbuild as plugins.

`vitest`, `convex-test`   what the context has of its own (`prelude/src/suite`)
`_generated/*`            what codegen would write, wherever a package's own was not committed
what cannot be had        a module that throws when it is evaluated: in Vite, too, only who loads it gets the error
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from convex_test.errors import ProjectError
from convex_test.project.entry_points import EXTENSIONS, read_source
from convex_test.project.esbuild_build import ImportRequest, Loaded, LoadHook, Resolve, Resolved, ResolveHook
from convex_test.project.source_paths import VIRTUAL_NAMESPACE
from convex_test.project.virtual_modules import VirtualModules, virtual_modules
from convex_test.typescript_suites.globs import CALL, files_of, rewrite_globs

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.typescript_suites.layouts import SuiteLayout

VITEST_NAMES: Final = """
    TestRunner afterAll afterEach aroundAll aroundEach assert assertType beforeAll beforeEach bench chai createExpect
    describe expect expectTypeOf inject it onTestFailed onTestFinished suite test vi vitest
""".split()  # noqa: SIM905 - a list of words reads best as words
_GENERATED: Final = r"(?:^|/)_generated/(api|server|dataModel)(\.js|\.ts)?$"
_OWN_PACKAGE: Final = r"^\.\.?(/.*)?/index(\.js|\.ts)?$"
_LOADERS: Final = {".ts": "ts", ".mts": "ts", ".cts": "ts", ".tsx": "tsx", ".jsx": "jsx"}
_SUITE: Final = 'globalThis[Symbol.for("convex-test.suite")]'
_MISSING: Final = "missing:"
_BROKEN: Final = "broken:"
CONFIG_NAME: Final = re.compile(
    r"^(vite|vitest|eslint|tsup|rollup|playwright|jest|prettier|tailwind|postcss)\.config\."
)
TEST_NAME: Final = re.compile(r"\.(test|spec)\.[cm]?[jt]sx?$")


@dataclass(slots=True)
class StandIns:
    """The plugins for one test file.

    Attributes:
        missing: imports that lead nowhere, as written, with why; filled in after a first attempt.
        broken: files that do not parse, with why.
    """

    layout: SuiteLayout
    setup: tuple[Path, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def resolve_hooks(self) -> list[ResolveHook]:
        """Hooks for the imports that lead here; the first one that answers counts."""
        hooks = [
            ResolveHook("^vitest$", _virtual("vitest")),
            ResolveHook("^convex-test$", _virtual("convex-test")),
            ResolveHook(_OWN_PACKAGE, self._own_package),
            ResolveHook(r"\?(raw|inline|url)$", _resolve_raw),
            *self._virtual_modules().resolve_hooks(),
            ResolveHook(_GENERATED, _generated),
        ]
        if self.broken:
            stems = "|".join(_escaped(Path(file).name.split(".")[0]) for file in self.broken)
            hooks.append(ResolveHook(rf"(^|/)({stems})[^/]*$", self._broken))
        if self.missing:
            names = "|".join(map(_escaped, self.missing))
            hooks.append(ResolveHook(f"^(?:{names})$", self._missing))
        return hooks

    def load_hooks(self) -> list[LoadHook]:
        """Hooks for contents."""
        return [
            LoadHook(".*", VIRTUAL_NAMESPACE, self._load_virtual),
            LoadHook(r"\.[cm]?[jt]sx?$", "file", self._load_file),
        ]

    def _virtual_modules(self) -> VirtualModules:
        return virtual_modules(self.layout.layout, (), ())

    def entry_source(self) -> str:
        """The module that everything hangs on."""
        layout = self.layout
        lines = [
            "export const modules = {};",
            "export const special = {};",
            f"export const test = () => import({_quoted(str(layout.file))});",
            f"export const setup = [{', '.join(f'() => import({_quoted(str(file))})' for file in self.setup)}];",
            'export const server = () => import("convex/server");',
            'export const values = () => import("convex/values");',
            f"export const defaultModules = {self._default_modules()};",
        ]
        return "\n".join(lines) + "\n"

    def _default_modules(self) -> str:
        """What `convexTest` takes when it is given no modules: `convex/**/*.*s` beside `node_modules`."""
        if not self.layout.has_functions:
            return "null"
        folder = self.layout.layout.functions_dir
        files = files_of(["./**/*.*s"], folder, folder)
        entries = (
            f"{_quoted('./' + file.relative_to(folder).as_posix())}: () => {self._thunk(file)}" for file in files
        )
        return "{" + ", ".join(entries) + "}"

    def _thunk(self, file: Path) -> str:
        if CONFIG_NAME.search(file.name):
            message = f"not supported: {file.name} configures a tool, and is no module of functions"
            return f"Promise.reject(new Error({_quoted(message)}))"
        if TEST_NAME.search(file.name) and file != self.layout.file:
            message = (
                f"not supported: {file.name} is another test file; functions in it can be called by its own tests only"
            )
            return f"Promise.reject(new Error({_quoted(message)}))"
        return f"import({_quoted(str(file))})"

    def _own_package(self, request: ImportRequest, _resolve: Resolve) -> Resolved | None:
        """The tests of the package `convex-test` itself import it by its path."""
        folder = Path(os.path.normpath(Path(request.resolve_dir, request.path))).parent
        try:
            name = orjson.loads((folder / "package.json").read_bytes()).get("name")
        except (OSError, ValueError):
            return None
        return Resolved("convex-test", VIRTUAL_NAMESPACE) if name == "convex-test" else None

    def _missing(self, request: ImportRequest, _resolve: Resolve) -> Resolved | None:
        return Resolved(_MISSING + request.path, VIRTUAL_NAMESPACE)

    def _broken(self, request: ImportRequest, resolve: Resolve) -> Resolved | None:
        found = resolve(request.path, request.resolve_dir)
        return Resolved(_BROKEN + found, VIRTUAL_NAMESPACE) if found in self.broken else None

    def _load_virtual(self, path: str) -> Loaded | None:
        folder = str(self.layout.file.parent)
        if path == "modules":
            return Loaded(self.entry_source(), "js", folder)
        if path == "vitest":
            return Loaded(f"export const {{ {', '.join(VITEST_NAMES)} }} = {_SUITE}.vitest;\n", "js", folder)
        if path == "convex-test":
            return Loaded(f"export const {{ convexTest }} = {_SUITE};\n", "js", folder)
        if path.startswith(_MISSING):
            name = path.removeprefix(_MISSING)
            return Loaded(_throwing(self.missing[name]), "js", folder)
        if path.startswith(_BROKEN):
            return Loaded(_throwing(self.broken[path.removeprefix(_BROKEN)]), "js", folder)
        if path.startswith("raw:"):
            return Loaded(f"export default {_quoted(read_source(Path(path.removeprefix('raw:'))))};\n", "js", folder)
        return self._virtual_modules().load_hooks()[0].answer(path)

    def _load_file(self, path: str) -> Loaded | None:
        file = Path(path)
        content = file.read_bytes()
        if CALL.encode() not in content:
            return None
        root = self.layout.layout.root
        try:
            source = rewrite_globs(content.decode("utf-8", "replace"), file, root, self._thunk)
        except ProjectError:
            if "node_modules" in file.parts:
                # The word in a package that is about bundling.
                return None
            raise
        return Loaded(source, _LOADERS.get(file.suffix, "js"), str(file.parent))


def _virtual(path: str) -> Callable[[ImportRequest, Resolve], Resolved]:
    return lambda _request, _resolve: Resolved(path, VIRTUAL_NAMESPACE)


def _generated(request: ImportRequest, _resolve: Resolve) -> Resolved | None:
    found = re.search(_GENERATED, request.path)
    if found is None or not request.path.startswith("."):
        return None
    file = Path(request.resolve_dir, request.path[: found.start()], "_generated", found[1])
    if any(file.with_suffix(extension).exists() for extension in EXTENSIONS):
        return None
    return Resolved(f"_generated/{found[1]}.js", VIRTUAL_NAMESPACE)


def _resolve_raw(request: ImportRequest, _resolve: Resolve) -> Resolved | None:
    name, _, query = request.path.partition("?")
    file = Path(os.path.normpath(Path(request.resolve_dir, name)))
    if query != "raw":
        return Resolved(error=f"not supported: ?{query} in an import of a test file that pytest runs")
    if not file.is_file():
        return Resolved(error=f"ENOENT: no such file or directory, open '{file}'")
    return Resolved(f"raw:{file}", VIRTUAL_NAMESPACE)


def _throwing(message: str) -> str:
    # As CommonJS, so that nobody asks which names it exports.
    return f"module.exports = {{}};\nthrow new Error({_quoted(message)});\n"


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


def _escaped(text: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)
