"""What comments and configured expressions take out of a report."""

from __future__ import annotations

from textwrap import dedent

import pytest

from convex_test.coverage.reporter import TypeScriptReporter


@pytest.fixture
def report(tmp_path):
    """Executable lines, excluded lines and branches of a source text."""

    def make(text, exclude=(), partial=()):
        file = tmp_path / "source.ts"
        file.write_text(dedent(text), encoding="utf-8")
        reporter = TypeScriptReporter(str(file), exclude, partial)
        ways = sorted(reporter.arc_description(*arc).split(" at ")[0] for arc in reporter.arcs())
        return reporter.lines(), reporter.excluded_lines(), ways

    return make


@pytest.mark.parametrize("comment", ["// pragma: no cover", "/* pragma: no cover */", "// PRAGMA: NO COVER"])
def test_a_pragma_takes_out_what_begins_in_its_line(report, comment):
    lines, excluded, ways = report(f"""\
        export function f(x: number) {{ {comment}
          return x;
        }}
        if (f(1)) {{ {comment}
          f(2);
        }}
        f(3); {comment}
        f(4);
    """)
    assert (lines, excluded, ways) == ({8}, {2, 4, 5, 7}, [])


def test_a_pragma_takes_out_one_branch(report):
    lines, excluded, ways = report("""\
        if (f(1)) {
          f(2);
        } else { // pragma: no cover
          f(3);
        }
        switch (f(1)) {
          case 1: // pragma: no cover
            f(4);
            break;
          default:
            f(5);
        }
        try {
          f(6);
        } catch { // pragma: no cover
          f(7);
        }
    """)
    assert lines == {1, 2, 6, 11, 13, 14}
    assert excluded == {4, 8, 9, 16}
    assert ways == ["default", "if true"]


def test_a_pragma_at_a_handler_takes_out_the_handler(report):
    lines, excluded, _ = report("""\
        export const f = query({
          args: {},
          handler: async (ctx) => { // pragma: no cover
            return 1;
          },
        });
    """)
    assert (lines, excluded) == ({1}, {4})


def test_a_pragma_at_any_line_of_a_simple_statement_takes_it_out(report):
    assert report("const a = [\n  1, // pragma: no cover\n];\nf(a);\n")[:2] == ({4}, {1})


def test_configured_expressions(report):
    text = """\
        f(1);
        console.debug(
          "x",
        );
        assertNever(x);
    """
    assert report(text, exclude=["assertNever", r"console\.debug\("])[:2] == ({1}, {2, 5})


def test_an_expression_may_span_lines(report):
    assert report("a();\nb();\nc();\nd();\n", exclude=[r"b\(\);\nc"])[:2] == ({1, 4}, {2, 3})


@pytest.mark.parametrize("tool", ["istanbul", "c8", "v8"])
def test_ignore_next(report, tool):
    lines, excluded, ways = report(f"""\
        /* {tool} ignore next */
        export function f(x: number) {{
          return x;
        }}
        // {tool} ignore next -- @preserve
        if (f(1)) f(2);
        f(3 ? 4 : /* {tool} ignore next */ 5);
    """)
    assert (lines, excluded) == ({7}, {3, 6})
    assert ways == ["? true"]


def test_ignore_if_and_else(report):
    lines, excluded, ways = report("""\
        /* istanbul ignore if */
        if (f(1)) {
          f(2);
        } else {
          f(3);
        }
        /* istanbul ignore else */
        if (f(4)) {
          f(5);
        }
    """)
    assert (lines, excluded, ways) == ({2, 5, 8, 9}, {3}, ["if false", "if true"])


def test_ignore_a_number_of_lines(report):
    assert report("/* v8 ignore next 2 */\na();\nb();\nc();\n")[:2] == ({4}, {2, 3})


def test_ignore_from_start_to_stop(report):
    text = "a();\n/* v8 ignore start */\nb();\nc();\n/* v8 ignore stop */\nd();\n/* v8 ignore start */\ne();\n"

    assert report(text)[:2] == ({1, 6}, {3, 4, 8})


def test_ignore_the_file(report):
    assert report("/* istanbul ignore file */\na();\nif (b) c();\n") == (set(), {2, 3}, [])


def test_no_branch_leaves_the_line(report, tmp_path):
    file = tmp_path / "source.ts"
    file.write_text("if (a) b(); // pragma: no branch\nif (c) d(); // sure\n", encoding="utf-8")

    reporter = TypeScriptReporter(str(file), (), [r"// sure"])

    assert (reporter.lines(), reporter.no_branch_lines()) == ({1, 2}, {1, 2})


def test_comments_that_only_look_alike_take_nothing_out(report):
    assert report("const a = '// istanbul ignore next';\n// it is bad to ignore next things\nb();\n")[:2] == (
        {1, 3},
        set(),
    )
