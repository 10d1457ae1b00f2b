"""One TypeScript file in a report of coverage.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from coverage.exceptions import NoSource, NotPython, PluginError

import convex_test.coverage
from convex_test.coverage.reporter import TypeScriptReporter

CORPUS = Path(__file__).parent / "corpus"
SOURCE = """\
export const add = mutation({
  handler: async (ctx, { a }) => {
    const b = a?.x ?? 1;
    return [1].map((each) => each + b);
  },
});
class Account {
  deposit() {
    return 1;
  }
}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "source.ts"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_the_tokens_of_a_file_are_its_text(path):
    reporter = TypeScriptReporter(str(path))
    lines = ["".join(text for _, text in line) for line in reporter.source_token_lines()]

    assert lines == reporter.source().splitlines()


def test_tokens_have_their_kinds(file):
    first = list(TypeScriptReporter(str(file)).source_token_lines())[2]

    assert [token for token in first if token[0] != "ws"] == [
        ("key", "const"),
        ("nam", "b"),
        ("op", "="),
        ("nam", "a"),
        ("op", "?."),
        ("nam", "x"),
        ("op", "??"),
        ("num", "1"),
        ("op", ";"),
    ]


def test_a_function_is_called_as_it_is_exported(file):
    regions = TypeScriptReporter(str(file)).code_regions()

    assert [(each.name, each.start, each.lines) for each in regions] == [
        ("add", 2, {3, 4}),
        ("Account.deposit", 8, {9}),
    ]


def test_a_line_with_more_than_two_ways_is_reported_with_two(file):
    reporter = TypeScriptReporter(str(file))
    any_of, all_of = sorted((arc for arc in reporter.arcs() if arc[0] == 3), reverse=True)
    ways = [(arm.line, arm.target) for arm in reporter._plan.arms if arm.line == 3]

    assert len(ways) == 4
    assert reporter.exit_counts()[3] == 2
    assert {any_of, all_of} & reporter.translate_arcs([]) == set()
    assert {any_of, all_of} & reporter.translate_arcs(ways[:3]) == {any_of}
    assert {any_of, all_of} <= reporter.translate_arcs(reporter.translate_arcs(ways))
    assert (reporter.arc_description(*any_of), reporter.arc_description(*all_of)) == ("any of 4 ways", "all of 4 ways")


def test_what_is_missing_of_many_ways_is_named(file):
    reporter = TypeScriptReporter(str(file))
    all_of = min(arc for arc in reporter.arcs() if arc[0] == 3)
    taken = {(arm.line, arm.target) for arm in reporter._plan.arms if "?." in arm.label}
    reporter.translate_arcs(taken)

    assert reporter.missing_arc_description(*all_of) == (
        "line 3: the left side of ?? on line 3 was always null or undefined; "
        "the left side of ?? on line 3 was never null or undefined"
    )


def test_a_file_that_has_gone(tmp_path):
    with pytest.raises(NoSource, match=r"^No source for code: '.*gone\.ts': No such file or directory$"):
        TypeScriptReporter(str(tmp_path / "gone.ts")).lines()


def test_a_file_that_cannot_be_parsed(tmp_path):
    file = tmp_path / "broken.ts"
    file.write_text("const = ;", encoding="utf-8")

    with pytest.raises(NotPython, match=r"^Couldn't parse '.*broken\.ts' as TypeScript$"):
        TypeScriptReporter(str(file)).lines()


def test_without_the_parser_the_plugin_says_what_to_install(monkeypatch):
    monkeypatch.setattr(convex_test.coverage, "find_spec", lambda _: None)

    with pytest.raises(PluginError) as caught:
        convex_test.coverage.coverage_init(None, {})

    assert str(caught.value) == (
        "convex_test.coverage reads TypeScript with tree-sitter, which is not installed: "
        'run `pip install "convex-test[coverage]"`.'
    )


def test_line_ends_of_windows_and_a_byte_order_mark_move_nothing(tmp_path, file):
    other = tmp_path / "other.ts"
    other.write_bytes(b"\xef\xbb\xbf" + SOURCE.replace("\n", "\r\n").encode())

    assert TypeScriptReporter(str(other)).lines() == TypeScriptReporter(str(file)).lines()
