"""Coverage of TypeScript in the reports of coverage.py: every way to run and to report, and the traps on the way."""

from __future__ import annotations

import shutil
import sys

import pytest

CONFIG = "[run]\nplugins = convex_test.coverage\n"
BRANCH = f"{CONFIG}branch = true\n"


def test_lines_that_ran_and_lines_that_did_not(notes):
    files = notes.measured("-k", "low")

    assert files["convex/model/grade.ts"]["executed_lines"] == [2, 5]
    assert files["convex/model/grade.ts"]["missing_lines"] == [3]
    assert files["convex/notes.ts"]["missing_lines"] == [7, 19, 23, 27, 31, 32, 36, 37]
    assert files["convex/notes.ts"]["functions"]["add"]["executed_lines"] == [13, 14]


def test_a_file_that_no_test_loads_is_not_covered(notes):
    files = notes.measured()

    assert files["convex/unused.ts"]["executed_lines"] == []
    assert files["convex/unused.ts"]["missing_lines"] == [1, 2]
    assert sorted(files) == ["convex/model/grade.ts", "convex/notes.ts", "convex/unused.ts"]


def test_branches(notes):
    notes.write({".coveragerc": BRANCH})

    grade = notes.measured("-k", "low")["convex/model/grade.ts"]

    assert (grade["executed_branches"], grade["missing_branches"]) == ([[2, 5]], [[2, 3]])
    assert grade["summary"]["num_branches"] == 2


def test_a_package_that_is_measured_does_not_bring_typescript_with_it(notes):
    notes.write({"mine.py": "x = 1\n", "test_mine.py": "import mine\n\ndef test_mine(): assert mine.x\n"})

    result = notes.run("--cov=mine", "--cov-report=json", "--cov-fail-under=100")

    result.assert_outcomes(passed=3)
    assert list(notes.report()) == ["mine.py"]


def test_without_a_source_everything_is_measured(notes):
    assert "convex/notes.ts" in notes.report_after("--cov", "--cov-report=json")


def test_include_and_omit_select_typescript_too(notes):
    notes.write({".coveragerc": f"{CONFIG}omit = */model/*\n"})
    assert sorted(notes.measured()) == ["convex/notes.ts", "convex/unused.ts"]

    notes.write({".coveragerc": f"{CONFIG}include = */model/*\n"})
    assert list(notes.report_after("--cov", "--cov-report=json")) == ["convex/model/grade.ts"]


def test_generated_code_and_packages_are_not_measured(notes):
    files = notes.report_after("--cov=.", "--cov-report=json")

    assert not [path for path in files if "_generated" in path or "node_modules" in path]


def test_without_the_plugin_nothing_breaks_and_one_line_says_what_to_do(notes):
    notes.write({".coveragerc": "[run]\n"})

    result = notes.run("--cov=convex", "--cov-report=term")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["convex: for TypeScript in the report put plugins = *"])
    assert notes.coverage("report").stdout == "No data to report.\n"


def test_who_does_not_ask_for_typescript_is_not_told_about_it(notes):
    notes.write({".coveragerc": "[run]\n"})

    assert "TypeScript in the report" not in notes.run("--cov=.", "--cov-report=").stdout.str()


def test_a_context_for_each_test(notes):
    notes.measured("--cov-context=test")

    assert notes.contexts("grade.ts") == {
        2: ["test_notes.py::test_high|run", "test_notes.py::test_low|run"],
        3: ["test_notes.py::test_high|run"],
        5: ["test_notes.py::test_low|run"],
    }


def test_a_context_for_each_test_function(notes):
    notes.write({".coveragerc": f"{BRANCH}dynamic_context = test_function\n"})
    notes.measured()

    found = notes.contexts("grade.ts")
    assert (found[3], found[5]) == (["test_notes.test_high"], ["test_notes.test_low"])


def test_a_static_context(notes):
    notes.write({".coveragerc": f"{CONFIG}context = here\n"})
    notes.measured()

    assert notes.contexts("grade.ts")[3] == ["here"]


def test_xdist_measures_the_same(notes):
    notes.write({".coveragerc": BRANCH})
    alone = notes.measured()

    assert notes.measured("-n", "1") == alone
    assert notes.measured("-n", "2") == alone
    assert notes.measured("-n", "2", "--dist", "loadfile") == alone


def test_contexts_with_xdist(notes):
    notes.measured("--cov-context=test", "-n", "2")

    assert notes.contexts("grade.ts")[3] == ["test_notes.py::test_high|run"]


def test_a_later_run_is_appended(notes):
    notes.write({".coveragerc": BRANCH})
    notes.measured("-k", "low")

    assert notes.measured("-k", "high", "--cov-append")["convex/model/grade.ts"]["missing_lines"] == []


def test_parallel_data_files_are_combined(notes):
    notes.write({".coveragerc": f"{BRANCH}source = convex\n"})
    for name in ("low", "high"):
        ran = notes.coverage("run", "-p", "-m", "pytest", "-q", "-p", "no:randomly", "-k", name)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    assert notes.coverage("combine").returncode == 0
    assert notes.coverage("json").returncode == 0
    assert notes.report()["convex/model/grade.ts"]["missing_branches"] == []


def test_relative_files_are_reported_elsewhere(notes, tmp_path_factory):
    notes.write({".coveragerc": f"{BRANCH}relative_files = true\n"})
    before = notes.measured()
    other = tmp_path_factory.mktemp("elsewhere")
    for name in ("convex/notes.ts", "convex/model/grade.ts", "convex/unused.ts", ".coveragerc", ".coverage"):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notes.path / name, other / name)
    notes.path = other

    assert notes.coverage("json").returncode == 0
    assert notes.report() == before


def test_the_source_decides_when_a_report_is_written_later(notes):
    notes.measured()
    notes.append("convex/model/grade.ts", "grade(1);\n")

    assert notes.coverage("json").returncode == 0
    assert notes.report()["convex/model/grade.ts"]["missing_lines"] == [7]


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
    assert notes.report()["convex/model/grade.ts"]["missing_lines"] == []
