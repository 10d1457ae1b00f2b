"""Calling functions: arguments, results, and errors that functions throw on purpose."""

import pytest

from convex_test import ArgumentValidationError, ConvexError, FunctionError, api

FIRST_PAGE = {"numItems": 10, "cursor": None}


def bodies(t, channel):
    page = t.query(api.messages.list, channelId=channel, paginationOpts=FIRST_PAGE)["page"]
    return [message["content"]["body"] for message in page]


def test_members_send_messages(sarah, general):
    sarah.mutation(api.messages.send, channelId=general, body="Hi!")
    # Arguments are keywords or one mapping, and a function may be named by a string.
    sarah.mutation("messages:send", {"channelId": general, "body": "Anybody there?"})

    assert bodies(sarah, general) == ["Anybody there?", "Hi!"]


def test_a_message_comes_back_as_a_plain_dict(sarah, general):
    message_id = sarah.mutation(api.messages.send, channelId=general, body="  Hi!  ")

    [message] = sarah.query(api.messages.list, channelId=general, paginationOpts=FIRST_PAGE)["page"]

    assert message == {
        "_id": message_id,
        "_creationTime": message["_creationTime"],
        "channelId": general,
        "authorId": sarah.query(api.users.me)["_id"],
        "content": {"kind": "text", "body": "Hi!"},
        "reactions": {},
    }


def test_an_empty_message_is_refused(sarah, general):
    with pytest.raises(ConvexError, match="Empty message") as caught:
        sarah.mutation(api.messages.send, channelId=general, body="   ")

    assert caught.value.data == {"code": "invalid", "message": "Empty message"}


def test_a_body_must_be_a_string(sarah, general):
    with pytest.raises(ArgumentValidationError, match=r"Value: 42\.0\s+Validator: v\.string\(\)"):
        sarah.mutation(api.messages.send, channelId=general, body=42)


def test_an_error_knows_its_place_in_the_typescript(sarah, general):
    with pytest.raises(ConvexError) as caught:
        sarah.mutation(api.messages.send, channelId=general, body="")

    frame = caught.value.frames[0]
    assert frame.file.endswith("convex/messages.ts")
    assert frame.function == "checkBody"


def test_only_members_send(lee, general):
    with pytest.raises(ConvexError, match="Only members can do this"):
        lee.mutation(api.messages.send, channelId=general, body="Me too!")


def test_a_poll_is_another_kind_of_content(sarah, general):
    poll = sarah.mutation(api.messages.startPoll, channelId=general, question="Lunch?", options=["Pizza", "Soup"])

    with pytest.raises(ConvexError, match="Only text can be edited"):
        sarah.mutation(api.messages.edit, messageId=poll, body="Dinner?")


def test_an_edited_message_says_when(sarah, general):
    message_id = sarah.mutation(api.messages.send, channelId=general, body="Helo")
    sarah.mutation(api.messages.edit, messageId=message_id, body="Hello")

    [message] = sarah.query(api.messages.list, channelId=general, paginationOpts=FIRST_PAGE)["page"]

    assert message["content"]["body"] == "Hello"
    assert message["editedAt"] >= message["_creationTime"] - 1


def test_owners_remove_any_message(sarah, lee, general):
    lee.mutation(api.channels.join, channelId=general)
    spam = lee.mutation(api.messages.send, channelId=general, body="Buy now!")

    sarah.mutation(api.messages.remove, messageId=spam)

    assert bodies(sarah, general) == []


def test_a_reaction_is_taken_back_by_repeating_it(sarah, lee, general):
    lee.mutation(api.channels.join, channelId=general)
    message = sarah.mutation(api.messages.send, channelId=general, body="Done!")
    me = lee.query(api.users.me)["_id"]

    def reactions():
        page = lee.query(api.messages.list, channelId=general, paginationOpts=FIRST_PAGE)["page"]
        return page[0]["reactions"]

    lee.mutation(api.messages.react, messageId=message, reaction="tada")
    assert reactions() == {"tada": [me]}

    lee.mutation(api.messages.react, messageId=message, reaction="tada")
    assert reactions() == {}


def test_an_emoji_is_no_key(sarah, general):
    """Convex stores ASCII keys only. A test that could not tell would be green here and fail in production."""
    message = sarah.mutation(api.messages.send, channelId=general, body="Done!")

    with pytest.raises(FunctionError, match="Field names can only contain non-control ASCII characters"):
        sarah.mutation(api.messages.react, messageId=message, reaction="🎉")


def test_unread_messages_are_counted(sarah, lee, general):
    lee.mutation(api.channels.join, channelId=general)
    ids = [sarah.mutation(api.messages.send, channelId=general, body=body) for body in ("One", "Two", "Three")]
    assert lee.query(api.messages.unreadCount, channelId=general) == 3

    lee.mutation(api.messages.markRead, messageId=ids[1])
    assert lee.query(api.messages.unreadCount, channelId=general) == 1
    assert sarah.query(api.messages.unreadCount, channelId=general) == 0
