"""`--convex-uncovered`: the public functions that no test called, in the summary.

Whether coverage.py runs does not matter: every call is recorded anyway. With xdist each worker hands over at its end
what its tests called and which public functions there are; the summary is about all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from convex_test.errors import ProjectError
from convex_test.plugin.fixtures import root_of, session_root
from convex_test.plugin.options import configured_env

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

KEY: Final = "convex_uncovered"
FIXTURES: Final = frozenset({"t", "convex_project"})
TITLE: Final = "Convex functions that no test called"


class UncoveredFunctions:
    """The hooks, registered where the option is given."""

    def __init__(self) -> None:
        self._roots: set[Path] = set()
        self._called: set[tuple[str, str]] = set()
        self._public: dict[tuple[str, str], str] = {}
        self._problems: list[str] = []

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Notes the project of a test."""
        if FIXTURES.intersection(getattr(item, "fixturenames", ())):
            self._roots.add(root_of(item))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Asks the projects what they have and what was called; a worker of xdist hands it on."""
        config = session.config
        is_controller = config.pluginmanager.hasplugin("dsession")
        if not is_controller and not config.option.collectonly:
            for root in sorted(self._roots or _project_of(config)):
                self._ask(root, configured_env(config))
        if hasattr(config, "workeroutput"):
            config.workeroutput[KEY] = {
                "called": sorted(map(list, self._called)),
                "public": [[*key, text] for key, text in sorted(self._public.items())],
                "problems": self._problems,
            }

    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of xdist has ended."""
        found = getattr(node, "workeroutput", {}).get(KEY)
        if found:
            self._called.update((root, name) for root, name in found["called"])
            self._public.update({(root, name): text for root, name, text in found["public"]})
            self._problems += [text for text in found["problems"] if text not in self._problems]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Writes the section."""
        missing = [text for key, text in sorted(self._public.items()) if key not in self._called]
        if not self._public and not self._problems:
            return
        terminalreporter.section(TITLE, sep="-")
        for line in [*missing, *self._problems]:
            terminalreporter.line(line)
        if not missing and not self._problems:
            terminalreporter.line(f"none: all {len(self._public)} public functions were called")
        elif missing:
            terminalreporter.line(f"{len(missing)} of {len(self._public)} public functions")

    def _ask(self, root: Path, env: dict[str, str]) -> None:
        from convex_test.harness.project import load_project

        try:
            project = load_project(root)
            with project.test(env=env, failed_jobs="ignore") as t:
                functions = t.functions
        except ProjectError as error:
            self._problems.append(f"{root}: {error}")
            return
        self._called.update((str(root), name) for name in project.called)
        self._public |= {
            (
                str(root),
                each.path,
            ): f"{each.path} ({each.kind}) {each.file}{'' if each.line is None else f':{each.line}'}"
            for each in functions
            if each.visibility == "public" and each.kind != "httpAction"
        }


def _project_of(config: pytest.Config) -> set[Path]:
    """The session's project, if it has one although no test has used it."""
    try:
        return {session_root(config, config.rootpath)}
    except ProjectError:
        return set()
