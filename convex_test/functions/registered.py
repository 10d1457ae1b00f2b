"""A function that a module registers, as analysis finds it (`crates/isolate/src/environment/analyze.rs`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from convex_test.backend.schema.validators import InvalidValidatorError, parse_args_validator, parse_returns_validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from convex_test.backend.schema.validators import ArgsValidator, Validator
    from convex_test.references import FunctionPath

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RegisteredFunction:
    """Kind, visibility and validators of an exported function. No `returns` means that results are not checked.

    `exported_args` and `exported_returns` are the validators as the function exports them, JSON texts.
    """

    path: FunctionPath
    kind: str
    visibility: str | None
    args: ArgsValidator | None
    returns: Validator | None
    exported_args: str | None = None
    exported_returns: str | None = None


def registered_function(path: FunctionPath, described: dict[str, Any]) -> RegisteredFunction:
    """Reads what the prelude's `analyze` says of one export. Raises `InvalidValidatorError`."""
    return RegisteredFunction(
        path=path,
        kind=described["kind"],
        visibility=described["visibility"],
        args=_parsed(path, "exportArgs", described["args"], parse_args_validator),
        returns=_parsed(path, "exportReturns", described["returns"], parse_returns_validator),
        exported_args=described["args"],
        exported_returns=described["returns"],
    )


def _parsed(path: FunctionPath, method: str, exported: str | None, parse: Callable[[Any], T]) -> T | None:
    if exported is None:
        return None
    try:
        return parse(orjson.loads(exported))
    except (InvalidValidatorError, orjson.JSONDecodeError) as problem:
        raise InvalidValidatorError(f"Invalid JSON returned from {path.full}.{method}(): {problem}") from None
