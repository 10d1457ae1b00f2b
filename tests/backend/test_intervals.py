from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.intervals import Interval, IntervalSet, increment, prefix, singleton
from convex_test.values import encode_key

KEYS = st.binary(max_size=2)
INTERVALS = st.builds(Interval, KEYS, st.none() | KEYS)
ALL_KEYS = [bytes(pair) for pair in [(), *[(x,) for x in range(256)]]]


@given(st.lists(INTERVALS))
def test_a_set_of_intervals_is_their_union_in_disjoint_pieces(intervals):
    found = IntervalSet()
    for interval in intervals:
        found.add(interval)
    pieces = found.pieces()
    assert len(found) == len(pieces)
    for before, after in pairwise(pieces):
        assert before.end is not None
        assert before.end < after.start
    points = {point for interval in intervals for point in (interval.start, interval.end) if point is not None}
    for point in [*points, *ALL_KEYS]:
        expected = any(i.start <= point and (i.end is None or point < i.end) for i in intervals)
        assert found.contains(point) is expected


@given(st.lists(st.text("abc", max_size=2)), st.lists(st.text("abc", max_size=2)))
def test_ids_count_like_the_intervals_of_their_keys(before, after):
    ids, intervals = IntervalSet(), IntervalSet()
    scanned = prefix(encode_key("b")[:2])
    for id in before:
        ids.add_id(id)
        intervals.add(singleton(encode_key(id)))
    assert len(ids) == len(intervals)
    ids.add(scanned)
    intervals.add(scanned)
    for id in after:
        ids.add_id(id)
        intervals.add(singleton(encode_key(id)))
    assert ids.pieces() == intervals.pieces()


@given(st.binary(max_size=3), st.binary(max_size=4))
def test_increment_is_just_above_everything_that_begins_with_a_key(key, suffix):
    above = increment(key)
    if above is None:
        assert key.strip(b"\xff") == b""
    else:
        assert key + suffix < above
