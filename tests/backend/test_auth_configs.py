"""Which `auth.config.ts` is valid, and whose tokens it is for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convex_test.backend.auth.providers import (
    CustomJwtProvider,
    InvalidAuthConfigError,
    OidcProvider,
    parse_auth_config,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "auth_configs.json").read_text())["vectors"]


def name(vector):
    return json.dumps(vector["config"])[:80]


@pytest.mark.parametrize("vector", [each for each in VECTORS if "providers" in each], ids=name)
def test_a_valid_config(vector):
    assert [str(provider) for provider in parse_auth_config(json.dumps(vector["config"]))] == vector["providers"]


@pytest.mark.parametrize("vector", [each for each in VECTORS if "error" in each], ids=name)
def test_a_config_that_is_refused(vector):
    with pytest.raises(InvalidAuthConfigError) as caught:
        parse_auth_config(json.dumps(vector["config"]))
    assert str(caught.value) == vector["error"]


def test_a_default_export_that_json_does_not_know():
    with pytest.raises(InvalidAuthConfigError, match=r"provider credentials: expected value $"):
        parse_auth_config("undefined")


def custom(issuer, application_id=None):
    return CustomJwtProvider(issuer, application_id, "https://x.com/keys", "RS256")


@pytest.mark.parametrize(
    ("provider", "audiences", "issuer", "expected"),
    [
        (OidcProvider("https://x.com", "a"), ["a"], "https://x.com", True),
        (OidcProvider("https://x.com", "a"), ["a"], "https://x.com/", True),
        (OidcProvider("https://x.com/", "a"), ["a"], "https://x.com", True),
        (OidcProvider("https://x.com", "a"), ["a"], "x.com", True),
        (OidcProvider("https://x.com", "a"), ["b", "a"], "https://x.com", True),
        (OidcProvider("https://x.com", "a"), ["b"], "https://x.com", False),
        (OidcProvider("https://x.com", "a"), [], "https://x.com", False),
        (OidcProvider("https://x.com", "a"), ["a"], "http://x.com", False),
        (OidcProvider("https://x.com", "a"), ["a"], "https://x.com.evil", False),
        (OidcProvider("https://x.com", "a"), ["a"], "HTTPS://x.com", False),
        (custom("https://x.com"), [], "https://x.com", True),
        (custom("https://x.com"), ["any"], "https://x.com", True),
        (custom("https://x.com", "a"), ["a"], "https://x.com", True),
        (custom("https://x.com", "a"), [], "https://x.com", False),
        (custom("https://x.com"), [], "https://y.com", False),
    ],
)
def test_whose_token_it_is(provider, audiences, issuer, expected):
    assert provider.matches(audiences, issuer) is expected
