"""`t.with_identity`: one backend, seen by several people, and what is public and what is not."""

import pytest

from convex_test import ConvexError, FunctionNotFoundError, api, internal


def test_without_an_identity_nobody_is_signed_in(t):
    assert t.query(api.users.me) is None

    with pytest.raises(ConvexError) as caught:
        t.query(api.channels.list)
    assert caught.value.data["code"] == "unauthenticated"


def test_signing_in_keeps_the_profile(t):
    sarah = t.withIdentity({"name": "Sarah", "email": "sarah@example.com"})

    user_id = sarah.mutation(api.users.signIn)

    me = sarah.query(api.users.me)
    assert (me["_id"], me["name"], me["email"]) == (user_id, "Sarah", "sarah@example.com")


def test_equal_identities_are_the_same_person(t):
    first = t.with_identity(name="Sarah").mutation(api.users.signIn)
    again = t.with_identity(name="Sarah").mutation(api.users.signIn)
    other = t.with_identity(name="Lee").mutation(api.users.signIn)

    assert first == again
    assert first != other


def test_a_returning_user_may_have_dropped_the_address(t):
    """Patching a field with `undefined` removes it."""
    claims = {"subject": "sarah", "issuer": "https://login.example.com"}
    t.with_identity(claims, name="Sarah", email="sarah@example.com").mutation(api.users.signIn)

    sarah = t.with_identity(claims, name="Sarah B.")
    sarah.mutation(api.users.signIn)

    me = sarah.query(api.users.me)
    assert me["name"] == "Sarah B."
    assert "email" not in me


def test_preferences_belong_to_one_user(sarah, lee):
    sarah.mutation(api.users.setPreferences, preferences={"theme": "dark", "mutedChannels": []})

    assert sarah.query(api.users.me)["preferences"]["theme"] == "dark"
    assert "preferences" not in lee.query(api.users.me)


def test_internal_functions_are_not_there_for_clients(sarah):
    user_id = sarah.query(api.users.me)["_id"]

    with pytest.raises(FunctionNotFoundError, match="Could not find public function for 'users:get'"):
        sarah.query(api.users.get, userId=user_id)

    # A test itself may call them: by `internal`, or by a plain string.
    assert sarah.query(internal.users.get, userId=user_id)["name"] == "Sarah"
    assert sarah.query("users:get", userId=user_id)["name"] == "Sarah"
