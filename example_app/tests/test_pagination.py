"""Pages, cursors, and an action that reads many pages."""

import pytest

from convex_test import FunctionError, api


@pytest.fixture
def busy(sarah, general):
    """A channel with 120 messages, written straight into the database."""
    author = sarah.query(api.users.me)["_id"]
    with sarah.transaction() as ctx:
        for number in range(120):
            content = {"kind": "text", "body": f"Message {number}"}
            ctx.db.insert("messages", {"channelId": general, "authorId": author, "content": content, "reactions": {}})
    return general


def read(t, channel, cursor, num_items=50):
    return t.query(api.messages.list, channelId=channel, paginationOpts={"numItems": num_items, "cursor": cursor})


def test_pages_follow_one_another(sarah, busy):
    first = read(sarah, busy, None)
    second = read(sarah, busy, first["continueCursor"])
    third = read(sarah, busy, second["continueCursor"])

    assert [len(page["page"]) for page in (first, second, third)] == [50, 50, 20]
    assert [page["isDone"] for page in (first, second, third)] == [False, False, True]
    assert first["page"][0]["content"]["body"] == "Message 119"
    assert third["page"][-1]["content"]["body"] == "Message 0"


def test_a_cursor_survives_new_messages(sarah, busy):
    first = read(sarah, busy, None)
    sarah.mutation(api.messages.send, channelId=busy, body="A new one")

    second = read(sarah, busy, first["continueCursor"])

    assert second["page"][0]["content"]["body"] == "Message 69"


def test_a_cursor_belongs_to_its_query(sarah, busy):
    cursor = read(sarah, busy, None)["continueCursor"]
    other = sarah.mutation(api.channels.create, name="Other")

    with pytest.raises(FunctionError, match="InvalidCursor"):
        read(sarah, other, cursor)


def test_a_transcript_is_exported_page_by_page(sarah, busy):
    transcript = sarah.action(api.messages.exportTranscript, channelId=busy)

    lines = transcript["text"].split("\n")
    assert transcript["pages"] == 3
    assert len(lines) == 120
    assert lines[0] == "Sarah: Message 0"
