"""Evaluating modules while they load: the schema file, and what to say when one throws or does not end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.backend.schema.definition import EMPTY_SCHEMA, parse_schema
from convex_test.backend.schema.indexes import InvalidSchemaError
from convex_test.engine.context import ScriptOutOfMemory, ScriptSyntaxError, ScriptTimeout
from convex_test.errors import ProjectError
from convex_test.functions.failures import MAXIMUM_FRAMES, is_out_of_memory, read_json

if TYPE_CHECKING:
    from convex_test.backend.schema.definition import SchemaDefinition
    from convex_test.engine.protocol import Context
    from convex_test.functions.runtime import ProjectRuntime

# Production's: 4 s for a module, 1 s for the schema, in V8.
LOAD_TIMEOUT: Final = 20.0
SCHEMA_MODULE: Final = "schema.js"
SCHEMA_HEADING: Final = "Hit an error while evaluating your schema:\n"
AUTH_CONFIG_MODULE: Final = "auth.config.js"
AUTH_CONFIG_HEADING: Final = "The pushed auth config is invalid: "
_MISSING_VARIABLE: Final = re.compile(r"Uncaught Error: (Environment variable (\S+) .*)")


def load_schema(runtime: ProjectRuntime) -> SchemaDefinition:
    """The project's schema, evaluated once.

    Raises:
        ProjectError: the schema breaks a rule, or its file throws.
    """
    if runtime.schema is not None:
        return runtime.schema
    if SCHEMA_MODULE not in runtime.special:
        runtime.schema = EMPTY_SCHEMA
        return EMPTY_SCHEMA
    context = runtime.pool.acquire(runtime, "test")
    try:
        context.environment = None
        settings = {"kind": "schema", "now": 0, "live": False, "seed": [1, 2, 3, 4], "importNow": 0, "env": {}}
        context.call("begin", orjson.dumps(settings).decode())
        exported = evaluate(runtime, context, "exportSchema", SCHEMA_MODULE)
    finally:
        runtime.pool.release(context, "test")
        runtime.pool.forget(runtime)
    try:
        runtime.schema = parse_schema(exported)
    except InvalidSchemaError as problem:
        file = runtime.file_of(SCHEMA_MODULE)
        raise ProjectError(f"{SCHEMA_HEADING}{problem}\n\nThe schema is {file}.") from None
    return runtime.schema


def load_failure(runtime: ProjectRuntime, module: str, failure: dict[str, Any]) -> ProjectError:
    """The error for a module that throws while it loads, with the TypeScript frames."""
    frames = runtime.frames(failure["stack"])[:MAXIMUM_FRAMES]
    file = runtime.file_of(module)
    # What the backend itself finds wrong is no exception of the user's.
    text = failure["message"] if failure["name"] == "ExportProblem" else failure["text"]
    if module == SCHEMA_MODULE:
        lines = [f"{SCHEMA_HEADING}{text}", *map(str, frames)]
        return ProjectError("\n".join(lines if frames else [*lines, f"    at {file}"]))
    placed = [*map(str, frames)] or [f"    at {file}"]
    if module == AUTH_CONFIG_MODULE:
        return _auth_config_failure(text, placed)
    lines = [f"Failed to analyze {module}: {text}", *placed]
    error = ProjectError("\n".join(lines))
    error.add_note(f"{file} throws while it loads, so no function in it can run; in production the push would fail.")
    return error


def _auth_config_failure(text: str, placed: list[str]) -> ProjectError:
    missing = _MISSING_VARIABLE.match(text)
    if missing is None:
        return ProjectError("\n".join([AUTH_CONFIG_HEADING + text, *placed]))
    sentence, name = missing.groups()
    remedy = f'Set it: t.env["{name}"] = "…", or @pytest.mark.convex(env={{"{name}": "…"}}) on the test.'
    return ProjectError("\n".join([sentence, *placed, remedy]))


def evaluate(runtime: ProjectRuntime, context: Context, function: str, module: str) -> Any:
    """Calls one of the prelude's functions that load a module; what it reports.

    Raises:
        ProjectError: the module throws, or does not come to an end, while it loads.
    """
    file = runtime.file_of(module)
    context.limit_time(LOAD_TIMEOUT)
    try:
        context.call(function, module)
        outbox = context.pump()
    except ScriptTimeout:
        raise ProjectError(
            f"{file} does not come to an end while it loads: it was stopped after {LOAD_TIMEOUT:g} s. "
            "Look for a loop at the top level of this module or of one that it imports."
        ) from None
    except ScriptOutOfMemory:
        raise ProjectError(f"{file} uses up all memory while it loads.") from None
    except ScriptSyntaxError as problem:
        raise ProjectError(f"QuickJS cannot parse the project's bundle: {problem}") from None
    if outbox.failure is not None:
        context.owner = None
        failure = read_json(outbox.failure)
        if is_out_of_memory(failure, context.running_time):
            context.broken = True
            raise ProjectError(f"{file} uses up all memory while it loads.")
        raise load_failure(runtime, module, failure)
    if outbox.result is None:
        context.broken = True
        raise ProjectError(
            f"{file} waits for something while it loads: top-level awaits in source files are unsupported."
        )
    return orjson.loads(outbox.result)
