"""`ctx.auth.signJwt` and the keys at `/.well-known/jwks.json` (`src/server/authentication.ts` of npm's `convex`)."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt
import pytest
from freezegun import freeze_time

from convex_test import FunctionError, UsageError, api, js

CLOUD = "https://convex-test-000.convex.cloud"
KEYS = f"{CLOUD}/.well-known/jwks.json"
FILES = {
    "convex/auth.config.ts": """\
        export default {
          providers: [{
            type: "customJwt", issuer: process.env.CONVEX_CLOUD_URL, algorithm: "ES256",
            jwks: process.env.CONVEX_CLOUD_URL + "/.well-known/jwks.json",
          }],
        };
        """,
    "convex/tokens.ts": """\
        import { action, mutation, query } from "./_generated/server";

        export const sign = mutation(async (ctx, args: any) => await ctx.auth.signJwt(args));
        export const who = query(async (ctx) => (await ctx.auth.getUserIdentity()) as any);
        export const keys = action(async () => {
          const response = await fetch(process.env.CONVEX_CLOUD_URL + "/.well-known/jwks.json");
          return (await response.json()).keys.length;
        });
        """,
}


def verified(t, token):
    """The claims, once a client has checked the signature with the published key."""
    key = jwt.PyJWKSet.from_dict(t.fetch(KEYS).json())[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["ES256"], options={"verify_aud": False})


def test_a_client_can_check_it(t):
    before = int(datetime.now(UTC).timestamp())
    claims = verified(t, t.mutation(api.tokens.sign, expiresInSeconds=60, claims={"sub": "sarah", "aud": "files"}))

    assert (claims["iss"], claims["sub"], claims["aud"]) == (CLOUD, "sarah", "files")
    assert claims["exp"] - claims["iat"] == 60
    assert 0 <= claims["iat"] - before <= 5


def test_claims_may_be_left_out(t):
    assert set(verified(t, t.mutation(api.tokens.sign, expiresInSeconds=1))) == {"iss", "iat", "exp"}


def test_it_is_signed_at_the_time_of_the_transaction(t):
    with freeze_time("2026-01-01T00:00:00.900"):
        token = t.mutation(api.tokens.sign, expiresInSeconds=3600)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["iat"] == int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def test_from_python(t):
    token = t.mutation(lambda ctx: ctx.auth.sign_jwt(expires_in_seconds=60, claims={"sub": "sarah"}))
    assert verified(t, token)["sub"] == "sarah"
    with t.transaction() as ctx:
        assert verified(t, ctx.auth.sign_jwt(expires_in_seconds=60))["iss"] == CLOUD


def test_the_deployment_may_accept_its_own_tokens(t):
    token = t.mutation(api.tokens.sign, expiresInSeconds=60, claims={"sub": "sarah"})
    assert t.with_token(token).query(api.tokens.who)["tokenIdentifier"] == f"{CLOUD}|sarah"


def test_functions_can_fetch_the_keys(t):
    assert t.action(api.tokens.keys) == 1


def test_methods_of_the_keys(t):
    assert t.fetch(KEYS, method="HEAD").content == b""
    assert t.fetch(KEYS, method="POST").status_code == 405


@pytest.mark.parametrize("seconds", [0, -1, 3601, 1.5, "60", None])
def test_lifetimes_from_a_second_to_an_hour(t, seconds):
    with pytest.raises(FunctionError, match=r"Invalid argument `expiresInSeconds` for `auth.signJwt`: "):
        t.mutation(api.tokens.sign, expiresInSeconds=seconds)
    with pytest.raises(FunctionError, match=r"^Invalid argument `expiresInSeconds` for `auth.signJwt`: "):
        t.mutation(lambda ctx: ctx.auth.sign_jwt(expires_in_seconds=seconds))


@pytest.mark.parametrize("name", ["iss", "iat", "exp", "nbf", "convex", "convexRole", "cvx_x", "CvX", "ConvexX"])
def test_reserved_claims(t, name):
    with pytest.raises(FunctionError, match=rf"Invalid argument `claims` for `auth.signJwt`: the claim `{name}`"):
        t.mutation(api.tokens.sign, expiresInSeconds=60, claims={name: "x"})


@pytest.mark.parametrize("name", ["sub", "aud", "jti", "con", "role", "Iss"])
def test_other_claims(t, name):
    assert verified(t, t.mutation(api.tokens.sign, expiresInSeconds=60, claims={name: "x"}))[name] == "x"


@pytest.mark.parametrize("claims", [[], "x", 7])
def test_claims_are_an_object(t, claims):
    with pytest.raises(FunctionError, match=r"Invalid argument `claims` for `auth.signJwt`: invalid type"):
        t.mutation(api.tokens.sign, expiresInSeconds=60, claims=claims)


def test_claims_from_python_are_json(t):
    with pytest.raises(UsageError, match=r"^ctx\.auth\.sign_jwt\(claims=\{'x': b''\}\): claims are JSON values"):
        t.mutation(lambda ctx: ctx.auth.sign_jwt(expires_in_seconds=60, claims={"x": b""}))


@pytest.mark.parametrize("kind", ["query", "action"])
def test_only_mutations_sign(t, kind):
    snippet = js("""async () => await Convex.asyncSyscall("1.0/signJwt", '{"expiresInSeconds": 60}')""")
    with pytest.raises(FunctionError, match=r"Unknown async operation 1.0/signJwt"):
        getattr(t, kind)(snippet)
    with pytest.raises(AttributeError, match="sign_jwt"):
        getattr(t, kind)(lambda ctx: ctx.auth.sign_jwt(expires_in_seconds=60))
