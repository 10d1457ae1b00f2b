"""npm packages that Node actions import at run time instead of having them in their bundle.

`node.externalPackages` of `convex.json` names them; the rules are those of `computeExternalPackages` and
`createExternalPlugin` in `src/bundler/external.ts` of the npm package `convex`: a package that package.json declares
with a version from a registry, installed beside package.json, never `convex` itself; an import counts when it leads
to that very folder. Production installs the named packages again, in the versions found here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from convex_test.errors import ProjectError
from convex_test.project.esbuild import node_modules_above
from convex_test.project.esbuild_build import ImportRequest, Resolve, Resolved, ResolveHook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convex_test.project.layout import Layout

_SECTIONS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_NOT_FROM_A_REGISTRY = (
    "file:",
    "git+file://",
    "http://",
    "https://",
    "git://",
    "git+ssh://",
    "git+http://",
    "git+https://",
)


def external_packages(layout: Layout) -> dict[str, Path]:
    """The folders of the packages that may stay outside of the bundle, by name."""
    allowed = layout.config.external_packages
    if not allowed:
        return {}
    folder = next((at for at in (layout.root, *layout.root.parents) if (at / "package.json").is_file()), layout.root)
    found: dict[str, Path] = {}
    for name, version in _declared(folder / "package.json"):
        path = folder / "node_modules" / name
        named = name in allowed or "*" in allowed
        if named and name != "convex" and not version.startswith(_NOT_FROM_A_REGISTRY) and path.exists():
            found.setdefault(name, path)
    return found


def external_hook(packages: Mapping[str, Path]) -> ResolveHook:
    """Leaves the imports of those packages to Node."""

    def answer(request: ImportRequest, _resolve: Resolve) -> Resolved | None:
        if request.namespace != "file":
            return None
        name = package_name(request.path)
        path = packages.get(name)
        if path is None:
            return None
        return Resolved(request.path, external=True) if path in _candidates(request.resolve_dir, name) else None

    return ResolveHook("^[^./]", answer)


def package_name(imported: str) -> str:
    """The package that an import such as "@scope/name/file" is of."""
    parts = imported.split("/")
    return "/".join(parts[:2]) if imported.startswith("@") else parts[0]


def used_packages(metafile: Mapping[str, Any], packages: Mapping[str, Path]) -> tuple[str, ...]:
    """Those of the packages that a bundle imports."""
    imported = {
        package_name(each["path"])
        for output in metafile["outputs"].values()
        for each in output["imports"]
        if each.get("external")
    }
    return tuple(sorted(imported & packages.keys()))


def _candidates(resolve_dir: str, name: str) -> Iterator[Path]:
    """The nearest folder that an import leads to, by the way Node looks for it."""
    for modules in node_modules_above(Path(resolve_dir)):
        if (modules / name).exists():
            yield modules / name
            return


def _declared(manifest: Path) -> Iterator[tuple[str, str]]:
    try:
        content = orjson.loads(manifest.read_bytes())
    except (OSError, ValueError) as error:
        raise ProjectError(f"Couldn't parse \"{manifest}\". Make sure it's a valid JSON. Error: {error}") from error
    for section in _SECTIONS:
        for name, version in (content.get(section) or {}).items():
            if not isinstance(version, str):
                raise ProjectError(
                    f'Invalid "{manifest}". "{section}.{name}" version has type {type(version).__name__}.'
                )
            yield name, version
