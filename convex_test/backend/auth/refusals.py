"""What a deployment says of a token that it does not accept."""

from __future__ import annotations

from typing import Final

from convex_test.errors import FunctionError

INVALID: Final = "InvalidAuthHeader"
INTERNAL: Final = "InternalServerError"


def refusal(code: str, text: str, reason: object = None) -> FunctionError:
    """The backend's error: `name` is its code, as in the JSON of its HTTP API. The reason, if any, becomes a note."""
    error = FunctionError(text, name=code)
    if reason is not None and str(reason):
        error.add_note(str(reason))
    return error
