"""A file that has not changed is collected without being evaluated."""

from __future__ import annotations

import pytest

from convex_test.typescript_suites.files import SuiteSettings, TestFile


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("CONVEX_TEST_CACHE_DIR", str(tmp_path / "cache"))


def names(path):
    file = TestFile(path, SuiteSettings())
    found = [child.name for child in file.tree().children]
    file.close()
    return found


def test_names_are_kept_until_the_file_changes(conformance):
    path = conformance / "tests" / "kept.test.ts"
    source = (
        'import { test } from "vitest";\ntest(`at ${Math.floor(performance.now() * 1e6)} ${Date.now()}`, () => {});\n'
    )
    path.write_text(source)
    first = names(path)

    assert names(path) == first

    path.write_text(source + 'test("another", () => {});\n')
    assert len(names(path)) == 2


def test_a_kept_file_runs_though_its_names_have_changed(conformance, run_file):
    path = conformance / "tests" / "kept.test.ts"
    path.write_text('import { test } from "vitest";\ntest(`at ${Date.now()}`, () => {});\n')
    names(path)

    assert [outcome.state for outcome in run_file(path).values()] == ["passed"]


def test_a_kept_file_that_registers_other_tests_is_an_error(conformance):
    path = conformance / "tests" / "kept.test.ts"
    path.write_text(
        'import { test } from "vitest";\ntest("a", () => {});\nif (process.env.MORE) test("b", () => {});\n'
    )
    names(path)
    file = TestFile(path, SuiteSettings(env={"MORE": "yes"}))
    file.tree()

    with pytest.raises(Exception, match="does not register the tests that it did when it was collected"):
        file.run_test(0, seed=1)
