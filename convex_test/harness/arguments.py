"""The arguments of a call, given as one mapping or as keywords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from convex_test.errors import UsageError
from convex_test.values.python import from_python

if TYPE_CHECKING:
    from convex_test.values.types import Value


def call_arguments(args: Any, keywords: Mapping[str, Any], where: str) -> Value:
    """The arguments object. Raises `UsageError` for both at once, and for values of no Convex type."""
    if args is not None and keywords:
        raise UsageError(f"{where}: give the arguments either as one mapping or as keywords, not both.")
    if args is not None and not isinstance(args, Mapping):
        raise UsageError(
            f"{where}: the arguments of a Convex function are one mapping, or keywords, but got {args!r:.200} "
            f"(type {type(args).__name__})."
        )
    return from_python(dict(args if args is not None else keywords), where)
