"""Where production is stricter than `convex-test`, or says something else: what a failing test is told.

Both sides were read: production's in the modules that imitate it, `convex-test`'s in version 0.0.60. The whole list,
with what cannot be told from an error, is in `docs/typescript-tests.md`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from convex_test.errors import (
    ArgumentValidationError,
    FunctionError,
    FunctionNotFoundError,
    LimitError,
    ReturnsValidationError,
    SchemaValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SEE: Final = "See docs/typescript-tests.md."


@dataclass(frozen=True, slots=True)
class Difference:
    """A point, found by the class of an error and its text."""

    kind: type[FunctionError]
    text: re.Pattern[str]
    production: str
    convex_test: str

    def __str__(self) -> str:
        return f"production (and this library) {self.production}; convex-test {self.convex_test}. {SEE}"


def _point(kind: type[FunctionError], text: str, production: str, convex_test: str) -> Difference:
    return Difference(kind, re.compile(text), production, convex_test)


DIFFERENCES: Final = (
    _point(
        ArgumentValidationError,
        r'v\.id\("',
        "takes only ids of the table for v.id(…)",
        "takes any text that names the table, and says 'Validator error: …' of others",
    ),
    _point(
        ArgumentValidationError,
        "",
        "says 'ArgumentValidationError: …' of wrong arguments",
        "says 'Validator error: …'",
    ),
    _point(
        ReturnsValidationError,
        "",
        "says 'ReturnsValidationError: …' of wrong results",
        "says 'Return value validation failed for …'",
    ),
    _point(
        SchemaValidationError,
        "",
        "says 'Failed to insert or update a document in table …' of wrong documents",
        "says 'Validator error: …'",
    ),
    _point(
        LimitError,
        "",
        "enforces its limits always, with texts such as 'Too many documents read in a single function execution'",
        "enforces them with transactionLimits only, with texts of its own ('Scanned too many documents …')",
    ),
    _point(
        FunctionNotFoundError,
        "",
        "says 'Could not find public function for …' of functions that do not exist",
        "says 'Expected a Convex function exported from module …' or 'Could not find module for …'",
    ),
    _point(
        FunctionError,
        r"Invalid argument `id` for `db\.\w+`: expected to be an Id<",
        "says 'Invalid argument `id` for `db.get`: expected to be an Id<…>' of another table's id",
        "says 'Invalid argument `id`, expected ID in table …'",
    ),
    _point(
        FunctionError,
        r"User tables cannot be accessed with db\.system",
        "refuses ids of the user's tables in db.system.get",
        "returns null",
    ),
    _point(
        FunctionError,
        r"index range|Already defined \w+ bound|query didn't use the index fields in order",
        "takes the equalities of an index range in any order, and has texts of its own",
        "wants them in the order of the index",
    ),
    _point(
        FunctionError,
        r"Provided document ID \".*\" doesn't match '_id' field",
        "says \"Provided document ID … doesn't match '_id' field …\"",
        "says that the id 'does not match the document ID'",
    ),
    _point(
        FunctionError,
        r"Expected a vector with dimensions",
        "takes only vectors with the dimensions of the index",
        "takes vectors of any length",
    ),
    _point(
        FunctionError,
        r"Can't use (?:fetch|setTimeout|setInterval)\(?\)? in queries and mutations",
        'says "Can\'t use fetch() in queries and mutations"',
        "says '`fetch` is not supported in Convex queries or mutations'",
    ),
)


def differences_of(error: FunctionError) -> Iterator[Difference]:
    """The points that an error, or one that led to it, is about; of each error the first."""
    found: BaseException | None = error
    while isinstance(found, FunctionError):
        text = found.text
        point = next((each for each in DIFFERENCES if isinstance(found, each.kind) and each.text.search(text)), None)
        if point is not None:
            yield point
        found = found.__cause__
