"""`auth.config.ts`: evaluated when the first token asks for it, and again when a variable that it has read changes.

Follows `crates/isolate/src/environment/auth_config.rs` (what the file may do), `evaluate_auth_config` in
`crates/isolate/src/client.rs` (the texts of what is wrong) and `reevaluate_existing_auth_config` in
`crates/application/src/lib.rs` (when it is evaluated again).

By design it is not evaluated when the deployment begins, as a push would: a project whose tests have no tokens needs
none of its variables. Gap: imports are bundled with those of all other modules, so none is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convex_test.errors import ProjectError
from convex_test.functions.loading import AUTH_CONFIG_HEADING, AUTH_CONFIG_MODULE, evaluate_alone

if TYPE_CHECKING:
    from convex_test.backend.auth.providers import AuthConfig, Provider
    from convex_test.functions.deployment import Deployment

EVALUATION: Final = "auth config"


def providers_of(deployment: Deployment) -> tuple[Provider, ...]:
    """Whose tokens the deployment accepts; none without the file.

    Raises:
        ProjectError: the file throws, reads a variable that is not set, or exports something else.
    """
    runtime = deployment.runtime
    if AUTH_CONFIG_MODULE not in runtime.special:
        return ()
    known = runtime.auth_config
    if known is None or any(deployment.env.get(name) != value for name, value in known.variables.items()):
        known = runtime.auth_config = _load(deployment)
    return known.providers


def _load(deployment: Deployment) -> AuthConfig:
    from convex_test.backend.auth.providers import AuthConfig, InvalidAuthConfigError, parse_auth_config

    runtime = deployment.runtime
    exported = evaluate_alone(runtime, EVALUATION, "exportAuthConfig", AUTH_CONFIG_MODULE, env=deployment.env)
    try:
        providers = parse_auth_config(exported["config"])
    except InvalidAuthConfigError as problem:
        file = runtime.file_of(AUTH_CONFIG_MODULE)
        raise ProjectError(f"{AUTH_CONFIG_HEADING}{problem}\n\nThe auth config is {file}.") from None
    return AuthConfig(providers, {name: deployment.env.get(name) for name in exported["variables"]})
