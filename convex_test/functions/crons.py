"""The crons of a project and its components: `crons.ts`, evaluated when first asked (see `analyze.rs`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from convex_test.backend.crons import Crons, CronSpec, parse_crons
from convex_test.backend.crontab import InvalidCronError
from convex_test.errors import ProjectError
from convex_test.functions.analysis import analyze_module, evaluate_in

if TYPE_CHECKING:
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.mounted import MountedComponent

CRONS_MODULE: Final = "crons.js"


def crons_of(deployment: Deployment) -> Crons:
    """The deployment's crons, those of all its components.

    Raises:
        ProjectError: a file throws, or a push would refuse what it exports.
    """
    if deployment.crons is None:
        # A clock that was frozen after the deployment began may be behind that.
        began = min(deployment.began, deployment.clock.read())
        specs = [spec for mounted in deployment.components.values() for spec in _specs(deployment, mounted)]
        deployment.crons = Crons(specs, began)
    return deployment.crons


def _specs(deployment: Deployment, mounted: MountedComponent) -> list[CronSpec]:
    runtime = mounted.runtime
    if runtime.crons is None:
        runtime.crons = _load(deployment, mounted) if CRONS_MODULE in runtime.modules_by_path else []
    return [replace(spec, path=replace(spec.path, component=mounted.path)) for spec in runtime.crons]


def _load(deployment: Deployment, mounted: MountedComponent) -> list[CronSpec]:
    exported = evaluate_in(deployment, mounted, "exportCrons", CRONS_MODULE)
    try:
        specs = parse_crons(exported)
        Crons(specs, deployment.clock.read())
    except InvalidCronError as problem:
        raise _refused(mounted, str(problem)) from None
    for spec in specs:
        _check_function(deployment, mounted, spec)
    return specs


def _check_function(deployment: Deployment, mounted: MountedComponent, spec: CronSpec) -> None:
    path = spec.path
    entry = mounted.runtime.modules_by_path.get(path.module)
    if entry is not None and entry.environment == "node" and not mounted.runtime.has_node:
        return  # the call will say so
    found = None if entry is None else analyze_module(deployment, mounted.path, path.module).get(path.name)
    if found is None:
        raise _refused(mounted, f"The cron job '{spec.name}' schedules a function that does not exist: {path.full}")
    if found.kind not in {"mutation", "action"}:
        what = "a query function" if found.kind == "query" else "an HTTP action"
        raise _refused(
            mounted,
            f"The cron job '{spec.name}' schedules {what}, only actions and mutations can be scheduled: {path.full}",
        )


def _refused(mounted: MountedComponent, text: str) -> ProjectError:
    return ProjectError(f"{text}\n\nThe crons are defined in {mounted.runtime.file_of(CRONS_MODULE)}.")
