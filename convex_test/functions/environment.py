"""The deployment's environment variables.

Name and value rules are those of `crates/common/src/types/environment_variables.rs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Final

from convex_test.errors import UsageError

MAXIMUM_NAME: Final = 256
MAXIMUM_VALUE: Final = 8192
BUILT_IN: Final = {
    "CONVEX_CLOUD_URL": "https://convex-test-000.convex.cloud",
    "CONVEX_SITE_URL": "https://convex-test-000.convex.site",
}
_NAME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")


class Environment(MutableMapping[str, str]):
    """What TypeScript sees as `process.env`: a mutable mapping of names to texts.

    Nothing of the machine's own environment is in it. `CONVEX_CLOUD_URL` and `CONVEX_SITE_URL` are always there.

    Raises:
        UsageError: a name or a value that a deployment would refuse.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables: dict[str, str] = dict(BUILT_IN)
        self.version = 0
        if variables is not None and not isinstance(variables, Mapping):
            raise UsageError(f"env={variables!r:.200}: expected a mapping such as {{'API_KEY': 'x'}}.")
        self.update(variables or {})

    def __getitem__(self, name: str) -> str:
        return self._variables[name]

    def __setitem__(self, name: str, value: str) -> None:
        if not isinstance(name, str) or not _NAME.match(name) or len(name) > MAXIMUM_NAME:
            raise UsageError(
                f"t.env[{name!r}]: the name of an environment variable begins with a letter, has only letters, digits "
                f"and underscores, and at most {MAXIMUM_NAME} of them."
            )
        if not isinstance(value, str) or len(value.encode("utf-8", "surrogatepass")) > MAXIMUM_VALUE:
            raise UsageError(f"t.env[{name!r}] = {value!r:.200}: the value is a str of at most {MAXIMUM_VALUE} bytes.")
        if name in BUILT_IN:
            raise UsageError(f"t.env[{name!r}]: {name} is set by Convex and cannot be changed.")
        self._variables[name] = value
        self.version += 1

    def __delitem__(self, name: str) -> None:
        if name in BUILT_IN:
            raise UsageError(f"del t.env[{name!r}]: {name} is set by Convex and cannot be removed.")
        del self._variables[name]
        self.version += 1

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __repr__(self) -> str:
        return repr(self._variables)
