"""Operations of npm's `convex` that are not answered. Calling one fails by name, with the reason given here."""

from __future__ import annotations

from typing import Final

GAPS: Final[dict[str, str]] = {
    "1.0/componentArgument": "component arguments",
    "1.0/auditLog": "audit logs",
    "1.0/createServiceToken": "Convex's AI gateway",
    "1.0/getServiceUrl": "Convex's AI gateway",
}
