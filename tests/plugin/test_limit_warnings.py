"""The section of the terminal's summary about functions that nearly used up a limit."""

from __future__ import annotations

import re

import pytest

FUNCTIONS = """\
import { api } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

export const write = mutation(async (ctx, { n }: { n: number }) => {
  for (let i = 0; i < n; i++) await ctx.db.insert("items", {});
});
export const read = query(async (ctx) => (await ctx.db.query("items").collect()).length);
export const relay = action(async (ctx): Promise<null> => await ctx.runMutation(api.items.write, { n: 10 }));
export const nest = mutation(async (ctx): Promise<null> => await ctx.runMutation(api.items.write, { n: 9 }));
"""
MANY = "".join(
    f"export const f{number} = mutation(async (ctx) => {{ for (let i = 0; i < {80 + number}; i++) "
    'await ctx.db.insert("items", {}); });\n'
    for number in range(1, 15)
)
TEST = """\
import pytest

@pytest.mark.convex(limits={"documentsWritten": 10})
def test_a(t):
    t.mutation("items:write", n=9)
"""


@pytest.fixture
def items(empty_app):
    empty_app.make_project(
        files={
            "convex/items.ts": FUNCTIONS,
            "convex/many.ts": f'import {{ mutation }} from "./_generated/server";\n{MANY}',
        }
    )
    return empty_app


def section(result):
    """The lines of the section, or None."""
    lines = result.outlines
    starts = [at for at, line in enumerate(lines) if re.fullmatch(r"-+ Convex limits .+ -+", line)]
    if not starts:
        return None
    following = lines[starts[0] + 1 :]
    end = next(at for at, line in enumerate(following) if line.startswith(("=", "-")))
    return [line for line in following[:end] if line]


def test_a_call_near_a_limit_is_listed(items):
    items.write({"test_a.py": TEST})
    result = items.run()
    result.assert_outcomes(passed=1)
    assert section(result) == ["items:write: documentsWritten 9 of 10 (90%) in test_a.py::test_a"]


def test_the_title_says_how_to_hide_it(items):
    items.write({"test_a.py": TEST})
    [line] = [line for line in items.run().outlines if "Convex limits" in line]
    assert line.strip("- ") == "Convex limits (convex_limit_warnings = false hides this)"


def test_four_fifths_are_not_listed(items):
    items.write({"test_a.py": TEST.replace("n=9", "n=8")})
    assert section(items.run()) is None


def test_it_is_hidden_when_switched_off(items):
    items.write({"test_a.py": TEST, "pytest.ini": "[pytest]\nconvex_limit_warnings = false\n"})
    result = items.run()
    result.assert_outcomes(passed=1)
    assert section(result) is None


def test_it_can_be_switched_on(items):
    items.write({"test_a.py": TEST, "pytest.ini": "[pytest]\nconvex_limit_warnings = true\n"})
    assert len(section(items.run())) == 1


def test_nothing_is_listed_when_nothing_is_limited(items):
    items.write({"test_a.py": TEST.replace('{"documentsWritten": 10}', "False")})
    assert section(items.run()) is None


def test_the_worst_comes_first_and_a_function_comes_once(items):
    items.write(
        {
            "test_a.py": """\
                import pytest

                pytestmark = pytest.mark.convex(limits={"documentsWritten": 100, "documentsRead": 100})

                def test_a(t):
                    t.mutation("items:write", n=85)
                    t.query("items:read")

                def test_b(t):
                    t.mutation("items:write", n=95)

                def test_c(t):
                    t.mutation("items:write", n=100)
                """
        }
    )
    assert section(items.run()) == [
        "items:write: documentsWritten 100 of 100 (100%) in test_a.py::test_c",
        "items:read: documentsRead 85 of 100 (85%) in test_a.py::test_a",
    ]


def test_a_crossed_limit_is_the_worst(items):
    items.write({"test_a.py": TEST.replace("n=9", "n=99")})
    result = items.run()
    result.assert_outcomes(failed=1)
    assert section(result) == ["items:write: documentsWritten 11 of 10 (110%) in test_a.py::test_a"]


def test_a_limit_of_zero(items):
    items.write({"test_a.py": TEST.replace("10}", "0}")})
    assert section(items.run()) == ["items:write: documentsWritten 1 of 0 (none allowed) in test_a.py::test_a"]


def test_mutations_that_an_action_calls_are_listed(items):
    items.write({"test_a.py": TEST.replace('t.mutation("items:write", n=9)', 't.action("items:relay")')})
    assert section(items.run()) == ["items:write: documentsWritten 10 of 10 (100%) in test_a.py::test_a"]


def test_a_nested_call_is_part_of_its_caller(items):
    items.write({"test_a.py": TEST.replace('t.mutation("items:write", n=9)', 't.mutation("items:nest")')})
    assert section(items.run()) == ["items:nest: documentsWritten 9 of 10 (90%) in test_a.py::test_a"]


def test_there_are_at_most_ten_lines(items):
    items.write(
        {
            "test_a.py": """\
                import pytest

                @pytest.mark.parametrize("number", range(1, 15))
                @pytest.mark.convex(limits={"documentsWritten": 100})
                def test_a(t, number):
                    t.mutation(f"many:f{number}")
                """
        }
    )
    lines = section(items.run())
    assert lines[0] == "many:f14: documentsWritten 94 of 100 (94%) in test_a.py::test_a[14]"
    assert [line.split(":")[1] for line in lines[:-1]] == [f"f{number}" for number in range(14, 5, -1)]
    assert lines[-1] == "… and 5 more"


def test_it_comes_from_the_workers_of_xdist(items):
    items.write({"test_a.py": TEST, "test_b.py": TEST.replace("n=9", "n=10")})
    result = items.run("-n", "2")
    result.assert_outcomes(passed=2)
    assert section(result) == ["items:write: documentsWritten 10 of 10 (100%) in test_b.py::test_a"]


def test_a_junit_report_has_nothing_of_it(items):
    items.write({"test_a.py": TEST})
    items.run("--junitxml=junit.xml")
    assert "convex_limits" not in (items.path / "junit.xml").read_text()


def test_backends_of_the_project_count_as_well(items):
    items.write(
        {
            "test_a.py": """\
                def test_a(convex_project):
                    for n in (9, 10, 1):
                        with convex_project.test(limits={"documentsWritten": 10}) as t:
                            t.mutation("items:write", n=n)
                """
        }
    )
    assert section(items.run()) == ["items:write: documentsWritten 10 of 10 (100%) in test_a.py::test_a"]


def test_examples_of_hypothesis_count_in_their_own_test(items):
    items.write(
        {
            "test_a.py": """\
                from hypothesis import given, settings, strategies as st

                @settings(max_examples=5, deadline=None)
                @given(n=st.integers(8, 9))
                def test_a(convex_project, n):
                    with convex_project.test(limits={"documentsWritten": 9}) as t:
                        t.mutation("items:write", n=n)

                def test_b(convex_project):
                    with convex_project.test() as t:
                        t.mutation("items:write", n=1)
                """
        }
    )
    found = section(items.run("-n", "1"))
    assert len(found) == 1
    assert found[0].startswith("items:write: documentsWritten ")
    assert found[0].endswith(" in test_a.py::test_a")
