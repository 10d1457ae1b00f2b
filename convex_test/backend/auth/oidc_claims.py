"""The claims of an ID token: their types, and the identity that they give.

Imitates how `openidconnect` reads them (`src/id_token/mod.rs`, `src/claims.rs` and `src/helpers.rs` of
github.com/get-convex/openidconnect-rs) and `UserIdentity::from_token` in `crates/keybroker/src/broker.rs`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from convex_test.backend.auth.tokens import Claims

ATTRIBUTES: Final = {
    "name": "name",
    "given_name": "givenName",
    "family_name": "familyName",
    "nickname": "nickname",
    "preferred_username": "preferredUsername",
    "profile": "profileUrl",
    "picture": "pictureUrl",
    "website": "websiteUrl",
    "email": "email",
    "email_verified": "emailVerified",
    "gender": "gender",
    "birthdate": "birthday",
    "zoneinfo": "timezone",
    "locale": "language",
    "phone_number": "phoneNumber",
    "phone_number_verified": "phoneNumberVerified",
    "address": "address",
    "updated_at": "updatedAt",
}
"""The attributes of `getUserIdentity` by claim."""
FLAGS: Final = frozenset({"email_verified", "phone_number_verified"})

_LOCALIZED: Final = frozenset(
    {"name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website"}
)
_TEXTS: Final = frozenset({
    "preferred_username", "email", "gender", "birthday", "birthdate", "zoneinfo", "locale", "phone_number",
    "nonce", "acr", "azp", "at_hash", "c_hash",
})  # fmt: skip
_OF_TOKENS: Final = frozenset(
    {"iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash"}
)
# These differ between tokens of one session.
_DROPPED: Final = frozenset({"jti", "nbf", "fva"})
_ADDRESS: Final = ("formatted", "street_address", "locality", "region", "postal_code", "country")


class InvalidClaimsError(ValueError):
    """A claim is missing, or has a type that OpenID Connect does not allow."""


def check_claims(claims: dict[str, Any]) -> None:
    """Whether they are those of an ID token. Raises `InvalidClaimsError`."""
    for name in ("sub", "exp", "iat"):
        if claims.get(name) is None:
            raise InvalidClaimsError(f"missing field `{name}`")
    for name in ("exp", "iat", "auth_time", "updated_at"):
        if claims.get(name) is not None:
            moment_of(claims[name])
    for name, value in claims.items():
        base = name.partition("#")[0]
        if value is None:
            continue
        if (name in _TEXTS or base in _LOCALIZED) and not isinstance(value, str):
            raise InvalidClaimsError(f"{name}: expected a string, not {value!r}")
        if name in FLAGS and not isinstance(value, bool):
            raise InvalidClaimsError(f"{name}: expected a boolean, not {value!r}")
        if name == "amr" and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
            raise InvalidClaimsError(f"amr: expected a list of strings, not {value!r}")
        if name == "address" and not _is_address(value):
            raise InvalidClaimsError(f"address: expected an object of strings, not {value!r}")


def identity_of(claims: Claims) -> dict[str, Any]:
    """What `getUserIdentity` gives for checked claims. Custom claims keep their names and JSON."""
    identity: dict[str, Any] = {
        "tokenIdentifier": f"{claims.issuer}|{claims.subject}",
        "issuer": claims.issuer,
        "subject": claims.subject,
    }
    for claim, attribute in ATTRIBUTES.items():
        value = claims.all.get(claim)
        if claim == "address" and value is not None:
            value = value.get("formatted")
        elif claim == "updated_at" and value is not None:
            value = _rfc3339(moment_of(value))
        if value is not None:
            identity[attribute] = value
    return identity | {name: value for name, value in claims.all.items() if _is_custom(name)}


def seconds_of(value: Any) -> float:
    """A time in a claim as seconds since 1970. Raises `InvalidClaimsError`."""
    return moment_of(value).timestamp()


def moment_of(value: Any) -> datetime:
    """A time in a claim: seconds since 1970, or a text as in RFC 3339. Raises `InvalidClaimsError`."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise InvalidClaimsError(f"failed to parse `{value}` as UTC datetime (in seconds)")


def _is_custom(name: str) -> bool:
    base, tag, _ = name.partition("#")
    is_standard = base in _LOCALIZED or (not tag and (base in ATTRIBUTES or base in {"sub", "birthday"}))
    return not is_standard and name not in _OF_TOKENS | _DROPPED


def _is_address(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str | None) for name in _ADDRESS)


def _rfc3339(moment: datetime) -> str:
    """As chrono writes it: fractions in groups of three digits."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if moment.microsecond:
        digits = f"{moment.microsecond:06}"
        text += "." + (digits[:3] if digits.endswith("000") else digits)
    return f"{text}+00:00"
