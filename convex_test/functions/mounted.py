"""One mounted component of one deployment: its runtime, its environment, and the contexts it runs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convex_test.functions.environment import ComponentEnvironment

if TYPE_CHECKING:
    from convex_test.backend.components.tree import Component
    from convex_test.engine.pool import Isolation
    from convex_test.engine.protocol import Context
    from convex_test.functions.environment import Environment
    from convex_test.functions.runtime import ProjectRuntime


class MountedComponent:
    """A component as the functions in it see it. It is what module state belongs to: components share none.

    Attributes:
        component: its place in the tree and its definition.
        runtime: that of its definition.
        env: what its functions see as `process.env`.
    """

    def __init__(
        self, component: Component, runtime: ProjectRuntime, app_env: Environment, isolation: Isolation
    ) -> None:
        self.component = component
        self.runtime = runtime
        self.env: Environment | ComponentEnvironment = (
            ComponentEnvironment(app_env, component.env, component.http_prefix) if component.path else app_env
        )
        self._isolation: Isolation = isolation

    @property
    def path(self) -> str:
        """Its path; "" is the app's."""
        return self.component.path

    def acquire(self) -> Context:
        """A context for one execution."""
        return self.runtime.pool.acquire(self, self._isolation)

    def release(self, context: Context) -> None:
        """Gives a context back."""
        self.runtime.pool.release(context, self._isolation)

    def close(self) -> None:
        """The test is over."""
        self.runtime.pool.forget(self)

    def new_environment(self, context: Context) -> dict[str, str] | None:
        """The environment, unless the context has it already."""
        version = self.env.version
        if context.environment is self.env and context.environment_version == version:
            return None
        context.environment, context.environment_version = self.env, version
        return dict(self.env)
