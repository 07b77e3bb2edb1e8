"""What an activity gives a customer in a year who misses nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from retailcrm.domain.points.activities import ActivityAward, activity_points

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.domain.points.programme import Activity
    from retailcrm.domain.points.wallets import CapPeriod

_DAYS: Final = 366
_FIRST: Final = datetime(2024, 1, 1, 12, tzinfo=UTC)
_PERIODS: Final[Mapping[CapPeriod, int]] = {"day": _DAYS, "month": 12, "year": 1, "ever": 1}


def most_a_year(rule: Activity) -> int:
    """Give the most points that an activity earns in a leap year.

    Args:
        rule: The activity.

    Returns:
        Points; for sign-ins, of somebody who signs in on every day on which it counts, streaks included.

    Example:
        >>> from retailcrm.domain.points.programme import Activity
        >>> most_a_year(Activity(kind="signin", points=1, streak=((7, 10),)))
        886
        >>> most_a_year(Activity(kind="review", points=5, times=10, per="month"))
        600
    """
    if rule.kind in ("registration", "profile"):
        return rule.points * rule.times
    if rule.kind == "birthday":
        return rule.points
    if rule.kind != "signin":
        return rule.points * rule.times * _PERIODS[rule.per]
    total = 0
    past: list[datetime] = []
    for number in range(_DAYS):
        at = _FIRST + timedelta(days=number)
        decided = activity_points(rule, past, at, "UTC")
        if isinstance(decided, ActivityAward):
            past.append(at)
            total += decided.points
    return total
