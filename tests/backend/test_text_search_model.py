from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.database import Database
from convex_test.backend.query.plan import Query, Search, SearchEq, SearchText
from convex_test.backend.schema.definition import SchemaDefinition, SearchIndexDefinition, TableDefinition
from convex_test.backend.store.store import Store
from convex_test.values import ConvexInt64
from convex_test.values.types import undefined

INDEX = SearchIndexDefinition("text", ("body",), (("a",),))
SCHEMA = SchemaDefinition({"notes": TableDefinition("notes", search_indexes=(INDEX,))})

WORDS = ("a", "ab", "abc", "b", "ba", "c", "Ca")
body = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
channel = st.sampled_from([undefined, None, 1, ConvexInt64(1), "1"])
writes = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), body, channel),
        st.tuples(st.just("patch"), st.integers(0, 20), body),
        st.tuples(st.just("delete"), st.integers(0, 20)),
    ),
    max_size=25,
)


def new_database():
    return Database(Store({"": SCHEMA}, random=Random(0)).begin())


def search(database, text, wanted=None):
    filters = () if wanted is None else (SearchEq(("a",), wanted[0]),)
    return database.query(Query(Search("notes", "text", (SearchText(("body",), text), *filters)))).collect()


def ids(database, text):
    return [document.id for document in search(database, text)]


def apply(database, write, rows):
    if write[0] == "insert":
        _, text, value = write
        fields = {"body": text} if value is undefined else {"body": text, "a": value}
        rows[database.insert("notes", fields)] = (text, repr(value))
    elif rows:
        id = list(rows)[write[1] % len(rows)]
        if write[0] == "patch":
            database.patch(id, {"body": write[2]})
            rows[id] = (write[2], rows[id][1])
        else:
            database.delete(id)
            del rows[id]


def model_scores(rows, text, wanted):
    """The score of each document that matches, from the formula, in double precision."""
    documents = {id: Counter(re.findall(r"\w+", row.lower())) for id, (row, _) in rows.items()}
    words = text.lower().split()
    vocabulary = {term for counts in documents.values() for term in counts}
    boosts = {term: 0.5 for term in vocabulary if words and term.startswith(words[-1])}
    boosts |= {word: 1.0 for word in words if word in vocabulary}
    average = sum(counts.total() for counts in documents.values()) / max(1, len(documents))
    scores = {}
    for id, counts in documents.items():
        total = 0.0
        for term in boosts.keys() & counts.keys():
            having = sum(term in other for other in documents.values())
            rarity = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
            damping = 1.2 * (0.25 + 0.75 * counts.total() / average)
            total += boosts[term] * rarity * 2.2 * counts[term] / (counts[term] + damping)
        if total and (wanted is None or rows[id][1] == repr(wanted[0])):
            scores[id] = total
    return scores


@given(writes, st.lists(st.tuples(writes, body, st.none() | st.tuples(channel)), min_size=1, max_size=4))
def test_searches_between_writes_agree_with_the_model(first, rounds):
    notes = new_database()
    rows = {}
    for write in first:
        apply(notes, write, rows)
    for further, text, wanted in rounds:
        for write in further:
            apply(notes, write, rows)
        scores = model_scores(rows, text, wanted)
        found = search(notes, text, wanted)
        assert {document.id for document in found} == scores.keys()
        for better, worse in pairwise(found):
            assert scores[better.id] >= scores[worse.id] - 1e-5
            if rows[better.id][0] == rows[worse.id][0]:
                assert better.creation_time > worse.creation_time


@given(writes, body)
def test_an_index_that_was_kept_up_equals_one_made_anew(script, text):
    kept, fresh = new_database(), new_database()
    rows, same = {}, {}
    for write in script:
        apply(kept, write, rows)
        ids(kept, text)
        apply(fresh, write, same)
    assert ids(kept, text) == ids(fresh, text)
