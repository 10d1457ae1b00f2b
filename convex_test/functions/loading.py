"""Evaluating modules while they load: the schema file, and what to say when one throws or does not end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.backend.clock import NANOSECONDS_PER_MILLISECOND, Clock
from convex_test.backend.schema.definition import EMPTY_SCHEMA, parse_schema
from convex_test.backend.schema.indexes import InvalidSchemaError
from convex_test.engine.context import ScriptOutOfMemory, ScriptSyntaxError, ScriptTimeout
from convex_test.errors import ProjectError
from convex_test.functions.failures import MAXIMUM_FRAMES, is_out_of_memory, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend.schema.definition import SchemaDefinition
    from convex_test.engine.protocol import Context
    from convex_test.functions.runtime import ProjectRuntime

# Production's: 4 s for a module, 1 s for the schema, in V8.
LOAD_TIMEOUT: Final = 20.0
SCHEMA_MODULE: Final = "schema.js"
HTTP_MODULE: Final = "http.js"
CONFIG_MODULE: Final = "convex.config.js"
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
    exported = evaluate_alone(runtime, "schema", "exportSchema", SCHEMA_MODULE)
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
    if module == CONFIG_MODULE and failure["name"] == "ExportProblem":
        return ProjectError(f"{_invalid_export(runtime, text)}\n\nThe definition is {file}.")
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


def _invalid_export(runtime: ProjectRuntime, problem: str) -> str:
    """`invalid_export_value` of `crates/isolate/src/environment/component_definitions.rs`."""
    where, who, function = "in your app", "you’re", "defineApp"
    if runtime.definition:
        where, who, function = f"in component `{runtime.definition}`", "the component is", "defineComponent"
    return (
        f"The default export of `convex.config.ts` {where} has an invalid value ({problem}). Please make sure that "
        f"{who} exporting the return value of `{function}()` (`import {{ {function} }} from 'convex/server'`)."
    )


def evaluate_alone(
    runtime: ProjectRuntime, kind: str, function: str, module: str, *args: str, env: Mapping[str, str] | None = None
) -> Any:
    """Like `evaluate`, in a context that belongs to nobody, for the files that are evaluated once for a project.

    `kind` is what the prelude calls that evaluation; `env` is the environment that it sees.
    """
    now = Clock().read() // NANOSECONDS_PER_MILLISECOND
    context = runtime.pool.acquire(runtime, "test")
    try:
        context.environment = None
        settings = {
            "kind": kind,
            "now": now,
            "live": False,
            "seed": [1, 2, 3, 4],
            "importNow": now,
            "env": dict(env or {}),
        }
        context.call("begin", orjson.dumps(settings).decode())
        return evaluate(runtime, context, function, module, *args)
    finally:
        runtime.pool.release(context, "test")
        runtime.pool.forget(runtime)


def load_routes(runtime: ProjectRuntime, env: Mapping[str, str]) -> list[tuple[str, str]] | None:
    """The paths and methods of `http.ts`, found once as a push does; None without that file.

    Raises:
        ProjectError: it throws, or exports no router.
    """
    if HTTP_MODULE not in runtime.modules_by_path:
        return None
    if runtime.routes is None:
        found = evaluate_alone(runtime, "import", "analyzeRouter", HTTP_MODULE, env=env)
        runtime.routes = [(path, method) for path, method in found]
    return runtime.routes


def evaluate(runtime: ProjectRuntime, context: Context, function: str, module: str, *args: str) -> Any:
    """Calls one of the prelude's functions that load a module; what it reports.

    Raises:
        ProjectError: the module throws, or does not come to an end, while it loads.
    """
    file = runtime.file_of(module)
    context.limit_time(LOAD_TIMEOUT)
    try:
        context.call(function, module, *args)
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
