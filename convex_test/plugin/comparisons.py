"""`assert documents == [{…}]`: a comparison in which only the fields that Convex adds differ says so.

A test that writes down what it expects often leaves out `_id` and `_creationTime`, which it cannot know. The difference
that pytest shows is then about these fields alone, or hides a real one among them.
"""

from __future__ import annotations

from pprint import pformat
from typing import Any, Final

SYSTEM_FIELDS: Final = frozenset({"_id", "_creationTime"})


def explain_equality(left: object, right: object) -> list[str] | None:
    """Lines for a failed `==`, when one side has system fields and the other has none; None leaves it to pytest."""
    if type(left) is not type(right) or not isinstance(left, dict | list):
        return None
    if _has_system_fields(left) == _has_system_fields(right):
        return None
    one, other = _without(left), _without(right)
    side = "left" if _has_system_fields(left) else "right"
    if one == other:
        return [
            "documents that differ only in _id and _creationTime",
            f"the {side} side has these fields and the other one has not: leave them out before comparing, for example",
            '[{k: v for k, v in document.items() if not k.startswith("_")} for document in documents]',
        ]
    return [
        f"documents, shown without _id and _creationTime, which only the {side} side has",
        *_difference(one, other),
    ]


def _difference(one: object, other: object) -> list[str]:
    from difflib import ndiff

    return list(ndiff(pformat(other).splitlines(), pformat(one).splitlines()))


def _has_system_fields(value: object) -> bool:
    if isinstance(value, dict):
        return not SYSTEM_FIELDS.isdisjoint(value) or any(map(_has_system_fields, value.values()))
    return isinstance(value, list) and any(map(_has_system_fields, value))


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(item) for name, item in value.items() if name not in SYSTEM_FIELDS}
    return [_without(item) for item in value] if isinstance(value, list) else value
