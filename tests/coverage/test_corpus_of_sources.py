"""Which lines of small source files are executable, and which ways lead on from them.

In the files of `corpus/` a comment `//=` stands in each executable line, followed by the ways on from it if there are
several.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convex_test.coverage.syntax import parse
from convex_test.coverage.walk import plan_of

CORPUS = Path(__file__).parent / "corpus"
MARK = re.compile(r"//=(.*)$")


def expected(file):
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        mark = MARK.search(line)
        if mark:
            found[number] = sorted(label.strip() for label in mark[1].split(",") if label.strip())
    return found


def measured(file):
    plan = plan_of(parse(file.read_bytes(), file.suffix))
    found = {statement.line: [] for statement in plan.statements}
    for arm in plan.arms:
        found[arm.line].append(arm.label.split(" at ")[0])
    return {line: sorted(labels) for line, labels in found.items()}


@pytest.mark.parametrize("file", sorted(CORPUS.iterdir()), ids=lambda file: file.name)
def test_the_marked_lines_are_executable(file):
    assert measured(file) == expected(file)


@pytest.mark.parametrize("file", sorted(CORPUS.iterdir()), ids=lambda file: file.name)
def test_the_ways_on_from_a_line_can_be_told_apart(file):
    plan = plan_of(parse(file.read_bytes(), file.suffix))
    arcs = [(arm.line, arm.target) for arm in plan.arms]

    assert len(set(arcs)) == len(arcs)
    assert all(line != target for line, target in arcs)
