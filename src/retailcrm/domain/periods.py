"""Days, months and periods in a shop's zone. "Now" is always an argument.

Every instant that leaves this module is an aware ``datetime`` in UTC: Python compares two datetimes of
one zone by their wall clocks, which is wrong in the hour that a clock change repeats.

A local day begins at its first midnight and lasts until the next day's. Where the clock skips
midnight the day begins with the first moment that exists; a day that the zone skips altogether is
empty. So the days of a zone follow each other without gap or overlap.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import attrs
from dateutil.relativedelta import relativedelta

from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

PeriodUnit = Literal["month", "quarter", "half", "year"]

MONTHS_IN: Final[Mapping[str, int]] = MappingProxyType({"month": 1, "quarter": 3, "half": 6, "year": 12})
"""How many calendar months each calendar period has."""

_DAY: Final = timedelta(days=1)


def in_utc(instant: datetime) -> datetime:
    """Express an aware instant in UTC.

    Args:
        instant: An aware datetime of any zone.

    Returns:
        The same instant with UTC as its zone.

    Raises:
        InputError: The datetime is naive, so it names no instant.

    Example:
        >>> in_utc(datetime.fromisoformat("2024-01-01T08:00:00+08:00")).isoformat()
        '2024-01-01T00:00:00+00:00'
    """
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise InputError(f"{instant.isoformat()} names no instant: give it a zone")
    return instant.astimezone(UTC)


@attrs.frozen
class Period:
    """A half-open stretch of time: its start belongs to it, its end does not.

    Attributes:
        start: First instant, aware; kept in UTC.
        end: First instant after it, aware, later than ``start``; kept in UTC.

    Example:
        >>> year = calendar_period(instant_of("2024-05-01", "Asia/Shanghai"), "year", "Asia/Shanghai")
        >>> instant_of("2024-12-31", "Asia/Shanghai") in year, year.end in year
        (True, False)
    """

    start: datetime = attrs.field(converter=in_utc)
    end: datetime = attrs.field(converter=in_utc)

    def __attrs_post_init__(self) -> None:
        """Refuse a period that never is."""
        if self.end <= self.start:
            raise InputError(f"a period must end after it starts, not at {self.end} with start {self.start}")

    def __contains__(self, instant: datetime) -> bool:
        """Tell whether an aware instant of any zone lies in the period."""
        return self.start <= in_utc(instant) < self.end


def zone_info(zone: str) -> ZoneInfo:
    """Look an IANA zone up.

    Args:
        zone: An IANA name such as ``"Asia/Shanghai"``.

    Returns:
        The zone.

    Raises:
        SettingsError: No such zone; the message suggests near names.

    Example:
        >>> zone_info("Asia/Shanghai").key
        'Asia/Shanghai'
    """
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # OSError and ValueError: zoneinfo opens "Asia" as a folder and refuses paths such as "../x".
        near = get_close_matches(zone, sorted(available_timezones()), n=2, cutoff=0.7)
        hint = (
            f"; did you mean {' or '.join(near)}?"
            if near
            else "; expected an IANA name such as Asia/Shanghai"
        )
        raise SettingsError(f"unknown zone {zone!r}{hint}") from None


def start_of_day(day: date, zone: str) -> datetime:
    """Find the instant at which a local day begins.

    Args:
        day: The local date.
        zone: IANA zone.

    Returns:
        The day's first midnight or, where the clock skips midnight, the first moment after the gap; UTC.

    Raises:
        SettingsError: No such zone.

    Example:
        >>> start_of_day(date(2024, 1, 1), "Asia/Shanghai").isoformat()
        '2023-12-31T16:00:00+00:00'
        >>> start_of_day(date(2018, 11, 4), "America/Sao_Paulo").isoformat()  # 00:00 became 01:00
        '2018-11-04T03:00:00+00:00'
    """
    tz = zone_info(zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=tz)
    instant = midnight.astimezone(UTC)
    # Same-zone datetimes compare by wall clock, which is the question here: does this midnight exist?
    return instant if instant.astimezone(tz) == midnight else _end_of_gap(midnight)


def local_date(instant: datetime, zone: str) -> date:
    """Tell on which local day an instant falls.

    Args:
        instant: Any aware datetime.
        zone: IANA zone.

    Returns:
        The day whose :func:`start_of_day` is the last one at or before the instant.

    Raises:
        InputError: The datetime is naive.
        SettingsError: No such zone.

    Example:
        >>> local_date(datetime.fromisoformat("2023-12-31T16:00:00+00:00"), "Asia/Shanghai").isoformat()
        '2024-01-01'
    """
    wall = in_utc(instant).astimezone(zone_info(zone))
    day = wall.date()
    # A clock put back across midnight repeats the end of the day before; the new day has begun already.
    if wall.fold and start_of_day(day + _DAY, zone) <= instant:
        return day + _DAY
    return day


def add_months(day: date, months: int) -> date:
    """Move a date by calendar months, to the month's last day where the day does not exist.

    Args:
        day: A date.
        months: Months to add; negative goes back.

    Returns:
        The moved date.

    Example:
        >>> add_months(date(2024, 1, 31), 1).isoformat(), add_months(date(2023, 1, 31), 1).isoformat()
        ('2024-02-29', '2023-02-28')
    """
    return day + relativedelta(months=months)


def calendar_period(instant: datetime, unit: PeriodUnit, zone: str) -> Period:
    """Find the calendar month, quarter, half or year that an instant falls in.

    Args:
        instant: Any aware datetime.
        unit: ``"month"``, ``"quarter"``, ``"half"`` or ``"year"``.
        zone: IANA zone that the calendar is read in.

    Returns:
        The period, in UTC.

    Raises:
        SettingsError: No such unit or zone.
        InputError: The datetime is naive.

    Example:
        >>> half = calendar_period(instant_of("2024-08-15", "UTC"), "half", "UTC")
        >>> half.start.date().isoformat(), half.end.date().isoformat()
        ('2024-07-01', '2025-01-01')
    """
    if unit not in MONTHS_IN:
        raise SettingsError(f"unknown period {unit!r}; expected one of {', '.join(MONTHS_IN)}")
    months = MONTHS_IN[unit]
    day = local_date(instant, zone)
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Period(start_of_day(first, zone), start_of_day(add_months(first, months), zone))


def next_period(period: Period, unit: PeriodUnit, zone: str) -> Period:
    """Find the calendar period that follows.

    Args:
        period: A period from :func:`calendar_period` with the same unit and zone.
        unit: ``"month"``, ``"quarter"``, ``"half"`` or ``"year"``.
        zone: IANA zone that the calendar is read in.

    Returns:
        The period that starts where the given one ends.

    Raises:
        SettingsError: No such unit or zone.

    Example:
        >>> quarter = calendar_period(instant_of("2024-12-31", "UTC"), "quarter", "UTC")
        >>> next_period(quarter, "quarter", "UTC").end.date().isoformat()
        '2025-04-01'
    """
    return calendar_period(period.end, unit, zone)


def instant_of(value: date | datetime | str, zone: str) -> datetime:
    """Read a date or a moment as an instant: a date D is D 00:00 in the shop's zone.

    A moment without an offset is local time. One that a clock change repeats is its first occurrence
    (``fold=1`` on a datetime asks for the second); one that a clock change skips is read with the
    offset from before the gap, so it moves later by the length of the gap.

    Args:
        value: A date, a datetime, or ISO 8601 text such as ``"2011-12-10"`` or ``"2011-12-10 08:26"``.
        zone: IANA zone for values without an offset.

    Returns:
        The instant, in UTC.

    Raises:
        InputError: The text is neither a date nor a datetime.
        SettingsError: No such zone.

    Example:
        >>> instant_of("2011-12-10", "Asia/Shanghai").isoformat()
        '2011-12-09T16:00:00+00:00'
    """
    if isinstance(value, str):
        value = _parse(value.strip())
    if not isinstance(value, datetime):
        return start_of_day(value, zone)
    tz = zone_info(zone)
    return (value if value.utcoffset() is not None else value.replace(tzinfo=tz)).astimezone(UTC)


def _parse(text: str) -> date | datetime:
    """Read ISO 8601 text, a bare date staying a date."""
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    raise InputError(f"{text!r} is not a date; write it like 2011-12-10 or 2011-12-10T08:26:00+08:00")


def _end_of_gap(wall: datetime) -> datetime:
    """Find the first instant after the gap that a skipped wall time lies in."""
    early, late = (wall.replace(fold=fold).astimezone(UTC) for fold in (1, 0))
    old = early.astimezone(wall.tzinfo).utcoffset()
    low, high = 0, int((late - early).total_seconds())
    while high - low > 1:  # offsets change on whole seconds
        middle = (low + high) // 2
        at = (early + timedelta(seconds=middle)).astimezone(wall.tzinfo)
        low, high = (middle, high) if at.utcoffset() == old else (low, middle)
    return early + timedelta(seconds=high)
