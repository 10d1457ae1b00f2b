"""One `convex.config.ts`, evaluated: what a component declares, and which components it uses.

Reads the JSON that `export()` of npm's `convex` gives (`src/server/components/index.ts`), as
`crates/common/src/bootstrap_model/components/definition.rs` does. Names are checked as identifiers.

Gaps: `args` of components, which npm's `convex` no longer has, are refused, and so is a JSON that npm cannot have made,
in words that only resemble the backend's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.backend.schema.compound import UnionValidator
from convex_test.backend.schema.kinds import LiteralValidator
from convex_test.backend.schema.validators import InvalidValidatorError, ValidationFailure, Validator, parse_validator
from convex_test.errors import UnsupportedError
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.backend.schema.validators import Tables

_MOUNT: Final = re.compile(r"/(?:[^*?]*/)?")


class InvalidDefinitionError(ValueError):
    """A definition breaks a rule; the text is the backend's."""


@dataclass(frozen=True, slots=True)
class EnvironmentVariable:
    """A declared environment variable."""

    validator: Validator
    optional: bool

    def check(self, value: str, tables: Tables) -> str | None:
        """What is wrong with a value, or None."""
        try:
            self.validator.check(value, tables)
        except ValidationFailure as failure:
            return str(failure)
        return None

    def accepts_all_of(self, other: EnvironmentVariable) -> bool:
        """Whether each value of the other one is one of this one."""
        mine, theirs = _literals(self.validator), _literals(other.validator)
        return mine is None or (theirs is not None and theirs <= mine)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a parent gives a declared variable of a child: a text, or one of its own variables."""

    value: str | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """`app.use(definition, {name, env})`: a component that is mounted, by the path of its definition."""

    name: str
    definition: str
    env: Mapping[str, Binding]


@dataclass(frozen=True, slots=True)
class ComponentDefinition:
    """What a `convex.config.ts` exports.

    Attributes:
        path: from the app's functions folder to the folder of the definition, with forward slashes; "" is the app.
        name: what it is called unless it is used under another name; "" is the app.
        uses: the components that it mounts, in order.
        mounts: HTTP mounts, such as "/waitlist/", with the names of the components that serve them.
        env: the environment variables that it declares.
        http_prefix: of the app's own HTTP routes, such as "/api/", or None.
    """

    path: str
    name: str = ""
    uses: tuple[Use, ...] = ()
    mounts: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, EnvironmentVariable] = field(default_factory=dict)
    http_prefix: str | None = None


def parse_definition(path: str, exported: Mapping[str, Any]) -> ComponentDefinition:
    """Reads what `export()` gave.

    Raises:
        InvalidDefinitionError: a name, a mount or a validator breaks a rule.
    """
    kind = exported["definitionType"]
    if kind.get("args"):
        raise UnsupportedError(f"not supported: arguments of components (of {exported.get('name')!r})")
    try:
        return ComponentDefinition(
            path=path,
            name="" if kind["type"] == "app" else _identifier(kind["name"]),
            uses=tuple(_use(each) for each in exported["childComponents"]),
            mounts={
                _mount(where): _identifier(reference.rpartition("/")[2])
                for where, reference in (exported.get("httpMounts") or {}).items()
            },
            env={_identifier(name): _variable(declared) for name, declared in exported.get("envVars") or ()},
            http_prefix=None if exported.get("httpPrefix") is None else _mount(exported["httpPrefix"]),
        )
    except (InvalidValueError, InvalidValidatorError) as problem:
        raise InvalidDefinitionError(str(problem)) from None


def _use(exported: Mapping[str, Any]) -> Use:
    if exported.get("args"):
        raise UnsupportedError(f"not supported: arguments of components (of {exported['name']!r})")
    env = {_identifier(name): _binding(given) for name, given in exported.get("env") or ()}
    return Use(_identifier(exported["name"]), exported["path"], env)


def _binding(given: Mapping[str, Any]) -> Binding:
    if given["type"] == "value":
        return Binding(value=given["value"])
    if given["type"] == "envVar":
        return Binding(variable=given["name"])
    raise InvalidDefinitionError(f"unknown variant `{given['type']}`, expected `value` or `envVar`")


def _variable(declared: Mapping[str, Any]) -> EnvironmentVariable:
    if declared["type"] != "value":
        raise InvalidDefinitionError(f"unknown variant `{declared['type']}`, expected `value`")
    return EnvironmentVariable(parse_validator(orjson.loads(declared["value"])), declared.get("optional") is True)


def _identifier(name: str) -> str:
    check_identifier(name)
    return name


def _mount(path: str) -> str:
    if not _MOUNT.fullmatch(path):
        raise InvalidDefinitionError(f"{path!r} is no path to mount HTTP routes at")
    return path


def _literals(validator: Validator) -> set[str] | None:
    """The texts that a validator of texts takes; None is any."""
    if isinstance(validator, LiteralValidator):
        return {str(validator.value)}
    if isinstance(validator, UnionValidator):
        found: set[str] = set()
        for member in validator.members:
            literals = _literals(member)
            if literals is None:
                return None
            found |= literals
        return found
    return None
