"""Looking for an example that breaks a property, with Hypothesis: seeded, within a time, down to a small one.

Hypothesis has no limit of time of its own. It lets exceptions that mean "skip this test" through at once, so one of
them ends the search.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final
from unittest import SkipTest

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.errors import Flaky

if TYPE_CHECKING:
    from collections.abc import Callable

SHRINKING_SECONDS: Final = 10.0
FEWEST_EXAMPLES: Final = 10
"""So many are tried however long it takes: a search that looked at nothing would seem to have found nothing."""
# In a tuple because freezegun replaces module attributes that are the real clock.
_CLOCK: Final = (time.monotonic,)


class Violation(Exception):
    """An example breaks the property.

    Attributes:
        message: what is wrong.
        script: the calls that show it.
        error: what the last of them failed with, if it did.
    """

    def __init__(self, message: str, script: str, error: Exception | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.script = script
        self.error = error

    @property
    def size(self) -> tuple[int, int]:
        """The smaller, the better to read."""
        return self.script.count("\n"), len(self.script)


class NotCheckableError(Exception):
    """An example says nothing: it needs something that this library does not have, or that the test has not mocked."""


@dataclass(slots=True)
class Search:
    """What came of a search.

    Attributes:
        violation: the smallest that was found.
        examples: how many were tried before the first one was found.
        unchecked: how many of them said nothing, and why the last of those did.
    """

    violation: Violation | None = None
    examples: int = 0
    unchecked: int = 0
    reason: str = ""


class _EnoughError(SkipTest):
    """The time is up."""


def falsify(
    check: Callable[[Callable[[Any], Any]], None], *, seed: int, max_examples: int, seconds: float | None = None
) -> Search:
    """Runs `check(draw)` until it raises `Violation`; then looks for smaller examples, for some seconds.

    Args:
        check: one example, which draws what it needs.
        seed: the same one gives the same examples.
        max_examples: how many examples are tried, at most.
        seconds: how long it may look for a violation, once it has tried ten examples; None is without end.
    """
    search = Search()
    end = None if seconds is None else _CLOCK[0]() + seconds

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(st.data())
    def run(data: st.DataObject) -> None:
        nonlocal end
        if end is not None and (search.violation or search.examples >= FEWEST_EXAMPLES) and _CLOCK[0]() > end:
            raise _EnoughError("the time is up")
        search.examples += search.violation is None
        try:
            check(data.draw)
        except NotCheckableError as problem:
            search.unchecked += 1
            search.reason = str(problem)
        except Violation as violation:
            if search.violation is None:
                end = _CLOCK[0]() + SHRINKING_SECONDS
            if search.violation is None or violation.size < search.violation.size:
                search.violation = violation
            raise

    # A violation that does not come back every time is one, too.
    with suppress(Violation, _EnoughError, Flaky):
        run()
    return search


def seed_of(seed: int, *names: str) -> int:
    """A seed of its own for each property and function."""
    digest = blake2b(":".join([str(seed), *names]).encode(), digest_size=8).digest()
    return int.from_bytes(digest)
