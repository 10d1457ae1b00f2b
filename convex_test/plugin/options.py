"""Options, ini values and the marker: where each setting of a test comes from.

The closest says what counts: marker, then command line, then ini file, then the default.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from convex_test.errors import UsageError

if TYPE_CHECKING:
    import pytest

ISOLATIONS: Final = ("call", "test", "session")
REPORTS: Final = ("error", "warn", "ignore")
ENDINGS: Final = ("failed_jobs", "pending_jobs", "unawaited")


def add_options(parser: pytest.Parser) -> None:
    """Declares `--convex-…` and the ini values of the same names."""
    group = parser.getgroup("convex", "Convex functions (convex-test)")
    group.addoption("--convex-root", metavar="DIR", help="the folder that holds convex.json or convex/")
    group.addoption("--convex-limits", metavar="LIMITS", help='"true", "false", or JSON such as {"documentsRead": 10}')
    group.addoption("--convex-isolation", choices=ISOLATIONS, help="how long module state lives (default: test)")
    group.addoption("--convex-timeout", type=float, metavar="SECONDS", help="how long a function may run")
    group.addoption("--convex-network", action="store_true", default=None, help="let functions reach the network")
    group.addoption("--convex-uncovered", action="store_true", help="list the public functions that no test called")
    group.addoption("--convex-calls", action="store_true", help="show the calls of tests that pass, too")
    group.addoption("--convex-seed", type=int, metavar="N", help="the seed of ids and Math.random, from the header")
    group.addoption(
        "--convex-shuffle",
        action="store_true",
        default=None,
        help="let the seed draw the order of what could happen in several orders",
    )
    group.addoption(
        "--convex-ts",
        action="append",
        metavar="GLOB",
        help="test files in TypeScript to collect too, such as 'convex/**/*.test.ts'",
    )
    group.addoption("--convex-ts-update", action="store_true", help="write the snapshots of TypeScript tests anew")
    _add_ini_values(parser)


def _add_ini_values(parser: pytest.Parser) -> None:
    parser.addini(
        "convex_typescript_tests", "globs of test files in TypeScript, relative to this file", type="linelist"
    )
    parser.addini(
        "convex_typescript_setup", "files that are evaluated before each test file in TypeScript", type="paths"
    )
    parser.addini("convex_root", "the folder that holds convex.json or convex/, relative to this file", type="string")
    parser.addini(
        "convex_limits", 'backend limits: "true", "false", or JSON such as {"documentsRead": 10}', type="string"
    )
    parser.addini(
        "convex_env",
        "environment variables of all tests, a NAME=value in a line; the marker adds to them",
        type="linelist",
    )
    parser.addini("convex_isolation", "how long module state lives: call, test or session", type="string")
    parser.addini("convex_timeout", "seconds that a function may run", type="float", default=None)
    parser.addini("convex_network", "let functions reach the network", type="bool", default=False)
    parser.addini(
        "convex_shuffle",
        "let the seed draw the order of actions in flight, and of what is due at the same moment",
        type="bool",
        default=False,
    )
    parser.addini(
        "convex_failed_jobs",
        "scheduled functions that failed and the test did not look at: error, warn (default) or ignore",
        type="string",
    )
    parser.addini(
        "convex_pending_jobs", "scheduled functions that had not ended: error, warn or ignore (default)", type="string"
    )
    parser.addini(
        "convex_unawaited",
        "functions that returned before what they had begun was done: error, warn (default) or ignore",
        type="string",
    )
    parser.addini(
        "convex_limit_warnings", "list the functions that used more than 80 % of a limit", type="bool", default=True
    )


def configured_root(config: pytest.Config) -> tuple[Path, str] | None:
    """The root that options or the ini file name, and which of them does."""
    option = config.getoption("convex_root")
    if option is not None:
        return config.invocation_params.dir / option, "--convex-root"
    ini = config.getini("convex_root")
    if ini:
        base = config.inipath.parent if config.inipath is not None else config.rootpath
        return base / ini, f"{config.inipath.name if config.inipath else 'ini'}: convex_root"
    return None


def test_settings(node: pytest.Item) -> dict[str, Any]:
    """The keyword arguments of `project.test()` for one test.

    Raises:
        UsageError: a setting that is not known or not of its kind.
    """
    config = node.config
    settings: dict[str, Any] = {
        "limits": _limits(_text(config, "convex_limits")),
        "isolation": _isolation(_text(config, "convex_isolation")),
        "timeout": _text(config, "convex_timeout"),
        "network": bool(config.getoption("convex_network") or config.getini("convex_network")),
        "shuffle": is_shuffled(config),
        "env": configured_env(config),
        "seed": test_seed(node),
        "failed_jobs": _report(config, "convex_failed_jobs", "warn"),
        "pending_jobs": _report(config, "convex_pending_jobs", "ignore"),
        "unawaited": _report(config, "convex_unawaited", "warn"),
    }
    marked = marker_keywords(node)
    if isinstance(marked.get("env"), Mapping):
        marked = {**marked, "env": settings["env"] | dict(marked["env"])}
    return settings | {name: value for name, value in marked.items() if name != "root"}


def configured_env(config: pytest.Config) -> dict[str, str]:
    """The environment variables of the ini file, one `NAME=value` in a line."""
    found = {}
    for line in config.getini("convex_env"):
        name, equals, value = line.partition("=")
        if not equals:
            raise UsageError(f"convex_env: the line {line!r} is not of the form NAME=value.")
        found[name.strip()] = value.strip()
    return found


def is_shuffled(config: pytest.Config) -> bool:
    """Whether the order is shuffled in tests whose marker does not say."""
    return bool(config.getoption("convex_shuffle") or config.getini("convex_shuffle"))


def marked_root(node: pytest.Item) -> Path | None:
    """The `root=` of the test's marker."""
    root = marker_keywords(node).get("root")
    if root is None:
        return None
    if not isinstance(root, str | Path):
        raise UsageError(f"@pytest.mark.convex(root={root!r}): expected a path as str or Path.")
    return node.path.parent / root


def marker_keywords(node: pytest.Item) -> Mapping[str, Any]:
    """The keywords of all `convex` markers of a test; of several the closest one counts."""
    found: dict[str, Any] = {}
    for marker in node.iter_markers("convex"):
        for keyword, value in _signature(*marker.args, **marker.kwargs).items():
            found.setdefault(keyword, value)
    return found


def _signature(*args: Any, **kwargs: Any) -> dict[str, Any]:
    known = ("root", "limits", "env", "seed", "identity", "isolation", "timeout", "network", "shuffle", *ENDINGS)
    if args:
        raise UsageError(f"@pytest.mark.convex({', '.join(map(repr, args))}): takes keywords only: {', '.join(known)}.")
    for keyword in kwargs:
        if keyword not in known:
            raise UsageError(f"@pytest.mark.convex({keyword}=…): unknown keyword; known are {', '.join(known)}.")
    return kwargs


def _text(config: pytest.Config, name: str) -> Any:
    option = config.getoption(name)
    if option is not None:
        return option
    ini = config.getini(name)
    return None if ini == "" else ini


def _limits(text: str | None) -> bool | Mapping[str, int]:
    if text is None or text.lower() == "true":
        return True
    if text.lower() == "false":
        return False
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise UsageError(f'convex_limits = {text!r}: expected true, false, or JSON such as {{"documentsRead": 10}}.')
    return parsed


def _isolation(text: str | None) -> str:
    if text is None:
        return "test"
    if text not in ISOLATIONS:
        raise UsageError(f"convex_isolation = {text!r}: expected one of {', '.join(ISOLATIONS)}.")
    return text


def _report(config: pytest.Config, name: str, default: str) -> str:
    text: str = config.getini(name) or default
    if text not in REPORTS:
        raise UsageError(f"{name} = {text!r}: expected one of {', '.join(REPORTS)}.")
    return text


def test_seed(node: pytest.Item) -> int:
    """The seed of one test."""
    return _seed(node.config.option.convex_seed, node.nodeid)


def _seed(session_seed: int, node_id: str) -> int:
    """A seed of each test's own that does not depend on the order of tests."""
    digest = hashlib.blake2b(f"{session_seed}:{node_id}".encode(), digest_size=4).digest()
    return int.from_bytes(digest)
