"""The deployment's environment variables.

Rules and texts are those of `crates/common/src/types/environment_variables.rs`, and of `update_environment_variables`
in `crates/application/src/lib.rs`: a change that breaks a rule changes nothing. `CONVEX_CLOUD_URL` and
`CONVEX_SITE_URL` count towards no limit. What `defineApp({env})` declares is checked as `finish_push` does in
`crates/application/src/deploy_config.rs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.schema.definition import EMPTY_SCHEMA
from convex_test.backend.store.tables import Namespace
from convex_test.errors import ProjectError, UsageError

if TYPE_CHECKING:
    from convex_test.backend.components.definition import Binding, EnvironmentVariable

MAXIMUM_NAME: Final = 256
MAXIMUM_VALUE: Final = 8 << 10
MAXIMUM_COUNT: Final = 512
MAXIMUM_TOTAL: Final = 512 << 10
"""Bytes of all names and values together."""
BUILT_IN: Final = {
    "CONVEX_CLOUD_URL": "https://convex-test-000.convex.cloud",
    "CONVEX_SITE_URL": "https://convex-test-000.convex.site",
}
NO_TABLES: Final = Namespace("", EMPTY_SCHEMA)
"""For validators of texts, which look no tables up."""
_NAME: Final = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")


class Environment(MutableMapping[str, str]):
    """What TypeScript sees as `process.env`: a mutable mapping of names to texts.

    Nothing of the machine's own environment is in it. `CONVEX_CLOUD_URL` and `CONVEX_SITE_URL` are always there.

    Raises:
        UsageError: a name, a value or a number of them that a deployment would refuse.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables: dict[str, str] = {}
        self._declared: Mapping[str, EnvironmentVariable] = {}
        self.version = 0
        if variables is not None and not isinstance(variables, Mapping):
            raise UsageError(f"env={variables!r:.200}: expected a mapping such as {{'API_KEY': 'x'}}.")
        self._set(variables or {}, "env")

    def declare(self, declared: Mapping[str, EnvironmentVariable], file: str) -> None:
        """What the app's definition declares, in a file, holds from now on.

        Raises:
            ProjectError: a required variable is not set, or a value does not match; as a push says it.
        """
        missing = [name for name, variable in sorted(declared.items()) if self._is_missing(name, variable)]
        if missing:
            example = ", ".join(f'"{name}": "…"' for name in missing)
            raise ProjectError(
                f"Required environment variables are not set: {', '.join(missing)}. "
                "Set them in the Convex dashboard or CLI before pushing.\n\n"
                f"{file} declares them. Give a test its variables with @pytest.mark.convex(env={{{example}}}), "
                "with project.test(env=…), or all tests with convex_env in the ini file."
            )
        problem = _mismatch(self._variables, declared)
        if problem is not None:
            raise ProjectError(f"{problem}\n\nIt is declared in {file}.")
        self._declared = declared

    def settable(self) -> dict[str, str]:
        """Those variables that are not Convex's own."""
        return {name: value for name, value in self._variables.items() if name not in BUILT_IN}

    def __getitem__(self, name: str) -> str:
        return self._variables[name] if name in self._variables else BUILT_IN[name]

    def __setitem__(self, name: str, value: str) -> None:
        self._set({name: value}, "t.env")

    def update(self, other: Any = (), /, **variables: str) -> None:
        """Sets several variables, or none of them when one is refused."""
        self._set(dict(other, **variables), "t.env")

    def __delitem__(self, name: str) -> None:
        if name in BUILT_IN:
            raise UsageError(f"del t.env[{name!r}]: {name} is set by Convex and cannot be removed.")
        if name in self._declared and not self._declared[name].optional:
            raise UsageError(
                f"del t.env[{name!r}]: Cannot delete required environment variables: {name}. These are declared as "
                "required in the app definition."
            )
        del self._variables[name]
        self.version += 1

    def __iter__(self) -> Iterator[str]:
        yield from BUILT_IN
        yield from self._variables

    def __len__(self) -> int:
        return len(BUILT_IN) + len(self._variables)

    def __repr__(self) -> str:
        return repr(dict(self))

    def _is_missing(self, name: str, variable: EnvironmentVariable) -> bool:
        return not variable.optional and name not in self._variables

    def _set(self, variables: Mapping[str, str], where: str) -> None:
        for name, value in variables.items():
            problem = _problem(name, value)
            if problem is not None:
                raise UsageError(f"{where}[{name!r}]: {problem}")
        mismatch = _mismatch(variables, self._declared)
        if mismatch is not None:
            raise UsageError(f"{where}: {mismatch}")
        changed = {**self._variables, **variables}
        if len(changed) > MAXIMUM_COUNT:
            raise UsageError(f"{where}: The environment variable limit ({MAXIMUM_COUNT}) has been met.")
        total = sum(len(name) + len(value.encode()) for name, value in changed.items())
        if total > MAXIMUM_TOTAL:
            raise UsageError(
                f"{where}: The total size of all environment variables ({total} bytes) exceeds the limit "
                f"({MAXIMUM_TOTAL} bytes)."
            )
        self._variables = changed
        self.version += 1


def _mismatch(variables: Mapping[str, str], declared: Mapping[str, EnvironmentVariable]) -> str | None:
    for name, value in sorted(variables.items()):
        problem = declared[name].check(value, NO_TABLES) if name in declared else None
        if problem is not None:
            return f"Environment variable {name} does not match its declared validator: {problem}"
    return None


def _problem(name: object, value: object) -> str | None:
    """What a deployment says of a variable that it refuses."""
    if not isinstance(name, str):
        return "the name of an environment variable is a str."
    if not isinstance(value, str):
        return f"the value of an environment variable is a str, not {value!r:.200}."
    if not _NAME.fullmatch(name):
        return (
            f"The environment variable name {name} is invalid. Environment variable names must begin with a letter and "
            "may only include characters a-z, A-Z, 0-9, and underscores."
        )
    if len(name) > MAXIMUM_NAME:
        return (
            f"The environment variable name {name} is too long. Environment variable names must be less than "
            f"{MAXIMUM_NAME}."
        )
    try:
        size = len(value.encode())
    except UnicodeEncodeError as problem:
        return f"the value has half a surrogate pair at position {problem.start}, which is no text."
    if size > MAXIMUM_VALUE:
        # The parenthesis is open in the backend's text.
        return f"The environment variable value is {size} bytes, which is too large. (max size: {MAXIMUM_VALUE}"
    if name in BUILT_IN:
        return f'Environment variable with name "{name}" is built-in and cannot be overridden'
    return None


class ComponentEnvironment(Mapping[str, str]):
    """What a component's functions see as `process.env`: what it declares and its parent gives it, and the two URLs.

    The rules are those of `get_environment_variable` in `crates/isolate/src/environment/udf/phase.rs`. The URL of the
    site ends in the prefix that the component's HTTP routes are mounted at.
    """

    def __init__(self, app: Environment, bindings: Mapping[str, Binding], http_prefix: str | None) -> None:
        self._app = app
        self._bindings = bindings
        self._built_in = dict(BUILT_IN)
        if http_prefix is not None:
            self._built_in["CONVEX_SITE_URL"] += http_prefix.rstrip("/")

    @property
    def version(self) -> int:
        """Grows when the app's environment changes."""
        return self._app.version

    def __getitem__(self, name: str) -> str:
        binding = self._bindings.get(name)
        if binding is None:
            return self._built_in[name]
        if binding.variable is None:
            return binding.value or ""
        return self._app[binding.variable] if binding.variable in self._app else self._built_in[name]

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys((*self._built_in, *self._bindings))
        return (name for name in names if self._is_set(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _is_set(self, name: str) -> bool:
        binding = self._bindings.get(name)
        return name in self._built_in or (
            binding is not None and (binding.variable is None or binding.variable in self._app)
        )
