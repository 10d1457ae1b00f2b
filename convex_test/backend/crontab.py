"""Cron expressions in the flavour that Convex understands, and when they match next.

Imitates get-convex/saffron (`saffron/src/{parse,lib}.rs`), which `crates/model/src/cron_jobs` uses: five fields, UTC,
Sunday is 0 and there is no 7; a day matches when either of two restricted day fields does; ranges may wrap around;
`L`, `LW`, `L-3`, `15W`, `5L`, `MON#2`. Its oddities are kept, because production has them: a range that wraps begins
one before its start, a step that wraps in days or months misses its first value, a `*` within a list is the smallest
value, and `*,5` is no expression.

By design: libraries for cron expressions speak other dialects (7 for Sunday, seconds, aliases, other rules for `*/2` in
a day field, no `15W`), so none of them can say what an expression means in production.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
SEARCHED_MONTHS: Final = 400 * 12
"""The calendar repeats after 400 years."""


class InvalidCronError(ValueError):
    """A cron expression that a push refuses; the text is the backend's."""


class Field(NamedTuple):
    """The values of a field; `least` and `most` are those of the backend's type, which counts weekdays from 1."""

    low: int
    high: int
    least: int
    most: int
    names: tuple[str, ...] = ()


MINUTE: Final = Field(0, 59, 0, 59)
HOUR: Final = Field(0, 23, 0, 23)
DAY: Final = Field(1, 31, 1, 31)
MONTH: Final = Field(1, 12, 1, 12, MONTHS)
WEEKDAY: Final = Field(0, 6, 1, 7, WEEKDAYS)

_FAILED: Final = "Failed to parse cron expression"
_VALUE: Final = r"(\d+|[A-Za-z]{3})"
_ITEM: Final = re.compile(rf"(?:{_VALUE}|\*)(?:/(\d+)|-{_VALUE}(?:/(\d+))?)?", re.ASCII)
_STEPPED_STAR: Final = re.compile(r"\*/\d+", re.ASCII)
_LAST_DAY: Final = re.compile(r"L(?:-(\d+))?(W)?", re.ASCII)
_NEAR_DAY: Final = re.compile(r"(\d+)W", re.ASCII)
_LAST_WEEKDAY: Final = re.compile(rf"{_VALUE}L", re.ASCII)
_NTH_WEEKDAY: Final = re.compile(rf"{_VALUE}#(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Crontab:
    """A parsed expression; a day field that is a plain `*` is None."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Callable[[int, int], Iterable[int]] | None
    months: frozenset[int]
    weekdays: Callable[[int, int], Iterable[int]] | None

    def next_after(self, moment: datetime) -> datetime | None:
        """The first match after a moment in UTC, or None if there is none in the next 400 years."""
        start = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for day in self._days_from(start):
            for hour in self.hours:
                if hour < (start.hour if day.date() == start.date() else 0):
                    continue
                at_start = day.date() == start.date() and hour == start.hour
                for minute in self.minutes:
                    if not at_start or minute >= start.minute:
                        return day.replace(hour=hour, minute=minute)
        return None

    def _days_from(self, start: datetime) -> Iterator[datetime]:
        year, month = start.year, start.month
        for _ in range(SEARCHED_MONTHS):
            if month in self.months:
                for day in self._days_of(year, month):
                    if (year, month, day) >= (start.year, start.month, start.day):
                        yield datetime(year, month, day, tzinfo=UTC)
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
            if year > MAXYEAR:
                return

    def _days_of(self, year: int, month: int) -> list[int]:
        length = calendar.monthrange(year, month)[1]
        if self.days is None and self.weekdays is None:
            return list(range(1, length + 1))
        rules = [rule for rule in (self.days, self.weekdays) if rule is not None]
        return sorted({day for rule in rules for day in rule(year, month) if 1 <= day <= length})


def parse_crontab(text: str) -> Crontab:
    """Reads an expression.

    Raises:
        InvalidCronError: it is none, or it never matches.
    """
    fields = re.split(r"[ \t]+", text)
    if len(fields) != 5:
        raise InvalidCronError(_FAILED)
    minutes, hours, days, months, weekdays = fields
    parsed_months = _values(months, MONTH)
    day_rule = None if days == "*" else _day_rule(days)
    weekday_rule = None if weekdays == "*" else _weekday_rule(weekdays)
    if day_rule is not None and weekday_rule is None:
        longest = 31 if parsed_months & {1, 3, 5, 7, 8, 10, 12} else 30 if parsed_months & {4, 6, 9, 11} else 29
        if _earliest_length(days) > longest:
            quoted = text.replace("\t", "\\t")
            raise InvalidCronError(f'The cron spec "{quoted}" will never match any time')
    return Crontab(
        tuple(sorted(_values(minutes, MINUTE))),
        tuple(sorted(_values(hours, HOUR))),
        day_rule,
        frozenset(parsed_months),
        weekday_rule,
    )


def _values(text: str, field: Field) -> set[int]:
    if text == "*":
        return set(range(field.low, field.high + 1))
    items = text.split(",")
    found: set[int] = set()
    for at, item in enumerate(items):
        # Only a later item of a list may be a bare star, or begin a range with one.
        if at == 0 and item.startswith("*") and not _STEPPED_STAR.fullmatch(item):
            raise InvalidCronError(_FAILED)
        found |= _item(item, field)
    return found


def _item(text: str, field: Field) -> set[int]:
    match = _ITEM.fullmatch(text)
    if match is None:
        raise InvalidCronError(_FAILED)
    first, open_step, last, step_text = match.groups()
    start = field.low if first is None else _value(first, field)
    end = start if last is None and open_step is None else field.high if last is None else _value(last, field)
    step_text = open_step or step_text
    step = 1 if step_text is None else _number(step_text, 1, field.most - field.least)
    if start <= end:
        return set(range(start, end + 1, step))
    if step == 1:
        return set(range(start - 1, field.high + 1)) | set(range(field.low, end + 1))
    # The backend counts days, months and weekdays from 0 here, but takes the bounds of the type as they are.
    shift = 1 if field.low == 1 else 0
    back = list(range(start - shift, field.most + 1))
    front = list(range(field.least, end - shift + 1))
    return {value + shift for value in [*back, *front][::step] if value + shift <= field.high}


def _value(text: str, field: Field) -> int:
    if text.isdigit():
        return _number(text, field.low, field.high)
    if text.upper() not in field.names:
        raise InvalidCronError(_FAILED)
    return field.names.index(text.upper()) + field.low


def _number(text: str, low: int, high: int) -> int:
    number = int(text)
    if not low <= number <= high:
        raise InvalidCronError(_FAILED)
    return number


def _day_rule(text: str) -> Callable[[int, int], Iterable[int]]:
    if (last := _LAST_DAY.fullmatch(text)) is not None:
        offset = 0 if last[1] is None else _number(last[1], 1, 30)
        if last[2] is None:
            return lambda year, month: [calendar.monthrange(year, month)[1] - offset]
        return lambda year, month: _near(year, month, calendar.monthrange(year, month)[1] - offset)
    if (near := _NEAR_DAY.fullmatch(text)) is not None:
        day = _number(near[1], 1, 31)
        return lambda year, month: _near(year, month, day)
    days = _values(text, DAY)
    return lambda _year, _month: days


def _near(year: int, month: int, day: int) -> list[int]:
    """The day from Monday to Friday next to a day, in the same month."""
    length = calendar.monthrange(year, month)[1]
    if not 1 <= day <= length:
        return []
    weekday = calendar.weekday(year, month, day)
    if weekday == calendar.SATURDAY:
        return [3 if day == 1 else day - 1]
    if weekday == calendar.SUNDAY:
        return [day - 2 if day == length else day + 1]
    return [day]


def _weekday_rule(text: str) -> Callable[[int, int], Iterable[int]]:
    if text == "L":
        text = "SAT"
    if (last := _LAST_WEEKDAY.fullmatch(text)) is not None:
        weekday = _value(last[1], WEEKDAY)
        return lambda year, month: [max(_days_on(year, month, {weekday}))]
    if (nth := _NTH_WEEKDAY.fullmatch(text)) is not None:
        weekday = _value(nth[1], WEEKDAY)
        number = _number(nth[2], 1, 5)
        return lambda year, month: _days_on(year, month, {weekday})[number - 1 : number]
    weekdays = _values(text, WEEKDAY)
    return lambda year, month: _days_on(year, month, weekdays)


def _days_on(year: int, month: int, weekdays: set[int]) -> list[int]:
    first, length = calendar.monthrange(year, month)
    return [day for day in range(1, length + 1) if (first + day) % 7 in weekdays]


def _earliest_length(days: str) -> int:
    """How long a month must be for a day field to match in it, as far as the backend looks into that."""
    if (last := _LAST_DAY.fullmatch(days)) is not None:
        return 1 if last[1] is None else int(last[1]) + 1
    return 1 if _NEAR_DAY.fullmatch(days) else min(_values(days, DAY))
