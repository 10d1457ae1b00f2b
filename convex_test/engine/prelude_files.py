"""The built prelude: `prelude/src`, bundled by the package's build hook into `prelude/built`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from convex_test.errors import InternalError

BUILT = Path(__file__).parent / "prelude" / "built"


def runner_path() -> Path:
    """What a Node process of the engine runs."""
    path = BUILT / "node" / "runner.mjs"
    if not path.is_file():
        raise _not_built(path)
    return path


@dataclass(frozen=True, slots=True)
class Prelude:
    """JavaScript that each context gets: `core` at once, each part of `lazy` when a global of it is first used."""

    core: str
    lazy: dict[str, str]


@cache
def read_prelude() -> Prelude:
    """The prelude of this installation."""
    core = _read(BUILT / "core.js")
    return Prelude(core, {path.stem: _read(path) for path in sorted((BUILT / "lazy").glob("*.js"))})


@cache
def read_suite_part() -> str:
    """What the contexts of test files in TypeScript have besides."""
    return _read(BUILT / "suite.js")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError as missing:
        raise _not_built(missing.filename) from None


def _not_built(missing: object) -> InternalError:
    return InternalError(
        f"The JavaScript prelude is not built: {missing} is missing. "
        "Reinstall convex-test (`pip install --force-reinstall convex-test`), or in a checkout run `make test`."
    )
