"""Made-up identities for `t.with_identity`.

Attributes and their names follow `UserIdentityAttributes` of `crates/keybroker/src/broker.rs` and
`npm-packages/convex/src/server/authentication.ts`. What is missing is filled in, and stays the same for equal input.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

from convex_test.errors import UsageError

DEFAULT_ISSUER: Final = "https://convex.test"
CAMEL_CASE: Final = {
    "token_identifier": "tokenIdentifier",
    "given_name": "givenName",
    "family_name": "familyName",
    "preferred_username": "preferredUsername",
    "profile_url": "profileUrl",
    "picture_url": "pictureUrl",
    "website_url": "websiteUrl",
    "email_verified": "emailVerified",
    "phone_number": "phoneNumber",
    "phone_number_verified": "phoneNumberVerified",
    "updated_at": "updatedAt",
}
"""Python's spelling of the standard attributes, for keywords; custom claims keep their own names."""


def make_identity(attributes: Mapping[str, Any] | None, claims: Mapping[str, Any]) -> dict[str, Any]:
    """The identity that `ctx.auth.getUserIdentity()` gives.

    Raises:
        UsageError: an attribute is no JSON value, or not a mapping was given.
    """
    if attributes is not None and not isinstance(attributes, Mapping):
        raise UsageError(f"with_identity({attributes!r}): expected a mapping such as {{'name': 'Sarah'}}, or keywords.")
    identity = {**(attributes or {}), **{CAMEL_CASE.get(name, name): value for name, value in claims.items()}}
    for name, value in identity.items():
        if not isinstance(name, str):
            raise UsageError(f"with_identity(): the name of a claim is a str, not {name!r}.")
        if value is None:
            raise UsageError(f"with_identity({name}=None): leave out what the token does not have.")
    try:
        text = orjson.dumps(identity, option=orjson.OPT_SORT_KEYS)
    except TypeError as problem:
        raise UsageError(f"with_identity({identity!r:.200}): claims are JSON values: {problem}.") from None
    for name in ("subject", "issuer", "tokenIdentifier"):
        if name in identity and not isinstance(identity[name], str):
            raise UsageError(f"with_identity({name}={identity[name]!r}): {name} is a str.")
    identity.setdefault("subject", hashlib.sha256(text).hexdigest()[:32])
    identity.setdefault("issuer", DEFAULT_ISSUER)
    identity.setdefault("tokenIdentifier", f"{identity['issuer']}|{identity['subject']}")
    return identity
