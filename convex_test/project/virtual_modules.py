"""Modules that are not on disk, given to esbuild as plugins.

    the entry          one thunk per module of the project
    `_generated/*`     what `npx convex codegen` writes, when it was not run (`src/cli/codegen_templates` of `convex`)
    `server-only`      empty, as in `src/bundler/serverOnly.ts`
    `async_hooks`      the runtime's classes, as in `src/bundler/debugBundle.ts`; Node has its own
    `*.wasm`           the compiled module, as in `src/bundler/wasm.ts`, for Node; throws when evaluated in the other
                       runtime, which has no WebAssembly here
    `convex.config`    of another component, imported by a `convex.config`: a stand-in, as in
                       `src/cli/lib/components/definition/bundle.ts`; the host says what is in it

Generated JavaScript holds nothing of the project, so it can stand in for the files without codegen. `dataModel` has
types only and exists at run time just with `codegen.fileType: "ts"`: in all other projects an import that needs it
fails, as it does in production. `_generated` on disk is used and never written.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from convex_test.project.entry_points import EXTENSIONS
from convex_test.project.esbuild_build import ImportRequest, Loaded, LoadHook, Resolve, Resolved, ResolveHook
from convex_test.project.source_paths import VIRTUAL_NAMESPACE, relative_posix

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from convex_test.project.entry_points import EntryPoint, Environment
    from convex_test.project.layout import Layout

ENTRY = "convex-test:modules"
_WASM = "wasm:"
_GENERATED = r"(?:^|/)_generated/(api|server|dataModel)(\.js|\.ts)?$"
_COMPONENT = "component:"
COMPONENT_SYMBOL = "convex-test.component"
_CONFIG_FILE = re.compile(r"convex\.config\.(?:ts|js)")
_FIRST_VERSION_WITH_ENV = (1, 44)

_SERVER = """\
import {
  actionGeneric, httpActionGeneric, internalActionGeneric, internalMutationGeneric, internalQueryGeneric,
  mutationGeneric, queryGeneric,
} from "convex/server";
export const query = queryGeneric;
export const internalQuery = internalQueryGeneric;
export const mutation = mutationGeneric;
export const internalMutation = internalMutationGeneric;
export const action = actionGeneric;
export const internalAction = internalActionGeneric;
export const httpAction = httpActionGeneric;
"""
_SERVER_ENV = "export const env = process.env;\n"
_API = """\
import { anyApi, componentsGeneric } from "convex/server";
export const api = anyApi;
export const internal = anyApi;
export const components = componentsGeneric();
"""
_ASYNC_HOOKS = """\
export const AsyncLocalStorage = globalThis.AsyncLocalStorage;
export const AsyncResource = globalThis.AsyncResource;
export default { AsyncLocalStorage, AsyncResource };
"""


@dataclass(frozen=True, slots=True)
class VirtualModules:
    """The virtual modules of one project, with the hooks that serve them.

    Attributes:
        sources: source by path in the namespace of virtual modules; `.wasm` imports have none, they are made on demand.
    """

    layout: Layout
    probe: Path | None
    sources: dict[str, str]
    environment: Environment = "isolate"

    def resolve_hooks(self) -> list[ResolveHook]:
        """Hooks for the imports that lead to a virtual module."""
        hooks = [
            ResolveHook(f"^{ENTRY}$", _always("modules")),
            ResolveHook("^server-only$", _always("server-only")),
            ResolveHook("^(node:)?async_hooks$", _always("async_hooks")),
            ResolveHook(r"\.wasm$", _resolve_wasm),
            ResolveHook(_GENERATED, self._resolve_generated),
            ResolveHook(r"convex\.config", self._resolve_component),
        ]
        if self.environment == "node":
            del hooks[2]
        return hooks

    def load_hooks(self) -> list[LoadHook]:
        """Hooks for the content of virtual modules."""
        return [LoadHook(".*", VIRTUAL_NAMESPACE, self._load)]

    def _load(self, path: str) -> Loaded:
        if path.startswith(_WASM):
            file = Path(path.removeprefix(_WASM))
            if self.environment == "node":
                return Loaded(_wasm_for_node(file), "js", str(file.parent))
            return Loaded(_wasm_source(file), "js")
        if path.startswith(_COMPONENT):
            folder = _quoted(path.removeprefix(_COMPONENT))
            return Loaded(f'export default globalThis[Symbol.for("{COMPONENT_SYMBOL}")]({folder});\n', "js")
        return Loaded(self.sources[path], "js", str(self.layout.functions_dir))

    def _resolve_generated(self, request: ImportRequest, resolve: Resolve) -> Resolved | None:
        found = re.search(_GENERATED, request.path)
        if found is None or not self._stands_in(found[1], found[2]):
            return None
        if not self._is_functions_dir(request.path[: found.start()], request.resolve_dir, resolve):
            return None
        return Resolved(f"_generated/{found[1]}.js", VIRTUAL_NAMESPACE)

    def _resolve_component(self, request: ImportRequest, resolve: Resolve) -> Resolved | None:
        importer = Path(request.importer)
        if not _CONFIG_FILE.fullmatch(importer.name) or not _same_path(importer.parent, self.layout.functions_dir):
            return None
        stem = re.sub(r"\.[jt]s$", "", request.path)
        for candidate in dict.fromkeys((request.path, f"{stem}.js", f"{stem}.ts")):
            found = resolve(candidate, request.resolve_dir)
            if found is not None:
                folder = relative_posix(Path(found).parent, self.layout.functions_dir)
                return Resolved(_COMPONENT + folder, VIRTUAL_NAMESPACE)
        return None

    def _stands_in(self, name: str, suffix: str | None) -> bool:
        generates_typescript = self.layout.config.generates_typescript
        if not generates_typescript and (name == "dataModel" or suffix == ".ts"):
            return False
        file = self.layout.functions_dir / "_generated" / name
        return not any(file.with_suffix(extension).exists() for extension in EXTENSIONS)

    def _is_functions_dir(self, folder: str, resolve_dir: str, resolve: Resolve) -> bool:
        """Whether `folder`, as written in an import, is the functions folder.

        An alias of tsconfig.json is esbuild's to decide: it is asked for a file that does exist in that folder.
        """
        if folder.startswith(".") or Path(folder).is_absolute():
            return _same_path(Path(resolve_dir, folder), self.layout.functions_dir)
        if self.probe is None:
            return False
        probe = self.probe.relative_to(self.layout.functions_dir).as_posix()
        answer = resolve(f"{folder}/{probe}" if folder else probe, resolve_dir)
        return answer is not None and _same_path(Path(answer), self.probe)


def virtual_modules(
    layout: Layout,
    modules: Sequence[EntryPoint],
    special: Sequence[EntryPoint],
    common_js: Collection[str] = (),
    environment: Environment = "isolate",
) -> VirtualModules:
    """The virtual modules for a bundle of `modules` and `special`.

    `common_js` names the modules written in CommonJS. Convex deploys those with one export, `default`, which is the
    whole `module.exports`; imported the usual way they would show named exports that production does not have.
    """
    sources = {
        "modules": entry_source(layout.functions_dir, modules, special, common_js),
        "server-only": "",
        "async_hooks": _ASYNC_HOOKS,
        "_generated/api.js": _API,
        "_generated/server.js": _SERVER + (_SERVER_ENV if _has_env(layout.convex_version) else ""),
        "_generated/dataModel.js": "export {};\n",
    }
    probe = next((entry.file for entry in [*modules, *special]), None)
    return VirtualModules(layout, probe, sources, environment)


def entry_source(
    functions_dir: Path, modules: Sequence[EntryPoint], special: Sequence[EntryPoint], common_js: Collection[str]
) -> str:
    """The module that everything hangs on: thunks, so that a module is evaluated when it is first wanted."""
    lines: list[str] = []
    for name, entries in (("modules", modules), ("special", special)):
        lines.append(f"export const {name} = {{")
        for entry in entries:
            source = _quoted("./" + entry.file.relative_to(functions_dir).as_posix())
            load = f"import({source})"
            if entry.path in common_js:
                load = f"Promise.resolve().then(() => ({{ default: require({source}) }}))"
            lines.append(f"  {_quoted(entry.path)}: () => {load},")
        lines.append("};")
    lines.append('export const server = () => import("convex/server");')
    lines.append('export const values = () => import("convex/values");')
    return "\n".join(lines) + "\n"


def used_components(inputs: Iterable[str]) -> list[str]:
    """The folders of the components that a bundle's `convex.config` imports, by the names of esbuild's inputs.

    They are relative to the functions folder, with forward slashes.
    """
    prefix = f"{VIRTUAL_NAMESPACE}:{_COMPONENT}"
    return [name.removeprefix(prefix) for name in inputs if name.startswith(prefix)]


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


def _always(path: str) -> Callable[[ImportRequest, Resolve], Resolved]:
    def answer(_request: ImportRequest, _resolve: Resolve) -> Resolved:
        return Resolved(path, VIRTUAL_NAMESPACE)

    return answer


def _resolve_wasm(request: ImportRequest, _resolve: Resolve) -> Resolved | None:
    if not request.resolve_dir or request.namespace == VIRTUAL_NAMESPACE:
        return None
    file = Path(request.resolve_dir, request.path)
    if not file.is_file():
        return Resolved(error=f"ENOENT: no such file or directory, open '{file}'")
    return Resolved(f"{_WASM}{file}", VIRTUAL_NAMESPACE)


def _wasm_source(file: Path) -> str:
    message = f"not supported: WebAssembly ({file.name} is imported; this runtime cannot run it)"
    return f"throw new Error({_quoted(message)});\nexport default undefined;\n"


def _wasm_for_node(file: Path) -> str:
    return f"import bytes from {_quoted(str(file))};\nexport default new WebAssembly.Module(bytes);\n"


def _has_env(convex_version: str) -> bool:
    numbers = re.match(r"(\d+)\.(\d+)", convex_version)
    return numbers is None or (int(numbers[1]), int(numbers[2])) >= _FIRST_VERSION_WITH_ENV


def _same_path(one: Path, other: Path) -> bool:
    return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))
