"""Caps: how many points a customer may still earn in a day, a month, a year or ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.periods import local_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from retailcrm.domain.points.wallets import Cap, CapPeriod


@attrs.frozen
class Earned:
    """Points that a customer earned: when, and how many."""

    at: datetime
    points: int


def room(caps: Sequence[Cap], earned: Sequence[Earned], at: datetime, zone: str) -> int | None:
    """Give the points that the caps still leave at a moment.

    What refunds took back does not free room: else a customer could earn a cap's worth, return the goods
    and earn it again.

    Args:
        caps: The limits.
        earned: What was earned so far, as awarded.
        at: The moment of the next award; aware.
        zone: IANA zone of days, months and years.

    Returns:
        Not below 0; ``None`` without caps.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.points.wallets import Cap
        >>> monday = datetime(2024, 1, 1, tzinfo=UTC)
        >>> room([Cap(points=100, per="day")], [Earned(monday, 70)], monday, "UTC")
        30
    """
    if not caps:
        return None
    today = local_date(at, zone)
    days = [(local_date(one.at, zone), one.points) for one in earned]
    left = []
    for cap in caps:
        spent = sum(points for day, points in days if _period(day, cap.per) == _period(today, cap.per))
        left.append(max(cap.points - spent, 0))
    return min(left)


def _period(day: date, per: CapPeriod) -> tuple[int, ...]:
    """Name the period that a day lies in."""
    parts = {"day": 3, "month": 2, "year": 1, "ever": 0}[per]
    return (day.year, day.month, day.day)[:parts]
