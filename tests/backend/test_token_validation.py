"""Which token is valid, what is said of one that is not, and the identity that its claims give."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from convex_test import FunctionError
from convex_test.backend.auth.keys import generate_key
from convex_test.backend.auth.providers import CustomJwtProvider, OidcProvider
from convex_test.backend.auth.validation import validate_token
from convex_test.backend.web import WebResponse

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "identities.json").read_text())
NOW = 1_000_000
ISSUER = "https://x.com"
KEYS_URL = f"{ISSUER}/keys"
RSA, EC, ED = (generate_key(algorithm, algorithm.lower()) for algorithm in ("RS256", "ES256", "EdDSA"))
OIDC = OidcProvider(ISSUER, "a")
CUSTOM = CustomJwtProvider(ISSUER, "a", KEYS_URL, "ES256")
CLAIMS = {"iss": ISSUER, "sub": "s", "aud": "a", "iat": NOW, "exp": NOW + 60}
DISCOVERY = {"issuer": ISSUER, "jwks_uri": KEYS_URL}

UNVERIFIED = "Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired."
NOT_OIDC = "Could not parse as OIDC ID token. Token might not be an OIDC-compliant JWT."
UNDISCOVERED = f"Auth provider discovery of {ISSUER} failed"
UNKNOWN_KEY = (
    "Could not decode token. The JWT's 'kid' (key ID) header is '{}', does this key match any key in the provider's "
    "JWKS?"
)


def answer(value, *, status=200, kind="application/json"):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return WebResponse(status, (("content-type", kind),) if kind else (), (body,))


def world(discovery=None, keys=None):
    """A fetch that knows a discovery document and a key set: valid ones, unless the test has others."""
    known = {
        f"{ISSUER}/.well-known/openid-configuration": discovery or answer(DISCOVERY),
        KEYS_URL: keys or answer({"keys": [dict(RSA.jwk), dict(ED.jwk)]}),
    }

    def fetch(request):
        assert (request.method, request.headers) == ("GET", (("accept", "application/json"),))
        if request.url not in known:
            raise FunctionError(f"nobody answers {request.url}")
        return known[request.url]

    return fetch


def of_custom(*keys):
    return world(keys=answer({"keys": [dict(key.jwk) for key in keys]}))


def check(token, provider=OIDC, *, fetch=None, now=NOW, trusted=()):
    return validate_token(
        token,
        providers=lambda: [provider],
        trusted=lambda _provider: [dict(key.jwk) for key in trusted],
        fetch=fetch or (world() if isinstance(provider, OidcProvider) else of_custom(EC)),
        now=now,
    )


def refusal(token, provider=OIDC, **settings):
    with pytest.raises(FunctionError) as caught:
        check(token, provider, **settings)
    return caught.value


def with_header(key, claims, **header):
    """A token with other fields in its header."""
    from jwt import PyJWS

    return PyJWS().encode(json.dumps(claims).encode(), key.private, key.algorithm, headers={"kid": key.id, **header})


# Claims


@pytest.mark.parametrize(
    "vector", VECTORS["vectors"], ids=lambda each: f"{each['provider']} {json.dumps(each['claims'])[:60]}"
)
def test_the_identity_of_claims(vector):
    key, provider = (RSA, OIDC) if vector["provider"] == "oidc" else (EC, CUSTOM)
    base = VECTORS["base"]
    token = key.sign({**base["claims"], **vector["claims"]})
    fetch = world() if provider is OIDC else of_custom(EC)
    assert check(token, provider, fetch=fetch, now=1).identity == {**base["identity"], **vector["identity"]}


def test_the_first_provider_that_matches_is_the_one():
    first = CustomJwtProvider(ISSUER, None, "https://other.com/keys", "RS256")
    with pytest.raises(FunctionError, match=r"nobody answers https://other.com/keys"):
        validate_token(RSA.sign(CLAIMS), providers=lambda: [first, OIDC], trusted=lambda _: [], fetch=world(), now=NOW)


def test_no_provider_matches():
    error = refusal(RSA.sign({**CLAIMS, "aud": ["b", "c"]}))
    assert (error.name, error.text) == (
        "NoAuthProvider",
        "No auth provider found matching the given token. Check that your JWT's issuer and audience match one of your "
        "configured providers: [OIDC(domain=https://x.com, app_id=a)]",
    )
    assert error.__notes__ == ["The token's issuer is 'https://x.com', its audience 'b', 'c'."]


def test_there_are_no_providers():
    with pytest.raises(FunctionError) as caught:
        validate_token(RSA.sign(CLAIMS), providers=list, trusted=lambda _: [], fetch=world(), now=NOW)
    assert caught.value.text == (
        "No auth provider found matching the given token (no providers configured). Check convex/auth.config.ts."
    )


def encoded(*parts):
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "e30",
        "e30.e.e30",
        "e30.e30=.e30",
        "e30.+/8.e30",
        encoded(b"{}", b"[]", b""),
        encoded(b"{}", b"{", b""),
        encoded(b"{}", b'{"iss": 7}', b""),
        encoded(b"{}", b'{"sub": {}}', b""),
        encoded(b"{}", b'{"jti": 7}', b""),
        encoded(b"{}", b'{"aud": [7]}', b""),
        encoded(b"{}", b'{"exp": "soon"}', b""),
        encoded(b"{}", b'{"exp": -1}', b""),
        encoded(b"{}", b'{"iat": true}', b""),
    ],
)
def test_what_cannot_be_read(token):
    error = refusal(token)
    assert (error.name, error.text) == (
        "InvalidAuthHeader",
        "Could not parse JWT payload. Check that the token is a valid JWT format with three base64-encoded parts "
        "separated by dots.",
    )


@pytest.mark.parametrize("payload", [b"{}", b'{"iss": null}'])
def test_no_issuer(payload):
    assert refusal(encoded(b"{}", payload, b"")).text == (
        "Missing issuer claim ('iss') in JWT payload. The JWT must include an 'iss' claim that matches one of your "
        "configured auth providers."
    )


# OpenID Connect


@pytest.mark.parametrize("key", [RSA, ED])
def test_algorithms_of_openid_connect(key):
    assert check(key.sign(CLAIMS)).identity["subject"] == "s"


def test_other_algorithms_of_openid_connect():
    fetch = world(keys=answer({"keys": [dict(EC.jwk)]}))
    assert refusal(EC.sign(CLAIMS), fetch=fetch).text == UNVERIFIED


def test_an_unsigned_token():
    header, payload = b'{"alg":"none"}', json.dumps(CLAIMS).encode()
    assert refusal(encoded(header, payload, b"")).text == UNVERIFIED
    assert refusal(encoded(b'{"alg":"none","kid":"es256"}', payload, b""), CUSTOM).text == UNKNOWN_KEY.format("es256")


@pytest.mark.parametrize(
    "changes",
    [{"sub": None}, {"exp": None}, {"iat": None}, {"email_verified": "true"}, {"amr": "pwd"}, {"address": "x"},
     {"name#de": 7}, {"updated_at": "yesterday"}, {"address": {"formatted": 7}}, {"nonce": 7}],
)  # fmt: skip
def test_claims_that_openid_connect_does_not_allow(changes):
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    error = refusal(RSA.sign(claims))
    assert (error.name, error.text) == ("InvalidAuthHeader", NOT_OIDC)


def test_a_signature_that_is_cut_off():
    assert refusal(RSA.sign(CLAIMS).rpartition(".")[0]).text == NOT_OIDC


@pytest.mark.parametrize(
    ("header", "is_valid"),
    [
        ({}, True),
        ({"typ": "jwt"}, True),
        ({"typ": "application/jose"}, True),
        ({"typ": None}, True),
        ({"typ": "at+jwt"}, False),
        ({"cty": "JWT"}, False),
        ({"kid": "unknown"}, False),
    ],
)
def test_headers_of_openid_connect(header, is_valid):
    token = with_header(RSA, CLAIMS, **header)
    if is_valid:
        assert check(token).identity["subject"] == "s"
    else:
        assert refusal(token).text == UNVERIFIED


def test_several_audiences_are_too_many():
    error = refusal(RSA.sign({**CLAIMS, "aud": ["a", "b"]}))
    assert (error.name, error.text) == ("Unauthenticated", UNVERIFIED)


def test_one_audience_in_a_list():
    assert check(RSA.sign({**CLAIMS, "aud": ["a"]})).identity["subject"] == "s"


@pytest.mark.parametrize(("now", "is_valid"), [(0, True), (NOW + 59, True), (NOW + 60, False), (NOW + 61, False)])
def test_when_an_id_token_expires(now, is_valid):
    token = RSA.sign({**CLAIMS, "nbf": NOW + 1000})
    if is_valid:
        assert check(token, now=now).identity["subject"] == "s"
    else:
        assert refusal(token, now=now).text == UNVERIFIED


def test_an_issuer_without_a_scheme():
    """The backend looks for a provider, and then has no URL to go to."""
    error = refusal(RSA.sign({**CLAIMS, "iss": "x.com"}))
    assert (error.name, error.text) == (
        "InternalServerError",
        "Your request couldn't be completed. Try again later.",
    )


@pytest.mark.parametrize(
    ("pages", "text"),
    [
        ({"discovery": answer(b"", status=404)}, f"{UNDISCOVERED}: 404 Not Found "),
        ({"discovery": answer(b"<p>", kind="text/html")}, f"{UNDISCOVERED}: 200 OK <p>"),
        ({"discovery": answer(b"{")}, UNDISCOVERED),
        ({"discovery": answer({"issuer": ISSUER})}, UNDISCOVERED),
        ({"discovery": answer({**DISCOVERY, "issuer": "https://y.com"})}, UNDISCOVERED),
        ({"discovery": answer({**DISCOVERY, "issuer": f"{ISSUER}/"})}, UNDISCOVERED),
        ({"discovery": answer({**DISCOVERY, "jwks_uri": "keys"})}, UNDISCOVERED),
        ({"discovery": answer({**DISCOVERY, "jwks_uri": "https://y.com"})}, UNDISCOVERED),
        ({"keys": answer(b"no", status=500)}, f"{UNDISCOVERED}: 500 Internal Server Error no"),
        ({"keys": answer({})}, UNDISCOVERED),
    ],
)
def test_what_goes_wrong_with_discovery(pages, text):
    error = refusal(RSA.sign(CLAIMS), fetch=world(**pages))
    assert (error.name, error.text) == ("AuthProviderDiscoveryFailed", text)


@pytest.mark.parametrize("kind", [None, "application/json; charset=utf-8", "Application/JSON"])
def test_content_types_of_discovery(kind):
    assert check(RSA.sign(CLAIMS), fetch=world(discovery=answer(DISCOVERY, kind=kind))).identity["subject"] == "s"


# customJwt


@pytest.mark.parametrize("kind", ["application/json", "application/jwk-set+json", "application/json; charset=UTF-8"])
def test_content_types_of_key_sets(kind):
    fetch = world(keys=answer({"keys": [dict(EC.jwk)]}, kind=kind))
    assert check(EC.sign(CLAIMS), CUSTOM, fetch=fetch).identity["subject"] == "s"


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (
            answer({}, kind="text/plain"),
            f"Invalid Content-Type 'text/plain' when fetching JWKS from '{KEYS_URL}'. Expected 'application/json' or "
            "'application/jwk-set+json'.",
        ),
        (
            answer({}, kind=None),
            f"Invalid Content-Type 'unknown' when fetching JWKS from '{KEYS_URL}'. Expected 'application/json' or "
            "'application/jwk-set+json'.",
        ),
        (
            answer({}, status=404),
            f"Could not fetch JWKS from URL '{KEYS_URL}': HTTP 404 Not Found. Check that the URL is correct and "
            "accessible.",
        ),
        (
            answer({}),
            f"Invalid JWKS response body from '{KEYS_URL}'. The response is not valid JSON or doesn't match the "
            "expected JWKS format.",
        ),
        (
            answer({"keys": [dict(EC.jwk), dict(ED.jwk)]}),
            f"Invalid JWKS response body from '{KEYS_URL}'. The response is not valid JSON or doesn't match the "
            "expected JWKS format.",
        ),
    ],
)
def test_what_goes_wrong_with_keys_at_a_url(keys, text):
    error = refusal(EC.sign(CLAIMS), CUSTOM, fetch=world(keys=keys))
    assert (error.name, error.text) == ("InvalidAuthHeader", text)


def test_keys_that_cannot_be_fetched():
    provider = CustomJwtProvider(ISSUER, None, "https://y.com/keys", "ES256")
    assert refusal(EC.sign(CLAIMS), provider).text == (
        "Could not fetch JWKS from URL 'https://y.com/keys': nobody answers https://y.com/keys. Check that the URL is "
        "correct and accessible."
    )


JWKS = json.dumps({"keys": [dict(EC.jwk)]})


@pytest.mark.parametrize(
    "url",
    [
        f"data:application/json,{quote(JWKS)}",
        f"data:,{quote(JWKS)}",
        f"data:text/plain;charset=utf-8;base64,{b64encode(JWKS.encode()).decode()}",
        f"data:application/json;base64,{b64encode(JWKS.encode()).decode().rstrip('=')}",
        f"data:application/json;base64,{quote(b64encode(JWKS.encode()).decode())}",
    ],
)
def test_keys_in_a_data_url(url):
    provider = CustomJwtProvider(ISSUER, None, url, "ES256")
    assert check(EC.sign(CLAIMS), provider).identity["subject"] == "s"


@pytest.mark.parametrize("url", ["data:application/json", "data:application/json;base64,?", "data:;base64,A"])
def test_a_data_url_that_is_none(url):
    assert refusal(EC.sign(CLAIMS), CustomJwtProvider(ISSUER, None, url, "ES256")).text == (
        "Invalid JWKS data URL. Check that the data URL is properly formatted and contains valid base64-encoded JSON."
    )


@pytest.mark.parametrize(
    ("token", "note"),
    [
        (generate_key("ES256", "es256").sign(CLAIMS), "Invalid signature"),
        (RSA.sign(CLAIMS), "Key not found in JWKS: it has 'es256'."),
        (with_header(RSA, CLAIMS, kid="es256"), "unexpected algorithm: the provider's is ES256, the token's RS256"),
        (EC.sign(CLAIMS).rpartition(".")[0], "Expected 3 parts"),
    ],
)
def test_a_signature_that_does_not_count(token, note):
    error = refusal(token, CUSTOM)
    assert error.name == "InvalidAuthHeader"
    assert error.text in {UNKNOWN_KEY.format("es256"), UNKNOWN_KEY.format("rs256")}
    assert note in error.__notes__[0]


def test_a_key_for_another_algorithm():
    fetch = world(keys=answer({"keys": [{**EC.jwk, "alg": "ES384"}]}))
    assert refusal(EC.sign(CLAIMS), CUSTOM, fetch=fetch).text == UNKNOWN_KEY.format("es256")


def test_a_token_that_names_no_key():
    from jwt import PyJWS

    token = PyJWS().encode(json.dumps(CLAIMS).encode(), EC.private, "ES256")
    assert refusal(token, CUSTOM).text == "Could not decode token. JWT may be missing a 'kid' (key ID) header."


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"exp": NOW - 5}, None),
        ({"exp": NOW - 6}, "Token expired 6 seconds ago"),
        ({"nbf": NOW + 5}, None),
        ({"nbf": NOW + 6}, "Token will be valid in 6 seconds"),
        ({"iat": NOW + 5}, None),
        ({"iat": NOW + 6}, "Token will be valid in 6 seconds"),
        ({"exp": NOW + 0.4}, None),
        ({"exp": NOW - 5.4}, None),
        ({"exp": NOW - 5.6}, "Token expired 6 seconds ago"),
        ({"aud": ["a", "b"]}, None),
    ],
)
def test_times_and_audiences_of_a_custom_token(changes, text):
    token = EC.sign({**CLAIMS, **changes})
    if text is None:
        assert check(token, CUSTOM).identity["subject"] == "s"
    else:
        assert refusal(token, CUSTOM).text == f"Could not validate token: {text}"


@pytest.mark.parametrize(("claim", "note"), [("sub", "Missing subject"), ("exp", "Missing expiry")])
def test_claims_that_a_custom_token_needs(claim, note):
    error = refusal(EC.sign({name: value for name, value in CLAIMS.items() if name != claim}), CUSTOM)
    assert (error.name, error.text) == (
        "InvalidAuthHeader",
        "Could not verify token claim. Check that the JWT contains valid claims and matches your auth provider "
        "configuration.",
    )
    assert error.__notes__ == [note]


# Keys that are trusted besides the provider's


@pytest.mark.parametrize(("provider", "key"), [(OIDC, RSA), (CUSTOM, EC)])
def test_a_trusted_key_needs_no_network(provider, key):
    def nowhere(request):
        raise AssertionError(request)

    assert check(key.sign(CLAIMS), provider, fetch=nowhere, trusted=[key]).identity["subject"] == "s"


@pytest.mark.parametrize(("provider", "key"), [(OIDC, RSA), (CUSTOM, EC)])
def test_who_only_names_a_trusted_key_has_signed_nothing(provider, key):
    forged = generate_key(key.algorithm, key.id)
    error = refusal(forged.sign(CLAIMS), provider, trusted=[key])
    assert error.text in {UNVERIFIED, UNKNOWN_KEY.format(key.id)}


def test_a_broken_data_url_stays_broken_with_a_trusted_key():
    provider = CustomJwtProvider(ISSUER, None, "data:application/json,{}", "ES256")
    assert refusal(EC.sign(CLAIMS), provider, trusted=[EC]).text.startswith("Invalid JWKS response body from 'data:")


# Later


def test_a_valid_token_is_looked_at_again():
    of_oidc, of_custom_jwt = check(RSA.sign(CLAIMS)), check(EC.sign(CLAIMS), CUSTOM)
    for valid in (of_oidc, of_custom_jwt):
        valid.check_times(NOW + 59)
        with pytest.raises(FunctionError):
            valid.check_times(NOW + 66)
