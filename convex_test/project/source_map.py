"""From a position in the bundle back to the user's file, by a source map of version 3.

Own code because no package does it everywhere: `symbolic` has no wheels for Windows, and the last release of
`sourcemap` on PyPI is of 2013. Nothing is decoded before the first look-up, which only happens when an error is
shown. Index maps (`sections`) are not supported; esbuild writes none.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

import orjson

from convex_test.errors import InternalError
from convex_test.project.source_paths import ENTRY_SOURCE, readable_source

_DIGITS = {
    ord(character): value
    for value, character in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}


class SourcePosition(NamedTuple):
    """A place in a source file. `line` and `column` count from 1, `column` in UTF-16 units."""

    source: str
    line: int
    column: int
    name: str | None


class _Map(NamedTuple):
    sources: list[str]
    names: list[str]
    mappings: list[str]
    entry: int | None


_Segment = tuple[int, int, int, int, int]  # generated column, source or -1, line, column, name or -1


class SourceMap:
    """A source map whose sources read as paths relative to the project's root, such as `convex/messages.ts`."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def sources(self) -> list[str]:
        """All source files."""
        return list(self._map.sources)

    def lookup(self, line: int, column: int) -> SourcePosition | None:
        """The source of a position in the bundle; both count from 1. None when the bundler made that code up."""
        if not 1 <= line <= len(self._map.mappings):
            return None
        segments = _decode_line(self._map.mappings[line - 1], list(self._starts[line - 1]))
        index = bisect_right(segments, column - 1, key=_generated_column) - 1
        if index < 0 or segments[index][1] < 0:
            return None
        _, source, source_line, source_column, name = segments[index]
        if source == self._map.entry:
            return None
        return SourcePosition(
            self._map.sources[source],
            source_line + 1,
            source_column + 1,
            self._map.names[name] if name >= 0 else None,
        )

    @cached_property
    def _map(self) -> _Map:
        raw = orjson.loads(self._content)
        if raw.get("version") != 3 or "mappings" not in raw:
            raise InternalError("The bundle's source map is not of version 3.")
        root = raw.get("sourceRoot") or ""
        sources = [readable_source(root + source) for source in raw["sources"]]
        entry = raw["sources"].index(ENTRY_SOURCE) if ENTRY_SOURCE in raw["sources"] else None
        return _Map(sources, raw.get("names", []), raw["mappings"].split(";"), entry)

    @cached_property
    def _starts(self) -> list[tuple[int, int, int, int]]:
        """Source, line, column and name as they stand before each line: they run on from line to line.

        Of most lines nothing else is ever wanted, and the same few segments come again and again.
        """
        starts: list[tuple[int, int, int, int]] = []
        known: dict[str, tuple[int, int, int, int]] = {"": (0, 0, 0, 0)}
        source = line = column = name = 0
        for mapping in self._map.mappings:
            starts.append((source, line, column, name))
            for text in mapping.split(","):
                if text not in known:
                    known[text] = _deltas(text)
                deltas = known[text]
                source += deltas[0]
                line += deltas[1]
                column += deltas[2]
                name += deltas[3]
        return starts


def _deltas(text: str) -> tuple[int, int, int, int]:
    """What a segment adds to source, line, column and name."""
    source, line, column, name = (*_decode_numbers(text)[1:], 0, 0, 0, 0)[:4]
    return source, line, column, name


def _generated_column(segment: _Segment) -> int:
    return segment[0]


def _decode_line(line: str, state: list[int]) -> list[_Segment]:
    segments: list[_Segment] = []
    generated = 0
    for text in line.split(","):
        if not text:
            continue
        fields = _decode_numbers(text)
        generated += fields[0]
        for index, delta in enumerate(fields[1:]):
            state[index] += delta
        if len(fields) == 1:
            segments.append((generated, -1, 0, 0, -1))
        else:
            segments.append((generated, state[0], state[1], state[2], state[3] if len(fields) > 4 else -1))
    return segments


def _decode_numbers(text: str) -> list[int]:
    """Base64 VLQ: five bits per digit, lowest first, sixth bit "goes on"; the lowest bit of all is the sign."""
    numbers: list[int] = []
    number = shift = 0
    for byte in text.encode():
        digit = _DIGITS[byte]
        number |= (digit & 31) << shift
        if digit & 32:
            shift += 5
            continue
        numbers.append(-(number >> 1) if number & 1 else number >> 1)
        number = shift = 0
    return numbers
