"""When people buy for each festival: windows of local days, by the lunar and by the common calendar."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.labels import Label
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_YEAR: Final = 1950
LAST_YEAR: Final = 2099
"""Years of which the lunar calendar is known."""

_EPOCH: Final = date(1970, 1, 1)


@attrs.frozen(kw_only=True)
class Festival:
    """A festival and the days on which people buy for it.

    Attributes:
        key: Stable word.
        label: Its name.
        month: Its month, of the lunar calendar if ``lunar``.
        day: Its day of the month.
        lunar: Whether it goes by the lunar calendar.
        before: Days of the window before the day itself.
        after: Days of the window from the day itself on: 0 leaves the day out, 1 ends with it.
    """

    key: str
    label: Label
    month: int
    day: int
    lunar: bool
    before: int
    after: int

    def date_in(self, year: int) -> date:
        """Give its day in a year of the common calendar; lunar ones go by the lunar year that begins in it.

        Args:
            year: From 1950 to 2099.

        Returns:
            The day.

        Raises:
            InputError: The year is outside the calendar.

        Example:
            >>> str(FESTIVALS["mid_autumn"].date_in(2024))
            '2024-09-17'
        """
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise InputError(f"festivals are known from {FIRST_YEAR} to {LAST_YEAR}, not in {year}")
        return _lunar(year, self.month, self.day) if self.lunar else date(year, self.month, self.day)

    def window(self, year: int) -> tuple[int, int]:
        """Give the first day and the day after the last of its window, days from 1970-01-01.

        Args:
            year: From 1950 to 2099.

        Returns:
            Local days, half-open.

        Raises:
            InputError: The year is outside the calendar.
        """
        day = (self.date_in(year) - _EPOCH).days
        return day - self.before, day + self.after


def _festival(
    key: str, zh: str, en: str, day: tuple[int, int], window: tuple[int, int], *, lunar: bool = False
) -> Festival:
    return Festival(
        key=key, label=Label(zh, en), month=day[0], day=day[1], lunar=lunar, before=window[0], after=window[1]
    )


FESTIVALS: Final[Mapping[str, Festival]] = {
    festival.key: festival
    for festival in (
        # Couriers stop around the lunar new year: the trade for it ends with its eve.
        _festival("spring", "春节（年货节）", "Spring Festival", (1, 1), (28, 0), lunar=True),
        _festival("lantern", "元宵节", "Lantern Festival", (1, 15), (7, 1), lunar=True),
        _festival("dragon_boat", "端午节", "Dragon Boat Festival", (5, 5), (14, 1), lunar=True),
        _festival("qixi", "七夕", "Qixi", (7, 7), (10, 1), lunar=True),
        _festival("mid_autumn", "中秋节", "Mid-Autumn Festival", (8, 15), (21, 1), lunar=True),
        _festival("chongyang", "重阳节", "Double Ninth Festival", (9, 9), (7, 1), lunar=True),
        _festival("new_year", "元旦", "New Year's Day", (1, 1), (7, 1)),
        _festival("women", "三八节", "Women's Day sale", (3, 8), (7, 1)),
        _festival("618", "618", "618 sale", (6, 18), (17, 3)),
        _festival("national", "国庆节", "National Day", (10, 1), (7, 7)),
        _festival("1111", "双11", "Double 11 sale", (11, 11), (11, 1)),
        _festival("1212", "双12", "Double 12 sale", (12, 12), (4, 1)),
    )
}
"""Every festival with the days before and from its day on that its window has."""


def windows(festival: Festival, first: int, end: int) -> tuple[tuple[int, int], ...]:
    """Give the windows of a festival that touch a span of days.

    Args:
        festival: The festival.
        first: First local day, days from 1970-01-01.
        end: The day after the last.

    Returns:
        First day and the day after the last of each, rising.

    Raises:
        InputError: The span leaves the years of the calendar.

    Example:
        >>> import numpy as np
        >>> spring = windows(FESTIVALS["spring"], 19358, 19800)
        >>> [str(np.datetime64(day, "D")) for day in spring[-1]]
        ['2024-01-13', '2024-02-10']
    """
    if end <= first:
        return ()
    # A window can begin in the year before its day, and never ends after the year of it.
    years = range((_EPOCH + timedelta(days=first)).year, (_EPOCH + timedelta(days=end - 1)).year + 2)
    found = (festival.window(year) for year in years if year <= LAST_YEAR or year == years[0])
    return tuple(w for w in found if w[0] < end and w[1] > first)


@cache
def _lunar(year: int, month: int, day: int) -> date:
    from lunardate import LunarDate  # noqa: PLC0415 - only reports need it

    found = LunarDate(year, month, day).to_solar_date()
    return date(found.year, found.month, found.day)
