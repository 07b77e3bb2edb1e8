"""Which calendar day and month an instant falls on in the shop's zone, millions at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from retailcrm.analytics.columns import INSTANT, MISSING
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from retailcrm.analytics.tables import Instants, Ints

_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_FIRST_YEAR: Final = 1900
_END_YEAR: Final = 2200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def local_days(instants: Instants, zone: str) -> Ints:
    """Count the days from 1970-01-01 to each instant's calendar day in a zone.

    Exact for 1900 to 2199 across every change of the zone's offset; earlier and later instants take
    the offset in force at the nearer end of that range.

    Args:
        instants: UTC, ``datetime64[us]``, shape ``(n,)``; NaT allowed.
        zone: IANA zone, such as ``"Asia/Shanghai"``.

    Returns:
        Day numbers, ``int64``, shape ``(n,)``; :data:`~retailcrm.analytics.columns.MISSING` for NaT.

    Raises:
        SettingsError: There is no such zone.

    Example:
        >>> late = np.array(["2024-03-31T16:30"], "datetime64[us]")
        >>> local_days(late, "UTC").tolist(), local_days(late, "Asia/Shanghai").tolist()
        ([19813], [19814])
    """
    us = np.asarray(instants, INSTANT).view(np.int64)
    if not len(us):
        return us.copy()
    absent = np.isnat(us.view(INSTANT)) if us.min() == MISSING else None
    known = us if absent is None else us[~absent]
    if not len(known):
        return us.copy()
    starts, offsets = _offsets(zone, int(known.min()), int(known.max()))
    in_force = offsets[0] if len(offsets) == 1 else offsets[np.searchsorted(starts[1:], us, side="right")]
    days: Ints = us + in_force
    days //= _DAY
    if absent is not None:
        days[absent] = MISSING
    return days


def local_day(instant: np.datetime64, zone: str) -> int:
    """Count the days from 1970-01-01 to one instant's calendar day in a zone.

    Args:
        instant: UTC; not NaT.
        zone: IANA zone.

    Returns:
        The day number.

    Raises:
        SettingsError: There is no such zone.
    """
    return int(local_days(np.array([instant], INSTANT), zone)[0])


def local_months(instants: Instants, zone: str) -> Ints:
    """Count the calendar months from 1970-01 to each instant's month in a zone.

    Args:
        instants: UTC, ``datetime64[us]``, shape ``(n,)``; NaT allowed.
        zone: IANA zone.

    Returns:
        Month numbers, ``int64``, shape ``(n,)``; MISSING for NaT.

    Raises:
        SettingsError: There is no such zone.

    Example:
        >>> local_months(np.array(["2024-03-31T16:30"], "datetime64[us]"), "Asia/Shanghai").tolist()
        [651]
    """
    days = local_days(instants, zone)
    if not len(days) or (low := int(days.min())) == MISSING or (high := int(days.max())) - low > len(days):
        return _months(days)
    # Many instants on few days: look each up in a table of those days.
    return _months(np.arange(low, high + 1))[days - low]


def _months(days: Ints) -> Ints:
    # NaT is the same bit pattern as MISSING in every unit, so it passes through both views.
    return days.view("datetime64[D]").astype("datetime64[M]").view(np.int64)


def constant_offset(zone: str, low: np.datetime64, high: np.datetime64) -> np.timedelta64 | None:
    """Give a zone's offset from UTC over a span, if it does not change within it.

    Args:
        zone: IANA zone.
        low: First instant, UTC; not NaT.
        high: Last instant, UTC; not NaT.

    Returns:
        The offset in microseconds, ``None`` if it changes in the span.

    Example:
        >>> constant_offset("Asia/Shanghai", np.datetime64("2023-01-01"), np.datetime64("2024-01-01"))
        np.timedelta64(28800000000,'us')
        >>> constant_offset("Europe/London", np.datetime64("2023-01-01"), np.datetime64("2024-01-01"))
    """
    first, last = (int(moment.astype("datetime64[us]").astype(np.int64)) for moment in (low, high))
    starts, values = _offsets(zone, first, last)
    within = values[np.searchsorted(starts, first, "right") - 1 : np.searchsorted(starts, last, "right")]
    return np.timedelta64(int(within[0]), "us") if (within == within[0]).all() else None


def _offsets(zone: str, low: int, high: int) -> tuple[Ints, Ints]:
    """Give the offsets in force from ``low`` to ``high`` (UTC, microseconds): starts and values."""
    first, last = (min(max(_year(us), _FIRST_YEAR), _END_YEAR - 1) for us in (low, high))
    changes = [change for year in range(first, last + 1) for change in _changes(zone, year)]
    opening = _offset(_zone(zone), datetime(first, 1, 1, tzinfo=UTC))
    starts, values = [np.iinfo(np.int64).min], [opening]
    for start, value in changes:
        if start <= low:
            values[-1] = value
        elif start <= high:
            starts.append(start)
            values.append(value)
    return np.array(starts, np.int64), np.array(values, np.int64)


def _year(us: int) -> int:
    return int(np.datetime64(us, "us").astype("datetime64[Y]").astype(np.int64)) + 1970


def _zone(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as error:
        raise SettingsError(f"no such time zone: {zone!r}; use an IANA name such as Asia/Shanghai") from error


@lru_cache(maxsize=4096)
def _changes(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """Find when a zone's offset changes within one UTC year: (instant, new offset), microseconds.

    Looks once a day, then halves down to the second. The time zone database has no two changes
    less than three days apart since 1900, so none is stepped over.
    """
    info = _zone(zone)
    found = []
    before = datetime(year, 1, 1, tzinfo=UTC)
    end = datetime(year + 1, 1, 1, tzinfo=UTC)
    offset = _offset(info, before)
    while before < end:
        after = before + timedelta(days=1)
        if (new := _offset(info, after)) != offset:
            found.append((_moment_of_change(info, before, after, offset), new))
        before, offset = after, new
    return tuple(found)


def _moment_of_change(info: ZoneInfo, before: datetime, after: datetime, old: int) -> int:
    """Halve the span between two days down to the first second of the new offset."""
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _offset(info, middle) == old else (before, middle)
    return (after - _EPOCH) // timedelta(microseconds=1)


def _offset(info: ZoneInfo, moment: datetime) -> int:
    """Give the offset from UTC in microseconds."""
    away = moment.astimezone(info).utcoffset()
    assert away is not None  # noqa: S101 - a ZoneInfo always knows; tells the type checker
    return away // timedelta(microseconds=1)
