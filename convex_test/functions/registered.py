"""A function that a module registers, as analysis finds it (`crates/isolate/src/environment/analyze.rs`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from convex_test.backend.schema.validators import parse_args_validator, parse_returns_validator

if TYPE_CHECKING:
    from convex_test.backend.schema.validators import ArgsValidator, Validator
    from convex_test.references import FunctionPath


@dataclass(frozen=True, slots=True)
class RegisteredFunction:
    """Kind, visibility and validators of an exported function. No `returns` means that results are not checked."""

    path: FunctionPath
    kind: str
    visibility: str | None
    args: ArgsValidator | None
    returns: Validator | None


def registered_function(path: FunctionPath, described: dict[str, Any]) -> RegisteredFunction:
    """Reads what the prelude's `analyze` says of one export. Raises `InvalidValidatorError`."""
    return RegisteredFunction(
        path=path,
        kind=described["kind"],
        visibility=described["visibility"],
        args=None if described["args"] is None else parse_args_validator(orjson.loads(described["args"])),
        returns=None if described["returns"] is None else parse_returns_validator(orjson.loads(described["returns"])),
    )
