"""`t.with_identity` and `ctx.auth` (`crates/keybroker/src/broker.rs`)."""

from __future__ import annotations

import pytest

from convex_test import UsageError, api, js

FILES = {
    "convex/auth.ts": """
        import { action, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";
        export const who = query(async (ctx) => await ctx.auth.getUserIdentity() as any);
        export const whoInMutation = mutation(async (ctx) => await ctx.auth.getUserIdentity() as any);
        export const whoInAction = action(async (ctx) => await ctx.auth.getUserIdentity() as any);
        export const nestedQuery = query(async (ctx): Promise<any> => await ctx.runQuery(internal.auth.who, {}));
        export const nested = mutation(async (ctx): Promise<any> => [
          await ctx.runQuery(internal.auth.who, {}), await ctx.runMutation(internal.auth.whoInMutation, {}),
        ]);
        export const nestedInAction = action(async (ctx): Promise<any> => [
          await ctx.runQuery(internal.auth.who, {}), await ctx.runMutation(internal.auth.whoInMutation, {}),
          await ctx.runAction(internal.auth.whoInAction, {}),
        ]);
        export const create = mutation(async (ctx) => {
          const identity = await ctx.auth.getUserIdentity();
          await ctx.db.insert("tasks", { owner: identity!.tokenIdentifier });
        });
        export const mine = query(async (ctx) => {
          const identity = await ctx.auth.getUserIdentity();
          return (await ctx.db.query("tasks").collect()).filter((d) => d.owner === identity!.tokenIdentifier).length;
        });
    """,
}
CALLS = [("query", api.auth.who), ("mutation", api.auth.whoInMutation), ("action", api.auth.whoInAction)]


@pytest.mark.parametrize(("kind", "reference"), CALLS)
def test_nobody_is_signed_in(t, kind, reference):
    assert getattr(t, kind)(reference) is None


@pytest.mark.parametrize(("kind", "reference"), CALLS)
def test_somebody_is_signed_in(t, kind, reference):
    identity = getattr(t.with_identity(name="Sarah", subject="1"), kind)(reference)
    assert identity == {
        "name": "Sarah",
        "subject": "1",
        "issuer": "https://convex.test",
        "tokenIdentifier": "https://convex.test|1",
    }


def test_the_original_t_stays_nobody(t):
    t.with_identity(name="Sarah")
    assert t.query(api.auth.who) is None


def test_defaults_are_the_same_for_equal_input(t):
    first = t.with_identity(name="Sarah").query(api.auth.who)
    second = t.with_identity({"name": "Sarah"}).query(api.auth.who)
    assert first == second


def test_defaults_do_not_depend_on_the_order_of_claims(t):
    first = t.with_identity({"name": "Sarah", "email": "s@e.com"}).query(api.auth.who)
    second = t.with_identity({"email": "s@e.com", "name": "Sarah"}).query(api.auth.who)
    assert first == second


def test_defaults_are_the_same_in_another_backend(project):
    with project.test(seed=1) as t:
        first = t.with_identity(name="Sarah").query(api.auth.who)
    with project.test(seed=2) as t:
        assert t.with_identity(name="Sarah").query(api.auth.who) == first


def test_defaults_differ_for_other_input(t):
    first = t.with_identity(name="Sarah").query(api.auth.who)
    second = t.with_identity(name="Lee").query(api.auth.who)
    assert first["subject"] != second["subject"]
    assert first["tokenIdentifier"] != second["tokenIdentifier"]


def test_no_claims_at_all(t):
    identity = t.with_identity({}).query(api.auth.who)
    assert set(identity) == {"subject", "issuer", "tokenIdentifier"}
    assert t.with_identity().query(api.auth.who) == identity


def test_given_values_win_over_defaults(t):
    identity = t.with_identity(subject="s", issuer="https://issuer.example").query(api.auth.who)
    assert identity == {
        "subject": "s",
        "issuer": "https://issuer.example",
        "tokenIdentifier": "https://issuer.example|s",
    }


def test_a_given_token_identifier(t):
    identity = t.with_identity(tokenIdentifier="mine").query(api.auth.who)
    assert identity["tokenIdentifier"] == "mine"


@pytest.mark.parametrize(
    ("token_identifier", "issuer", "subject"),
    [
        ("https://login.example.com|sarah", "https://login.example.com", "sarah"),
        ("https://login.example.com|auth0|5", "https://login.example.com", "auth0|5"),
    ],
)
def test_a_token_identifier_holds_issuer_and_subject(t, token_identifier, issuer, subject):
    identity = t.with_identity(token_identifier=token_identifier).query(api.auth.who)
    assert (identity["tokenIdentifier"], identity["issuer"], identity["subject"]) == (token_identifier, issuer, subject)


def test_what_is_given_beside_a_token_identifier_stays(t):
    identity = t.with_identity(token_identifier="a|b", subject="mine").query(api.auth.who)
    assert (identity["tokenIdentifier"], identity["issuer"], identity["subject"]) == ("a|b", "a", "mine")


def test_camel_case_and_snake_case(t):
    first = t.withIdentity({"givenName": "Sarah", "emailVerified": True}).query(api.auth.who)
    second = t.with_identity(given_name="Sarah", email_verified=True).query(api.auth.who)
    assert first == second
    assert (first["givenName"], first["emailVerified"]) == ("Sarah", True)


def test_a_mapping_and_keywords_together(t):
    identity = t.with_identity({"name": "Sarah"}, email="s@example.com").query(api.auth.who)
    assert (identity["name"], identity["email"]) == ("Sarah", "s@example.com")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("role", "admin"),
        ("permissions", ["read", "write"]),
        ("https://example.com/claims", {"org": {"id": 5}}),
        ("level", 3),
        ("ratio", 1.5),
        ("active", False),
        ("org.id", "x"),
    ],
)
def test_a_custom_claim(t, name, value):
    assert t.with_identity({"name": "Sarah", name: value}).query(api.auth.who)[name] == value


def test_all_standard_attributes(t):
    attributes = {
        "name": "n", "givenName": "g", "familyName": "f", "nickname": "k", "preferredUsername": "p", "profileUrl": "u",
        "pictureUrl": "i", "websiteUrl": "w", "email": "e", "emailVerified": True, "gender": "x", "birthday": "b",
        "timezone": "z", "language": "l", "phoneNumber": "5", "phoneNumberVerified": False, "address": "a",
        "updatedAt": "2024-01-01T00:00:00Z",
    }  # fmt: skip
    identity = t.with_identity(attributes).query(api.auth.who)
    assert {name: identity[name] for name in attributes} == attributes


@pytest.mark.parametrize("name", ["name", "email", "pictureUrl"])
def test_an_attribute_that_was_not_given_is_not_there(t, name):
    assert (
        t.with_identity(subject="1").query(js(f"async (ctx) => '{name}' in (await ctx.auth.getUserIdentity())"))
        is False
    )


def test_identities_see_the_same_data(t):
    sarah, lee = t.with_identity(name="Sarah"), t.with_identity(name="Lee")
    sarah.mutation(api.auth.create)
    assert (sarah.query(api.auth.mine), lee.query(api.auth.mine)) == (1, 0)


def test_an_identity_on_top_of_another_replaces_it(t):
    identity = t.with_identity(name="Sarah", role="admin").with_identity(name="Lee").query(api.auth.who)
    assert identity["name"] == "Lee"
    assert "role" not in identity


def test_the_identity_of_the_test(project):
    with project.test(identity={"name": "Sarah"}) as t:
        assert t.query(api.auth.who)["name"] == "Sarah"


def test_nested_calls_keep_the_identity(t):
    sarah = t.with_identity(name="Sarah")
    assert sarah.query(api.auth.nestedQuery)["name"] == "Sarah"
    assert [identity["name"] for identity in sarah.mutation(api.auth.nested)] == ["Sarah"] * 2
    assert [identity["name"] for identity in sarah.action(api.auth.nestedInAction)] == ["Sarah"] * 3


def test_nested_calls_of_nobody_are_nobodys(t):
    assert t.mutation(api.auth.nested) == [None, None]
    assert t.action(api.auth.nestedInAction) == [None, None, None]


def test_each_call_of_get_user_identity_gives_a_copy(t):
    snippet = """async (ctx) => {
      const first = await ctx.auth.getUserIdentity();
      first.name = "changed";
      return (await ctx.auth.getUserIdentity()).name;
    }"""
    assert t.with_identity(name="Sarah").query(js(snippet)) == "Sarah"


def test_the_mapping_may_change_afterwards(t):
    claims = {"name": "Sarah"}
    sarah = t.with_identity(claims)
    claims["name"] = "Lee"
    assert sarah.query(api.auth.who)["name"] == "Sarah"


def test_what_is_in_the_mapping_may_change_afterwards(t):
    roles = ["reader"]
    sarah = t.with_identity(roles=roles)
    roles.append("admin")
    assert sarah.query(api.auth.who)["roles"] == ["reader"]


def test_python_handlers_see_the_identity(t):
    sarah = t.with_identity(name="Sarah")
    assert sarah.run(lambda ctx: ctx.auth.get_user_identity()["name"]) == "Sarah"
    assert t.run(lambda ctx: ctx.auth.get_user_identity()) is None
    with sarah.transaction() as ctx:
        assert ctx.auth.get_user_identity()["name"] == "Sarah"
        assert ctx.run_query(api.auth.who)["name"] == "Sarah"


def test_python_may_change_what_it_got(t):
    sarah = t.with_identity(name="Sarah", roles=["a"])

    def handler(ctx):
        ctx.auth.get_user_identity()["roles"].append("b")
        return ctx.auth.get_user_identity()["roles"]

    assert sarah.run(handler) == ["a"]


@pytest.mark.parametrize("claims", ["Sarah", 5, ["name"], [("name", "Sarah")]])
def test_an_identity_that_is_no_mapping(t, claims):
    with pytest.raises(UsageError, match="expected a mapping"):
        t.with_identity(claims)


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"name": None}, "leave out what the token does not have"),
        ({5: "x"}, "the name of a claim is a str"),
        ({"when": object()}, "claims are JSON values"),
        ({"subject": 5}, "subject is a str"),
        ({"issuer": True}, "issuer is a str"),
    ],
)
def test_claims_that_no_token_has(t, claims, message):
    with pytest.raises(UsageError, match=message):
        t.with_identity(claims)


def test_numbers_of_claims_are_plain_json(t):
    assert (
        t.with_identity(level=3).query(js("async (ctx) => typeof (await ctx.auth.getUserIdentity()).level")) == "number"
    )
