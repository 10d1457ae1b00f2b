"""People and a channel for the tests: each is a plain fixture on top of the plugin's `t`."""

import pytest

from convex_test import api


@pytest.fixture
def sarah(t):
    """The backend as Sarah sees it. She has signed in."""
    sarah = t.with_identity(name="Sarah", email="sarah@example.com")
    sarah.mutation(api.users.signIn)
    return sarah


@pytest.fixture
def lee(t):
    """The same backend as Lee sees it."""
    lee = t.with_identity(name="Lee")
    lee.mutation(api.users.signIn)
    return lee


@pytest.fixture
def general(sarah):
    """The id of a public channel that Sarah owns."""
    return sarah.mutation(api.channels.create, name="General", topic="Whatever comes up")


def pytest_convex_fuzz_prepare(t):
    """What each example of `pytest --convex-fuzz` begins with, and who calls."""
    sarah = t.with_identity(name="Sarah", email="sarah@example.com")
    lee = t.with_identity(name="Lee")
    for user in (sarah, lee):
        user.mutation(api.users.signIn)
    channel = sarah.mutation(api.channels.create, name="General")
    sarah.mutation(api.tasks.create, channelId=channel, title="Write tests")
    return {"sarah": sarah, "lee": lee, "anonymous": None}
