"""What holds whatever people do: ready-made properties, strategies from validators, a state machine."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convex_test import ConvexError, api, properties
from convex_test import strategies as convex
from convex_test.stateful import ConvexStateMachine, ids_of, invariant, rule


def test_no_function_crashes(sarah, lee, general):
    properties.only_expected_errors(
        sarah,
        functions=[api.channels, api.users, api.messages.send],
        identities={"sarah": sarah, "lee": lee, "anonymous": None},
        max_examples=5,
    )


def test_queries_depend_on_the_data_alone(sarah, general):
    properties.queries_are_repeatable(sarah, functions=[api.channels, api.tasks], max_examples=5)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_task_can_be_created_and_completed(convex_project, data):
    with convex_project.test() as t:
        sarah = t.with_identity(name="Sarah")
        me = sarah.mutation(api.users.signIn)
        channel = sarah.mutation(api.channels.create, name="General")

        overrides = {"channelId": channel, "assigneeId": me}
        args = data.draw(convex.args(api.tasks.create, t=t, overrides=overrides))
        task = sarah.mutation(api.tasks.create, args)

        completed = sarah.mutation(api.tasks.complete, taskId=task)
        assert completed["title"] == args["title"]
        assert completed["status"] == "done"


class Chat(ConvexStateMachine):
    """Sarah, Lee and a stranger do what they like with channels and messages."""

    functions = ("channels:*", "messages:send", "messages:edit", "messages:remove", "messages:list")
    identities = {"sarah": {"name": "Sarah"}, "lee": {"name": "Lee"}, "stranger": None}  # noqa: RUF012

    @staticmethod
    def prepare(t):
        for name in ("Sarah", "Lee"):
            t.with_identity(name=name).mutation(api.users.signIn)

    @rule(channel=ids_of("channels"))
    def strangers_see_no_messages(self, channel):
        first = {"numItems": 5, "cursor": None}
        with pytest.raises(ConvexError, match="Sign in first"):
            self.callers["stranger"].query(api.messages.list, channelId=channel, paginationOpts=first)

    @invariant()
    def every_channel_has_one_owner(self):
        with self.t.transaction() as ctx:
            for channel in ctx.db.query("channels"):
                members = ctx.db.query("members").with_index(
                    "by_channel_and_user", lambda q, id=channel["_id"]: q.eq("channelId", id)
                )
                assert [member["role"] for member in members].count("owner") == 1

    @invariant()
    def slugs_are_unique(self):
        with self.t.transaction() as ctx:
            slugs = [channel["slug"] for channel in ctx.db.query("channels")]
        assert len(set(slugs)) == len(slugs)


TestChat = Chat.TestCase
TestChat.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
