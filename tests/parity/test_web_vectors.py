"""URLs, query strings and encoded text: what the standards ask for, as Node's implementations do it (`scripts/web`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convex_test import js

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "web.json").read_text(encoding="utf-8"))["vectors"]
# core-js drops an empty segment at the beginning of the path of a "file:" URL.
KNOWN = {"file:////x?#": "file:///x?#"}
EVALUATE = """async (ctx, { expressions }) => expressions.map((expression) => {
    try {
        return JSON.stringify((0, eval)(expression));
    } catch (error) {
        return JSON.stringify({ throws: error.name });
    }
})"""


@pytest.fixture(scope="module")
def project(make_project):
    return make_project({})


@pytest.mark.parametrize("group", VECTORS)
def test_the_standard_says_the_same(t, group):
    texts = t.query(js(EVALUATE), {"expressions": [expression for expression, _expected in VECTORS[group]]})
    wrong = []
    for (expression, expected), text in zip(VECTORS[group], texts, strict=True):
        found = json.loads(text)
        if found != expected and not (group == "urls" and KNOWN.get(expected[0]) == found[0]):
            wrong.append((expression, expected, found))
    assert not wrong
