"""When points of many lots lapse: the rule of one moment, asked once for each local day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retailcrm.analytics.columns import INSTANT, NO_INSTANT
from retailcrm.domain.periods import start_of_day

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints
    from retailcrm.domain.points.expiry import Expiry

_DAY: Final = 24 * 3600 * 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


def dates_of(at: Instants, zone: str) -> Ints:
    """Tell on which local day instants fall; equal to :func:`retailcrm.domain.periods.local_date`.

    Args:
        at: UTC; none is NaT.
        zone: IANA zone.

    Returns:
        Days since 1970-01-01, ``int64``, same shape.

    Example:
        >>> late = np.array(["2023-12-31T16:00"], "datetime64[us]")
        >>> dates_of(late, "Asia/Shanghai").astype("datetime64[D]")
        array(['2024-01-01'], dtype='datetime64[D]')
    """
    us = at.view(np.int64)
    if not len(us):
        return us.copy()
    # No zone is a whole day away from UTC, so the local day is the one in UTC or a neighbour of it.
    near = _distinct(us // _DAY)
    days = np.unique(np.concatenate([near - 1, near, near + 1]))
    starts = np.array([_us(_start(day, zone)) for day in days.tolist()], np.int64)
    return days[np.searchsorted(starts, us, side="right") - 1]


def ends_after(rule: Expiry, at: Instants) -> Instants:
    """Give the moments at which points lapse; equal to :meth:`retailcrm.domain.points.Expiry.after`.

    Args:
        rule: The rule.
        at: When the points could first be spent, UTC; NaT where that is not known.

    Returns:
        First moments at which they cannot be spent any more, UTC; NaT where they never lapse, and where
        ``at`` is NaT.

    Example:
        >>> from retailcrm.domain.points.expiry import Expiry
        >>> rule = Expiry(months=1, zone="Asia/Shanghai")
        >>> ends_after(rule, np.array(["2024-01-31T04:00", "NaT"], "datetime64[us]"))
        array(['2024-02-29T16:00:00.000000',                        'NaT'],
              dtype='datetime64[us]')
    """
    ends = np.full(len(at), NO_INSTANT)
    known = np.flatnonzero(~np.isnat(at))
    days = dates_of(at[known], rule.zone)
    if not len(days):
        return ends
    asked = _distinct(days)
    # What the rule says depends on nothing but the local day.
    told = [rule.after(_start(day, rule.zone)) for day in asked.tolist()]
    answers = np.array(
        [NO_INSTANT if end is None else np.datetime64(_us(end), "us") for end in told], INSTANT
    )
    ends[known] = answers[np.searchsorted(asked, days)]
    return ends


def _distinct(days: NDArray[np.integer[Any]]) -> Ints:
    """Give the days that occur, rising; many instants fall on few days, so nothing needs sorting."""
    low, high = int(days.min()), int(days.max())
    if high - low > len(days) + 1000:
        return np.unique(days)
    there = np.zeros(high - low + 1, np.bool_)
    there[days - low] = True
    return np.flatnonzero(there) + low


def _start(day: int, zone: str) -> datetime:
    return start_of_day(date.fromordinal(day + _EPOCH_DAY), zone)


def _us(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
