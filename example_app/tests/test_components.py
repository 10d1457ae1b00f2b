"""Components: two from npm and one of the app's own, mounted by `convex.config.ts` as in production."""

import pytest

from convex_test import ConvexError, api, components


def test_a_person_sends_thirty_messages_a_minute(t, sarah, general):
    for number in range(30):
        sarah.mutation(api.messages.send, channelId=general, body=f"Message {number}")

    with pytest.raises(ConvexError, match="Slow down") as caught:
        sarah.mutation(api.messages.send, channelId=general, body="One too many")
    assert caught.value.data["code"] == "too_many"

    t.advance(minutes=1)
    sarah.mutation(api.messages.send, channelId=general, body="Now it goes through")


def test_a_message_that_is_refused_does_not_count(sarah, general):
    sarah.mutation(api.messages.send, channelId=general, body="Hi!")
    with pytest.raises(ConvexError):
        sarah.mutation(api.messages.send, channelId=general, body="")

    assert sarah.query(api.messages.sent) == 1


def test_owners_who_remove_a_message_are_on_record(sarah, lee, general):
    lee.mutation(api.channels.join, channelId=general)
    lee_id, sarah_id = (user.query(api.users.me)["_id"] for user in (lee, sarah))
    message = lee.mutation(api.messages.send, channelId=general, body="Buy now!")

    sarah.mutation(api.messages.remove, messageId=message)

    # A component's functions can be called from the test, although no client could.
    assert sarah.query(components.audit.log.about, target=lee_id) == [
        {"actor": sarah_id, "action": "removed a message"},
    ]


def test_the_tables_of_a_component_are_its_own(t):
    t.mutation(components.audit.log.record, actor="a", action="looked", target="b")

    assert t.run(lambda ctx: ctx.db.query("entries").count(), component="audit") == 1
    assert t.run(lambda ctx: ctx.db.query("entries").collect()) == []
