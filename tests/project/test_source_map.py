from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.errors import InternalError
from convex_test.project.source_map import SourceMap, SourcePosition
from convex_test.project.source_paths import package_of, readable_source

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def vlq(number):
    rest = (-number << 1 | 1) if number < 0 else number << 1
    text = ""
    while True:
        digit, rest = rest & 31, rest >> 5
        text += ALPHABET[digit | (32 if rest else 0)]
        if not rest:
            return text


def encoded(lines):
    """A map's `mappings` for lines of segments (column, source or None, line, column, name or None)."""
    last = [0, 0, 0, 0]
    out = []
    for line in lines:
        column, parts = 0, []
        for at, *original in line:
            text = vlq(at - column)
            column = at
            if original[0] is not None:
                for index, value in enumerate(original):
                    if value is not None:
                        text += vlq(value - last[index])
                        last[index] = value
            parts.append(text)
        out.append(",".join(parts))
    return ";".join(out)


def source_map(mappings, sources=("convex/a.ts", "convex/b.ts"), names=("f", "g")):
    return SourceMap(json.dumps({"version": 3, "sources": sources, "names": names, "mappings": mappings}).encode())


NUMBERS = st.integers(0, 2**31 - 1)
SEGMENTS = st.tuples(NUMBERS, st.integers(0, 1), NUMBERS, NUMBERS, st.none() | st.integers(0, 1)) | st.tuples(
    NUMBERS, st.none(), st.just(0), st.just(0), st.none()
)
LINES = st.lists(
    st.lists(SEGMENTS, max_size=5, unique_by=lambda segment: segment[0]).map(
        lambda line: sorted(line, key=lambda segment: segment[0])
    ),
    min_size=1,
    max_size=5,
)


@given(LINES, st.data())
def test_a_lookup_finds_what_a_scan_finds(lines, data):
    line = data.draw(st.integers(1, len(lines)))
    near = [segment[0] + offset for segment in lines[line - 1] for offset in (0, 1, 2)]
    column = data.draw(st.sampled_from([*near, 1, 2**31]).filter(bool))
    before = [segment for segment in lines[line - 1] if segment[0] <= column - 1]
    expected = None
    if before and before[-1][1] is not None:
        _, source, source_line, source_column, name = before[-1]
        expected = SourcePosition(
            ("convex/a.ts", "convex/b.ts")[source],
            source_line + 1,
            source_column + 1,
            None if name is None else "fg"[name],
        )
    assert source_map(encoded(lines)).lookup(line, column) == expected


def test_a_map_written_by_hand():
    found = source_map("AAAA;EACAA")
    assert found.lookup(1, 1) == ("convex/a.ts", 1, 1, None)
    assert found.lookup(2, 3) == ("convex/a.ts", 2, 1, "f")
    assert found.lookup(2, 99) == ("convex/a.ts", 2, 1, "f")
    assert found.lookup(2, 2) is None


def test_what_the_bundler_made_up_has_no_source():
    found = source_map(
        "AAAA,ECAA,ECAA", sources=["convex-test:modules", "convex/a.ts", "convex-test:_generated/api.js"]
    )
    assert found.lookup(1, 1) is None
    assert found.lookup(1, 3) == ("convex/a.ts", 1, 1, None)
    assert found.lookup(1, 5) == ("_generated/api.js", 1, 1, None)


@pytest.mark.parametrize("line", [0, -1, 2, 100])
def test_a_line_beyond_the_map_has_no_source(line):
    assert source_map("AAAA").lookup(line, 1) is None


def test_nothing_is_decoded_before_it_is_asked():
    broken = SourceMap(b"no JSON")
    with pytest.raises(ValueError):
        broken.lookup(1, 1)


def test_another_version_is_refused():
    with pytest.raises(InternalError, match=r"^The bundle's source map is not of version 3\.$"):
        SourceMap(b'{"version": 2}').lookup(1, 1)


def test_sources_read_as_a_user_types_them():
    found = source_map("", sources=["convex/a.ts", "../up/node_modules/.pnpm/x@1/node_modules/@s/x/i.js"])
    assert found.sources == ["convex/a.ts", "node_modules/@s/x/i.js"]


@pytest.mark.parametrize(
    ("path", "readable", "package"),
    [
        ("convex/a.ts", "convex/a.ts", None),
        ("./convex/a.ts", "convex/a.ts", None),
        ("convex\\deep\\a.ts", "convex/deep/a.ts", None),
        ("../shared/a.ts", "../shared/a.ts", None),
        ("node_modules/x/i.js", "node_modules/x/i.js", "x"),
        ("../../node_modules/x/i.js", "node_modules/x/i.js", "x"),
        ("..\\node_modules\\@s\\x\\i.js", "node_modules/@s/x/i.js", "@s/x"),
        ("node_modules/a/node_modules/b/i.js", "node_modules/b/i.js", "b"),
        ("convex-test:_generated/api.js", "_generated/api.js", None),
    ],
)
def test_paths_of_esbuild_in_their_shortest_form(path, readable, package):
    assert readable_source(path) == readable
    assert package_of(path) == package
