"""Projects that cannot be loaded: each test that needs one says why, plainly; the others run."""

from __future__ import annotations

import pytest

TEST = """\
def test_plain():
    pass

def test_t(t):
    pass
"""


@pytest.fixture
def setup_error(empty_app, block):
    def run(*args):
        empty_app.write({"test_a.py": TEST})
        result = empty_app.run(*args)
        result.assert_outcomes(passed=1, errors=1)
        return block(result, "ERROR at setup of test_t")

    return run


def test_packages_not_installed(empty_app, setup_error):
    root = empty_app.make_project()
    (root / "node_modules").unlink()
    assert setup_error() == (
        f"ProjectError: The packages of {root} are not installed: no node_modules there or above.\n"
        f"Run `npm install` in {root}."
    )


def test_the_lock_file_says_how_to_install(empty_app, setup_error):
    root = empty_app.make_project()
    (root / "node_modules").unlink()
    empty_app.write({"pnpm-lock.yaml": ""})
    assert setup_error().endswith(f"Run `pnpm install` in {root}.")


def test_convex_not_installed(empty_app, setup_error):
    root = empty_app.make_project()
    (root / "node_modules").unlink()
    empty_app.write({"node_modules/react/package.json": "{}"})
    assert setup_error() == (
        "ProjectError: The npm package convex is not installed. Looked in\n"
        f"    {root / 'node_modules'}\n"
        f"Run `npm install` in {root}, or `npm install convex` when package.json does not name it."
    )


def test_no_esbuild(empty_app, setup_error):
    root = empty_app.make_project()
    (root / "node_modules").unlink()
    empty_app.write({"node_modules/convex/package.json": '{"version": "1.48.0"}'})
    text = setup_error()
    assert text.startswith("ProjectError: ")
    assert "esbuild" in text
    assert str(root) in text


def test_a_syntax_error(empty_app, setup_error):
    root = empty_app.make_project(
        files={"convex/a.ts": "export const a = 1;\n\nexport function b( {\n", "convex/b.ts": "export const ok = 1;\n"}
    )
    assert setup_error() == (
        f"ProjectError: The functions in {root / 'convex'} cannot be bundled: 1 error.\n"
        "\n"
        "convex/a.ts:4:1: Expected identifier but found end of file"
    )


def test_a_schema_that_breaks_a_rule(empty_app, setup_error):
    empty_app.make_project(
        files={
            "convex/schema.ts": 'import { defineSchema, defineTable } from "convex/server";\n'
            "export default defineSchema({ _secret: defineTable({}) });\n"
        }
    )
    assert setup_error() == (
        "ProjectError: Hit an error while evaluating your schema:\n"
        "_secret is a reserved table name.\n"
        "\n"
        "The schema is convex/schema.ts."
    )


def test_a_module_that_throws_fails_only_the_tests_that_call_it(empty_app, block):
    empty_app.make_project(
        files={
            "convex/good.ts": 'import { query } from "./_generated/server";\n'
            "export const one = query(async () => 1);\n",
            "convex/bad.ts": 'import { query } from "./_generated/server";\n\nthrow new Error("no key");\n'
            "export const one = query(async () => 1);\n",
        }
    )
    empty_app.write(
        {
            "test_a.py": """\
                def test_good(t):
                    assert t.query("good:one") == 1

                def test_bad(t):
                    t.query("bad:one")
                """
        }
    )
    result = empty_app.run("--tb=short")
    result.assert_outcomes(passed=1, failed=1)
    assert block(result, "test_bad") == (
        "test_a.py:5: in test_bad\n"
        '    t.query("bad:one")\n'
        "E   convex_test.errors.ProjectError: Failed to analyze bad.js: Uncaught Error: no key\n"
        "E       at convex/bad.ts (convex/bad.ts:3:11)\n"
        "E   convex/bad.ts throws while it loads, so no function in it can run; in production the push would fail."
    )


def test_a_convex_json_that_is_no_json(empty_app, setup_error):
    root = empty_app.make_project()
    empty_app.write({"convex.json": '{"functions": "convex/",}'})
    text = setup_error()
    assert text.startswith(f"ProjectError: {root / 'convex.json'}:1:")
    assert text.endswith("It has to be plain JSON, without comments and trailing commas.")


def test_a_configured_root_that_is_not_there(empty_app, setup_error):
    text = setup_error("--convex-root=nowhere")
    assert text.startswith(f"ProjectError: The project folder {empty_app.path / 'nowhere'} does not exist.\n")


def test_the_session_project_fails_as_plainly(empty_app, block):
    empty_app.write({"test_a.py": "def test_a(convex_project):\n    pass\n"})
    result = empty_app.run()
    result.assert_outcomes(errors=1)
    assert block(result, "ERROR at setup of test_a").startswith("ProjectError: No Convex project found: ")


def test_each_test_says_it_again(empty_app):
    root = empty_app.make_project()
    (root / "node_modules").unlink()
    empty_app.write({"test_a.py": "def test_a(t):\n    pass\n\ndef test_b(t):\n    pass\n"})
    result = empty_app.run()
    result.assert_outcomes(errors=2)
    assert result.stdout.str().count("are not installed: no node_modules there or above.") == 2
