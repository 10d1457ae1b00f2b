"""The crons of a project: `crons.ts`, evaluated when the first one asks (`cron_analyze` in `analyze.rs`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convex_test.backend.crons import Crons, CronSpec, parse_crons
from convex_test.backend.crontab import InvalidCronError
from convex_test.errors import ProjectError
from convex_test.functions.analysis import analyze_module
from convex_test.functions.loading import evaluate

if TYPE_CHECKING:
    from convex_test.functions.deployment import Deployment

CRONS_MODULE: Final = "crons.js"


def crons_of(deployment: Deployment) -> Crons:
    """The deployment's crons.

    Raises:
        ProjectError: the file throws, or a push would refuse what it exports.
    """
    if deployment.crons is None:
        # A clock that was frozen after the deployment began may be behind that.
        began = min(deployment.began, deployment.clock.read())
        try:
            deployment.crons = Crons(_specs(deployment), began)
        except InvalidCronError as problem:
            raise _refused(deployment, str(problem)) from None
    return deployment.crons


def _specs(deployment: Deployment) -> list[CronSpec]:
    runtime = deployment.runtime
    if runtime.crons is None:
        runtime.crons = _load(deployment) if CRONS_MODULE in runtime.modules_by_path else []
    return runtime.crons


def _load(deployment: Deployment) -> list[CronSpec]:
    context = deployment.acquire()
    try:
        now = deployment.clock.read()
        context.call("begin", deployment.begin_settings(context, "import", now, 1))
        exported = evaluate(deployment.runtime, context, "exportCrons", CRONS_MODULE)
    finally:
        deployment.release(context)
    specs = parse_crons(exported)
    for spec in specs:
        _check_function(deployment, spec)
    return specs


def _check_function(deployment: Deployment, spec: CronSpec) -> None:
    entry = deployment.runtime.modules_by_path.get(spec.path.module)
    if entry is not None and entry.environment == "node" and not deployment.runtime.has_node:
        return  # the call will say so
    found = None if entry is None else analyze_module(deployment, spec.path.module).get(spec.path.name)
    if found is None:
        raise _refused(
            deployment, f"The cron job '{spec.name}' schedules a function that does not exist: {spec.path.full}"
        )
    if found.kind not in {"mutation", "action"}:
        what = "a query function" if found.kind == "query" else "an HTTP action"
        raise _refused(
            deployment,
            f"The cron job '{spec.name}' schedules {what}, only actions and mutations can be scheduled: "
            f"{spec.path.full}",
        )


def _refused(deployment: Deployment, text: str) -> ProjectError:
    return ProjectError(f"{text}\n\nThe crons are defined in {deployment.runtime.file_of(CRONS_MODULE)}.")
