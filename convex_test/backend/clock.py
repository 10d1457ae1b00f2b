"""Time as the deployment sees it.

Imitates `generate_timestamp` of the backend's runtime and `next_commit_ts` in `crates/database/src/committer.rs`:
timestamps are nanoseconds since 1970, and none is at or before the last commit.

By design: the wall clock is read as `time.time()` through the module, so that libraries which replace that function
(freezegun, time-machine) act on it. It is rounded to microseconds, because a float of seconds has no better
resolution and a frozen millisecond must come out as that millisecond.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NANOSECONDS_PER_SECOND: Final = 1_000_000_000
NANOSECONDS_PER_MILLISECOND: Final = 1_000_000


class Clock:
    """The wall clock plus an offset of its own, in nanoseconds."""

    __slots__ = ("_alone", "_held", "_offset")

    def __init__(self, offset: int = 0) -> None:
        self._offset = offset
        self._held: int | None = None
        self._alone = False

    @property
    def offset(self) -> int:
        """How far this clock is ahead of the wall clock, in nanoseconds."""
        return self._offset

    def read(self) -> int:
        """Now, in nanoseconds since 1970."""
        return self._wall() if self._held is None else self._held

    def read_after(self, timestamp: int) -> int:
        """Now, or just after `timestamp` when the clock has not yet got there."""
        return max(self.read(), timestamp + 1)

    def advance(self, nanoseconds: int) -> None:
        """Move time forward for good: the clock that freezegun or time-machine has installed, otherwise this alone."""
        if nanoseconds < 0:
            raise ValueError(f"A clock cannot go back by {-nanoseconds} ns: advance it by 0 or more.")
        if self._held is not None:
            self._held += nanoseconds
        microseconds, rest = divmod(nanoseconds, 1_000)
        if not self._alone and _move_installed_clock(timedelta(microseconds=microseconds)):
            self._offset += rest
        else:
            self._offset += nanoseconds

    def go_alone(self) -> None:
        """From now on `advance` moves this clock only, also when another is active: time of a trial is nobody's."""
        self._alone = True

    def catch_up(self, moment: int) -> None:
        """Move this clock alone to a moment in nanoseconds, unless it is past it already."""
        behind = max(0, moment - self.read())
        self._offset += behind
        if self._held is not None:
            self._held += behind

    @contextmanager
    def held(self, at: int | None = None) -> Iterator[None]:
        """Within the block time moves by `advance` only, so that how long the block takes changes nothing.

        It begins at the moment `at`, in nanoseconds, or now. Afterwards time goes on from where it has got to: what the
        block took is left out. In a block within a block nothing changes.
        """
        if self._held is not None:
            yield
            return
        self._held = self._wall() if at is None else at
        try:
            yield
        finally:
            self._offset += self._held - self._wall()
            self._held = None

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Within the block it is that moment, in nanoseconds, until `advance` moves it; time goes on from there."""
        before, self._held = self._held, moment
        try:
            yield
        finally:
            self._offset += self._held - self._wall()
            self._held = None if before is None else max(before, self._held)

    def _wall(self) -> int:
        return round(time.time() * 1_000_000) * 1_000 + self._offset


def _move_installed_clock(step: timedelta) -> bool:
    """Moves the clock of freezegun or time-machine; False when there is none. Neither is imported for it."""
    library = sys.modules.get("time_machine")
    # Version 2 has another name for the list.
    travellers = getattr(library, "traveller_stack", None) or getattr(library, "coordinates_stack", None)
    if travellers:
        travellers[-1].shift(step)
        return True
    factories = getattr(sys.modules.get("freezegun.api"), "freeze_factories", None)
    if not factories:
        return False
    frozen = factories[-1]
    if hasattr(frozen, "start"):
        # A ticking clock's own `tick` forgets the time that has really passed.
        frozen.move_to(frozen() + step)
    elif step:
        frozen.tick(step)
    return True


def to_milliseconds(timestamp: int) -> float:
    """A timestamp as `_creationTime` has it: milliseconds with a fraction.

    Computed in two parts like the backend does (`timestamp_to_ms` in `crates/common/src/document.rs`), because one
    division would round the last bit differently.
    """
    whole, rest = divmod(timestamp, NANOSECONDS_PER_MILLISECOND)
    return float(whole) + rest * 1e-6
