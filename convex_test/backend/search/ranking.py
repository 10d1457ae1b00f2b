"""How well a document matches a term: BM25 in single precision.

Imitates `src/query/bm25.rs` and `src/fieldnorm/code.rs` of `get-convex/tantivy` (revision 2bb95afa), every operation
rounded where Rust rounds it. Lengths are known only roughly: exactly up to 40 terms, in ever larger steps beyond.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from convex_test.backend.search.float32 import log_single, to_single


def _length(code: int) -> int:
    """The length that one of the 256 codes stands for: three bits and a shift, above an exact part."""
    if code < 24:
        return code
    bits, shift = (code - 24) & 7, (code - 24) >> 3
    return 24 + (bits if shift == 0 else (bits | 8) << (shift - 1))


LENGTHS: Final = tuple(map(_length, range(256)))
"""The lengths that are told apart, by their codes."""

_K1: Final = to_single(1.2)
_B: Final = 0.75
_CODE_BITS: Final = 8
_CODE_MASK: Final = (1 << _CODE_BITS) - 1


def length_code(tokens: int) -> int:
    """The code of the longest known length that is not longer."""
    return bisect_right(LENGTHS, tokens) - 1


def pack_posting(count: int, code: int) -> int:
    """What a score depends on, in one number: how often a document has the term, and the code of its length."""
    return count << _CODE_BITS | code


class TermScores(dict[int, float]):
    """The scores of one term by posting, computed when first asked for."""

    __slots__ = ("_norms", "_weight")

    def __init__(self, weight: float, norms: Norms) -> None:
        super().__init__()
        self._weight = weight
        self._norms = norms

    def __missing__(self, posting: int) -> float:
        count = to_single(posting >> _CODE_BITS)
        norm = self._norms[posting & _CODE_MASK]
        score = self[posting] = to_single(self._weight * to_single(count / to_single(count + norm)))
        return score


class Norms(dict[int, float]):
    """How much the length of a document dampens its score, by the length's code."""

    __slots__ = ("_average",)

    def __init__(self, average: float) -> None:
        super().__init__()
        self._average = average

    def __missing__(self, code: int) -> float:
        relative = to_single(to_single(_B * to_single(LENGTHS[code])) / self._average)
        norm = self[code] = to_single(_K1 * to_single((1.0 - _B) + relative))
        return norm


class Ranking:
    """Scores over one state of an index.

    Args:
        documents: how many the table has, those without text included. At least 1.
        tokens: how many terms all their texts have, repeated ones repeatedly.
    """

    __slots__ = ("_documents", "_norms")

    def __init__(self, documents: int, tokens: int) -> None:
        self._documents = documents
        self._norms = Norms(to_single(to_single(tokens) / to_single(documents)))

    def term(self, frequency: int, boost: float) -> TermScores:
        """The scores of a term that `frequency` documents have, multiplied by `boost`."""
        without = to_single(to_single(self._documents - frequency) + 0.5)
        ratio = to_single(without / to_single(to_single(frequency) + 0.5))
        rarity = log_single(to_single(1.0 + ratio))
        return TermScores(to_single(to_single(rarity * to_single(1.0 + _K1)) * boost), self._norms)
