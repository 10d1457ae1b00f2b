"""Cron expressions in Convex's flavour, against a naive model that looks at every minute."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.crons import Crons, parse_crons
from convex_test.backend.crontab import InvalidCronError, parse_crontab

FORMAT = "%Y-%m-%d %H:%M"
SECOND = 1_000_000_000
FIELDS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 6)}


def at(text: str) -> datetime:
    return datetime.strptime(text, FORMAT).replace(tzinfo=UTC)


def matches(expression: str, start: str, count: int) -> list[str]:
    crontab, moment, found = parse_crontab(expression), at(start) - timedelta(minutes=1), []
    for _ in range(count):
        following = crontab.next_after(moment)
        assert following is not None
        moment = following
        found.append(moment.strftime(FORMAT))
    return found


# The naive model: no wrapping, no special days.


@st.composite
def plain_field(draw: st.DrawFn, low: int, high: int) -> tuple[str, frozenset[int]]:
    """A field's text, with the values it stands for."""
    if draw(st.booleans()):
        step = draw(st.integers(1, high - low))
        if draw(st.booleans()):
            return "*", frozenset(range(low, high + 1))
        return f"*/{step}", frozenset(range(low, high + 1, step))
    texts, values = [], set()
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(low, high))
        end = draw(st.integers(start, high))
        step = draw(st.integers(1, high - low))
        text, found = draw(
            st.sampled_from(
                [
                    (f"{start}", [start]),
                    (f"{start}-{end}", range(start, end + 1)),
                    (f"{start}/{step}", range(start, high + 1, step)),
                    (f"{start}-{end}/{step}", range(start, end + 1, step)),
                ]
            )
        )
        texts.append(text)
        values |= set(found)
    return ",".join(texts), frozenset(values)


EXPRESSIONS = st.tuples(*[plain_field(low, high) for low, high in FIELDS.values()])
MOMENTS = st.datetimes(datetime(1999, 12, 20), datetime(2030, 1, 10), timezones=st.just(UTC))  # noqa: DTZ001


def naive_match(moment: datetime, fields: tuple[tuple[str, frozenset[int]], ...]) -> bool:
    minute, hour, day, month, weekday = fields
    in_day = moment.day in day[1]
    in_weekday = moment.isoweekday() % 7 in weekday[1]
    both_restricted = "*" not in {day[0], weekday[0]}
    right_day = in_day or in_weekday if both_restricted else in_day and in_weekday
    return moment.minute in minute[1] and moment.hour in hour[1] and moment.month in month[1] and right_day


@given(EXPRESSIONS, MOMENTS)
def test_the_next_match_is_the_first_minute_that_matches(fields, moment) -> None:
    expression = " ".join(text for text, _ in fields)
    try:
        found = parse_crontab(expression).next_after(moment)
    except InvalidCronError:
        return
    minute = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    for _ in range(3 * 24 * 60):
        if naive_match(minute, fields):
            assert found == minute
            return
        minute += timedelta(minutes=1)
    assert found is not None
    assert found >= minute
    assert naive_match(found, fields)


@given(EXPRESSIONS, MOMENTS)
def test_nothing_between_two_matches_matches(fields, moment) -> None:
    expression = " ".join(text for text, _ in fields)
    try:
        crontab = parse_crontab(expression)
    except InvalidCronError:
        return
    first = crontab.next_after(moment)
    assert first is not None
    second = crontab.next_after(first)
    assert second is not None
    # A day at most: the model is slow.
    steps = min(24 * 60, (second - first) // timedelta(minutes=1) - 1)
    assert not any(naive_match(first + timedelta(minutes=step), fields) for step in range(1, steps + 1))


@pytest.mark.parametrize(
    ("expression", "start", "expected"),
    [
        ("*/10 * * * *", "1970-01-01 00:00", ["1970-01-01 00:00", "1970-01-01 00:10", "1970-01-01 00:20"]),
        ("0 0 29 2 *", "1970-01-01 00:00", ["1972-02-29 00:00", "1976-02-29 00:00"]),
        ("0 0 29 2 *", "2097-01-01 00:00", ["2104-02-29 00:00"]),
        ("0 0 31 * *", "2025-01-31 00:00", ["2025-01-31 00:00", "2025-03-31 00:00", "2025-05-31 00:00"]),
        ("0 0 * * 0", "2025-01-01 00:00", ["2025-01-05 00:00", "2025-01-12 00:00"]),
        ("0 0 * * SUN", "2025-01-01 00:00", ["2025-01-05 00:00"]),
        ("0 0 * jan,Mar mon", "2025-01-28 00:00", ["2025-03-03 00:00"]),
        # Either of two restricted days.
        ("0 0 13 * FRI", "2025-06-10 00:00", ["2025-06-13 00:00", "2025-06-20 00:00", "2025-06-27 00:00"]),
        ("0 0 15 * MON", "2025-07-14 00:00", ["2025-07-14 00:00", "2025-07-15 00:00", "2025-07-21 00:00"]),
        ("0 0 */2 * MON", "2025-07-01 00:00", ["2025-07-01 00:00", "2025-07-03 00:00"]),
        # Last days.
        ("0 0 L FEB *", "2023-01-01 00:00", ["2023-02-28 00:00", "2024-02-29 00:00"]),
        ("0 0 L-1 FEB *", "2023-01-01 00:00", ["2023-02-27 00:00", "2024-02-28 00:00"]),
        ("0 0 LW MAY *", "2020-01-01 00:00", ["2020-05-29 00:00", "2021-05-31 00:00", "2022-05-31 00:00"]),
        ("0 0 L-1W MAY *", "2025-01-01 00:00", ["2025-05-30 00:00"]),
        ("59 12 LW 2 *", "1970-01-01 00:00", ["1970-02-27 12:59", "1971-02-26 12:59", "1972-02-29 12:59"]),
        ("0 0 L-28W 2 *", "1970-01-01 00:00", ["1972-02-01 00:00", "1976-02-02 00:00", "1980-02-01 00:00"]),
        ("0 0 L-30W * *", "2021-05-01 00:00", ["2021-05-03 00:00"]),
        # Nearest weekdays.
        ("0 0 1W MAY *", "2020-01-01 00:00", ["2020-05-01 00:00", "2021-05-03 00:00", "2022-05-02 00:00"]),
        ("0 0 15W * *", "2025-02-01 00:00", ["2025-02-14 00:00", "2025-03-14 00:00", "2025-04-15 00:00"]),
        ("0 0 31W * *", "2025-08-01 00:00", ["2025-08-29 00:00"]),
        # Weekdays within the month.
        ("0 0 * * 6L", "2020-01-01 00:00", ["2020-01-25 00:00", "2020-02-29 00:00", "2020-03-28 00:00"]),
        ("0 0 * * L", "2020-01-01 00:00", ["2020-01-04 00:00"]),
        ("0 0 * * SAT#5", "2020-01-01 00:00", ["2020-02-29 00:00", "2020-05-30 00:00"]),
        ("0 9 * * MON#2", "2025-01-01 00:00", ["2025-01-13 09:00", "2025-02-10 09:00"]),
        # Lists and steps.
        ("*/15,30-59/10 0 * * *", "2020-01-01 00:16", ["2020-01-01 00:30", "2020-01-01 00:40", "2020-01-01 00:45"]),
        ("5,*/20 0 * * *", "2020-01-01 00:00", ["2020-01-01 00:00", "2020-01-01 00:05", "2020-01-01 00:20"]),
        ("5,* 0 * * *", "2020-01-01 00:00", ["2020-01-01 00:00", "2020-01-01 00:05", "2020-01-02 00:00"]),
        ("20/15 0 * * *", "2020-01-01 00:00", ["2020-01-01 00:20", "2020-01-01 00:35", "2020-01-01 00:50"]),
        # A range that wraps has one value more; one with a step has not.
        ("0 22-1 * * *", "2020-01-01 02:00", ["2020-01-01 21:00", "2020-01-01 22:00", "2020-01-01 23:00"]),
        ("0 20-4/2 * * *", "2020-01-01 00:00", [f"2020-01-01 {hour:02}:00" for hour in (0, 2, 4, 20, 22)]),
        ("0 0 * * FRI-MON", "2025-01-01 00:00", [f"2025-01-0{day} 00:00" for day in (2, 3, 4, 5, 6, 9)]),
        ("0 0 1 NOV-FEB *", "2025-03-01 00:00", ["2025-10-01 00:00", "2025-11-01 00:00", "2025-12-01 00:00"]),
        # Spaces and tabs.
        ("0  0\t* * *", "2020-01-01 00:00", ["2020-01-01 00:00"]),
    ],
)
def test_when_an_expression_matches(expression, start, expected) -> None:
    assert matches(expression, start, len(expected)) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "* * * * * *",
        " * * * * *",
        "* * * * * ",
        "@daily",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 0 *",
        "* * * 13 *",
        "* * * * 7",
        "* * * * SUNDAY",
        "* * * JANUARY *",
        "*,5 * * * *",
        "*-5 * * * *",
        "*/0 * * * *",
        "*/60 * * * *",
        "* * */31 * *",
        "* * * * */7",
        "1- * * * *",
        "1, * * * *",
        "1.5 * * * *",
        "-1 * * * *",
        "L * * * *",
        "* * l * *",
        "* * L-0 * *",
        "* * L-31 * *",
        "* * W * *",
        "* * 15w * *",
        "* * 1,15W * *",
        "* * 15W,1 * *",
        "* * * * 5L,1",
        "* * * * MON#0",
        "* * * * MON#6",
        "* * * * ?",
        "٣ * * * *",
    ],
)
def test_what_is_no_expression(expression) -> None:
    with pytest.raises(InvalidCronError, match=r"^Failed to parse cron expression$"):
        parse_crontab(expression)


@pytest.mark.parametrize("expression", ["0 0 30 2 *", "* * 31 11 *", "0 0 31 FEB,APR *", "0 0 L-30 FEB,APR *"])
def test_what_never_matches(expression) -> None:
    with pytest.raises(InvalidCronError) as caught:
        parse_crontab(expression)
    assert str(caught.value) == f'The cron spec "{expression}" will never match any time'


def test_what_never_matches_but_is_not_noticed_has_no_next_match() -> None:
    assert parse_crontab("0 0 30W 2 *").next_after(at("2020-01-01 00:00")) is None


@given(st.integers(1, 31), st.integers(1990, 2040), st.integers(1, 12))
def test_a_nearest_weekday_is_one_and_is_near(day, year, month) -> None:
    found = parse_crontab(f"0 0 {day}W {month} *").next_after(
        datetime(year, month, 1, tzinfo=UTC) - timedelta(minutes=1)
    )
    if day > calendar.monthrange(year, month)[1]:
        assert found is None or (found.year, found.month) != (year, month)
        return
    assert found is not None
    assert (found.year, found.month) == (year, month)
    assert found.isoweekday() <= 5
    assert abs(found.day - day) <= 2


# Next runs


def crons(schedule: dict[str, object], began: str) -> Crons:
    specs = parse_crons({"x": {"name": "a:b", "args": [{}], "schedule": schedule}})
    return Crons(specs, round(at(began).timestamp()) * SECOND)


def next_run(found: Crons) -> str:
    cron = found.next_cron()
    assert cron is not None
    return datetime.fromtimestamp(cron.next_run / SECOND, UTC).strftime(FORMAT)


@pytest.mark.parametrize(
    ("schedule", "first", "second"),
    [
        ({"type": "interval", "seconds": 120}, "2025-01-01 12:30", "2025-01-01 12:32"),
        ({"type": "interval", "minutes": 5}, "2025-01-01 12:30", "2025-01-01 12:35"),
        ({"type": "interval", "hours": 2}, "2025-01-01 12:30", "2025-01-01 14:30"),
        ({"type": "hourly", "minuteUTC": 30}, "2025-01-01 13:30", "2025-01-01 14:30"),
        ({"type": "hourly"}, "2025-01-01 13:00", "2025-01-01 14:00"),
        ({"type": "daily", "hourUTC": 12, "minuteUTC": 31}, "2025-01-01 12:31", "2025-01-02 12:31"),
        ({"type": "daily", "hourUTC": 9}, "2025-01-02 09:00", "2025-01-03 09:00"),
        ({"type": "weekly", "dayOfWeek": "sunday", "hourUTC": 9}, "2025-01-05 09:00", "2025-01-12 09:00"),
        ({"type": "weekly", "dayOfWeek": "wednesday", "hourUTC": 9}, "2025-01-08 09:00", "2025-01-15 09:00"),
        ({"type": "monthly", "day": 31, "hourUTC": 0}, "2025-01-31 00:00", "2025-03-31 00:00"),
        ({"type": "cron", "cron": "0 0 1 1 *"}, "2026-01-01 00:00", "2027-01-01 00:00"),
    ],
)
def test_the_first_two_runs(schedule, first, second) -> None:
    found = crons(schedule, "2025-01-01 12:30")
    assert next_run(found) == first
    cron = found.next_cron()
    found.complete(cron, cron.next_run)
    assert next_run(found) == second


@pytest.mark.parametrize(
    ("took", "following"), [(4, "12:05"), (5, "12:05"), (6, "12:10"), (10, "12:10"), (11, "12:15")]
)
def test_an_interval_skips_the_runs_that_are_past(took, following) -> None:
    found = crons({"type": "interval", "minutes": 5}, "2025-01-01 12:00")
    cron = found.next_cron()
    found.complete(cron, cron.next_run + took * 60 * SECOND)
    assert next_run(found) == f"2025-01-01 {following}"


def test_a_cron_that_runs_is_not_due() -> None:
    found = crons({"type": "interval", "minutes": 5}, "2025-01-01 12:00")
    found.begin(found.next_cron())
    assert found.next_cron() is None


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        ({"type": "interval"}, "Exactly one of (seconds, minutes, hours) should be specified"),
        (
            {"type": "interval", "seconds": 1, "hours": 1},
            "Exactly one of (seconds, minutes, hours) should be specified",
        ),
        ({"type": "interval", "seconds": 0}, "Interval must be an integer greater than 0"),
        ({"type": "interval", "seconds": 1.5}, "Invalid JSON"),
        ({"type": "hourly", "minuteUTC": 60}, "minuteUTC must be 0-59 in {"),
        ({"type": "daily", "hourUTC": 24}, "hourUTC must be 0-23 in {"),
        ({"type": "monthly", "hourUTC": 0, "day": 32}, "day of month must be 1-31 in {"),
        ({"type": "weekly", "hourUTC": 0, "dayOfWeek": "Monday"}, "Invalid JSON"),
        ({"type": "yearly"}, "Invalid JSON"),
        ({"type": "cron", "cron": "x"}, "Failed to parse cron expression"),
    ],
)
def test_what_a_push_refuses(schedule, text) -> None:
    with pytest.raises(InvalidCronError) as caught:
        crons(schedule, "2025-01-01 12:00")
    assert str(caught.value).startswith(text)


def test_arguments_that_are_too_large() -> None:
    entry = {"name": "a:b", "args": [{"x": "y" * (1 << 20)}], "schedule": {"type": "interval", "hours": 1}}
    with pytest.raises(InvalidCronError, match=r"^Cron job args too large \(1048584 > maximum size 1048576\)$"):
        parse_crons({"x": entry})
