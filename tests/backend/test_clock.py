from __future__ import annotations

import time

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.clock import Clock, to_milliseconds


def test_reads_the_wall_clock_in_nanoseconds():
    before = time.time() - 0.001
    assert before * 1e9 <= Clock().read() <= (time.time() + 0.001) * 1e9


def test_follows_a_frozen_clock():
    with freeze_time("2024-02-29T12:00:00.123456"):
        assert Clock().read() == 1_709_208_000_123_456_000


@given(st.integers(0, 2**32 * 1000))
def test_a_frozen_millisecond_comes_out_as_that_millisecond(milliseconds):
    clock = Clock()
    original, time.time = time.time, lambda: milliseconds / 1000
    try:
        assert clock.read() // 1_000_000 == milliseconds
    finally:
        time.time = original


def test_advance_moves_this_clock_only(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    clock, other = Clock(), Clock()
    clock.advance(5_000_000_000)
    assert clock.read() - other.read() == 5_000_000_000


def test_advance_moves_a_frozen_clock_for_everybody():
    with freeze_time("2024-01-01") as frozen:
        clock, other = Clock(), Clock()
        clock.advance(5_000_000_000)
        assert frozen().isoformat() == "2024-01-01T00:00:05"
        assert clock.read() == other.read()


def test_advance_adds_up():
    clock = Clock()
    clock.advance(3)
    clock.advance(4)
    assert clock.offset == 7


def test_a_clock_cannot_go_back():
    with pytest.raises(ValueError, match=r"^A clock cannot go back by 5 ns: advance it by 0 or more\.$"):
        Clock().advance(-5)


def test_is_never_at_or_before_a_given_timestamp():
    with freeze_time("2024-01-01"):
        now = Clock().read()
        assert Clock().read_after(now) == now + 1
        assert Clock().read_after(now - 1) == now


def test_milliseconds_have_the_fraction_of_the_nanoseconds():
    assert to_milliseconds(1_700_000_000_000_500_000) == 1_700_000_000_000.5
    assert to_milliseconds(1_700_000_000_000_000_000) == 1_700_000_000_000
    assert to_milliseconds(1_700_000_000_123_456_789) == 1_700_000_000_123 + 456_789 * 1e-6
