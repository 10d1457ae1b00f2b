"""Tokens for tests: `t.sign_token` makes what a provider of `auth.config.ts` would have signed.

By design a claim is written as it stands in a token (`sub`, `given_name`), not as the attribute that it becomes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.auth.keys import key_of_tests
from convex_test.backend.auth.oidc_claims import ATTRIBUTES
from convex_test.backend.auth.providers import CustomJwtProvider
from convex_test.errors import UsageError
from convex_test.functions.auth_config import providers_of
from convex_test.functions.authentication import seconds
from convex_test.functions.loading import AUTH_CONFIG_MODULE
from convex_test.values.types import undefined

if TYPE_CHECKING:
    from convex_test.backend.auth.providers import Provider
    from convex_test.functions.deployment import Deployment

_CLAIMS_OF_ATTRIBUTES: Final = {
    "tokenIdentifier": "iss=… and sub",
    "token_identifier": "iss=… and sub",
    "subject": "sub",
    "issuer": "iss",
    **{attribute: claim for claim, attribute in ATTRIBUTES.items() if attribute != claim},
}


def sign_token(
    deployment: Deployment,
    claims: Mapping[str, Any] | None,
    keywords: Mapping[str, Any],
    provider: int | str | None,
    expires_in: float | timedelta,
) -> str:
    """What `t.sign_token` does."""
    chosen = _choose(providers_of(deployment), provider, _file(deployment))
    algorithm = chosen.algorithm if isinstance(chosen, CustomJwtProvider) else "RS256"
    payload = _payload(chosen, _claims(claims, keywords), seconds(deployment), _lifetime(expires_in))
    key = key_of_tests(algorithm)
    known = deployment.test_keys.get(chosen, ())
    if key not in known:
        deployment.test_keys[chosen] = (*known, key)
    return key.sign(payload)


def _file(deployment: Deployment) -> str:
    runtime = deployment.runtime
    if AUTH_CONFIG_MODULE in runtime.special:
        return runtime.file_of(AUTH_CONFIG_MODULE)
    folder = runtime.layout.functions_dir.relative_to(runtime.layout.root).as_posix()
    raise UsageError(
        f"t.sign_token(): the project has no {folder}/auth.config.ts, so there is no provider whose token it would "
        "accept. To act as a user without a token use t.with_identity(…)."
    )


def _choose(providers: tuple[Provider, ...], wanted: object, file: str) -> Provider:
    where = f"t.sign_token(provider={wanted!r})"
    listed = ", ".join(f"{index}: {provider}" for index, provider in enumerate(providers)) or "none"
    if wanted is None:
        if len(providers) == 1:
            return providers[0]
        raise UsageError(f"t.sign_token(): say which provider of {file} it is for, provider=0 or its issuer: {listed}.")
    if isinstance(wanted, bool) or not isinstance(wanted, int | str):
        raise UsageError(f"{where}: expected the number, the issuer or the applicationID of a provider.")
    if isinstance(wanted, int):
        if 0 <= wanted < len(providers):
            return providers[wanted]
        raise UsageError(f"{where}: {file} has {listed}.")
    found = [provider for provider in providers if _is_called(provider, wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{where}: {len(found)} providers of {file} are called so; use their numbers: {listed}.")
    raise UsageError(f"{where}: no provider of {file} has this issuer or applicationID: {listed}.")


def _is_called(provider: Provider, name: str) -> bool:
    bare = provider.issuer.partition("://")[2].rstrip("/")
    return name == provider.application_id or name.rstrip("/") in {provider.issuer.rstrip("/"), bare}


def _claims(claims: Mapping[str, Any] | None, keywords: Mapping[str, Any]) -> dict[str, Any]:
    if claims is not None and not isinstance(claims, Mapping):
        raise UsageError(f"t.sign_token({claims!r:.200}): expected a mapping such as {{'sub': 'sarah'}}, or keywords.")
    for name in keywords:
        claim = _CLAIMS_OF_ATTRIBUTES.get(name)
        if claim is not None:
            raise UsageError(
                f"t.sign_token({name}=…): {name} is an attribute of an identity, not a claim of a token: "
                f"write {claim}=…."
            )
    given = {**(claims or {}), **keywords}
    for name in given:
        if not isinstance(name, str):
            raise UsageError(f"t.sign_token(): the name of a claim is a str, not {name!r}.")
    return given


def _payload(provider: Provider, given: Mapping[str, Any], now: int, lifetime: int) -> dict[str, Any]:
    kept = {name: value for name, value in given.items() if value is not undefined}
    try:
        text = json.dumps(kept, sort_keys=True, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as problem:
        raise UsageError(f"t.sign_token({kept!r:.200}): claims are JSON values: {problem}.") from None
    defaults: dict[str, Any] = {
        "iss": provider.issuer,
        "sub": hashlib.sha256(text).hexdigest()[:32],
        "iat": now,
        "exp": now + lifetime,
    }
    if provider.application_id is not None:
        defaults["aud"] = provider.application_id
    return {name: value for name, value in {**defaults, **given}.items() if value is not undefined}


def _lifetime(expires_in: object) -> int:
    duration = expires_in.total_seconds() if isinstance(expires_in, timedelta) else expires_in
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not abs(duration) < float("inf"):
        raise UsageError(f"t.sign_token(expires_in={expires_in!r}): expected seconds, or a timedelta.")
    return round(duration)
