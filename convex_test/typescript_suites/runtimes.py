"""The functions of one `convexTest(…)`: what `functions` knows as a project, made of modules that a test hands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from convex_test.backend.schema.definition import EMPTY_SCHEMA, parse_schema
from convex_test.backend.schema.indexes import InvalidSchemaError
from convex_test.engine.pool import ContextPool
from convex_test.engine.turns import Turn
from convex_test.errors import ProjectError
from convex_test.functions.declarations import Declarations
from convex_test.functions.loading import SCHEMA_HEADING
from convex_test.functions.runtime import ProjectRuntime
from convex_test.project.bundle import Bundle
from convex_test.project.entry_points import EntryPoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convex_test.engine.context import JavaScriptContext
    from convex_test.engine.pool import Isolation
    from convex_test.engine.turns import SharedContext
    from convex_test.project.layout import Layout
    from convex_test.project.source_map import SourceMap


class TurnPool(ContextPool):
    """Hands out turns in the context of a test file instead of contexts."""

    def __init__(self, shared: SharedContext, modules: int) -> None:
        # No contexts of its own, so the parent's `__init__` is not for it.
        self._shared = shared
        self._modules = str(modules)

    def acquire(self, owner: object, isolation: Isolation) -> JavaScriptContext:  # noqa: ARG002 - the interface
        """A turn in the modules of this pool."""
        turn = self._shared.turn()
        turn.call("suite", "enterModules", self._modules)
        turn.owner = owner
        return turn

    def release(self, context: JavaScriptContext, isolation: Isolation) -> None:  # noqa: ARG002 - the interface
        """An execution has ended."""
        if isinstance(context, Turn):
            self._shared.end(context)

    def forget(self, owner: object) -> None:
        """Turns are nobody's."""


class SuiteRuntime(ProjectRuntime):
    """Modules, schema and analysis of one app in a test file."""

    def __init__(
        self,
        layout: Layout,
        source_map: SourceMap,
        pool: TurnPool,
        *,
        modules: Sequence[str],
        schema: str | None,
    ) -> None:
        folder = layout.functions_dir
        entry_points = tuple(EntryPoint(path, folder / path, "isolate") for path in modules)
        super().__init__(layout, Bundle("", b"", entry_points, (), (), (), (), "", ""))
        self.pool = pool
        self.is_test_file = True
        # Names of modules are no files.
        self.declarations = Declarations({})
        self._source_map = source_map
        self.schema = EMPTY_SCHEMA
        if schema is not None:
            try:
                self.schema = parse_schema(orjson.loads(schema))
            except InvalidSchemaError as problem:
                raise ProjectError(f"{SCHEMA_HEADING}{problem}") from None

    def file_of(self, module: str) -> str:
        """See `ProjectRuntime`; the names of modules are all that is known."""
        return module
