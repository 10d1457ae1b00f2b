"""Signatures: those of providers' keys are checked, and keys are made for tests.

PyJWT does it, on `cryptography`: of the maintained libraries for tokens it is the one that most projects use, has no
dependencies of its own, and lets its algorithms be used without its rules for claims, which are not Convex's. It is
imported when the first token is signed or checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

Algorithm: TypeAlias = Literal["RS256", "ES256", "EdDSA"]

_PUBLIC: Final = ("kty", "crv", "n", "e", "x", "y")
_SMALLEST_RSA: Final = 2048
_CURVES: Final = {"ES256": "P-256", "EdDSA": "Ed25519"}
# Not a secret: it signs what test backends sign, the same on every machine, so that tests can be repeated.
_DEPLOYMENT_NUMBER: Final = 0x5C0FFEE5_C0DE0000_00000000_C0FFEE00_00000000_00000000_00000000_00C04E57


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key. `jwk` is the public one, as it stands in a JWKS."""

    algorithm: Algorithm
    private: Any
    jwk: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The `kid` of what it signs."""
        return str(self.jwk["kid"])

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims, and no others."""
        from jwt import PyJWS

        return PyJWS().encode(orjson.dumps(claims), self.private, self.algorithm, headers={"kid": self.id})


def is_signed_by(jwk: Mapping[str, Any], algorithm: str, signed: bytes, signature: bytes) -> bool:
    """Whether a signature is that of a public key. A key that the algorithm cannot be used with has signed nothing."""
    from jwt import PyJWS
    from jwt.exceptions import PyJWTError

    if algorithm in _CURVES and jwk.get("crv") != _CURVES[algorithm]:
        return False
    implementation = PyJWS().get_algorithm_by_name(algorithm)
    try:
        key = implementation.from_jwk({name: jwk[name] for name in _PUBLIC if name in jwk})
        if algorithm == "RS256" and key.key_size < _SMALLEST_RSA:
            return False
        return bool(implementation.verify(signed, key, signature))
    except (PyJWTError, ValueError):
        return False


@cache
def key_of_tests(algorithm: Algorithm) -> SigningKey:
    """The key that tests sign tokens with: made when the first one is wanted, one for all tests of the process."""
    return generate_key(algorithm, f"convex-test-{algorithm.lower()}")


def generate_key(algorithm: Algorithm, key_id: str) -> SigningKey:
    """A new key. One for RS256 takes some 50 ms, the others next to nothing."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    match algorithm:
        case "RS256":
            return _signing_key(algorithm, rsa.generate_private_key(public_exponent=65537, key_size=2048), key_id)
        case "ES256":
            return _signing_key(algorithm, ec.generate_private_key(ec.SECP256R1()), key_id)
        case "EdDSA":
            return _signing_key(algorithm, ed25519.Ed25519PrivateKey.generate(), key_id)


@cache
def deployment_key() -> SigningKey:
    """The key that every test's deployment signs with (`ctx.auth.signJwt`)."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return _signing_key("ES256", ec.derive_private_key(_DEPLOYMENT_NUMBER, ec.SECP256R1()), "convex-test-000")


def _signing_key(algorithm: Algorithm, private: Any, key_id: str) -> SigningKey:
    from jwt import PyJWS

    public: Mapping[str, Any] = PyJWS().get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
    kept = {name: public[name] for name in _PUBLIC if name in public}
    return SigningKey(algorithm, private, {**kept, "use": "sig", "alg": algorithm, "kid": key_id})
