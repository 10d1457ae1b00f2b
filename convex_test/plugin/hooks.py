"""The hooks that a `conftest.py` may implement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.harness.t import ConvexTest


@pytest.hookspec(firstresult=True)
def pytest_convex_fuzz_prepare(t: ConvexTest) -> Mapping[str, Any] | None:
    """Makes the state that each example of `pytest --convex-fuzz` begins with.

    What it returns, if anything, is who calls, by name: `{"sarah": t.with_identity(name="Sarah"), "anonymous": None}`.
    """
