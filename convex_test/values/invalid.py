"""The error for JSON or names that are no Convex value."""

from __future__ import annotations


class InvalidValueError(ValueError):
    """Something is not a valid Convex value; the text is the backend's, without any prefix.

    Whoever knows the argument and the function adds ``Invalid argument `value` for `db.insert`: ``.
    """
