"""What the project exports: `t.functions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from convex_test.functions.analysis import analyze_module
from convex_test.functions.recording import functions_in
from convex_test.records import FunctionRecord

if TYPE_CHECKING:
    from pathlib import Path

    from convex_test.functions.deployment import Deployment


def list_functions(deployment: Deployment) -> list[FunctionRecord]:
    """The functions of all modules, by path. Evaluates every module; those for Node.js are left out when there is none.

    Raises:
        ProjectError: a module does not load.
    """
    runtime = deployment.runtime
    found = []
    for module, entry in sorted(runtime.modules_by_path.items()):
        if entry.environment == "node" and not runtime.has_node:
            continue
        for name, function in analyze_module(deployment, "", module).items():
            record = FunctionRecord(
                path=str(function.path),
                kind=function.kind,
                visibility=function.visibility,
                args=None if function.exported_args is None else orjson.loads(function.exported_args),
                returns=None if function.exported_returns is None else orjson.loads(function.exported_returns),
                file=_relative(entry.file, runtime.layout.root),
                line=runtime.declarations.line(entry.file, name),
                covered=_covered(deployment, entry.file, name, str(function.path)),
            )
            found.append(record)
    return sorted(found, key=lambda record: record.path)


def _covered(deployment: Deployment, file: Path, name: str, path: str) -> bool | None:
    measurement = deployment.runtime.measurement
    if measurement is None:
        return None
    entered = measurement.was_entered(file, name)
    # A handler that is defined elsewhere does not have the name of the export.
    return path in {*deployment.runtime.called, *functions_in(deployment.calls)} if entered is None else entered


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()
