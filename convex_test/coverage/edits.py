"""Applying a plan to a source: the text with counters in it, and the source map that leads back.

No edit holds a line break, so every line stays where it is; columns move. The map is put at the end of the text, where
esbuild looks for the map of what it reads and composes it with its own: positions in the bundle lead to the columns of
the user's file.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final

import orjson

from convex_test.coverage.plan import HITS, NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convex_test.coverage.plan import Edit

_TOKEN: Final = re.compile(r"\w+|[^\w\s]")
_COUNTER: Final = re.compile(re.escape(f"{HITS}[{NUMBER}") + r"(\d+)")
_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def apply_edits(source: bytes, edits: Iterable[Edit], first_number: int, name: str) -> str:
    """The source with the edits in it and a source map at its end. `name` is that of the file."""

    def numbered(text: str) -> str:
        return _COUNTER.sub(lambda match: f"{HITS}[{first_number + int(match[1])}", text)

    out: list[str] = []
    mapping = _Mapping()
    at = 0
    for edit in sorted(edits):
        kept = source[at : edit.start].decode("utf-8", errors="replace")
        text = numbered(edit.text)
        mapping.keep(kept)
        mapping.insert(text)
        out += [kept, text]
        replaced = source[edit.start : edit.end].decode("utf-8", errors="replace")
        mapping.drop(replaced)
        at = max(at, edit.end)
    kept = source[at:].decode("utf-8", errors="replace")
    mapping.keep(kept)
    out.append(kept)
    encoded = b64encode(mapping.json(name)).decode()
    return "".join(out) + f"\n//# sourceMappingURL=data:application/json;base64,{encoded}\n"


class _Mapping:
    """The mappings of a source map of version 3, one for each token. Columns count UTF-16 units."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._segments: list[str] = []
        self._generated = self._original = 0
        self._line = 0
        self._last = (0, 0, 0)  # generated column, original line and column of the segment before

    def keep(self, text: str) -> None:
        """A piece of the source that stays."""
        first, *others = text.split("\n")
        self._piece(first)
        for other in others:
            self._end_line()
            self._piece(other)

    def insert(self, text: str) -> None:
        """A text without line breaks that is not of the source."""
        self._generated += _width(text)

    def drop(self, text: str) -> None:
        """A piece of the source, without line breaks, that something else stands for."""
        self._original += _width(text)

    def json(self, name: str) -> bytes:
        """The whole map; there are no names in it."""
        mappings = ";".join([*self._lines, ",".join(self._segments)])
        return orjson.dumps({"version": 3, "sources": [name], "names": [], "mappings": mappings})

    def _piece(self, text: str) -> None:
        for offset in _token_offsets(text):
            column, original = self._generated + offset, self._original + offset
            before, line, before_original = self._last
            fields = (column - before, 0, self._line - line, original - before_original)
            self._segments.append("".join(map(_vlq, fields)))
            self._last = (column, self._line, original)
        width = _width(text)
        self._generated += width
        self._original += width

    def _end_line(self) -> None:
        self._lines.append(",".join(self._segments))
        self._segments = []
        self._generated = self._original = 0
        self._line += 1
        self._last = (0, *self._last[1:])


def _token_offsets(text: str) -> Iterator[int]:
    starts = (match.start() for match in _TOKEN.finditer(text))
    return starts if text.isascii() else (_width(text[:start]) for start in starts)


def _width(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def _vlq(number: int) -> str:
    """Base64 VLQ, see `project.source_map`."""
    rest = -number << 1 | 1 if number < 0 else number << 1
    digits = ""
    while True:
        digit, rest = rest & 31, rest >> 5
        digits += _DIGITS[digit | (32 if rest else 0)]
        if not rest:
            return digits
