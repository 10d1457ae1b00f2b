"""Made-up identities for `t.with_identity`.

Attributes and their names follow `UserIdentityAttributes` of `crates/convex/sync_types/src/types` and
`npm-packages/convex/src/server/authentication.ts`; `tokenIdentifier` is issuer and subject with a "|" between them, as
for every token. What is missing is filled in, and stays the same for equal input.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

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

TEXTS: Final = frozenset({
    "tokenIdentifier", "subject", "issuer", "name", "givenName", "familyName", "nickname", "preferredUsername",
    "profileUrl", "pictureUrl", "websiteUrl", "email", "gender", "birthday", "timezone", "language", "phoneNumber",
    "address", "updatedAt",
})  # fmt: skip
FLAGS: Final = frozenset({"emailVerified", "phoneNumberVerified"})


def make_identity(attributes: Mapping[str, Any] | None, claims: Mapping[str, Any]) -> dict[str, Any]:
    """The identity that `ctx.auth.getUserIdentity()` gives.

    Raises:
        UsageError: an attribute has a type that it cannot have, is no JSON value, or not a mapping was given.
    """
    if attributes is not None and not isinstance(attributes, Mapping):
        raise UsageError(f"with_identity({attributes!r}): expected a mapping such as {{'name': 'Sarah'}}, or keywords.")
    given = {**(attributes or {}), **{CAMEL_CASE.get(name, name): value for name, value in claims.items()}}
    for name, value in given.items():
        _check(name, value)
    try:
        text = json.dumps(given, sort_keys=True, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
    except (TypeError, ValueError) as problem:
        raise UsageError(f"with_identity({given!r:.200}): claims are JSON values: {problem}.") from None
    # A value of its own, which nobody can change by changing what was given.
    identity: dict[str, Any] = json.loads(text)
    issuer, subject = _parts(identity.get("tokenIdentifier"))
    identity.setdefault("subject", subject or digest[:32])
    identity.setdefault("issuer", issuer or DEFAULT_ISSUER)
    identity.setdefault("tokenIdentifier", f"{identity['issuer']}|{identity['subject']}")
    return identity


def _check(name: object, value: object) -> None:
    if not isinstance(name, str):
        raise UsageError(f"with_identity(): the name of a claim is a str, not {name!r}.")
    if value is None:
        raise UsageError(f"with_identity({name}=None): leave out what the token does not have.")
    if name in TEXTS and not isinstance(value, str):
        raise UsageError(f"with_identity({name}={value!r:.200}): {name} is a str.")
    if name in FLAGS and not isinstance(value, bool):
        raise UsageError(f"with_identity({name}={value!r:.200}): {name} is a bool.")


def _parts(token_identifier: str | None) -> tuple[str, str]:
    """Issuer and subject, as far as a token identifier has them."""
    issuer, separator, subject = (token_identifier or "").partition("|")
    return (issuer, subject) if separator else ("", "")
