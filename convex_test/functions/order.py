"""Who goes next when several could: in a defined order, or in one that a seed draws.

The backend runs actions beside each other and up to eight scheduled functions at once, so that any order is possible
which keeps what is done at one moment before what is done later. A test that passes in one order only depends on it.
"""

from __future__ import annotations

from random import Random


class Order:
    """Chooses among those that could go next.

    Args:
        seed: draws the order, always the same for the same seed; None leaves it as it is.
    """

    def __init__(self, seed: int | None) -> None:
        self._random = None if seed is None else Random(f"order {seed}")  # noqa: S311 - a seed must repeat the test

    @property
    def shuffles(self) -> bool:
        """Whether a seed draws the order."""
        return self._random is not None

    def pick(self, number: int) -> int:
        """Which of so many goes next: the first one, unless the order is shuffled."""
        return 0 if self._random is None or number == 1 else self._random.randrange(number)
