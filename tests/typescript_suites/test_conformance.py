"""The suite of our own: what Vitest and convex-test promise to a test file."""

from __future__ import annotations

import pytest

from convex_test.typescript_suites.files import SuiteSettings

TESTS = {"order": 22, "expecting": 14, "mocking": 11, "calls": 27, "scheduling": 8, "components": 6}
"""How many tests of a file run; those that are left out are not counted."""


@pytest.mark.parametrize("name", TESTS)
def test_a_file_of_the_conformance_suite_passes(name, conformance, run_file):
    outcomes = run_file(conformance / "tests" / f"{name}.test.ts", SuiteSettings(update="new"))

    failed = {test: outcome for test, outcome in outcomes.items() if outcome.state == "failed"}
    assert failed == {}
    assert len(outcomes) == TESTS[name]
