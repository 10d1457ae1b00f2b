"""Crons: what `crons.ts` exports, read and checked as a push does, and when each runs next.

Imitates `crates/model/src/cron_jobs/{types,next_ts}.rs` and `complete_job_run` of
`crates/application/src/cron_jobs/mod.rs`. An interval is anchored at its first run; of runs that are in the past when
one ends, an interval skips all but one, and the others go on with the next match.

By design: it never runs anything, see `convex_test.functions.drain`. The first run of an interval is due when the
deployment begins. There is no splay: the backend delays other runs at random, by up to a minute, or an hour where no
minute is given.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.clock import NANOSECONDS_PER_SECOND
from convex_test.backend.crontab import Crontab, InvalidCronError, parse_crontab
from convex_test.references import FunctionPath, parse_function_path
from convex_test.values.codec import decode_parsed
from convex_test.values.invalid import InvalidValueError
from convex_test.values.size import size_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.values.types import Value

DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
SECONDS: Final = {"seconds": 1, "minutes": 60, "hours": 3600}
MAXIMUM_ARGS: Final = 1 << 20
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CronSpec:
    """A cron as `crons.ts` defines it.

    Attributes:
        schedule: as exported, such as `{"type": "interval", "minutes": 5}`.
        interval: nanoseconds between runs, or None.
        crontab: when it matches, or None for an interval.
    """

    name: str
    path: FunctionPath
    args: Value
    schedule: Mapping[str, Any]
    interval: int | None = None
    crontab: Crontab | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Its component and its name."""
        return self.path.component, self.name

    def next_after(self, moment: int) -> int:
        """The next match of a cron that is no interval, both in nanoseconds.

        Raises:
            InvalidCronError: there is none.
        """
        if self.crontab is None:
            raise InvalidCronError("An interval matches no time of the clock.")
        found = self.crontab.next_after(EPOCH + timedelta(microseconds=moment // 1_000))
        if found is None:
            raise InvalidCronError("Could not compute next timestamp for cron")
        return (found - EPOCH) // timedelta(seconds=1) * NANOSECONDS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron and its next run, in nanoseconds."""

    spec: CronSpec
    next_run: int
    is_running: bool = False


class Crons:
    """The crons of a deployment with their next runs, those of all components. Names are a component's own."""

    def __init__(self, specs: list[CronSpec], began: int) -> None:
        self._crons = {
            spec.key: Cron(spec, began if spec.interval is not None else spec.next_after(began)) for spec in specs
        }

    def all(self) -> list[Cron]:
        """All of them, by component and name; the app's first."""
        return [self._crons[key] for key in sorted(self._crons)]

    def get(self, component: str, name: str) -> Cron | None:
        return self._crons.get((component, name))

    def next_cron(self) -> Cron | None:
        """The one that runs next; one that runs already waits for its end."""
        waiting = [cron for cron in self._crons.values() if not cron.is_running]
        return min(waiting, key=lambda cron: (cron.next_run, cron.spec.key), default=None)

    def tied(self, cron: Cron) -> list[Cron]:
        """Those that run at the same moment as this one, which is the next."""
        return [each for each in self.all() if not each.is_running and each.next_run == cron.next_run]

    def begin(self, cron: Cron) -> None:
        """It runs now."""
        self._crons[cron.spec.key] = replace(cron, is_running=True)

    def complete(self, cron: Cron, now: int) -> None:
        """Its run has ended; `now` is in nanoseconds."""
        interval = cron.spec.interval
        if interval is None:
            following = cron.spec.next_after(now)
        else:
            following = cron.next_run + interval
            if following < now:
                following += -(-(now - following) // interval) * interval
        self._crons[cron.spec.key] = Cron(cron.spec, following)

    def next_runs(self) -> dict[tuple[str, str], int]:
        """The next run of each by component and name, for a snapshot."""
        return {key: cron.next_run for key, cron in self._crons.items()}

    def restore(self, next_runs: Mapping[tuple[str, str], int]) -> None:
        """The next runs as they were then; nothing is running."""
        self._crons = {key: Cron(cron.spec, next_runs.get(key, cron.next_run)) for key, cron in self._crons.items()}


def parse_crons(exported: Mapping[str, Any], component: str = "") -> list[CronSpec]:
    """Reads what `crons.export()` gives.

    Raises:
        InvalidCronError: an entry breaks a rule; the text is the backend's.
    """
    return [_parse(name, entry, component) for name, entry in sorted(exported.items())]


def _parse(name: str, entry: Any, component: str) -> CronSpec:
    for character in name:
        if not " " <= character <= "~":
            raise InvalidCronError(
                f"CronIdentifier {name} has invalid character '{character}': CronIdentifiers can only contain ASCII "
                "letters, numbers, spaces, underscores, dashes and apostrophes"
            )
    try:
        schedule = entry["schedule"]
        kind = schedule["type"]
        path = parse_function_path(entry["name"], component)
        args = decode_parsed(entry["args"])
        if not isinstance(args, list) or len(args) != 1:
            raise InvalidCronError("Invalid JSON")
    except (KeyError, TypeError, AttributeError, InvalidValueError):
        raise InvalidCronError("Invalid JSON") from None
    spec = CronSpec(name, path, args[0], schedule)
    if kind == "interval":
        spec = replace(spec, interval=_interval(schedule))
    else:
        spec = replace(spec, crontab=parse_crontab(_expression(kind, schedule, entry)))
    size = size_of(args)
    if size >= MAXIMUM_ARGS:
        raise InvalidCronError(f"Cron job args too large ({size} > maximum size {MAXIMUM_ARGS})")
    return spec


def _interval(schedule: Mapping[str, Any]) -> int:
    given = {unit: schedule[unit] for unit in SECONDS if schedule.get(unit) is not None}
    if len(given) != 1:
        raise InvalidCronError("Exactly one of (seconds, minutes, hours) should be specified")
    [(unit, number)] = given.items()
    if not _is_integer(number):
        raise InvalidCronError("Invalid JSON")
    if number <= 0:
        raise InvalidCronError("Interval must be an integer greater than 0")
    return int(number * SECONDS[unit]) * NANOSECONDS_PER_SECOND


def _expression(kind: str, schedule: Mapping[str, Any], entry: Any) -> str:
    """The cron expression that a schedule stands for."""
    if kind == "cron":
        if not isinstance(schedule.get("cron"), str):
            raise InvalidCronError("Invalid JSON")
        return str(schedule["cron"])
    given = schedule.get("minuteUTC")
    minute = _in_range(0 if given is None else given, 0, 59, "minuteUTC must be 0-59", entry)
    if kind == "hourly":
        return f"{minute} * * * *"
    if kind not in {"daily", "weekly", "monthly"}:
        raise InvalidCronError("Invalid JSON")
    hour = _in_range(schedule.get("hourUTC"), 0, 23, "hourUTC must be 0-23", entry)
    if kind == "daily":
        return f"{minute} {hour} * * *"
    if kind == "weekly":
        if schedule.get("dayOfWeek") not in DAYS:
            raise InvalidCronError("Invalid JSON")
        return f"{minute} {hour} * * {DAYS.index(schedule['dayOfWeek'])}"
    day = _in_range(schedule.get("day"), 1, 31, "day of month must be 1-31", entry)
    return f"{minute} {hour} {day} * *"


def _in_range(number: Any, low: int, high: int, rule: str, entry: Any) -> int:
    if not _is_integer(number):
        raise InvalidCronError("Invalid JSON")
    if not low <= number <= high:
        raise InvalidCronError(f"{rule} in {json.dumps(entry, indent=2, sort_keys=True, ensure_ascii=False)}")
    return int(number)


def _is_integer(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)
