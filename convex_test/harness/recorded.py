"""A `t` that writes down what is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convex_test.harness.identity import make_identity
from convex_test.harness.inside import deployment_of, identity_of
from convex_test.harness.t import ConvexTest
from convex_test.references import ModuleExport, Reference, Snippet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    import httpx2

    from convex_test.backend.auth.validation import ValidToken
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.drain import Timeline
    from convex_test.harness.scripts import Script
    from convex_test.syscalls.scope import FunctionKind


class RecordedTest(ConvexTest):
    """A `t` that writes down what is done with it, in the variable `name` of the script."""

    def __init__(
        self,
        deployment: Deployment,
        identity: Mapping[str, Any] | None,
        timeline: Timeline | None,
        script: Script,
        name: str = "t",
        token: ValidToken | None = None,
    ) -> None:
        super().__init__(deployment, identity, timeline, token)
        self._script = script
        self._name = name

    @classmethod
    def of(cls, t: ConvexTest, script: Script) -> RecordedTest:
        """The same backend and user, recorded."""
        return cls(deployment_of(t), identity_of(t), None, script)

    def seen_by(self, name: str, attributes: Mapping[str, Any] | None) -> RecordedTest:
        """The same, seen by a user who has a name in the script; None is nobody."""
        if attributes is None:
            return RecordedTest(self._deployment, None, self._timeline, self._script, self._name)
        self._script.declare(name, f"{self._name}.with_identity({dict(attributes)!r})")
        return RecordedTest(self._deployment, make_identity(attributes, {}), self._timeline, self._script, name)

    def _as(self, identity: Mapping[str, Any], token: ValidToken | None = None) -> RecordedTest:
        name = self._script.new_name("user")
        how = f"with_identity({dict(identity)!r})" if token is None else f"with_token({token.text!r})"
        self._script.declare(name, f"{self._name}.{how}")
        return RecordedTest(self._deployment, identity, self._timeline, self._script, name, token)

    def advance(self, duration: timedelta | None = None, /, **units: float) -> None:
        """See `ConvexTest`."""
        shown = units if duration is None else {"seconds": duration.total_seconds()}
        given = ", ".join(f"{unit}={amount!r}" for unit, amount in shown.items())
        self._noted(f"advance({given})", lambda: super(RecordedTest, self).advance(duration, **units))

    def finish_in_progress_scheduled_functions(self) -> None:
        """See `ConvexTest`."""
        self._noted("finish_in_progress_scheduled_functions()", super().finish_in_progress_scheduled_functions)

    def finish_all_scheduled_functions(self) -> None:
        """See `ConvexTest`."""
        self._noted("finish_all_scheduled_functions()", super().finish_all_scheduled_functions)

    finishInProgressScheduledFunctions = finish_in_progress_scheduled_functions
    finishAllScheduledFunctions = finish_all_scheduled_functions

    def run_cron(self, name: str, *, component: str = "") -> Any:
        """See `ConvexTest`."""
        shown = f"{name!r}, component={component!r}" if component else repr(name)
        return self._noted(f"run_cron({shown})", lambda: super(RecordedTest, self).run_cron(name, component=component))

    def fetch(self, path: str, **options: Any) -> httpx2.Response:
        """See `ConvexTest`."""
        given = ", ".join([repr(path), *(f"{name}={value!r}" for name, value in options.items())])
        fetched: httpx2.Response = self._noted(
            f"fetch({given})", lambda: super(RecordedTest, self).fetch(path, **options)
        )
        return fetched

    def _call(
        self,
        kind: FunctionKind,
        callee: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        where: str | None = None,
        component: str | None = None,
    ) -> Any:
        method = (where or f"t.{kind}").removeprefix("t.")
        parts = [_callee(callee), *(self._script.expression(self._deployment, arg) for arg in args)]
        parts += [f"{name}={self._script.expression(self._deployment, value)}" for name, value in kwargs.items()]
        if component is not None:
            parts.append(f"component={component!r}")
        text = f"{method}({', '.join(parts)})"
        if not isinstance(callee, str | Reference | Snippet | ModuleExport):
            # What a Python function does cannot be written down.
            text = f"run(lambda ctx: None)  # {text}"
        return self._noted(text, lambda: super(RecordedTest, self)._call(kind, callee, args, kwargs, where, component))

    def _noted(self, text: str, call: Callable[[], Any]) -> Any:
        whole = f"{self._script.use(self._name)}.{text}"
        try:
            result = call()
        except Exception as error:
            self._script.append(whole, self._deployment, error=error)
            raise
        self._script.append(whole, self._deployment, result)
        return result


def _callee(callee: Any) -> str:
    match callee:
        case str() | Reference():
            return repr(callee)
        case Snippet():
            return f"js({callee.source!r})"
        case ModuleExport():
            return f'module("{callee.module.removesuffix(".js")}").{callee.name}'
    return str(getattr(callee, "__qualname__", callee))
