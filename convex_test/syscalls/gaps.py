"""Operations of npm's `convex` that are not answered. Calling one fails by name, with the reason given here."""

from __future__ import annotations

from typing import Final

STORAGE: Final = "file storage"

GAPS: Final[dict[str, str]] = {
    "1.0/signJwt": "signing tokens in functions",
    "1.0/storageGetUrl": STORAGE,
    "1.0/storageGetMetadata": STORAGE,
    "1.0/storageGenerateUploadUrl": STORAGE,
    "1.0/storageDelete": STORAGE,
    "1.0/storageStore": STORAGE,
    "1.0/storageGet": STORAGE,
    "storage/storeBlob": STORAGE,
    "storage/getBlob": STORAGE,
    "requestFromConvexJson": "HTTP actions",
    "convexJsonFromResponse": "HTTP actions",
    "1.0/createFunctionHandle": "function handles",
    "1.0/componentArgument": "component arguments",
    "1.0/auditLog": "audit logs",
    "1.0/createServiceToken": "Convex's AI gateway",
    "1.0/getServiceUrl": "Convex's AI gateway",
}
