"""From text to the terms that are indexed and searched: words in lower case.

Imitates the analyzer `convex_en` in `crates/search/src/constants.rs`, which is made of tantivy's `SimpleTokenizer`,
`RemoveLongFilter` and `LowerCaser` (`src/tokenizer/` in `get-convex/tantivy`, revision 2bb95afa). Words of 32 bytes or
more are left out before they are lowered; each character is lowered by itself, so a final sigma is like any other. No
stemming, no stop words, no folding of accents.
"""

from __future__ import annotations

import re
from typing import Final

from convex_test.backend.search.alphanumeric import LOWERCASE_SINCE_UNICODE_14, alphanumeric_run

MAX_TOKEN_SIZE: Final = 31
"""In bytes of UTF-8, before lowering."""

_ASCII_RUN: Final = re.compile("[0-9a-z]+")


def tokenize(text: str) -> list[str]:
    """The terms of a text in their order, repeated ones repeatedly."""
    if text.isascii():
        return [run for run in _ASCII_RUN.findall(text.lower()) if len(run) <= MAX_TOKEN_SIZE]
    return [_lower(run) for run in alphanumeric_run().findall(text) if len(run.encode()) <= MAX_TOKEN_SIZE]


def _lower(run: str) -> str:
    # Python lowers a sigma at the end of a word in its own way.
    return run.replace("Σ", "σ").lower().translate(LOWERCASE_SINCE_UNICODE_14)
