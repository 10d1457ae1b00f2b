"""Headers that a library does not know, and claims drawn at random against a naive model."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test import FunctionError
from convex_test.backend.auth.keys import generate_key
from convex_test.backend.auth.oidc_claims import ATTRIBUTES
from convex_test.backend.auth.providers import CustomJwtProvider, OidcProvider
from convex_test.backend.auth.tokens import REGISTERED
from convex_test.backend.auth.validation import validate_token

KEY = generate_key("ES256", "ours")
ED = generate_key("EdDSA", "ours")
OIDC = OidcProvider("https://x.com", "a")
CUSTOM = CustomJwtProvider("https://x.com", None, "https://x.com/keys", "ES256")
CLAIMS = {"iss": "https://x.com", "sub": "s", "aud": "a", "iat": 1, "exp": 60}


def nowhere(_request):
    raise FunctionError("nobody answers")


def check(token, provider, key):
    return validate_token(token, providers=lambda: [provider], trusted=lambda _: [dict(key.jwk)], fetch=nowhere, now=1)


def with_header(header):
    parts = (json.dumps(header).encode(), json.dumps(CLAIMS).encode(), b"signature")
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "EdDSA", "kid": "ours"},
        {"alg": "new", "kid": "ours"},
        {"kid": "ours"},
        {"alg": "ES256", "kid": 7},
        {"alg": "ES256", "kid": "ours", "typ": 7},
        {"alg": "ES256", "kid": "ours", "crit": "exp"},
        [],
    ],
)
def test_a_header_that_is_not_known_has_no_key_id(header):
    provider = CustomJwtProvider("https://x.com", None, 'data:,{"keys":[]}', "ES256")
    with pytest.raises(
        FunctionError, match=r"^Could not decode token\. JWT may be missing a 'kid' \(key ID\) header\."
    ):
        check(with_header(header), provider, KEY)


def test_an_algorithm_that_nobody_knows_is_no_id_token():
    for header, text in (
        ({"alg": "new", "kid": "ours"}, "Auth provider discovery of https://x.com failed"),
        ({"alg": "ES256", "kid": "ours"}, "Could not verify OIDC token claim"),
    ):
        with pytest.raises(FunctionError, match=f"^{text}"):
            validate_token(
                with_header(header),
                providers=lambda: [OIDC],
                trusted=lambda _: [dict(ED.jwk)],
                fetch=nowhere,
                now=1,
            )


def test_a_key_whose_algorithm_is_null_is_for_any():
    token = KEY.sign(CLAIMS)
    jwk = {**KEY.jwk, "alg": None}
    valid = validate_token(token, providers=lambda: [CUSTOM], trusted=lambda _: [jwk], fetch=nowhere, now=1)
    assert valid.identity["subject"] == "s"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
STANDARD = {"subject", "issuer", "tokenIdentifier", *ATTRIBUTES.values()}
NAMES = st.text(max_size=6).filter(lambda name: name not in REGISTERED | STANDARD | set(ATTRIBUTES) | {"fva"})
PAYLOADS = st.dictionaries(NAMES.map(lambda name: f"x{name}"), JSON, max_size=4)
BASE = {"tokenIdentifier": "https://x.com|s", "issuer": "https://x.com", "subject": "s"}


def paths(value, names):
    """All that is no object, with the names on the way to it."""
    if not isinstance(value, dict):
        return [(".".join(names), value)]
    return [found for name, inner in value.items() for found in paths(inner, [*names, name])]


@given(PAYLOADS)
def test_custom_claims_keep_their_json(claims):
    assert check(ED.sign({**CLAIMS, **claims}), OIDC, ED).identity == {**BASE, **claims}


@given(PAYLOADS)
def test_claims_within_claims_get_names_with_dots(claims):
    assert check(KEY.sign({**CLAIMS, **claims}), CUSTOM, KEY).identity == {**BASE, **dict(paths(claims, []))}
