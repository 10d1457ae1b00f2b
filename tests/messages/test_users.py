"""Tokens and identities that a test asks for wrongly."""

from __future__ import annotations

from datetime import datetime

import pytest

from convex_test import UsageError, load_project

FILES = {
    "convex/auth.config.ts": """\
        export default {
          providers: [
            { domain: "login.example.com", applicationID: "app" },
            {
              type: "customJwt", issuer: "https://jwt.example.com", jwks: "https://jwt.example.com/keys",
              algorithm: "ES256", applicationID: "app",
            },
          ],
        };
        """,
}
PROVIDERS = (
    "0: OIDC(domain=https://login.example.com, app_id=app), 1: CustomJWT(issuer=https://jwt.example.com, app_id=app)"
)


@pytest.mark.parametrize(
    ("provider", "text"),
    [
        (
            None,
            "t.sign_token(): say which provider of convex/auth.config.ts it is for, provider=0 or its issuer: "
            f"{PROVIDERS}.",
        ),
        (2, f"t.sign_token(provider=2): convex/auth.config.ts has {PROVIDERS}."),
        (-1, f"t.sign_token(provider=-1): convex/auth.config.ts has {PROVIDERS}."),
        (
            "https://x.com",
            "t.sign_token(provider='https://x.com'): no provider of convex/auth.config.ts has this issuer or "
            f"applicationID: {PROVIDERS}.",
        ),
        (
            "app",
            "t.sign_token(provider='app'): 2 providers of convex/auth.config.ts are called so; use their numbers: "
            f"{PROVIDERS}.",
        ),
        (
            True,
            "t.sign_token(provider=True): expected the number, the issuer or the applicationID of a provider.",
        ),
    ],
)
def test_which_provider(t, failure, provider, text):
    assert str(failure(UsageError, t.sign_token, provider=provider)) == text


def test_a_project_without_providers(write_app, failure):
    with load_project(write_app({})).test() as t:
        text = str(failure(UsageError, t.sign_token))
    assert text == (
        "t.sign_token(): the project has no convex/auth.config.ts, so there is no provider whose token it would "
        "accept. To act as a user without a token use t.with_identity(…)."
    )


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("subject", "write sub=…"),
        ("issuer", "write iss=…"),
        ("givenName", "write given_name=…"),
        ("birthday", "write birthdate=…"),
        ("token_identifier", "write iss=… and sub=…"),
        ("tokenIdentifier", "write iss=… and sub=…"),
    ],
)
def test_an_attribute_is_no_claim(t, failure, name, remedy):
    assert str(failure(UsageError, t.sign_token, provider=0, **{name: "x"})) == (
        f"t.sign_token({name}=…): {name} is an attribute of an identity, not a claim of a token: {remedy}."
    )


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        ("sarah", "t.sign_token('sarah'): expected a mapping such as {'sub': 'sarah'}, or keywords."),
        ({7: 1}, "t.sign_token(): the name of a claim is a str, not 7."),
        (
            {"x": b""},
            "t.sign_token({'x': b''}): claims are JSON values: Object of type bytes is not JSON serializable.",
        ),
        ({"x": float("nan")}, "t.sign_token({'x': nan}): claims are JSON values: Out of range float values are not"),
    ],
)
def test_claims_of_a_token(t, failure, claims, text):
    assert str(failure(UsageError, t.sign_token, claims, provider=0)).startswith(text)


@pytest.mark.parametrize("expires_in", ["60", None, True, float("inf"), float("nan")])
def test_how_long_a_token_is_valid(t, failure, expires_in):
    assert str(failure(UsageError, t.sign_token, provider=0, expires_in=expires_in)) == (
        f"t.sign_token(expires_in={expires_in!r}): expected seconds, or a timedelta."
    )


def test_a_token_is_a_text(t, failure):
    assert str(failure(UsageError, t.with_token, b"x")) == "t.with_token(b'x'): expected a JWT as str."


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"name": 7}, "with_identity(name=7): name is a str."),
        ({"subject": 7}, "with_identity(subject=7): subject is a str."),
        ({"updatedAt": 7}, "with_identity(updatedAt=7): updatedAt is a str."),
        ({"emailVerified": "yes"}, "with_identity(emailVerified='yes'): emailVerified is a bool."),
        ({"x": float("inf")}, "with_identity({'x': inf}): claims are JSON values: Out of range float values"),
        ({"x": datetime(2026, 1, 1)}, "with_identity({'x': datetime.datetime(2026, 1, 1, 0, 0)}): claims are JSON"),  # noqa: DTZ001
        ({"x": "\ud800"}, "with_identity({'x': '\\ud800'}): claims are JSON values: 'utf-8' codec can't encode"),
    ],
)
def test_attributes_of_an_identity(t, failure, attributes, text):
    assert str(failure(UsageError, t.with_identity, attributes)).startswith(text)
