"""References that npm's `convex` makes of `components.child.module.fn`: `_reference/childComponent/child/module/fn`.

Imitates `crates/common/src/components/reference.rs`. The retired `_reference/componentArgument` is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convex_test.references import FunctionPath, parse_function_path
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class OwnFunction:
    """A function of the component that the reference is made in."""

    path: FunctionPath

    def __str__(self) -> str:
        """As the backend spells it in errors (`evaluation_time_debug_str`)."""
        return ".".join(["api", *self.path.module.removesuffix(".js").split("/"), self.path.name])


@dataclass(frozen=True, slots=True)
class ChildFunction:
    """What a child component exports: names of folders, a module and a function."""

    child: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join([self.child, *self.names])


def parse_reference(text: str, component: str) -> OwnFunction | ChildFunction:
    """Reads a reference made in a component. Raises `InvalidValueError` for anything else."""
    root, _, rest = text.partition("/")
    kind, _, rest = rest.partition("/")
    if root != "_reference":
        raise InvalidValueError(f"Invalid reference: {text}")
    if kind == "function" and rest:
        return OwnFunction(parse_function_path(rest, component))
    if kind == "childComponent" and rest:
        child, *names = rest.split("/")
        check_identifier(child)
        return ChildFunction(child, tuple(names))
    raise InvalidValueError(f"Invalid reference {text}")


def exported_path(component: str, names: Sequence[str]) -> FunctionPath:
    """Where a component's export is: the last name is the function's, those before it are its module's."""
    return FunctionPath("/".join(names[:-1]) + ".js", names[-1], component)
