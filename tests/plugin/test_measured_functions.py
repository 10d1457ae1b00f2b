"""What coverage.py measures of functions, however they run, and what stays as it is while it does."""

from __future__ import annotations

import pytest

CONFIG = "[run]\nplugins = convex_test.coverage\n"
BRANCH = f"{CONFIG}branch = true\n"


def test_nested_calls_helpers_forks_and_jobs_are_measured(notes):
    notes.write({"test_notes.py": 'def test_fork(t):\n    t.fork().action("notes:relay")\n'})

    missing = notes.measured()["convex/notes.ts"]["missing_lines"]
    assert not {19, 23} & set(missing)


@pytest.mark.parametrize("isolation", ["call", "session"])
def test_isolation_makes_no_difference(notes, isolation):
    assert notes.measured(f"--convex-isolation={isolation}")["convex/model/grade.ts"]["missing_lines"] == []


def test_functions_that_are_stopped_have_run(notes):
    notes.write(
        {
            "test_notes.py": """\
        import pytest
        from convex_test import FunctionTimeoutError, OutOfMemoryError

        @pytest.mark.convex(timeout=0.2)
        def test_spin(t):
            with pytest.raises(FunctionTimeoutError):
                t.mutation("notes:spin")

        def test_hoard(t):
            with pytest.raises(OutOfMemoryError):
                t.mutation("notes:hoard")
    """
        }
    )

    assert not {27, 31, 32} & set(notes.measured()["convex/notes.ts"]["missing_lines"])


def test_an_error_is_shown_where_it_is_in_the_source(notes, block):
    notes.write({".coveragerc": BRANCH, "test_notes.py": 'def test_fail(t):\n    t.mutation("notes:fail", id="abc")\n'})
    plain = block(notes.run(), "test_fail")

    assert "convex/notes.ts:37:" in plain
    assert block(notes.run("--cov=convex", "--cov-report="), "test_fail") == plain


def test_a_bundle_with_counters_is_kept_apart(notes):
    notes.measured()
    notes.write(
        {
            "test_notes.py": """\
        from convex_test import js

        def test_no_counters(t):
            assert "__convexHits" not in t.query(js("async () => (await load('notes')).add.toString()"))
            assert all(each.covered is None for each in t.functions)
    """
        }
    )

    notes.run().assert_outcomes(passed=1)


def test_syntax_that_the_parser_does_not_know_is_a_warning(notes):
    notes.append("convex/unused.ts", "export default abstract class {}\n")

    result = notes.run("--cov=convex", "--cov-report=json")

    result.stdout.fnmatch_lines(["*unused.ts is not measured: it has syntax that the parser * does not know."])
    assert "convex/unused.ts" not in notes.report()


def test_excluded_lines(notes):
    notes.write(
        {
            ".coveragerc": f'{CONFIG}[report]\nexclude_also =\n    return "high"\n',
            "convex/unused.ts": "/* istanbul ignore next */\nexport const unused = () => {\n  return 1;\n};\n",
        }
    )
    files = notes.measured("-k", "low")

    assert (files["convex/model/grade.ts"]["excluded_lines"], files["convex/model/grade.ts"]["missing_lines"]) == (
        [3],
        [],
    )
    assert files["convex/unused.ts"]["missing_lines"] == []


def test_options_of_the_plugin_are_refused(notes):
    notes.write({".coveragerc": f"{CONFIG}[convex_test.coverage]\nspeed = 1\n"})

    result = notes.coverage("run", "-m", "pytest")

    assert "convex_test.coverage: unknown option speed in coverage's configuration; there are none." in result.stdout


def test_coverage_of_each_function(notes):
    notes.write(
        {
            "test_notes.py": """\
        def test_covered(t):
            t.action("notes:relay")
            assert [each.path for each in t.functions if each.covered] == ["notes:later", "notes:relay"]
            assert [each.covered for each in t.functions if each.path == "notes:add"] == [False]
    """
        }
    )

    notes.run("--cov=convex", "--cov-report=").assert_outcomes(passed=1)


def test_components_and_modules_for_node_are_measured(notes):
    notes.write(
        {
            "convex/convex.config.ts": """\
                import { defineApp } from "convex/server";
                import counter from "./counter/convex.config";
                const app = defineApp();
                app.use(counter);
                export default app;
            """,
            "convex/counter/convex.config.ts": """\
                import { defineComponent } from "convex/server";
                export default defineComponent("counter");
            """,
            "convex/counter/lib.ts": """\
                import { queryGeneric as query } from "convex/server";
                export const one = query(async () => {
                  return 1;
                });
                export const never = query(async () => {
                  return 2;
                });
            """,
            "convex/node.ts": """\
                "use node";
                import { grade } from "./model/grade";
                import { action } from "./_generated/server";
                export const run = action(async () => {
                  return grade(99);
                });
                export const never = action(async () => {
                  return 2;
                });
            """,
            "test_notes.py": """\
                from convex_test import components

                def test_component(t):
                    assert t.query(components.counter.lib.one) == 1

                def test_node(t):
                    assert t.action("node:run") == "high"
                    covered = {each.path: each.covered for each in t.functions}
                    assert (covered["node:run"], covered["node:never"]) == (True, False)
            """,
        }
    )

    files = notes.measured()

    lines = {path: (details["executed_lines"], details["missing_lines"]) for path, details in files.items()}
    assert lines["convex/counter/lib.ts"] == ([2, 3, 5], [6])
    assert lines["convex/node.ts"] == ([4, 5, 7], [8])
    assert lines["convex/model/grade.ts"] == ([2, 3], [5])
    assert lines["convex/counter/convex.config.ts"] == ([2], [])


def test_tests_in_typescript_are_measured_too(notes):
    suite = """\
        import { convexTest } from "convex-test";
        import { expect, test } from "vitest";
        import { anyApi } from "convex/server";

        test("low", async () => {
          const t = convexTest(undefined, import.meta.glob("./**/*.ts"));
          await t.mutation(anyApi.notes.add, { score: 1 });
          expect(await t.query(anyApi.notes.list)).toHaveLength(1);
        });
    """
    notes.write({"convex/notes.test.ts": suite})
    (notes.path / "test_notes.py").unlink()

    files = notes.measured("--cov-context=test", "convex/notes.test.ts")

    assert files["convex/model/grade.ts"]["missing_lines"] == [3]
    assert 7 in files["convex/notes.ts"]["executed_lines"]
    assert "convex/notes.test.ts" not in files
    assert notes.contexts("grade.ts")[5] == ["convex/notes.test.ts::low|run"]
