"""When people shop: growth, festivals, weekdays, and the hours of a day."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.simulate.lunar import LUNAR_NEW_YEARS
from retailcrm.simulate.occasions import occasion_of
from retailcrm.simulate.randomness import Choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

NORMAL: Final = 100
"""Weight of a day on which nothing is going on, before the weekday is counted in."""

DAY_SECONDS: Final = 86_400

_WEEKDAYS: Final = (102, 100, 100, 98, 96, 100, 107)
_FESTIVALS: Final = {
    (3, 8): 160,
    (6, 1): 180,
    (6, 16): 200,
    (6, 17): 260,
    (6, 18): 650,
    (9, 9): 150,
    (10, 31): 220,
    (11, 1): 320,
    (11, 9): 150,
    (11, 10): 380,
    (11, 11): 1000,
    (12, 11): 130,
    (12, 12): 280,
}
"""Percent of a normal day: 三八, 618, 99 划算节, 双11 with its eve, 双12."""

_BEFORE_NEW_YEAR: Final = ((15, 21, 150), (8, 14, 230), (4, 7, 150), (1, 3, 60), (-5, 0, 35), (-9, -6, 70))
"""年货节: days to the lunar new year (first, last, percent); couriers rest around the day itself."""

_MIDNIGHT_SALES: Final = 200
"""From this percent on, a day's sale opens at midnight and coupons are larger."""

RETIRED_PART: Final = 3
"""The retired foods are not sold in the last of so many parts of the window."""

_HOURS: Final = (
    *(25, 12, 6, 4, 3, 5, 12, 25, 40, 58, 70, 62),
    *(52, 54, 56, 55, 52, 45, 44, 52, 66, 78, 74, 50),
)
_SALE_HOURS: Final = (
    *(150, 60, 22, 9, 5, 6, 12, 25, 40, 56, 66, 56),
    *(46, 46, 48, 46, 42, 38, 40, 50, 74, 82, 80, 70),
)


@attrs.frozen(eq=False)
class Season:
    """The shopping calendar of a window of days.

    Attributes:
        arrivals: Weight of each day for first orders (growth and season); ``int64``, shape ``(n_days,)``.
        habits: Weight of each day for a customer's own rhythm (season only); ``int64``, shape ``(n_days,)``.
        sale: Whether a day has a midnight sale; ``bool``, shape ``(n_days,)``.
        occasion: :class:`retailcrm.simulate.Occasion` of each day; ``int8``, shape ``(n_days,)``.
        late: Whether the retired foods are gone; ``bool``, shape ``(n_days,)``.
    """

    arrivals: NDArray[np.int64]
    habits: NDArray[np.int64]
    sale: NDArray[np.bool_]
    occasion: NDArray[np.int8]
    late: NDArray[np.bool_]


def season_percent(day: date) -> int:
    """Say how busy a day is, in percent of a normal one.

    Example:
        >>> season_percent(date(2023, 11, 11)), season_percent(date(2024, 2, 10))
        (1000, 35)
    """
    for new_year in LUNAR_NEW_YEARS:
        ahead = (new_year - day).days
        for first, last, percent in _BEFORE_NEW_YEAR:
            if first <= ahead <= last:
                return percent
    return _FESTIVALS.get((day.month, day.day), NORMAL)


@cache
def season_of(start: date, days: int, growth_percent: int) -> Season:
    """Lay out the shopping calendar of a window.

    Args:
        start: First day.
        days: Length of the window.
        growth_percent: By how much arrivals on the last day exceed those on the first.

    Returns:
        Weights and sale days, one entry a day.
    """
    dates = [start + timedelta(days=i) for i in range(days)]
    percent = np.array([season_percent(day) for day in dates], np.int64)
    weekday = np.array([_WEEKDAYS[day.weekday()] for day in dates], np.int64)
    habits = percent * weekday // 10
    growth = 100 * days + growth_percent * np.arange(days, dtype=np.int64)
    return Season(
        habits * growth // (100 * days),
        habits,
        percent >= _MIDNIGHT_SALES,
        np.array([occasion_of(day) for day in dates], np.int8),
        np.arange(days) >= days - days // RETIRED_PART,
    )


def hours(*, sale: bool) -> Choice:
    """Choose the hour of an order: few at four in the morning, many at midnight of a sale."""
    return Choice.of(_SALE_HOURS if sale else _HOURS)
