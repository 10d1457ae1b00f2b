"""Real tokens: `t.with_token`, `t.sign_token`, and `Authorization` headers of HTTP actions.

What a token's claims become, and each way in which it may be wrong, is in `tests/backend/test_token_validation.py`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from freezegun import freeze_time

from convex_test import FunctionError, UsageError, api, js, undefined
from convex_test.backend.auth.keys import generate_key, key_of_tests

FILES = {
    "convex/auth.config.ts": """\
        export default {
          providers: [
            { domain: "https://login.example.com", applicationID: "app" },
            {
              type: "customJwt", issuer: "https://jwt.example.com", jwks: "https://jwt.example.com/keys",
              algorithm: "ES256", applicationID: "service",
            },
            {
              type: "customJwt", issuer: "https://data.example.com", algorithm: "RS256",
              jwks: "data:application/json," + encodeURIComponent(JSON.stringify({ keys: [] })),
            },
            { domain: process.env.CONVEX_SITE_URL, applicationID: "convex" },
          ],
        };
        """,
    "convex/users.ts": """\
        import { action, mutation, query } from "./_generated/server";
        import { api } from "./_generated/api";

        export const who = query(async (ctx) => await ctx.auth.getUserIdentity() as any);
        export const whoInMutation = mutation(async (ctx) => await ctx.auth.getUserIdentity() as any);
        export const whoInAction = action(async (ctx) => await ctx.auth.getUserIdentity() as any);
        export const later = mutation(async (ctx) => await ctx.scheduler.runAfter(0, "users:note" as any, {}));
        export const note = mutation(async (ctx) => {
          await ctx.db.insert("notes" as any, { identity: await ctx.auth.getUserIdentity() });
        });
        export const meta = mutation(async (ctx) => (await ctx.meta.getRequestMetadata()).authToken);
        export const metaInAction = action(async (ctx): Promise<any> => [
          (await ctx.meta.getRequestMetadata()).authToken, await ctx.runMutation(api.users.meta, {}),
        ]);
        """,
    "convex/http.ts": """\
        import { httpRouter } from "convex/server";
        import { api } from "./_generated/api";
        import { httpAction } from "./_generated/server";

        const http = httpRouter();
        const on = (path: string, handler: any) => http.route({ path, method: "GET", handler: httpAction(handler) });
        on("/who", async (ctx: any) => Response.json(await ctx.auth.getUserIdentity()));
        on("/nested", async (ctx: any) => Response.json(await ctx.runQuery(api.users.who, {})));
        on("/nested/action", async (ctx: any) => Response.json(await ctx.runAction(api.users.whoInAction, {})));
        on("/caught", async (ctx: any) => {
          try {
            return Response.json(await ctx.auth.getUserIdentity());
          } catch (error: any) {
            return new Response(error.message, { status: 401 });
          }
        });
        on("/open", async () => new Response("open"));
        on("/header", async (_ctx: any, request: Request) => new Response(request.headers.get("authorization")));
        on("/meta", async (ctx: any) => Response.json((await ctx.meta.getRequestMetadata()).authToken));
        on("/self", async (_ctx: any, request: Request) => await fetch(process.env.CONVEX_SITE_URL + "/who", {
          headers: { authorization: request.headers.get("x-token")! },
        }));
        on("/.well-known/openid-configuration", async () => Response.json({
          issuer: process.env.CONVEX_SITE_URL, jwks_uri: process.env.CONVEX_SITE_URL + "/keys",
        }));
        on("/keys", async () => Response.json(JSON.parse(process.env.KEYS!)));
        export default http;
        """,
}
OIDC, KEYS_AT_URL, KEYS_AS_DATA, OWN = range(4)
UNVERIFIED = "Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired."
NO_PROVIDER = "No auth provider found matching the given token."
UNREADABLE = (
    "Could not parse JWT payload. Check that the token is a valid JWT format with three base64-encoded parts separated "
    "by dots."
)
SITE = "https://convex-test-000.convex.site"
CALLS = [("query", api.users.who), ("mutation", api.users.whoInMutation), ("action", api.users.whoInAction)]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


# Signing and checking


@pytest.mark.parametrize(("kind", "reference"), CALLS)
def test_the_user_of_a_token(t, kind, reference):
    sarah = t.with_token(t.sign_token(sub="sarah", given_name="Sarah", role="admin", provider=OIDC))

    assert getattr(sarah, kind)(reference) == {
        "tokenIdentifier": "https://login.example.com|sarah",
        "issuer": "https://login.example.com",
        "subject": "sarah",
        "givenName": "Sarah",
        "role": "admin",
    }


def test_a_python_handler_sees_the_user_of_a_token(t):
    sarah = t.with_token(t.sign_token(sub="sarah", provider=OIDC))
    assert sarah.query(lambda ctx: ctx.auth.get_user_identity()["subject"]) == "sarah"


@pytest.mark.parametrize("provider", [OIDC, KEYS_AT_URL, KEYS_AS_DATA, OWN])
def test_a_signed_token_is_valid_for_its_provider(t, provider):
    assert t.with_token(t.sign_token(sub="sarah", provider=provider)).query(api.users.who)["subject"] == "sarah"
    assert t.outbound.calls == []


@pytest.mark.parametrize(
    "name", ["service", "jwt.example.com", "https://jwt.example.com", "https://jwt.example.com/", KEYS_AT_URL]
)
def test_a_provider_has_several_names(t, name):
    identity = t.with_token(t.sign_token(provider=name)).query(api.users.who)
    assert identity["issuer"] == "https://jwt.example.com"


def test_the_subject_is_the_same_for_equal_claims(t):
    def subject(**claims):
        return t.with_token(t.sign_token(provider=OIDC, **claims)).query(api.users.who)["subject"]

    assert subject(name="Sarah") == subject(name="Sarah") != subject(name="Lee")


def test_claims_as_a_mapping(t):
    token = t.sign_token({"sub": "sarah", "https://example.com/role": "admin"}, provider=KEYS_AT_URL, name="Sarah")
    identity = t.with_token(token).query(api.users.who)
    assert (identity["https://example.com/role"], identity["name"]) == ("admin", "Sarah")


def test_claims_of_a_custom_token_keep_their_names(t):
    token = t.sign_token(
        sub="s", given_name="Sarah", email_verified=True, org={"id": 1, "of": {"x": [2]}}, fva=[1], provider=KEYS_AT_URL
    )
    assert t.with_token(token).query(api.users.who) == {
        "tokenIdentifier": "https://jwt.example.com|s",
        "issuer": "https://jwt.example.com",
        "subject": "s",
        "given_name": "Sarah",
        "email_verified": True,
        "org.id": 1,
        "org.of.x": [2],
    }


def test_a_key_is_trusted_by_the_backend_that_signed_with_it(project, t):
    token = t.sign_token(provider=KEYS_AS_DATA)
    with (
        project.test() as other,
        pytest.raises(FunctionError, match="'convex-test-rs256', does this key match any key"),
    ):
        other.with_token(token)


def test_a_key_is_trusted_for_the_provider_that_it_has_signed_for(t):
    t.sign_token(provider=OIDC)
    token = key_of_tests("RS256").sign({"iss": "https://data.example.com", "sub": "s", "exp": 9e9})
    with pytest.raises(FunctionError, match="does this key match any key"):
        t.with_token(token)


def test_a_fork_trusts_what_its_parent_does(t):
    token = t.sign_token(sub="sarah", provider=KEYS_AS_DATA)
    sarah = t.with_token(token)
    fork = sarah.fork()
    assert fork.query(api.users.who)["subject"] == "sarah"
    assert fork.with_token(token).query(api.users.who)["subject"] == "sarah"


# Wrong tokens


@pytest.mark.parametrize(
    ("claims", "code", "text"),
    [
        ({"iss": "https://other.example.com"}, "NoAuthProvider", NO_PROVIDER),
        ({"aud": "other"}, "NoAuthProvider", NO_PROVIDER),
        ({"aud": ["app", "other"]}, "Unauthenticated", UNVERIFIED),
        ({"exp": 1}, "Unauthenticated", UNVERIFIED),
        ({"iss": undefined}, "InvalidAuthHeader", "Missing issuer claim ('iss') in JWT payload."),
        ({"iat": undefined}, "InvalidAuthHeader", "Could not parse as OIDC ID token."),
        ({"name": 7}, "InvalidAuthHeader", "Could not parse as OIDC ID token."),
    ],
)
def test_a_token_that_is_no_good(t, claims, code, text):
    with pytest.raises(FunctionError) as caught:
        t.with_token(t.sign_token(claims, provider=OIDC))
    assert (caught.value.name, caught.value.text[: len(text)]) == (code, text)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.e30.c.d"])
def test_something_that_is_no_token(t, token):
    with pytest.raises(FunctionError) as caught:
        t.with_token(token)
    expected = "Missing issuer claim ('iss')" if "e30" in token else UNREADABLE
    assert caught.value.text.startswith(expected)


def test_a_note_says_what_is_wrong(t):
    with pytest.raises(FunctionError) as caught:
        t.with_token(t.sign_token(aud=["app", "other"], provider=OIDC))
    assert caught.value.__notes__ == ["Invalid audiences: `other` is not a trusted audience"]


def test_a_changed_token(t):
    head, payload, signature = t.sign_token(sub="sarah", provider=KEYS_AS_DATA).split(".")
    forged = t.sign_token(sub="admin", provider=KEYS_AS_DATA).split(".")[1]
    with pytest.raises(FunctionError, match="Could not decode token"):
        t.with_token(f"{head}.{forged}.{signature}")
    assert t.with_token(f"{head}.{payload}.{signature}").query(api.users.who)["subject"] == "sarah"


# Time


def test_a_token_expires_when_time_moves(t):
    sarah = t.with_token(t.sign_token(expires_in=60, provider=OIDC))
    t.advance(seconds=50)
    sarah.query(api.users.who)

    t.advance(seconds=11)

    with pytest.raises(FunctionError) as caught:
        sarah.query(api.users.who)
    assert (caught.value.name, caught.value.text) == ("Unauthenticated", UNVERIFIED)


def test_a_custom_token_has_five_seconds_more(t):
    with freeze_time(datetime(2026, 1, 1, tzinfo=UTC)):
        sarah = t.with_token(t.sign_token(expires_in=timedelta(minutes=1), provider=KEYS_AT_URL))
        t.advance(seconds=65)
        sarah.query(api.users.who)
        t.advance(seconds=1)
        with pytest.raises(FunctionError, match=r"^Could not validate token: Token expired 6 seconds ago$"):
            sarah.query(api.users.who)


def test_a_frozen_clock_decides(t):
    with freeze_time("2001-01-01") as clock:
        sarah = t.with_token(t.sign_token(provider=OIDC))
        clock.tick(3600)
        with pytest.raises(FunctionError):
            sarah.query(api.users.who)


def test_an_expired_token_can_be_signed(t):
    with pytest.raises(FunctionError):
        t.with_token(t.sign_token(expires_in=-1, provider=OIDC))


def test_a_running_action_keeps_its_user(t):
    sarah = t.with_token(t.sign_token(sub="sarah", expires_in=60, provider=OIDC))
    waits = js("""async (ctx) => {
      await new Promise((resolve) => setTimeout(resolve, 90000));
      return await ctx.runQuery(api.users.who, {});
    }""")
    assert sarah.action(waits)["subject"] == "sarah"


# Keys of the provider


@pytest.fixture
def provider_key():
    return generate_key("RS256", "theirs")


def id_token(key, issuer="https://login.example.com", audience="app", **claims):
    now = int(datetime.now(UTC).timestamp())
    return key.sign({"iss": issuer, "aud": audience, "sub": "sarah", "iat": now, "exp": now + 60, **claims})


def publish(t, key, issuer="https://login.example.com"):
    t.outbound.get(f"{issuer}/.well-known/openid-configuration").respond(
        json={"issuer": issuer, "jwks_uri": f"{issuer}/keys"}
    )
    t.outbound.get(f"{issuer}/keys").respond(json={"keys": [dict(key.jwk)]})


def test_keys_of_openid_connect_are_discovered(t, provider_key):
    publish(t, provider_key)

    assert t.with_token(id_token(provider_key)).query(api.users.who)["subject"] == "sarah"

    assert [str(call.request.url) for call in t.outbound.calls] == [
        "https://login.example.com/.well-known/openid-configuration",
        "https://login.example.com/keys",
    ]


def test_the_issuer_of_a_token_may_end_with_a_slash(t, provider_key):
    token = id_token(provider_key, issuer="https://login.example.com/")
    t.outbound.get("https://login.example.com/.well-known/openid-configuration").respond(
        json={"issuer": "https://login.example.com/", "jwks_uri": "https://login.example.com/keys"}
    )
    t.outbound.get("https://login.example.com/keys").respond(json={"keys": [dict(provider_key.jwk)]})

    assert t.with_token(token).query(api.users.who)["tokenIdentifier"] == "https://login.example.com/|sarah"


def test_keys_that_nobody_serves(t, provider_key):
    with pytest.raises(FunctionError, match=r"^Auth provider discovery of https://login.example.com failed") as caught:
        t.with_token(id_token(provider_key))
    assert "t.outbound.get(" in caught.value.__notes__[0]
    t.outbound.allow_unmatched = True


def test_a_provider_that_is_down(t, provider_key):
    t.outbound.get("https://login.example.com/.well-known/openid-configuration").respond(503, text="later")
    expected = "Auth provider discovery of https://login.example.com failed: 503 Service Unavailable later"
    with pytest.raises(FunctionError) as caught:
        t.with_token(id_token(provider_key))
    assert caught.value.text == expected


def test_keys_at_a_url(t):
    key = generate_key("ES256", "theirs")
    t.outbound.get("https://jwt.example.com/keys").respond(json={"keys": [dict(key.jwk)]})

    token = id_token(key, issuer="https://jwt.example.com", audience="service")
    assert t.with_token(token).query(api.users.who)["subject"] == "sarah"


def test_the_providers_own_keys_count_besides_those_of_tests(t, provider_key):
    ours = t.sign_token(sub="lee", provider=OIDC)
    publish(t, provider_key)

    assert t.with_token(id_token(provider_key)).query(api.users.who)["subject"] == "sarah"
    assert t.with_token(ours).query(api.users.who)["subject"] == "lee"


def test_a_project_can_be_its_own_provider(t, provider_key):
    """Keys are served by HTTP actions of the project, as libraries for sign-in do it."""
    t.env["KEYS"] = json.dumps({"keys": [dict(provider_key.jwk)]})
    token = id_token(provider_key, issuer=SITE, audience="convex")

    assert t.with_token(token).query(api.users.who)["tokenIdentifier"] == f"{SITE}|sarah"
    assert t.fetch("/who", headers=bearer(token)).json()["subject"] == "sarah"


# HTTP actions


def test_an_http_action_sees_the_user_of_its_header(t):
    header = bearer(t.sign_token(sub="sarah", provider=OIDC))
    assert t.fetch("/who", headers=header).json()["subject"] == "sarah"
    assert t.fetch("/nested", headers=header).json()["subject"] == "sarah"
    assert t.fetch("/nested/action", headers=header).json()["subject"] == "sarah"


def test_without_a_header_nobody_is_signed_in(t):
    assert t.fetch("/who").json() is None


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Bearer x", UNREADABLE),
        ("bearer  x ", UNREADABLE),
        ("Basic dXNlcjpwYXNz", "Invalid admin key"),
        ("Bearer ", "Invalid authentication header"),
        ("token", "Invalid authentication header"),
    ],
)
def test_a_header_that_is_no_good_is_thrown_at_who_asks(t, header, text):
    headers = {"Authorization": header}
    response = t.fetch("/caught", headers=headers)
    assert (response.status_code, response.text) == (401, text)
    assert text in t.fetch("/who", headers=headers).json()["code"]
    assert text in t.fetch("/nested/action", headers=headers).json()["code"]


def test_a_header_that_is_no_good_is_nobody_in_a_query(t):
    response = t.fetch("/nested", headers={"Authorization": "Bearer x"})
    assert (response.status_code, response.json()) == (200, None)


def test_an_action_that_does_not_ask_has_any_header(t):
    assert t.fetch("/open", headers={"Authorization": "Bearer x"}).text == "open"


def test_an_expired_token_is_thrown_at_who_asks(t):
    header = bearer(t.sign_token(expires_in=60, provider=OIDC))
    t.advance(seconds=61)
    assert t.fetch("/caught", headers=header).text == UNVERIFIED


def test_the_user_of_a_token_sends_it(t):
    token = t.sign_token(sub="sarah", provider=OIDC)
    sarah = t.with_token(token)
    assert sarah.fetch("/header").text == f"Bearer {token}"
    assert sarah.fetch("/who").json()["subject"] == "sarah"
    assert sarah.fetch("/header", headers={"authorization": "mine"}).text == "mine"


def test_a_made_up_identity_goes_before_the_header(t):
    headers = {"Authorization": "Bearer x"}
    assert t.with_identity(name="Lee").fetch("/who", headers=headers).json()["name"] == "Lee"


def test_a_function_fetches_with_a_token(t):
    token = t.sign_token(sub="sarah", provider=OIDC)
    assert t.fetch("/self", headers={"X-Token": f"Bearer {token}"}).json()["subject"] == "sarah"


def test_an_admin_key_is_not_supported(t):
    assert t.fetch("/open", headers={"Authorization": "Convex key"}).text == "open"
    with pytest.raises(FunctionError, match=r"^not supported: an admin key in an Authorization header"):
        t.fetch("/who", headers={"Authorization": "Convex key"})
    with pytest.raises(FunctionError, match=r"^not supported: an admin key in the query parameter adminKey"):
        t.fetch("/who?adminKey=key")


# Around


def test_scheduled_functions_have_no_user(t):
    t.with_token(t.sign_token(provider=OIDC)).mutation(api.users.later)
    t.finish_all_scheduled_functions()
    assert [note["identity"] for note in t.run(lambda ctx: ctx.db.query("notes").collect())] == [None]


def test_the_token_is_in_the_metadata(t):
    token = t.sign_token(provider=OIDC)
    sarah = t.with_token(token)
    assert sarah.mutation(api.users.meta) == token
    assert sarah.action(api.users.metaInAction) == [token, token]
    assert sarah.fetch("/meta").json() == token
    assert t.with_identity(name="Lee").mutation(api.users.meta) is None
    assert t.fetch("/meta", headers={"Authorization": "Bearer x"}).json() is None


def test_camel_case(t):
    assert t.withToken(t.sign_token(sub="sarah", provider=OIDC)).query(api.users.who)["subject"] == "sarah"


def test_a_transport_that_fails_is_a_provider_that_cannot_be_reached(t, provider_key):
    def fail(request):
        raise httpx2.ConnectError("refused", request=request)

    t.outbound.mock(fail)
    with pytest.raises(FunctionError, match=r"^Auth provider discovery of https://login.example.com failed"):
        t.with_token(id_token(provider_key))


def test_a_broken_test_does_not_look_like_a_broken_token(t, provider_key):
    t.outbound.get("https://login.example.com/.well-known/openid-configuration")
    t.outbound.allow_unused = True
    with pytest.raises(UsageError, match="has no answer"):
        t.with_token(id_token(provider_key))
