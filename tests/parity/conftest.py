"""What the parity tests share: a project for each test file, a fresh `t` of it for each test, and the two doors.

A file that needs functions of its own defines `FILES`, texts by path such as `{"convex/messages.ts": "…"}`; `SETTINGS`
are keywords of `project.test()`. The doors are TypeScript's `ctx.db` and Python's: a test that takes `door` runs once
through each.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from dataclasses import dataclass
from operator import attrgetter
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from convex_test import ConvexInt64, FunctionError, js, load_project, undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory, example_app: Path) -> Callable[[Mapping[str, str]], Any]:
    """Writes a Convex project that lives as long as the session, and loads it."""

    def make(files: Mapping[str, str]) -> Any:
        root = tmp_path_factory.mktemp("project")
        shutil.copytree(example_app / "convex" / "_generated", root / "convex" / "_generated")
        shutil.copy(example_app / "package.json", root / "package.json")
        _link(root / "node_modules", example_app / "node_modules")
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return load_project(root)

    return make


def _link(link: Path, target: Path) -> None:
    if os.name == "nt":
        import _winapi

        _winapi.CreateJunction(str(target), str(link))
    else:
        link.symlink_to(target, target_is_directory=True)


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest, make_project: Callable[[Mapping[str, str]], Any], bare_project: Any) -> Any:
    """The project of the test file's `FILES`; without any the bare one."""
    files = getattr(request.module, "FILES", None)
    return bare_project if files is None else make_project(files)


@pytest.fixture
def t(request: pytest.FixtureRequest, project: Any) -> Iterator[Any]:
    """A fresh backend with the file's project in it, and the file's `SETTINGS`."""
    with project.test(**{"seed": 1} | getattr(request.module, "SETTINGS", {})) as t:
        yield t


@pytest.fixture
def other(project: Any) -> Iterator[Any]:
    """A second backend, whose ids differ."""
    with project.test(seed=2) as other:
        yield other


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a file and gives its path."""

    def write(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


@pytest.fixture(scope="session")
def bare_project(make_project: Callable[[Mapping[str, str]], Any]) -> Any:
    """A project with one function and no schema."""
    return make_project(
        {
            "convex/values.ts": """
                import { query } from "./_generated/server";
                export const echo = query({ handler: async (_ctx, args: { value?: any }) => args.value });
            """
        }
    )


def javascript(value: Any) -> str:
    """A Python value as the JavaScript expression for it."""
    if value is undefined:
        return "undefined"
    if isinstance(value, ConvexInt64):
        return f"{int(value)}n"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes):
        return f"new Uint8Array([{', '.join(map(str, value))}]).buffer"
    if isinstance(value, dict):
        return f"{{{', '.join(f'[{json.dumps(name)}]: {javascript(item)}' for name, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(javascript, value))}]"
    return json.dumps(value)


@pytest.fixture(scope="session")
def as_javascript() -> Callable[[Any], str]:
    """`javascript`, for tests that write their own snippets."""
    return javascript


@dataclass(frozen=True, slots=True)
class Door:
    """A way to reach `ctx.db`. Methods have Convex's names; each call is a transaction of its own."""

    language: str

    def call(self, t: Any, method: str, *args: Any) -> Any:
        """`ctx.db.method(*args)` in a mutation."""
        return self.steps(t, (method, *args))

    def fails(self, t: Any, method: str, *args: Any) -> FunctionError:
        """What `ctx.db.method(*args)` raises; its `.message` is the same through both doors."""
        with pytest.raises(FunctionError) as caught:
            self.call(t, method, *args)
        return caught.value

    def source(self, method: str, *args: Any) -> str:
        """The call in JavaScript."""
        return f"await ctx.db.{method}({', '.join(map(javascript, args))})"

    def steps(self, t: Any, *calls: tuple[Any, ...]) -> Any:
        """Several calls in one mutation; what the last one returns."""
        if self.language == "typescript":
            lines = [self.source(*call) for call in calls]
            return t.mutation(js(f"async (ctx) => {{ {'; '.join(lines[:-1])}; return {lines[-1]} }}"))

        def handler(ctx: Any) -> Any:
            result = None
            for method, *args in calls:
                result = attrgetter(re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", method))(ctx.db)(*args)
            return result

        return t.run(handler)


@pytest.fixture(params=["typescript", "python"])
def door(request: pytest.FixtureRequest) -> Door:
    """Runs the test once for each language."""
    return Door(request.param)
