"""Ten small tests, one by one the same as in small.test.ts."""

import pytest

from convex_test import ArgumentValidationError, ConvexError, api


def test_a_note_is_listed(t):
    t.mutation(api.notes.add, author="Sarah", body="Hi!")
    assert t.query(api.notes.byAuthor, author="Sarah") == ["Hi!"]


def test_notes_keep_their_order(t):
    for body in ("One", "Two", "Three"):
        t.mutation(api.notes.add, author="Sarah", body=body)
    assert t.query(api.notes.byAuthor, author="Sarah") == ["One", "Two", "Three"]


def test_authors_are_kept_apart(t):
    t.mutation(api.notes.add, author="Sarah", body="Hi!")
    t.mutation(api.notes.add, author="Lee", body="Hello!")
    assert t.query(api.notes.byAuthor, author="Lee") == ["Hello!"]


def test_an_empty_note_is_refused(t):
    with pytest.raises(ConvexError, match="Empty note"):
        t.mutation(api.notes.add, author="Sarah", body="")


def test_a_number_is_no_body(t):
    with pytest.raises(ArgumentValidationError):
        t.mutation(api.notes.add, author="Sarah", body=1)


def test_a_note_is_pinned(t):
    note = t.mutation(api.notes.add, author="Sarah", body="Hi!")
    t.mutation(api.notes.pin, id=note)
    assert t.query(api.notes.get, id=note)["pinned"] is True


def test_a_note_is_removed(t):
    note = t.mutation(api.notes.add, author="Sarah", body="Hi!")
    t.mutation(api.notes.remove, id=note)
    assert t.query(api.notes.get, id=note) is None


def test_a_group_is_counted(t):
    t.mutation(api.notes.fill, count=20, groups=4)
    assert t.query(api.notes.countGroup, group=3) == 5


def test_the_test_writes_itself(t):
    def write(ctx):
        return ctx.db.insert("notes", {"group": 1, "author": "Sarah", "body": "Hi!", "tags": []})

    note = t.run(write)
    assert t.query(api.notes.get, id=note)["body"] == "Hi!"


def test_tests_start_empty(t):
    assert t.query(api.notes.countAll) == 0
