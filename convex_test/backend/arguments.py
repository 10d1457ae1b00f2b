"""How the backend words an argument of a syscall that it cannot use.

Imitates `with_argument_error` in `crates/isolate/src/environment/helpers/mod.rs` and the texts of serde for the
types of JSON that occur there.
"""

from __future__ import annotations

from typing import Any

from convex_test.errors import FunctionError


def invalid_argument(argument: str, method: str, cause: object) -> FunctionError:
    """The error for one argument, such as ``Invalid argument `id` for `db.get`: …``."""
    return FunctionError(f"Invalid argument `{argument}` for `{method}`: {cause}")


def invalid_arguments(method: str, cause: object) -> FunctionError:
    """The error when the arguments as a whole do not fit, such as ``Invalid arguments for `queryPage`: …``."""
    return FunctionError(f"Invalid arguments for `{method}`: {cause}")


def require_usize(value: Any, method: str) -> int:
    """`value` if it is a whole number from 0 on; otherwise the error that serde's `usize` gives."""
    problem = usize_problem(value)
    if problem is not None:
        raise invalid_arguments(method, problem)
    return int(value)


def usize_problem(value: Any) -> str | None:
    """What serde says when it wants a `usize` and gets this piece of JSON; None if it is one."""
    if type(value) is not int:
        return f"invalid type: {describe_json(value)}, expected usize"
    return None if value >= 0 else f"invalid value: integer `{value}`, expected usize"


def describe_json(value: Any) -> str:
    """What serde calls a piece of JSON when it expected something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"floating point `{value!r}`"
    if isinstance(value, str):
        return f'string "{value}"'
    return "sequence" if isinstance(value, list) else "map"
