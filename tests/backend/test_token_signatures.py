"""Signatures and the keys that made them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from convex_test.backend.auth.key_sets import InvalidKeySetError, parse_leniently, parse_strictly, suitable
from convex_test.backend.auth.keys import SigningKey, deployment_key, generate_key, is_signed_by
from convex_test.backend.auth.tokens import read_part, split_signature

# RFC 7515, appendix A.3, and RFC 8037, appendix A.4.
KNOWN = [
    (
        "ES256",
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
        "cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ),
    (
        "EdDSA",
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4"
        "iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    ),
]


@pytest.mark.parametrize(("algorithm", "key", "token"), KNOWN)
def test_known_signatures(algorithm, key, token):
    signed, signature = split_signature(token)
    assert is_signed_by(key, algorithm, signed, signature)
    assert not is_signed_by(key, algorithm, signed + b"x", signature)
    assert not is_signed_by(key, algorithm, signed, signature[:-1] + b"x")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_what_a_key_has_signed(algorithm):
    key, other = generate_key(algorithm, "a"), generate_key(algorithm, "b")
    token = key.sign({"sub": "sarah"})

    assert read_part(token, 0) == {"alg": algorithm, "kid": "a", "typ": "JWT"}
    assert read_part(token, 1) == {"sub": "sarah"}
    assert is_signed_by(key.jwk, algorithm, *split_signature(token))
    assert not is_signed_by(other.jwk, algorithm, *split_signature(token))


def test_a_public_key_has_nothing_private():
    for algorithm in ("RS256", "ES256", "EdDSA"):
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(generate_key(algorithm, "a").jwk)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", generate_key("ES256", "a").jwk),
        ("ES256", generate_key("EdDSA", "a").jwk),
        ("EdDSA", generate_key("ES256", "a").jwk),
        ("RS256", {"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
        ("RS256", {"kty": "RSA", "n": "AQAB"}),
        ("ES256", {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
        ("ES256", {}),
    ],
)
def test_a_key_of_another_sort_has_signed_nothing(algorithm, key):
    assert not is_signed_by(key, algorithm, b"signed", b"x" * 64)


def test_short_rsa_keys_do_not_count():
    private = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    numbers = private.public_key().public_numbers()
    modulus = urlsafe_b64encode(numbers.n.to_bytes(128, "big")).rstrip(b"=").decode()
    jwk = {"kty": "RSA", "n": modulus, "e": "AQAB", "kid": "short"}
    with pytest.warns(UserWarning, match="below the minimum"):
        token = SigningKey("RS256", private, jwk).sign({})
    assert not is_signed_by(jwk, "RS256", *split_signature(token))


def test_p384_keys_do_not_sign_es256():
    numbers = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    x, y = (urlsafe_b64encode(n.to_bytes(48, "big")).rstrip(b"=").decode() for n in (numbers.x, numbers.y))
    assert not is_signed_by({"kty": "EC", "crv": "P-384", "x": x, "y": y}, "ES256", b"signed", b"x" * 64)


def test_the_deployments_key_is_the_same_everywhere():
    assert dict(deployment_key().jwk) == {
        "kty": "EC",
        "crv": "P-256",
        "x": "gVk7gkAJZ2cJFs7juMg3WnnLDpWUKYxyWgYboayM0NM",
        "y": "xw8eHGG1n5764ZmhgFYA6BJIxCSExUffol6KkBIL_-8",
        "use": "sig",
        "alg": "ES256",
        "kid": "convex-test-000",
    }


# Key sets

RSA = {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "r"}


def key_set(*keys):
    return json.dumps({"keys": keys}).encode()


@pytest.mark.parametrize(
    "key",
    [
        RSA,
        {**RSA, "alg": "RS256", "use": "sig", "key_ops": ["verify"], "x5c": ["MII"], "x5t": "t", "more": {}},
        {**RSA, "alg": "RSA-OAEP"},
        {"kty": "oct", "k": "AA"},
        {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
    ],
)
def test_keys_that_custom_providers_may_publish(key):
    assert parse_strictly(key_set(key)) == [key]


@pytest.mark.parametrize(
    "key",
    [
        "x",
        {},
        {"kty": "RSA", "n": "AQAB"},
        {**RSA, "n": "no base64!"},
        {**RSA, "kid": 7},
        {**RSA, "alg": 7},
        {**RSA, "alg": "EdDSA"},
        {**RSA, "x5c": "MII"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA", "alg": "EdDSA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": ["P-256"], "x": "AA", "y": "AA"},
    ],
)
def test_one_odd_key_makes_a_custom_providers_set_invalid(key):
    with pytest.raises(InvalidKeySetError):
        parse_strictly(key_set(RSA, key))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"keys": {}}'])
def test_what_is_no_key_set(body):
    for parse in (parse_strictly, parse_leniently):
        with pytest.raises(InvalidKeySetError):
            parse(body)


def test_odd_keys_of_openid_connect_are_left_out():
    odd = ["x", {}, {"kty": "new"}, {**RSA, "kid": 7}, {**RSA, "alg": "RSA-OAEP"}]
    assert parse_leniently(key_set(RSA, *odd)) == [RSA]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"use": "sig", "alg": "RS256"}, True),
        ({"use": "enc"}, False),
        ({"alg": "RS512"}, False),
        ({"kty": "OKP"}, False),
        ({"kid": "other"}, False),
        ({"kid": None}, False),
    ],
)
def test_which_key_may_have_made_a_signature(changes, expected):
    assert bool(suitable([{**RSA, **changes}], "r", "RS256")) is expected


def test_without_a_key_id_any_key_may():
    assert suitable([RSA, {**RSA, "kid": "other"}], None, "RS256") == [RSA, {**RSA, "kid": "other"}]
