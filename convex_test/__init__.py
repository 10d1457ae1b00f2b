"""Test Convex functions with pytest.

Layers, each importing only from those above it:

    errors, references, records
    values
    backend · project · engine      siblings that do not know each other
    syscalls
    functions
    harness
    plugin                          the only one that imports pytest

Names are loaded when they are first used: pytest imports this package in every run of its environment.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convex_test.errors import (
        ArgumentValidationError,
        ConvexError,
        ConvexTestError,
        FunctionError,
        FunctionNotFoundError,
        FunctionTimeoutError,
        InternalError,
        LimitError,
        OutOfMemoryError,
        ProjectError,
        ReturnsValidationError,
        SchedulerLoopError,
        SchemaValidationError,
        UnsupportedError,
        UsageError,
    )
    from convex_test.harness.project import Project, load_project
    from convex_test.harness.t import ConvexTest
    from convex_test.references import api, components, internal, js, module
    from convex_test.values.types import ConvexInt64, undefined

__version__ = "0.1.0"

__all__ = [
    "ArgumentValidationError",
    "ConvexError",
    "ConvexInt64",
    "ConvexTest",
    "ConvexTestError",
    "FunctionError",
    "FunctionNotFoundError",
    "FunctionTimeoutError",
    "InternalError",
    "LimitError",
    "OutOfMemoryError",
    "Project",
    "ProjectError",
    "ReturnsValidationError",
    "SchedulerLoopError",
    "SchemaValidationError",
    "UnsupportedError",
    "UsageError",
    "api",
    "components",
    "internal",
    "js",
    "load_project",
    "module",
    "undefined",
]

_HOMES = {
    "ConvexInt64": "convex_test.values.types",
    "undefined": "convex_test.values.types",
    "ConvexTest": "convex_test.harness.t",
    "Project": "convex_test.harness.project",
    "load_project": "convex_test.harness.project",
    "api": "convex_test.references",
    "components": "convex_test.references",
    "internal": "convex_test.references",
    "js": "convex_test.references",
    "module": "convex_test.references",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "convex_test.errors")), name)
