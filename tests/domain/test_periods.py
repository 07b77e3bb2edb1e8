"""Days, months and periods in a shop's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.domain.periods import (
    Period,
    add_months,
    calendar_period,
    in_utc,
    instant_of,
    local_date,
    next_period,
    start_of_day,
    zone_info,
)
from retailcrm.errors import InputError, SettingsError

SHANGHAI = "Asia/Shanghai"
ZONES = [
    SHANGHAI,
    "America/New_York",
    "America/Sao_Paulo",  # skips midnight until 2019
    "America/Havana",  # repeats midnight
    "America/St_Johns",  # put the clock back across midnight until 2011
    "Pacific/Apia",  # skipped 2011-12-30
    "Australia/Lord_Howe",  # half-hour changes
    "UTC",
]
naive = datetime.fromisoformat
instants = st.datetimes(naive("1995-01-01"), naive("2030-01-01"), timezones=st.just(UTC))
days = st.dates(date(1995, 1, 1), date(2030, 1, 1))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        (SHANGHAI, "2024-01-01", "2023-12-31 16:00"),
        ("UTC", "2024-02-29", "2024-02-29 00:00"),
        ("America/New_York", "2024-03-10", "2024-03-10 05:00"),  # the clock changes later that night
        ("America/New_York", "2024-03-11", "2024-03-11 04:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04 03:00"),  # 00:00 does not exist: starts at 01:00 -02
        ("America/Havana", "2023-11-05", "2023-11-05 04:00"),  # 00:00 twice: the first, at -04
        ("America/St_Johns", "2006-10-29", "2006-10-29 02:30"),  # 00:01 goes back to 23:01 of the 28th
        ("Pacific/Apia", "2011-12-30", "2011-12-30 10:00"),  # skipped: empty, as long as no time
        ("Pacific/Apia", "2011-12-31", "2011-12-30 10:00"),
    ],
)
def test_day_starts_at_first_moment_of_the_local_date(zone, day, expected):
    """A day starts at its first midnight, or right after the gap that swallowed midnight."""
    assert start_of_day(date.fromisoformat(day), zone) == utc(expected)


def test_gap_that_begins_before_midnight_is_searched_to_the_second():
    """Toronto's clock went from 23:30 to 00:30 in 1919, so 31 March began at 00:30 local time."""
    assert start_of_day(date(1919, 3, 31), "America/Toronto") == utc("1919-03-31 04:30")
    assert local_date(utc("1919-03-31 04:29:59"), "America/Toronto") == date(1919, 3, 30)


def test_instants_leave_in_utc():
    """Results are UTC, because datetimes of one zone compare by wall clock."""
    assert start_of_day(date(2024, 1, 1), SHANGHAI).tzinfo is UTC
    assert instant_of("2024-01-01", SHANGHAI).tzinfo is UTC
    assert in_utc(datetime(2024, 1, 1, 8, tzinfo=ZoneInfo(SHANGHAI))) == utc("2024-01-01 00:00")


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=60)
@given(instant=instants)
def test_every_instant_lies_in_exactly_one_day(zone, instant):
    """The days of a zone follow each other without gap or overlap, clock changes included."""
    day = local_date(instant, zone)
    assert start_of_day(day, zone) <= instant < start_of_day(day + timedelta(days=1), zone)


@pytest.mark.parametrize("zone", ZONES)
def test_days_never_run_backwards(zone):
    """Day starts never fall, and a day is empty only where the zone skipped it."""
    starts = [start_of_day(date(2003, 1, 1) + timedelta(days=i), zone) for i in range(6000)]
    lengths = [b - a for a, b in pairwise(starts)]
    assert all(timedelta(hours=22) <= x <= timedelta(hours=26) for x in lengths if x)
    assert sum(not x for x in lengths) == (zone == "Pacific/Apia")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2006-10-29 02:29:59", "2006-10-28"),
        ("2006-10-29 02:30", "2006-10-29"),
        ("2006-10-29 02:45", "2006-10-29"),
    ],
)
def test_repeated_evening_belongs_to_the_day_that_began(text, day):
    """St John's went from 00:01 back to 23:01: the repeated hour stays in the day that had begun."""
    assert local_date(utc(text), "America/St_Johns") == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-01-31", 1, "2023-02-28"),
        ("2024-03-31", -1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-12-15", 1, "2025-01-15"),
        ("2024-05-31", 0, "2024-05-31"),
        ("2024-01-15", -13, "2022-12-15"),
    ],
)
def test_months_clamp_to_the_last_day(day, months, expected):
    """Adding months keeps the day of the month, or takes the month's last day."""
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


@given(day=days, months=st.integers(-240, 240))
def test_months_move_by_exactly_that_many(day, months):
    """The month moves by n whatever the day, and the day never rises."""
    moved = add_months(day, months)
    assert (moved.year - day.year) * 12 + moved.month - day.month == months
    assert moved.day <= day.day


@pytest.mark.parametrize(
    ("unit", "start", "end"),
    [
        ("month", "2024-08-01", "2024-09-01"),
        ("quarter", "2024-07-01", "2024-10-01"),
        ("half", "2024-07-01", "2025-01-01"),
        ("year", "2024-01-01", "2025-01-01"),
    ],
)
def test_calendar_period_is_read_in_the_shops_zone(unit, start, end):
    """Months, quarters, halves and years start and end at local midnight."""
    period = calendar_period(instant_of("2024-08-31 23:59:59", SHANGHAI), unit, SHANGHAI)
    assert period == Period(instant_of(start, SHANGHAI), instant_of(end, SHANGHAI))
    assert next_period(period, unit, SHANGHAI).start == period.end


def test_period_holds_its_start_and_not_its_end():
    """A period is half-open, whatever the zone of the instants asked about."""
    period = Period(utc("2024-01-01 00:00"), utc("2024-02-01 00:00"))
    assert datetime(2024, 1, 1, 8, tzinfo=ZoneInfo(SHANGHAI)) in period
    assert datetime(2024, 2, 1, 8, tzinfo=ZoneInfo(SHANGHAI)) not in period
    assert utc("2023-12-31 23:59") not in period


def test_period_must_last():
    """A period that ends where it starts, or before, is refused; so are naive ends."""
    with pytest.raises(InputError, match="must end after"):
        Period(utc("2024-01-01 00:00"), utc("2024-01-01 00:00"))
    with pytest.raises(InputError, match="names no instant"):
        Period(naive("2024-01-01"), naive("2024-02-01"))


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=30)
@given(instant=instants, unit=st.sampled_from(["month", "quarter", "half", "year"]))
def test_every_instant_lies_in_its_calendar_period(zone, instant, unit):
    """A calendar period contains its instant, and its end opens the next one."""
    period = calendar_period(instant, unit, zone)
    assert instant in period
    assert calendar_period(period.start, unit, zone) == period
    assert next_period(period, unit, zone).start == period.end


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2011-12-10", "2011-12-09 16:00"),
        (" 2011-12-10 ", "2011-12-09 16:00"),
        (date(2011, 12, 10), "2011-12-09 16:00"),
        ("2011-12-10 08:26", "2011-12-10 00:26"),
        ("2011-12-10T08:26:00+00:00", "2011-12-10 08:26"),
        ("2011-12-10T08:26:00Z", "2011-12-10 08:26"),
        (naive("2011-12-10 08:26"), "2011-12-10 00:26"),
        (datetime(2011, 12, 10, 8, 26, tzinfo=UTC), "2011-12-10 08:26"),
    ],
)
def test_date_means_its_local_midnight(value, expected):
    """A date is 00:00 in the shop's zone; an offset in the value wins over the zone."""
    assert instant_of(value, SHANGHAI) == utc(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (naive("2024-11-03 01:30"), "2024-11-03 05:30"),  # repeated: the first, at -04
        (naive("2024-11-03 01:30").replace(fold=1), "2024-11-03 06:30"),  # the second, at -05
        (naive("2024-03-10 02:30"), "2024-03-10 07:30"),  # skipped: read at -05, so 03:30 -04
    ],
)
def test_repeated_and_skipped_local_times_are_defined(value, expected):
    """A repeated local time is its first occurrence unless fold asks; a skipped one moves later."""
    assert instant_of(value, "America/New_York") == utc(expected)


@pytest.mark.parametrize("text", ["", "yesterday", "2011-13-01", "10/12/2011", "2011-12-10T25:00"])
def test_text_that_is_no_date_is_refused(text):
    """What is not ISO 8601 is refused with an example of what is."""
    with pytest.raises(InputError, match="2011-12-10"):
        instant_of(text, SHANGHAI)


def test_naive_instants_are_refused():
    """A datetime without a zone names no instant."""
    with pytest.raises(InputError, match="names no instant"):
        local_date(naive("2024-01-01"), SHANGHAI)


@pytest.mark.parametrize("zone", ["Asia/Shangai", "", "Asia", "../etc/passwd", "+08:00"])
def test_unknown_zone_is_a_settings_error(zone):
    """A zone name that is wrong, a folder or a path is refused."""
    with pytest.raises(SettingsError, match="unknown zone"):
        zone_info(zone)


def test_unknown_zone_suggests_the_near_name():
    """A misspelt zone gets the name that was probably meant."""
    with pytest.raises(SettingsError, match="did you mean Asia/Shanghai"):
        start_of_day(date(2024, 1, 1), "Asia/Shangai")


def test_unknown_period_unit_is_a_settings_error():
    """A period that is no calendar period is refused by name."""
    with pytest.raises(SettingsError, match="week"):
        calendar_period(utc("2024-01-01 00:00"), "week", "UTC")
