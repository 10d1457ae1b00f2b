"""`.paginate` of Python's `ctx`: the same pages and errors as TypeScript's."""

from __future__ import annotations

import pytest

from convex_test import ConvexError, FunctionError
from tests.parity.pages import INVALID_CURSOR, TWICE, fill, numbers, page


def test_python_pages(t):
    fill(t, 5)
    with t.transaction() as ctx:
        first = ctx.db.query("items").paginate(2)
    with t.transaction() as ctx:
        second = ctx.db.query("items").paginate(num_items=2, cursor=first["continueCursor"])
    assert [numbers(first), numbers(second)] == [[0, 1], [2, 3]]
    assert sorted(first) == ["continueCursor", "isDone", "page", "pageStatus", "splitCursor"]


def test_python_and_typescript_share_cursors(t):
    fill(t, 5)
    with t.transaction() as ctx:
        first = ctx.db.query("items").paginate(2)
    assert numbers(page(t, {"numItems": 2, "cursor": first["continueCursor"]})) == [2, 3]


def test_python_options(t):
    fill(t, 10)
    end = page(t, {"numItems": 4})["continueCursor"]
    with t.transaction() as ctx:
        up_to = ctx.db.query("items").paginate(1, end_cursor=end)
    with t.transaction() as ctx:
        cut = ctx.db.query("items").paginate(8, maximum_rows_read=3)
    with t.transaction() as ctx:
        small = ctx.db.query("items").paginate(8, maximum_bytes_read=1)
    assert numbers(up_to) == [0, 1, 2, 3]
    assert (numbers(cut), cut["pageStatus"]) == ([0, 1, 2], "SplitRequired")
    assert (numbers(small), small["pageStatus"]) == ([0], "SplitRequired")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "Must request at least 1 document while paginating"),
        (-1, "`options.numItems` must be a positive number. Received `-1`."),
        (32001, "Requested too many items: 32001"),
        (1.5, "Invalid arguments for `queryPage`: invalid type: floating point `1.5`, expected usize"),
    ],
)
def test_python_page_sizes(t, number, text):
    with t.transaction() as ctx, pytest.raises(FunctionError) as caught:
        ctx.db.query("items").paginate(number)
    assert caught.value.text == text


def test_python_cursor_errors(t):
    fill(t, 5)
    cursor = page(t, {"numItems": 2})["continueCursor"]
    with t.transaction() as ctx, pytest.raises(FunctionError) as broken:
        ctx.db.query("items").paginate(2, "garbage")
    with t.transaction() as ctx, pytest.raises(ConvexError) as other:
        ctx.db.query("items").order("desc").paginate(2, cursor)
    assert broken.value.text == "Failed to parse cursor"
    assert other.value.text == INVALID_CURSOR
    assert other.value.data == {"isConvexSystemError": True, "paginationError": "InvalidCursor"}


def test_python_paginates_once(t):
    fill(t, 3)
    with t.transaction() as ctx:
        ctx.db.query("items").paginate(1)
        with pytest.raises(FunctionError) as caught:
            ctx.db.query("items").paginate(1)
    assert caught.value.text == TWICE
