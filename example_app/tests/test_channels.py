"""Permissions, npm packages, and internal functions."""

import pytest

from convex_test import ConvexError, api, internal


def names(t):
    return [channel["name"] for channel in t.query(api.channels.list)]


def test_a_slug_is_made_of_the_name(sarah):
    """The npm package `slugify` runs as it does in production."""
    sarah.mutation(api.channels.create, name="Größe & Gewicht")

    assert sarah.query(api.channels.bySlug, slug="groesse-und-gewicht")["name"] == "Größe & Gewicht"


def test_slugs_are_unique(sarah, general):
    with pytest.raises(ConvexError) as caught:
        sarah.mutation(api.channels.create, name="GENERAL")

    assert caught.value.data == {
        "code": "conflict",
        "message": 'There is a channel "general" already',
        "slug": "general",
    }


def test_public_channels_are_listed_by_name(sarah, lee):
    for name in ("Random", "General", "Design"):
        sarah.mutation(api.channels.create, name=name)

    assert names(lee) == ["Design", "General", "Random"]


def test_private_channels_are_hidden_from_others(sarah, lee):
    board = sarah.mutation(api.channels.create, name="Board", visibility="private")

    assert names(sarah) == ["Board"]
    assert names(lee) == []
    with pytest.raises(ConvexError, match="by invitation"):
        lee.mutation(api.channels.join, channelId=board)


def test_owners_invite(sarah, lee):
    board = sarah.mutation(api.channels.create, name="Board", visibility="private")
    sarah.mutation(api.channels.invite, channelId=board, userId=lee.query(api.users.me)["_id"])

    people = lee.query(api.channels.members, channelId=board)
    assert {person["name"]: person["role"] for person in people} == {"Sarah": "owner", "Lee": "member"}


def test_joining_twice_changes_nothing(sarah, lee, general):
    lee.mutation(api.channels.join, channelId=general)
    lee.mutation(api.channels.join, channelId=general)

    assert len(sarah.query(api.channels.members, channelId=general)) == 2


def test_members_leave_and_owners_stay(sarah, lee, general):
    lee.mutation(api.channels.join, channelId=general)
    lee.mutation(api.channels.leave, channelId=general)
    assert len(sarah.query(api.channels.members, channelId=general)) == 1

    with pytest.raises(ConvexError, match="Owners cannot leave"):
        sarah.mutation(api.channels.leave, channelId=general)


def test_quiet_channels_are_archived(t, sarah, general):
    random = sarah.mutation(api.channels.create, name="Random")
    message = sarah.mutation(api.messages.send, channelId=random, body="Still here")
    with t.transaction() as ctx:
        last_active = ctx.db.get(message)["_creationTime"]

    assert t.mutation(internal.channels.archiveQuiet, before=last_active) == 1
    assert names(sarah) == ["Random"]


def test_console_output_is_at_hand(t, sarah, general):
    """A string is printed in quotes, as Convex prints it."""
    [line] = t.logs

    assert (line.level, line.message, line.function) == ("LOG", "'Sarah created #general'", "channels:create")
