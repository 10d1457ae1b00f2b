"""`convex.config.ts` of the app and of every component that it leads to: bundled, evaluated, checked as a push does.

Follows `crates/isolate/src/environment/component_definitions.rs`: dependencies are evaluated before what imports them.
Each definition has a bundle and contexts of its own, as in production: code that two of them share is loaded twice.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from convex_test.backend.components.definition import ComponentDefinition, InvalidDefinitionError, parse_definition
from convex_test.backend.components.tree import mount_all
from convex_test.backend.schema.definition import EMPTY_SCHEMA
from convex_test.backend.store.tables import Namespace
from convex_test.errors import ProjectError
from convex_test.functions.environment import BUILT_IN
from convex_test.functions.loading import CONFIG_MODULE, evaluate_alone, load_routes, load_schema
from convex_test.functions.runtime import ProjectRuntime
from convex_test.project.bundle import bundle
from convex_test.project.source_paths import relative_posix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend.components.tree import Component
    from convex_test.project.layout import Layout


@dataclass(frozen=True, slots=True)
class LoadedDefinition:
    """A definition and the runtime of its functions."""

    definition: ComponentDefinition
    runtime: ProjectRuntime


class ProjectDefinitions:
    """What a project's `convex.config.ts` leads to.

    Attributes:
        env: what `convex.config.ts` saw as `process.env`.
        reads_env: whether it looked.
        loaded: the definitions by path; that of the app is "".
        components: the components that the app mounts, by path, parents first; the app itself is "".
    """

    def __init__(self, app: ProjectRuntime, env: Mapping[str, str]) -> None:
        self.env = dict(env)
        self.reads_env = False
        self.loaded: dict[str, LoadedDefinition] = {}
        self._app = app
        self._in_progress: set[str] = set()
        if CONFIG_MODULE in app.special:
            self._load("", app)
        else:
            self.loaded[""] = LoadedDefinition(ComponentDefinition(""), app)
        self.components = self.mount_all()
        for each in self.loaded.values():
            load_schema(each.runtime)

    def load_folder(self, folder: Path) -> LoadedDefinition:
        """The definition whose `convex.config.ts` is in a folder."""
        layout = self._app.layout
        path = relative_posix(folder, layout.functions_dir)
        if path in self.loaded:
            return self.loaded[path]
        runtime = self._app.component_runtimes.get(path)
        if runtime is None:
            own = layout.of_component(folder)
            measurement = self._app.measurement
            bundled = bundle(own, transform=None if measurement is None else measurement.transform)
            runtime = ProjectRuntime(own, bundled, measurement, definition=path)
            self._app.component_runtimes[path] = runtime
            runtime.use_node(self._app.node_settings)
        return self._load(path, runtime)

    def mount_all(self, app: ComponentDefinition | None = None) -> dict[str, Component]:
        """The components by path. Raises `ProjectError` for what a push would refuse.

        `app` takes the place of the app's own definition.
        """
        definitions = {path: each.definition for path, each in self.loaded.items()} | ({"": app} if app else {})
        try:
            return mount_all(definitions, self._routes, Namespace("", EMPTY_SCHEMA))
        except InvalidDefinitionError as problem:
            raise ProjectError(f"{problem}\n\nComponents are mounted in {self._file(self._app)}.") from None

    def _load(self, path: str, runtime: ProjectRuntime) -> LoadedDefinition:
        """Evaluates a definition, those that it imports first."""
        if path in self._in_progress:
            raise ProjectError(f"Found cyclic definition dependency\n\nIt goes through {self._file(runtime)}.")
        self._in_progress.add(path)
        stand_ins = {folder: self._stand_in(runtime.layout, folder) for folder in runtime.bundle.components}
        made = self.loaded[path] = LoadedDefinition(self._evaluate(path, runtime, stand_ins), runtime)
        self._in_progress.discard(path)
        return made

    def _stand_in(self, layout: Layout, folder: str) -> dict[str, str]:
        found = self.load_folder(Path(os.path.normpath(layout.functions_dir / folder))).definition
        return {"componentDefinitionPath": found.path, "defaultName": found.name}

    def _evaluate(
        self, path: str, runtime: ProjectRuntime, stand_ins: Mapping[str, Mapping[str, str]]
    ) -> ComponentDefinition:
        kind = "component definition" if path else "app definition"
        found: dict[str, Any] = evaluate_alone(
            runtime, kind, "exportDefinition", CONFIG_MODULE, orjson.dumps(stand_ins).decode(), env=self.env
        )
        self.reads_env |= found["readsEnvironment"]
        exported, file = found["exported"], self._file(runtime)
        if exported.get("definitionType", {}).get("type") != ("childComponent" if path else "app"):
            function = 'defineComponent("name")' if path else "defineApp()"
            raise ProjectError(f"{file} exports a definition of another kind: export what {function} returns.")
        try:
            return parse_definition(path, exported)
        except InvalidDefinitionError as problem:
            raise ProjectError(f"{problem}\n\nThe definition is {file}.") from None

    def _routes(self, path: str) -> list[tuple[str, str]] | None:
        return load_routes(self.loaded[path].runtime, BUILT_IN if path else self.env)

    @staticmethod
    def _file(runtime: ProjectRuntime) -> str:
        return runtime.file_of(CONFIG_MODULE)


def load_definitions(app: ProjectRuntime, env: Mapping[str, str]) -> ProjectDefinitions:
    """The app's definitions and its tree of components; kept, unless they depend on the environment.

    Raises:
        ProjectError: a definition throws, or breaks a rule, or a component's schema or `http.ts` does.
    """
    known = app.definitions
    if not isinstance(known, ProjectDefinitions) or (known.reads_env and known.env != dict(env)):
        known = app.definitions = ProjectDefinitions(app, env)
    return known
