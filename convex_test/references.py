"""How a test names a function: `api.messages.send`, `"messages:send"`, `js("…")`, `module("model/users").helper`.

All of them may be made before any project is loaded; they are looked up when a call is made. Names follow
`npm-packages/convex/src/server/api.ts` and `crates/convex/sync_types/src/{module_path,udf_path}.rs`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, final

from convex_test.errors import UsageError

MAXIMUM_SHOWN: Final = 80
Root: TypeAlias = Literal["api", "internal", "components"]


@dataclass(frozen=True, slots=True)
class FunctionPath:
    """Where a function lives: module `dir/file.js`, export name, and the component ("" is the app)."""

    module: str
    name: str
    component: str = ""

    def __str__(self) -> str:
        """The short form, "dir/file:name", without ":default"."""
        stem = self.module.removesuffix(".js")
        return stem if self.name == "default" else f"{stem}:{self.name}"

    @property
    def shown(self) -> str:
        """The short form behind the component's path, "component/dir/file:name", as call trees and logs have it."""
        return f"{self.component}/{self}" if self.component else str(self)

    @property
    def inside(self) -> str:
        """What the backend puts behind a function's name: " in 'component'", nothing for the app."""
        return f" in '{self.component}'" if self.component else ""

    @property
    def full(self) -> str:
        """The form with extension, "dir/file.js:name", as error texts and system tables have it."""
        return f"{self.module}:{self.name}"


def parse_function_path(text: str, component: str = "") -> FunctionPath:
    """Reads "dir/file:fn", "dir/file.js:fn" or "dir/file" (its default export)."""
    module, colon, name = text.rpartition(":")
    if not colon:
        module, name = text, "default"
    if not module.endswith(".js"):
        module += ".js"
    return FunctionPath(module, name, component)


@final
class Reference:
    """A function of the project, by attribute access: `api.messages.send`, `api.dir.file.fn`, `api.messages["import"]`.

    `api` has a client's authority (internal functions are not found); `internal` and `components` have the test's own.
    """

    __slots__ = ("_path", "_root")

    def __init__(self, root: Root, path: tuple[str, ...] = ()) -> None:
        self._root: Root = root
        self._path = path

    def __getattr__(self, name: str) -> Reference:
        if name.startswith("__"):
            raise AttributeError(name)
        return Reference(self._root, (*self._path, name))

    def __getitem__(self, name: str) -> Reference:
        if not isinstance(name, str):
            raise UsageError(f"{self!r}[{name!r}]: a reference is extended by a name, such as {self!r}['import'].")
        return Reference(self._root, (*self._path, name))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return NotImplemented
        return (self._root, self._path) == (other._root, other._path)

    def __hash__(self) -> int:
        return hash((self._root, self._path))

    def __repr__(self) -> str:
        return self._root + "".join(f".{part}" if part.isidentifier() else f"[{part!r}]" for part in self._path)

    def __call__(self, *_args: object, **_kwargs: object) -> object:
        raise UsageError(
            f"{self!r} is a reference, not a function: write t.query({self!r}, …), t.mutation(…) or t.action(…)."
        )


api: Final = Reference("api")
"""The project's functions with a client's authority: `api.messages.send` is "messages:send"."""

internal: Final = Reference("internal")
"""The project's functions, public and internal, with the test's own authority."""

components: Final = Reference("components")
"""Functions of mounted components: `components.counter.public.add`."""


def reference_root(reference: Reference) -> Root:
    """Which of `api`, `internal`, `components` a reference starts from."""
    return reference._root  # noqa: SLF001 - every public attribute of a Reference is a function's name


def reference_path(reference: Reference) -> tuple[str, ...]:
    """The names after the root."""
    return reference._path  # noqa: SLF001 - as above


@dataclass(frozen=True, slots=True, repr=False)
class Snippet:
    """JavaScript that is a function of `ctx`, made by `js()`."""

    source: str

    def __repr__(self) -> str:
        return f"js({self.source!r})" if len(self.source) <= MAXIMUM_SHOWN else f"js({self.source[:MAXIMUM_SHOWN]!r} …)"


@dataclass(frozen=True, slots=True)
class ModuleExport:
    """An export of a module that is not a registered function, made by `module("…").name`."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module.removesuffix('.js')}:{self.name}"

    def __call__(self, *_args: object, **_kwargs: object) -> object:
        raise UsageError(f'Write t.run(module("{self.module}").{self.name}, …) or ctx.call(module(…).{self.name}, …).')


@final
class Module:
    """A module of the project, made by `module("model/users")`; its attributes are its exports."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> ModuleExport:
        if name.startswith("__"):
            raise AttributeError(name)
        return ModuleExport(self._path, name)

    def __getitem__(self, name: str) -> ModuleExport:
        return ModuleExport(self._path, name)

    def __repr__(self) -> str:
        return f"module({self._path!r})"


def js(source: str) -> Snippet:
    """A JavaScript function of `ctx`, such as `js("async (ctx, args) => await ctx.db.query('messages').collect()")`.

    It runs where the project's functions run: it sees the runtime's globals and `api`, `internal`, `components`, `v`,
    `ConvexError` and `load("model/users")`, a promise of that module.
    """
    if not isinstance(source, str) or not source.strip():
        raise UsageError(f"js() expected the source of a JavaScript function but got {source!r}.")
    return Snippet(source.strip())


def module(path: str) -> Module:
    """A module of the project by its path below the functions folder: `module("model/users").ensureHasAccess`."""
    if not isinstance(path, str) or not path:
        raise UsageError(f'module() expected a path such as "model/users" but got {path!r}.')
    return Module(re.sub(r"\.(js|ts|tsx|jsx|mjs|mts|cjs|cts)$", "", path.removeprefix("./")))


Callee: TypeAlias = "str | Reference | Snippet | ModuleExport"
"""What `t.query` and its siblings call, besides a Python callable."""
