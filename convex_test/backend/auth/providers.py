"""The providers of `auth.config.ts`, as the JSON of its default export has them.

Imitates `crates/common/src/auth.rs` (what a provider is, and when it is for a token) and the checks and texts of
`crates/isolate/src/environment/auth_config.rs`.

Gaps: what the backend's JSON and URL libraries say of a broken value is resembled, not copied; a config that is an
array is refused, where the backend takes one with a single element.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

import orjson

from convex_test.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_A_CONFIG: Final = "auth config file must include a list of provider credentials: "
_NO_VARIANT: Final = "data did not match any variant of untagged enum SerializedAuthInfo "
_SCHEME: Final = re.compile(r"\w+://")
_TOP_LEVEL_DOMAINS: Final = ("vendor", "tlds-alpha-by-domain.txt")


class InvalidAuthConfigError(ValueError):
    """A push would refuse the file; the text is the backend's."""


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An OpenID Connect provider.

    Attributes:
        issuer: its domain as a URL, otherwise as it is written.
        application_id: the audience that its tokens must have.
    """

    issuer: str
    application_id: str

    def matches(self, audiences: list[str], issuer: str) -> bool:
        """Whether a token with these claims is one of this provider."""
        return self.application_id in audiences and _same_issuer(self.issuer, issuer)

    def __str__(self) -> str:
        return f"OIDC(domain={self.issuer}, app_id={self.application_id})"


@dataclass(frozen=True, slots=True)
class CustomJwtProvider:
    """A provider whose keys are at a URL.

    Attributes:
        issuer: as a URL, otherwise as it is written.
        application_id: the audience that its tokens must have, if any.
        jwks: the URL of the keys; may be a `data:` URL.
        algorithm: the one that its tokens are signed with.
    """

    issuer: str
    application_id: str | None
    jwks: str
    algorithm: Literal["RS256", "ES256"]

    def matches(self, audiences: list[str], issuer: str) -> bool:
        """Whether a token with these claims is one of this provider."""
        is_audience = self.application_id is None or self.application_id in audiences
        return is_audience and _same_issuer(self.issuer, issuer)

    def __str__(self) -> str:
        return f"CustomJWT(issuer={self.issuer}, app_id={self.application_id or 'none'})"


Provider: TypeAlias = OidcProvider | CustomJwtProvider


@dataclass(frozen=True, slots=True)
class AuthConfig:
    """The providers, and the values of the environment variables that the file made them with."""

    providers: tuple[Provider, ...]
    variables: Mapping[str, str | None]


def parse_auth_config(text: str) -> tuple[Provider, ...]:
    """The providers of a config, from its JSON text. Raises `InvalidAuthConfigError`."""
    try:
        config = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidAuthConfigError(f"{_NOT_A_CONFIG}expected value ") from None
    if not isinstance(config, dict):
        raise InvalidAuthConfigError(
            f"{_NOT_A_CONFIG}invalid type: {_describe(config)}, expected struct SerializedAuthConfig "
        )
    providers = config.get("providers")
    for index, provider in enumerate(providers if isinstance(providers, list) else []):
        if isinstance(provider, dict):
            _check_for_confusions(index, provider)
    if "providers" not in config:
        raise InvalidAuthConfigError(f"{_NOT_A_CONFIG}missing field `providers` ")
    if not isinstance(providers, list):
        raise InvalidAuthConfigError(f"{_NOT_A_CONFIG}invalid type: {_describe(providers)}, expected a sequence ")
    # All are read before the first URL is looked at.
    read = [_read(provider) for provider in providers]
    return tuple(_with_issuer_url(provider) for provider in read)


def issuer_url(text: str) -> str:
    """What identifies a provider, as a URL; `https://` may be left out. Raises `InvalidAuthConfigError`."""
    refused = f'Invalid provider domain URL "{text}": '
    if text.startswith('"'):
        raise InvalidAuthConfigError(f'{refused}starts with a double quote (")')
    has_scheme = _SCHEME.match(text) is not None
    url = text if has_scheme else f"https://{text}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidAuthConfigError(f"{refused}invalid port number") from None
    if parts.scheme not in {"http", "https"}:
        raise InvalidAuthConfigError(f"{refused}scheme should be http or https")
    if not host:
        raise InvalidAuthConfigError(f"{refused}empty host")
    if re.search(r"[\s<>^|%]", host):
        raise InvalidAuthConfigError(f"{refused}invalid international domain name")
    if not has_scheme and not _ends_with_top_level_domain(host):
        raise InvalidAuthConfigError(
            f"{refused}Does not look like a URL (must have a scheme or end with a top-level domain)"
        )
    return url


def with_scheme(issuer: str) -> str:
    """A token's issuer as a URL: some providers leave the scheme out."""
    return issuer if issuer.startswith(("https://", "http://")) else f"https://{issuer}"


def _same_issuer(configured: str, of_token: str) -> bool:
    return configured.rstrip("/") == with_scheme(of_token).rstrip("/")


def _check_for_confusions(index: int, provider: dict[str, Any]) -> None:
    """What people get wrong, in better words than those of reading the provider would be."""
    kind = provider.get("type")
    kind = kind if isinstance(kind, str) else "unknown"
    if "applicationId" in provider or "applicationid" in provider:
        raise InvalidAuthConfigError(
            f"{_NOT_A_CONFIG}Provider at index {index} must have applicationID property spelled lowercase "
            "'application', capital I, capital D."
        )
    if kind not in {"customJwt", "oidc", "unknown"}:
        raise InvalidAuthConfigError(f"{_NOT_A_CONFIG}Provider at index {index} has unexpected 'type' value '{kind}'")
    if kind == "customJwt" and "domain" in provider:
        raise InvalidAuthConfigError(
            f"{_NOT_A_CONFIG}Provider at index {index} is a customJwt so cannot have a 'domain' specified"
        )
    if kind != "customJwt" and "issuer" in provider:
        raise InvalidAuthConfigError(
            f"{_NOT_A_CONFIG}Provider at index {index} is oidc so cannot have an 'issuer' specified."
        )
    if "applicationID" not in provider and provider.get("issuer") in {
        "https://api.workos.com/",
        "https://api.workos.com",
    }:
        raise InvalidAuthConfigError(
            f"This auth configuration appears potentially insecure: Provider at index {index} has an issuer that is "
            "shared among many applications, so must to specify an ApplicationID to check against an `aud` field of "
            "a JWT."
        )


def _read(provider: Any) -> Provider:
    if isinstance(provider, dict):
        application_id = provider.get("applicationID")
        issuer, jwks, algorithm = (provider.get(name) for name in ("issuer", "jwks", "algorithm"))
        if (
            provider.get("type") == "customJwt"
            and isinstance(application_id, str | None)
            and isinstance(issuer, str)
            and isinstance(jwks, str)
            and algorithm in {"RS256", "ES256"}
        ):
            return CustomJwtProvider(issuer, application_id, jwks, algorithm)
        if isinstance(application_id, str) and isinstance(provider.get("domain"), str):
            return OidcProvider(provider["domain"], application_id)
    raise InvalidAuthConfigError(_NOT_A_CONFIG + _NO_VARIANT)


def _with_issuer_url(provider: Provider) -> Provider:
    issuer = issuer_url(provider.issuer)
    if isinstance(provider, OidcProvider):
        return OidcProvider(issuer, provider.application_id)
    return CustomJwtProvider(issuer, provider.application_id, provider.jwks, provider.algorithm)


def _describe(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, str):
        return f'string "{value}"'
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"floating point `{value}`"
    return "sequence" if isinstance(value, list) else "map"


def _ends_with_top_level_domain(host: str) -> bool:
    return host == "localhost" or ("." in host and host.rpartition(".")[2].upper() in _top_level_domains())


@cache
def _top_level_domains() -> frozenset[str]:
    """IANA's list, of which Hypothesis carries a copy. Hypothesis itself is not imported: that takes its time."""
    found = importlib.util.find_spec("hypothesis")
    if found is None or found.origin is None:
        raise InternalError("Hypothesis is not installed, whose list of top-level domains is needed.")
    lines = Path(found.origin).parent.joinpath(*_TOP_LEVEL_DOMAINS).read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
