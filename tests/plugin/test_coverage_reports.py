"""Coverage of TypeScript in the reports of coverage.py: every way to run and to report, and the traps on the way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from coverage import CoverageData

FUNCTIONS = """\
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation, mutation, query } from "./_generated/server";
import { grade } from "./model/grade";

export const list = query(async (ctx) => {
  return await ctx.db.query("notes").collect();
});

export const add = mutation({
  args: { score: v.number() },
  handler: async (ctx, { score }) => {
    await ctx.db.insert("notes", { grade: grade(score) });
    return null;
  },
});

export const relay = action(async (ctx) => {
  await ctx.runMutation(internal.notes.later, {});
});

export const later = internalMutation(async () => {
  return null;
});

export const spin = mutation(async () => {
  for (;;) {}
});

export const hoard = mutation(async () => {
  const all: unknown[] = [];
  for (;;) all.push(new Array(100000).fill(all.length));
});

export const fail = mutation(async (ctx, { id }: { id?: string }) => {
  const found = id?.length ?? 0;
  throw new Error(`trouble ${found}`);
});
"""
GRADE = """\
export function grade(score: number) {
  if (score > 10) {
    return "high";
  }
  return "low";
}
"""
UNUSED = """\
export const unused = () => {
  return 1;
};
"""
TESTS = """\
def test_low(t):
    t.mutation("notes:add", score=1)


def test_high(t):
    t.mutation("notes:add", score=11)
"""
CONFIG = "[run]\nplugins = convex_test.coverage\n"
BRANCH = f"{CONFIG}branch = true\n"


@pytest.fixture
def notes(empty_app):
    """A project with two modules that tests use and one that they do not, and coverage configured."""
    files = {"convex/notes.ts": FUNCTIONS, "convex/model/grade.ts": GRADE, "convex/unused.ts": UNUSED}
    empty_app.make_project(files=files)
    empty_app.write({"test_notes.py": TESTS, ".coveragerc": CONFIG})
    return empty_app


def measured(app, *args, report="json"):
    """Runs pytest under coverage of `convex`, and gives the files of its JSON report."""
    result = app.run("--cov=convex", f"--cov-report={report}", *args)
    result.assert_outcomes(passed=result.parseoutcomes().get("passed", 0))
    return files_of(app)


def files_of(app, name="coverage.json"):
    found = json.loads((app.path / name).read_text(encoding="utf-8"))["files"]
    return {path.replace("\\", "/"): details for path, details in found.items()}


def coverage(app, *args):
    """Runs a command of coverage.py."""
    command = [sys.executable, "-m", "coverage", *args]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    return subprocess.run(command, cwd=app.path, env=environment, capture_output=True, text=True, check=False)


def test_lines_that_ran_and_lines_that_did_not(notes):
    files = measured(notes, "-k", "low")

    assert files["convex/model/grade.ts"]["executed_lines"] == [2, 5]
    assert files["convex/model/grade.ts"]["missing_lines"] == [3]
    assert files["convex/notes.ts"]["missing_lines"] == [7, 19, 23, 27, 31, 32, 36, 37]
    assert files["convex/notes.ts"]["functions"]["add"]["executed_lines"] == [13, 14]


def test_a_file_that_no_test_loads_is_not_covered(notes):
    files = measured(notes)

    assert files["convex/unused.ts"]["executed_lines"] == []
    assert files["convex/unused.ts"]["missing_lines"] == [1, 2]
    assert sorted(files) == ["convex/model/grade.ts", "convex/notes.ts", "convex/unused.ts"]


def test_branches(notes):
    notes.write({".coveragerc": BRANCH})

    grade = measured(notes, "-k", "low")["convex/model/grade.ts"]

    assert (grade["executed_branches"], grade["missing_branches"]) == ([[2, 5]], [[2, 3]])
    assert grade["summary"]["num_branches"] == 2


def test_a_package_that_is_measured_does_not_bring_typescript_with_it(notes):
    notes.write({"mine.py": "x = 1\n", "test_mine.py": "import mine\n\ndef test_mine(): assert mine.x\n"})

    result = notes.run("--cov=mine", "--cov-report=json", "--cov-fail-under=100")

    result.assert_outcomes(passed=3)
    assert list(files_of(notes)) == ["mine.py"]


def test_without_a_source_everything_is_measured(notes):
    assert "convex/notes.ts" in files_after(notes, "--cov", "--cov-report=json")


def files_after(app, *args):
    app.run(*args)
    return files_of(app)


def test_include_and_omit_select_typescript_too(notes):
    notes.write({".coveragerc": f"{CONFIG}omit = */model/*\n"})
    assert sorted(measured(notes)) == ["convex/notes.ts", "convex/unused.ts"]

    notes.write({".coveragerc": f"{CONFIG}include = */model/*\n"})
    assert list(files_after(notes, "--cov", "--cov-report=json")) == ["convex/model/grade.ts"]


def test_generated_code_and_packages_are_not_measured(notes):
    files = files_after(notes, "--cov=.", "--cov-report=json")

    assert not [path for path in files if "_generated" in path or "node_modules" in path]


def test_without_the_plugin_nothing_breaks_and_one_line_says_what_to_do(notes):
    notes.write({".coveragerc": "[run]\n"})

    result = notes.run("--cov=convex", "--cov-report=term")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["convex: for TypeScript in the report put plugins = *"])
    assert coverage(notes, "report").stdout == "No data to report.\n"


def test_who_does_not_ask_for_typescript_is_not_told_about_it(notes):
    notes.write({".coveragerc": "[run]\n"})

    assert "TypeScript in the report" not in notes.run("--cov=.", "--cov-report=").stdout.str()


def contexts_of(app, file):
    data = CoverageData(str(app.path / ".coverage"))
    data.read()
    [path] = [each for each in data.measured_files() if each.endswith(file)]
    return {line: sorted(found) for line, found in data.contexts_by_lineno(path).items()}


def test_a_context_for_each_test(notes):
    measured(notes, "--cov-context=test")

    assert contexts_of(notes, "grade.ts") == {
        2: ["test_notes.py::test_high|run", "test_notes.py::test_low|run"],
        3: ["test_notes.py::test_high|run"],
        5: ["test_notes.py::test_low|run"],
    }


def test_a_context_for_each_test_function(notes):
    notes.write({".coveragerc": f"{BRANCH}dynamic_context = test_function\n"})
    measured(notes)

    found = contexts_of(notes, "grade.ts")
    assert (found[3], found[5]) == (["test_notes.test_high"], ["test_notes.test_low"])


def test_a_static_context(notes):
    notes.write({".coveragerc": f"{CONFIG}context = here\n"})
    measured(notes)

    assert contexts_of(notes, "grade.ts")[3] == ["here"]


def test_xdist_measures_the_same(notes):
    notes.write({".coveragerc": BRANCH})
    alone = measured(notes)

    assert measured(notes, "-n", "1") == alone
    assert measured(notes, "-n", "2") == alone
    assert measured(notes, "-n", "2", "--dist", "loadfile") == alone


def test_contexts_with_xdist(notes):
    measured(notes, "--cov-context=test", "-n", "2")

    assert contexts_of(notes, "grade.ts")[3] == ["test_notes.py::test_high|run"]


def test_a_later_run_is_appended(notes):
    notes.write({".coveragerc": BRANCH})
    measured(notes, "-k", "low")

    assert measured(notes, "-k", "high", "--cov-append")["convex/model/grade.ts"]["missing_lines"] == []


def test_parallel_data_files_are_combined(notes):
    notes.write({".coveragerc": f"{BRANCH}source = convex\n"})
    for name in ("low", "high"):
        ran = coverage(notes, "run", "-p", "-m", "pytest", "-q", "-p", "no:randomly", "-k", name)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    assert coverage(notes, "combine").returncode == 0
    assert coverage(notes, "json").returncode == 0
    assert files_of(notes)["convex/model/grade.ts"]["missing_branches"] == []


def test_relative_files_are_reported_elsewhere(notes, tmp_path_factory):
    notes.write({".coveragerc": f"{BRANCH}relative_files = true\n"})
    before = measured(notes)
    other = tmp_path_factory.mktemp("elsewhere")
    for name in ("convex/notes.ts", "convex/model/grade.ts", "convex/unused.ts", ".coveragerc", ".coverage"):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notes.path / name, other / name)
    notes.path = other

    assert coverage(notes, "json").returncode == 0
    assert files_of(notes) == before


def test_the_source_decides_when_a_report_is_written_later(notes):
    measured(notes)
    notes.write({"convex/model/grade.ts": GRADE + "grade(1);\n"})

    assert coverage(notes, "json").returncode == 0
    assert files_of(notes)["convex/model/grade.ts"]["missing_lines"] == [7]


def test_every_kind_of_report(notes):
    notes.write({".coveragerc": BRANCH})
    kinds = ["term-missing", "html", "xml", "lcov", "json"]

    result = notes.run("--cov=convex", "-k", "low", *[f"--cov-report={kind}" for kind in kinds])

    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(["convex?model?grade.ts *2*3*"])
    html = "\n".join(path.read_text(encoding="utf-8") for path in (notes.path / "htmlcov").glob("*.html"))
    assert "line 2: the condition on line 2 was never true" in html
    assert '<span class="key">export</span>' in html
    assert "model/grade.ts" in (notes.path / "coverage.xml").read_text(encoding="utf-8")
    lcov = (notes.path / "coverage.lcov").read_text(encoding="utf-8")
    assert "BRDA:2,0,if true at 2:3,0\nBRDA:2,0,if false at 2:3,1" in lcov
    assert "FNDA:1,grade" in lcov


def test_too_little_coverage_fails_the_run(notes):
    assert notes.run("--cov=convex", "--cov-fail-under=99").ret != 0
    assert notes.run("--cov=convex", "--cov-fail-under=20").ret == 0


def test_warnings_as_errors(notes):
    notes.write({".coveragerc": BRANCH})

    result = notes.run("-W", "error", "--cov=convex", "--cov-report=term")

    result.assert_outcomes(passed=2)
    assert "Warning" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    "core",
    [
        "ctrace",
        "pytrace",
        pytest.param(
            "sysmon", marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is of Python 3.12")
        ),
    ],
)
def test_all_cores_of_coverage(notes, core, monkeypatch):
    monkeypatch.setenv("COVERAGE_CORE", core)

    result = notes.run("-W", "error", "--cov=convex", "--cov-report=json")

    result.assert_outcomes(passed=2)
    assert files_of(notes)["convex/model/grade.ts"]["missing_lines"] == []


def test_nested_calls_helpers_forks_and_jobs_are_measured(notes):
    notes.write({"test_notes.py": 'def test_fork(t):\n    t.fork().action("notes:relay")\n'})

    missing = measured(notes)["convex/notes.ts"]["missing_lines"]
    assert not {19, 23} & set(missing)


@pytest.mark.parametrize("isolation", ["call", "session"])
def test_isolation_makes_no_difference(notes, isolation):
    assert measured(notes, f"--convex-isolation={isolation}")["convex/model/grade.ts"]["missing_lines"] == []


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

    assert not {27, 31, 32} & set(measured(notes)["convex/notes.ts"]["missing_lines"])


def test_an_error_is_shown_where_it_is_in_the_source(notes, block):
    notes.write({".coveragerc": BRANCH, "test_notes.py": 'def test_fail(t):\n    t.mutation("notes:fail", id="abc")\n'})
    plain = block(notes.run(), "test_fail")

    assert "convex/notes.ts:37:" in plain
    assert block(notes.run("--cov=convex", "--cov-report="), "test_fail") == plain


def test_a_bundle_with_counters_is_kept_apart(notes):
    measured(notes)
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
    notes.write({"convex/unused.ts": 'export type * from "./model/grade";\n' + UNUSED})

    result = notes.run("--cov=convex", "--cov-report=json")

    result.stdout.fnmatch_lines(["*unused.ts is not measured: it has syntax that the parser * does not know."])
    assert "convex/unused.ts" not in files_of(notes)


def test_excluded_lines(notes):
    notes.write(
        {
            ".coveragerc": f'{CONFIG}[report]\nexclude_also =\n    return "high"\n',
            "convex/unused.ts": "// pragma: no cover is for lines\n/* istanbul ignore next */\n" + UNUSED,
        }
    )
    files = measured(notes, "-k", "low")

    assert (files["convex/model/grade.ts"]["excluded_lines"], files["convex/model/grade.ts"]["missing_lines"]) == (
        [3],
        [],
    )
    assert files["convex/unused.ts"]["missing_lines"] == []


def test_options_of_the_plugin_are_refused(notes):
    notes.write({".coveragerc": f"{CONFIG}[convex_test.coverage]\nspeed = 1\n"})

    result = coverage(notes, "run", "-m", "pytest")

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

    files = measured(notes)

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

    files = measured(notes, "--cov-context=test", "convex/notes.test.ts")

    assert files["convex/model/grade.ts"]["missing_lines"] == [3]
    assert 7 in files["convex/notes.ts"]["executed_lines"]
    assert "convex/notes.test.ts" not in files
    assert contexts_of(notes, "grade.ts")[5] == ["convex/notes.test.ts::low|run"]
