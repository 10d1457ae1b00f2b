"""Text indexes: which documents a search finds, best first.

Imitates `TantivySearchIndexSchema::{index_into_terms, search}` in `crates/search/src/lib.rs`,
`crates/search/src/memory_index/` and `crates/search/src/aggregation.rs`: an index that was never flushed to disk, whose
statistics are exact. Documents without text count as documents.

Gaps: a sum of several scores is rounded after each term in the order of the terms' bytes; the backend takes the terms
in an order that depends on its history, so sums may differ in the last bit. Terms of deleted documents are forgotten
at once; in the backend they take places among the 64 terms until the next flush.
"""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING, Final, TypeAlias

from sortedcontainers import SortedDict

from convex_test.backend.search.float32 import to_single
from convex_test.backend.search.mirror import Mirror
from convex_test.backend.search.ranking import Ranking, length_code, pack_posting
from convex_test.backend.search.tokens import tokenize
from convex_test.backend.store.indexes import field_at
from convex_test.values.order import encode_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convex_test.backend.schema.definition import FieldPath, SearchIndexDefinition
    from convex_test.backend.store.documents import Document
    from convex_test.backend.store.tables import Table

MAX_RESULTS: Final = 1_024
MAX_TERMS: Final = 64
"""Terms of the index that one search can look at, those of filters included."""

_EXACT_BOOST: Final = 1.0
_PREFIX_BOOST: Final = 0.5

Condition: TypeAlias = "tuple[FieldPath, bytes]"
"""A filter field, and the key of the value that it must have."""

Hit: TypeAlias = "tuple[float, Document]"
"""A document that was found, after its score."""


class TextIndex(Mirror):
    """The terms of one field of the documents of a table, with the values to filter by."""

    __slots__ = ("_filter_fields", "_filter_keys", "_postings", "_search_field", "_terms", "_token_counts", "_tokens")

    def __init__(self, definition: SearchIndexDefinition) -> None:
        super().__init__()
        self._search_field = definition.search_field
        self._filter_fields = definition.filter_fields
        self._postings: SortedDict[str, dict[str, int]] = SortedDict()
        self._terms: dict[str, tuple[str, ...]] = {}
        self._token_counts: dict[str, int] = {}
        self._tokens = 0
        self._filter_keys: dict[str, dict[FieldPath, bytes]] = {}

    def add(self, document: Document) -> None:
        id, value = document.id, document.value
        text = field_at(value, self._search_field)
        tokens = tokenize(text) if isinstance(text, str) else []
        counts: dict[str, int] = {}
        for token in tokens:
            counts[token] = counts.get(token, 0) + 1
        code = length_code(len(tokens))
        for term, count in counts.items():
            found = self._postings.get(term)
            if found is None:
                found = self._postings[term] = {}
            found[id] = pack_posting(count, code)
        self._terms[id] = tuple(counts)
        self._token_counts[id] = len(tokens)
        self._tokens += len(tokens)
        self._filter_keys[id] = {path: encode_key(field_at(value, path)) for path in self._filter_fields}

    def remove(self, id: str) -> None:
        for term in self._terms.pop(id):
            found = self._postings[term]
            del found[id]
            if not found:
                del self._postings[term]
        self._tokens -= self._token_counts.pop(id)
        del self._filter_keys[id]

    def search(self, tokens: Sequence[str], conditions: Sequence[Condition]) -> list[Hit]:
        """The best documents that have one of the terms, and fulfil all conditions.

        Ordered by score, then creation time, then id, all descending. The last token also stands for all terms that
        begin with it. A condition that is given twice finds nothing: the backend counts its term once.
        """
        if len(set(conditions)) < len(conditions):
            return []
        scores = self._score(self._select(tokens, MAX_TERMS - len(conditions)))
        if conditions:
            scores = {id: score for id, score in scores.items() if self._fulfils(id, conditions)}
        documents = self.documents
        ranked = [(score, documents[id].creation_time, id) for id, score in scores.items()]
        # Ids of one table sort as their internal bytes do.
        best = nlargest(MAX_RESULTS, ranked) if len(ranked) > MAX_RESULTS else sorted(ranked, reverse=True)
        return [(score, documents[id]) for score, _, id in best]

    def _select(self, tokens: Sequence[str], at_most: int) -> list[tuple[str, float]]:
        """The terms of the index that the tokens stand for, in their order, with their boosts."""
        selected = {token: _EXACT_BOOST for token in tokens if token in self._postings}
        prefix = tokens[-1]
        for term in self._postings.irange(prefix):
            if len(selected) >= at_most or not term.startswith(prefix):
                break
            selected.setdefault(term, _PREFIX_BOOST)
        return sorted(selected.items())

    def _score(self, terms: Sequence[tuple[str, float]]) -> dict[str, float]:
        totals: dict[str, float] = {}
        if not terms:
            return totals
        ranking = Ranking(len(self.documents), self._tokens)
        for term, boost in terms:
            postings = self._postings[term]
            scores = ranking.term(len(postings), boost)
            for id, posting in postings.items():
                before = totals.get(id)
                score = scores[posting]
                totals[id] = score if before is None else to_single(before + score)
        return totals

    def _fulfils(self, id: str, conditions: Sequence[Condition]) -> bool:
        keys = self._filter_keys[id]
        return all(keys[path] == key for path, key in conditions)


def text_index(table: Table, definition: SearchIndexDefinition) -> TextIndex:
    """The index over the documents as they are now."""
    index = _kept_index(table, definition)
    index.refresh(table)
    return index


def _kept_index(table: Table, definition: SearchIndexDefinition) -> TextIndex:
    index = table.derived.get(definition.name)
    if not isinstance(index, TextIndex):
        index = table.derived[definition.name] = TextIndex(definition)
    return index
