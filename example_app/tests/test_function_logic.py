"""`module` and `js`: TypeScript that is not a registered function, tested where it lives."""

import pytest

from convex_test import ConvexError, api, js, module

permissions = module("model/permissions")
slugs = module("model/slugs")


def test_a_helper_is_called_with_a_ctx_of_its_own(sarah, lee, general):
    sarah_id = sarah.query(api.users.me)["_id"]
    lee_id = lee.query(api.users.me)["_id"]

    assert sarah.query(permissions.findMembership, general, sarah_id)["role"] == "owner"
    assert sarah.query(permissions.findMembership, general, lee_id) is None


def test_a_helper_throws_what_it_throws(t, sarah, lee, general):
    with pytest.raises(ConvexError) as caught:
        t.query(permissions.requireOwner, general, lee.query(api.users.me)["_id"])

    assert caught.value.data["code"] == "forbidden"


def test_a_helper_joins_the_transaction_of_the_test(t):
    with t.transaction() as ctx:
        ctx.call(slugs.requireFreeSlug, "general")
        channel = {"name": "General", "slug": "general", "visibility": "public", "archived": False}
        author = ctx.db.insert("users", {"tokenIdentifier": "https://login.example.com|sarah", "name": "Sarah"})
        ctx.db.insert("channels", {**channel, "createdBy": author})

        with pytest.raises(ConvexError) as caught:
            ctx.call(slugs.requireFreeSlug, "general")
        assert caught.value.data["message"] == 'There is a channel "general" already'


@pytest.mark.parametrize(
    ("name", "slug"),
    [("General", "general"), ("  Größe & Gewicht ", "groesse-und-gewicht"), ("1 + 1 = 2", "1-1-2")],
)
def test_a_function_without_ctx_is_called_from_a_snippet(t, name, slug):
    make = js("async (ctx, name) => (await load('model/slugs')).slugOf(name)")

    assert t.query(make, name) == slug


def test_a_snippet_uses_the_real_database_api(t, sarah, general):
    rename = js("async (ctx, id, name) => await ctx.db.patch('channels', id, { name })")
    t.mutation(rename, general, "Everything")

    assert sarah.query(api.channels.bySlug, slug="general")["name"] == "Everything"


def test_a_python_function_is_a_handler_too(t, sarah, general):
    def names(ctx, suffix):
        return [channel["name"] + suffix for channel in ctx.db.query("channels")]

    assert t.query(names, "!") == ["General!"]
