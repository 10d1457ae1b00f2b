"""`t.with_token` and `t.sign_token`: real tokens, for the providers of `convex/auth.config.ts`.

`t.with_identity` makes a user up and is enough for most tests. Tokens are for what looks at tokens: which providers are
accepted, what their claims become, when they expire, and requests from outside.
"""

import pytest

from convex_test import ConvexError, FunctionError, api, checks

LOGIN = "https://login.example.com"
BOTS = "https://bots.example.com"


def test_the_login_page_knows_who_it_is(t):
    token = t.sign_token(sub="sarah", name="Sarah", email="sarah@example.com", provider=LOGIN)

    sarah = t.with_token(token)
    sarah.mutation(api.users.signIn)

    me = sarah.query(api.users.me)
    assert (me["name"], me["email"], me["tokenIdentifier"]) == ("Sarah", "sarah@example.com", f"{LOGIN}|sarah")


def test_a_token_for_another_app_is_refused(t):
    with pytest.raises(FunctionError, match="No auth provider found matching the given token"):
        t.with_token(t.sign_token(sub="sarah", aud="another-app", provider=LOGIN))


def test_a_session_ends_with_its_token(t):
    sarah = t.with_token(t.sign_token(sub="sarah", provider=LOGIN, expires_in=600))
    sarah.mutation(api.users.signIn)

    t.advance(minutes=11)

    with pytest.raises(FunctionError, match="Could not verify OIDC token claim"):
        sarah.query(api.users.me)


@pytest.fixture
def bot(t):
    """A bot that has signed up. Its provider's claims keep their names, so it has no name for this app."""
    bot = t.with_token(t.sign_token(sub="weather", provider=BOTS))
    bot.mutation(api.users.signIn)
    return bot


def post(t, general, body="Sunny", **options):
    return t.fetch("/messages", method="POST", json={"channelId": general, "body": body}, **options)


def test_a_bot_posts_a_message(t, sarah, bot, general):
    bot.mutation(api.channels.join, channelId=general)

    response = post(bot, general)

    assert response.status_code == 201
    page = sarah.query(api.messages.list, channelId=general, paginationOpts={"numItems": 1, "cursor": None})
    assert page["page"][0]["content"]["body"] == "Sunny"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic dTpw"}])
def test_who_posts_needs_a_token(t, general, headers):
    assert post(t, general, headers=headers).status_code == 401


def test_a_bot_has_to_be_a_member(bot, general):
    response = post(bot, general)
    assert (response.status_code, response.json()) == (403, {"error": "forbidden"})


def test_bots_sign_in_with_their_own_key_only(t):
    claims, _, _ = t.sign_token(sub="weather", provider=BOTS).rpartition(".")
    _, _, signature = t.sign_token(sub="somebody", provider=BOTS).rpartition(".")
    with pytest.raises(FunctionError, match="Could not decode token"):
        t.with_token(f"{claims}.{signature}")


def test_strangers_are_refused(t):
    """Every public function is called by nobody. One that answers fails this test, unless it is listed."""
    checks.public_functions_need_auth(t, allow=[api.users.me, api.messages.sent])


def test_a_transcript_is_for_those_who_may_read_the_channel(t, sarah, lee):
    secret = sarah.mutation(api.channels.create, name="Secret", visibility="private")
    for caller in (lee, t):
        with pytest.raises(ConvexError):
            caller.action(api.messages.exportTranscript, channelId=secret)
