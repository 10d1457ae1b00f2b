"""The fixtures `t` and `convex_project`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from convex_test.plugin.backends import BACKENDS, TESTS
from convex_test.plugin.node import use_node
from convex_test.plugin.options import configured_root, marked_root, test_settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from convex_test.harness.project import Project
    from convex_test.harness.t import ConvexTest


@pytest.fixture
def t(request: pytest.FixtureRequest) -> Iterator[ConvexTest]:
    """A fresh Convex backend with the project's functions in it.

    `t.query(api.messages.list)`, `t.mutation(…)` and `t.action(…)` call functions, `t.run(lambda ctx: …)` and
    `with t.transaction() as ctx:` work on the database, `t.withIdentity({"name": "Sarah"})` is the same backend seen
    by a user. Settings: `@pytest.mark.convex(root=, limits=, env=, seed=, identity=, isolation=, timeout=, network=)`.
    """
    project = _project(request.node)
    with project.test(**test_settings(request.node)) as made:
        request.node.stash.setdefault(TESTS, []).append(made)
        yield made


@pytest.fixture(scope="session")
def convex_project(request: pytest.FixtureRequest) -> Iterator[Project]:
    """The Convex project of this session; `with convex_project.test() as t:` makes a backend.

    For Hypothesis, which wants a fresh backend for each example, and for tests that need a second one.
    """
    from convex_test.harness.project import load_project

    project = use_node(load_project(session_root(request.config, request.session.items[0].path)), request.config)
    with project.observed(request.config.stash[BACKENDS].closed):
        yield project


def session_root(config: pytest.Config, start: Path) -> Path:
    """The project's root: configured, or found from a path upwards."""
    found = configured_root(config)
    if found is not None:
        return found[0]
    from convex_test.project.discover import find_project

    return find_project(start)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Tells strategies, which are handed no `t`, which project the running test belongs to."""
    from convex_test.project.discover import ROOT_OF_RUNNING_TEST

    token = ROOT_OF_RUNNING_TEST.set(lambda: root_of(item))
    try:
        return (yield)
    finally:
        ROOT_OF_RUNNING_TEST.reset(token)


def root_of(item: pytest.Item) -> Path:
    """The root of a test's project: that of its marker, or the session's."""
    marked = marked_root(item)
    return marked if marked is not None else session_root(item.config, item.path)


def _project(item: pytest.Item) -> Project:
    from convex_test.harness.project import load_project

    return use_node(load_project(root_of(item)), item.config)
