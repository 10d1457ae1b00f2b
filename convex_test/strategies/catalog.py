"""What a strategy has to know when it draws: the project's validators and tables, and which ids exist.

Nothing of this is looked up before the first draw, so a test module that is imported loads no project.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
from hypothesis import strategies as st

from convex_test.backend.schema.validators import InvalidValidatorError, parse_validator
from convex_test.backend.store.tables import FIRST_USER_TABLE_NUMBER, SYSTEM_TABLES
from convex_test.errors import FunctionError, UsageError
from convex_test.functions.deployment import Deployment
from convex_test.functions.loading import load_schema
from convex_test.functions.resolve import find_any_function, function_path
from convex_test.harness.inside import deployment_of, runtime_of
from convex_test.harness.project import Project, load_project
from convex_test.harness.t import ConvexTest
from convex_test.project.discover import current_root
from convex_test.references import ModuleExport, Reference, js, reference_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from convex_test.backend.schema.validators import Validator
    from convex_test.functions.registered import RegisteredFunction
    from convex_test.functions.runtime import ProjectRuntime

_RUNNER: Final = st.runner(default=None)


class Catalog:
    """The validators and tables of one project."""

    def __init__(self, runtime: ProjectRuntime) -> None:
        self._runtime = runtime
        self._values: dict[Any, Validator] = {}
        self.schema = load_schema(runtime)
        self.table_numbers: Mapping[str, int] = {
            **SYSTEM_TABLES,
            **{name: FIRST_USER_TABLE_NUMBER + at for at, name in enumerate(sorted(self.schema.tables))},
        }
        """The tables of a deployment in which nothing has happened yet."""

    @property
    def root(self) -> Path:
        """The root folder of the project."""
        return self._runtime.layout.root

    def function(self, reference: str | Reference, t: ConvexTest | None) -> RegisteredFunction:
        """The function that a reference names. Raises `FunctionNotFoundError` or `ProjectError`."""
        if isinstance(reference, Reference) and reference_root(reference) == "components":
            raise UsageError(
                f"{reference!r}: not supported: strategies for functions of components, whose ids are of other tables."
            )
        with self._deployment(t) as deployment:
            return find_any_function(deployment, function_path(deployment, reference))

    def validator(self, given: str | ModuleExport | Mapping[str, Any], t: ConvexTest | None) -> Validator:
        """The validator that TypeScript, an export or Convex's JSON describes. Raises `UsageError`."""
        key = orjson.dumps(given, option=orjson.OPT_SORT_KEYS) if isinstance(given, dict) else given
        if key not in self._values:
            described = given if isinstance(given, dict) else self._evaluated(given, t)
            try:
                self._values[key] = parse_validator(described)
            except InvalidValidatorError as problem:
                raise UsageError(f"value({given!r:.200}): this is no validator: {problem}") from None
        return self._values[key]

    def _evaluated(self, given: Any, t: ConvexTest | None) -> Any:
        source = given
        if isinstance(given, ModuleExport):
            module, name = map(orjson.dumps, (given.module, given.name))
            source = f"(await load({module.decode()}))[{name.decode()}]"
        snippet = js(f"async () => {{ const found = {source}; return JSON.stringify(found?.json ?? null); }}")
        with self._deployment(t) as deployment:
            try:
                text = ConvexTest(deployment).query(snippet)
            except FunctionError as error:
                raise UsageError(f"value({given!r}): {error.text}") from error
        if text == "null":
            raise UsageError(f"value({given!r}): this is no validator of Convex, such as v.array(v.string()).")
        return orjson.loads(text)

    @contextmanager
    def _deployment(self, t: ConvexTest | None) -> Iterator[Deployment]:
        """That of the user, whose environment the modules may need; otherwise one for this purpose."""
        if t is not None:
            yield deployment_of(t)
            return
        deployment = Deployment(self._runtime, seed=0, requires_env=False)
        try:
            yield deployment
        finally:
            deployment.close()


@lru_cache(maxsize=8)
def _catalog_of(runtime: ProjectRuntime) -> Catalog:
    return Catalog(runtime)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a strategy was told to look: a `t`, a project, the `t` of the present example, or nothing."""

    t: ConvexTest | None = None
    project: Project | str | Path | None = None
    current: Callable[[], ConvexTest] | None = None

    def __post_init__(self) -> None:
        """Raises `UsageError` for what is neither."""
        if self.t is not None and not isinstance(self.t, ConvexTest):
            raise UsageError(f"t={self.t!r}: expected a `t`, from the fixture or from `project.test()`.")
        if self.project is not None and not isinstance(self.project, Project | str | Path):
            raise UsageError(f"project={self.project!r}: expected a Project, or the path of its root folder.")

    def look(self, draw: Callable[[Any], Any]) -> tuple[Catalog, ConvexTest | None]:
        """The project, and the `t` that ids are to come from.

        Without a `t` of its own the strategy takes that of the object whose test or rule is running: `self.t`.
        """
        t = self.t if self.current is None else self.current()
        if t is None and self.project is None:
            found = getattr(draw(_RUNNER), "t", None)
            t = found if isinstance(found, ConvexTest) else None
        if t is not None:
            return _catalog_of(deployment_of(t).runtime), t
        project = self.project
        if not isinstance(project, Project):
            project = load_project(current_root() if project is None else project)
        return _catalog_of(runtime_of(project)), None
