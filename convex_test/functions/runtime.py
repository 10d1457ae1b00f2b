"""A project that is ready to run: its bundle, the contexts that have it, and what analysis found in it.

Shared by all tests of a session. Everything that depends on a single `t` (data, clock, environment) is in `deployment`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from convex_test.engine.node.debugging import DebugPool
from convex_test.engine.node.pool import NodePool, node_processes
from convex_test.engine.node.settings import NodeSettings
from convex_test.engine.pool import ContextPool
from convex_test.engine.stack import parse_stack
from convex_test.errors import Frame, ProjectError
from convex_test.functions.declarations import Declarations
from convex_test.project.bundle import GLOBAL_NAME
from convex_test.project.debug_maps import with_source_map
from convex_test.project.source_map import SourceMap
from convex_test.project.source_paths import readable_source, relative_posix

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.backend.auth.providers import AuthConfig
    from convex_test.backend.crons import CronSpec
    from convex_test.backend.schema.definition import SchemaDefinition
    from convex_test.coverage.measurement import Measurement
    from convex_test.engine.protocol import Pool
    from convex_test.functions.registered import RegisteredFunction
    from convex_test.project.bundle import Bundle
    from convex_test.project.entry_points import EntryPoint
    from convex_test.project.layout import Layout
    from convex_test.references import FunctionPath

# Frames in npm's `convex` are between the user's call and the syscall, for every call alike.
_CONVEX_PACKAGE = "node_modules/convex/"
SNIPPET_FILE = "<js>"


class ProjectRuntime:
    """Bundle, contexts and analysis of one project, or of one component that it uses.

    Attributes:
        measurement: what measures the coverage of the project's code, if anything does.
        node: the processes for modules with `"use node"`; None when there are none.
        node_settings: see `use_node`.
        definition: the path of the component's definition; "" for the app.
        definitions: what `load_definitions` keeps; of the app only, like the next two.
        component_runtimes: those of the components' definitions, by path.
        handles: the functions behind the ids of function handles, as far as any were made.
        modules_by_path: the project's modules.
        special: `schema.js` and its like.
        called: the functions that were called in the backends that have ended.
        declarations: where functions are declared.
        modules: what analysis found in each module that was needed so far, by export name.
        routes: paths and methods of `http.js`, once it was evaluated.
        schema: the project's schema once it was evaluated.
        crons: the project's crons once they were evaluated.
        auth_config: the auth config as it was evaluated last.
        is_test_file: the modules are what a test hands in. Nobody pushes them, so that a function that a push would
            refuse spoils no other one.
        unusable: such functions, with what a push would say.
    """

    def __init__(
        self, layout: Layout, bundle: Bundle, measurement: Measurement | None = None, *, definition: str = ""
    ) -> None:
        self.definition = definition
        self.definitions: object = None
        self.component_runtimes: dict[str, ProjectRuntime] = {}
        self.handles: dict[str, FunctionPath] = {}
        self.layout = layout
        self.bundle = bundle
        self.measurement = measurement
        take_hits = None if measurement is None else measurement.counters_of(bundle.notes, bundle.sources)
        self.pool: Pool = ContextPool(bundle.code, GLOBAL_NAME, take_hits=take_hits)
        self._take_node_hits: Callable[[str], None] | None = None
        if measurement is not None and bundle.node is not None:
            self._take_node_hits = measurement.counters_of(bundle.node.notes)
        self.modules_by_path: dict[str, EntryPoint] = {entry.path: entry for entry in bundle.entry_points}
        self.special: dict[str, EntryPoint] = {entry.path: entry for entry in bundle.special}
        self.called: set[str] = set()
        self.declarations = Declarations(self.modules_by_path)
        self._source_map = SourceMap(bundle.source_map)
        self._node_map = SourceMap(b"" if bundle.node is None else bundle.node.source_map)
        self.node: NodePool | None = None
        self.node_settings = NodeSettings()
        if bundle.node is not None:
            self.node = NodePool(node_processes(self.node_settings), bundle.node.code, bundle.node.externals)
        self.modules: dict[str, dict[str, RegisteredFunction]] = {}
        self.routes: list[tuple[str, str]] | None = None
        self.schema: SchemaDefinition | None = None
        self.crons: list[CronSpec] | None = None
        self.auth_config: AuthConfig | None = None
        self.is_test_file = False
        self.unusable: dict[FunctionPath, str] = {}

    def frames(self, stack: str) -> list[Frame]:
        """A stack trace as frames of the user's files, throw site first."""
        return frames_of(stack, self._source_map, self._node_map)

    def take_node_hits(self, hits: str) -> None:
        """What the counters of the bundle for Node say, if it has some."""
        if self._take_node_hits is not None:
            self._take_node_hits(hits)

    def use_node(self, settings: NodeSettings) -> None:
        """Says which Node runs the modules with `"use node"`, or, when somebody debugs, all modules.

        Nothing of it starts before it is needed.
        """
        if settings == self.node_settings:
            return
        self.node_settings = settings
        for runtime in self.component_runtimes.values():
            runtime.use_node(settings)
        if settings.inspect is not None:
            code = with_source_map(self.bundle.code, self.bundle.source_map, self.layout)
            self.pool = DebugPool(node_processes(settings), code, GLOBAL_NAME)
        if self.bundle.node is not None:
            code = self.bundle.node.code
            if settings.inspect is not None:
                code = with_source_map(code, self.bundle.node.source_map, self.layout)
            self.node = NodePool(node_processes(settings), code, self.bundle.node.externals)

    @property
    def has_node(self) -> bool:
        """Whether there is a Node for those modules."""
        try:
            return self.node is not None and bool(self.node.processes.binary)
        except ProjectError:
            return False

    def runs_in_node(self, module: str) -> bool:
        """Whether a module has the directive `"use node"`."""
        entry = self.modules_by_path.get(module)
        return entry is not None and entry.environment == "node"

    def file_of(self, module: str) -> str:
        """The file of a module as the user knows it, relative to the project's root."""
        entry = self.modules_by_path.get(module) or self.special.get(module)
        if entry is None:
            return module
        # A component may be installed outside of the project, where a package manager links to.
        return readable_source(relative_posix(entry.file, self.layout.root))

    def place_of(self, function: str) -> str:
        """Where a function is declared, such as "convex/messages.ts:12"; "" for what is no function of a file."""
        file, line = self.declarations.of(function)
        if file == function:
            return ""
        shown = Path(file).relative_to(self.layout.root).as_posix()
        return f"{shown}:{line}" if line else shown


def frames_of(stack: str, source_map: SourceMap, node_map: SourceMap | None = None) -> list[Frame]:
    """A stack trace as frames of the files that a bundle was made of, throw site first."""
    frames = []
    for script in parse_stack(stack):
        if script.source == "snippet":
            frames.append(Frame(SNIPPET_FILE, script.line, script.column, script.function))
            continue
        found_in = node_map if script.source == "node" else source_map
        found = None if found_in is None else found_in.lookup(script.line, script.column)
        if found is not None and _CONVEX_PACKAGE not in found.source:
            frames.append(Frame(found.source, found.line, found.column, script.function))
    return frames
