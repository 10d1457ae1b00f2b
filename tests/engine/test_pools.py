"""Whose module state a context has."""

from __future__ import annotations

import pytest

COUNT = "async () => (await load('counter')).next()"


@pytest.fixture
def count(pool, run):
    """How often this owner has counted, as its modules remember it."""

    def count_once(owner, isolation="test"):
        context = pool.acquire(owner, isolation)
        context.limit_time(5)
        try:
            return int(run(context, COUNT).result)
        finally:
            pool.release(context, isolation)

    return count_once


def test_an_owner_keeps_its_modules(count):
    assert [count("a"), count("a"), count("a")] == [1, 2, 3]


def test_another_owner_has_modules_of_its_own(count):
    assert [count("a"), count("b"), count("a"), count("b")] == [1, 1, 2, 2]


def test_an_owner_that_was_forgotten_starts_anew(pool, count):
    assert count("a") == 1
    pool.forget("a")
    assert count("a") == 1


def test_by_call_modules_are_always_fresh(count):
    assert [count("a", "call"), count("a", "call")] == [1, 1]


def test_by_session_modules_are_everybodys(pool, count):
    assert count("a", "session") == 1
    pool.forget("a")
    assert count("b", "session") == 2


def test_executions_at_the_same_time_have_contexts_of_their_own(pool):
    first, second = pool.acquire("a", "test"), pool.acquire("a", "test")
    assert first is not second


def test_a_context_is_used_again(pool):
    first = pool.acquire("a", "test")
    pool.release(first, "test")
    pool.forget("a")
    assert pool.acquire("b", "test") is first


def test_a_broken_context_is_thrown_away(pool):
    first = pool.acquire("a", "test")
    first.broken = True
    pool.release(first, "test")
    assert pool.acquire("a", "test") is not first


@pytest.mark.parametrize(
    "change",
    ["globalThis.leak = 1", "Array.prototype.map = null", "Object.prototype.leak = 1", "delete globalThis.atob"],
)
def test_a_context_with_changed_globals_is_thrown_away(pool, run, change):
    first = pool.acquire("a", "test")
    first.limit_time(5)
    run(first, f"() => {{ {change}; }}")
    pool.release(first, "test")
    pool.forget("a")
    assert pool.acquire("b", "test") is not first


def test_a_context_whose_lazy_globals_were_used_is_kept(pool, run):
    first = pool.acquire("a", "test")
    first.limit_time(5)
    assert run(first, "() => new URL('/x', 'https://a.b').href").result == '"https://a.b/x"'
    pool.release(first, "test")
    pool.forget("a")
    assert pool.acquire("b", "test") is first
