"""The calendar of a ladder on columns: window starts, ends of holds. Instants are UTC microseconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.domain.periods import MONTHS_IN, start_of_day

if TYPE_CHECKING:
    from retailcrm.analytics.tables import Ints
    from retailcrm.domain.tiers import Ladder

NEVER: Final = int(np.iinfo(np.int64).max)
"""Later than every instant: the end of a hold that lasts forever, a step that does not come."""

ALWAYS: Final = -NEVER
"""Earlier than every instant: the start of a window without beginning."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_LONGEST_PERIOD: Final = 12
_DAY: Final = 24 * 3600 * 1_000_000


def shift_months(days: Ints, months: int) -> Ints:
    """Move days by calendar months, to the month's last day where the day does not exist.

    Args:
        days: Days since 1970-01-01, ``int64``.
        months: Months to add; negative goes back.

    Returns:
        Days since 1970-01-01, same shape.
    """
    dates = days.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    target = month + months
    last = (target + 1).astype("datetime64[D]") - target.astype("datetime64[D]") - 1
    moved = target.astype("datetime64[D]") + np.minimum(dates - month.astype("datetime64[D]"), last)
    days_moved: Ints = moved.astype(np.int64)
    return days_moved


@attrs.frozen(eq=False, kw_only=True)
class Spans:
    """A ladder's window and hold, with the local days that they can touch.

    Attributes:
        ladder: The ladder.
        first: The first of those days, since 1970-01-01.
        starts: When each of them begins; ``int64``, shape ``(n_days,)``.
        rolling: When a rolling window that ends with each of them begins; empty for other windows.
        periods: When each calendar period in them begins; empty for windows that are none.
    """

    ladder: Ladder
    first: int
    starts: Ints
    rolling: Ints
    periods: Ints

    @classmethod
    def of(cls, ladder: Ladder, earliest: int, latest: int) -> Spans:
        """Lay out the days from the start of the earliest window to the end of the latest hold."""
        window = ladder.window
        back = max(window.months or 0, _LONGEST_PERIOD)
        ahead = max(ladder.hold.months or 0, 2 * _LONGEST_PERIOD)
        ends = np.array([earliest, latest]) // _DAY
        low, high = int(shift_months(ends - 2, -back)[0]), int(shift_months(ends + 2, ahead)[1]) + 2
        days = np.arange(low, high)
        starts = np.array([_day_start(day, ladder.zone) for day in range(low, high)], np.int64)
        rolling = periods = starts[:0]
        if window.months is not None:
            # Days too early for any order reach back beyond the first: they are never asked for.
            rolling = starts[np.maximum(shift_months(days + 1, -window.months) - low, 0)]
        if window.period is not None:
            month = days.astype("datetime64[D]").astype("datetime64[M]")
            opens = (month.astype("datetime64[D]").astype(np.int64) == days) & (
                month.astype(np.int64) % MONTHS_IN[window.period] == 0
            )
            periods = starts[opens]
        return cls(ladder=ladder, first=low, starts=starts, rolling=rolling, periods=periods)

    def day_of(self, at: Ints) -> Ints:
        """Tell on which local day instants fall."""
        return np.searchsorted(self.starts, at, side="right") - 1 + self.first

    def counts_from(self, at: Ints, joined: Ints, changed: Ints) -> Ints:
        """Find the first instant that counts for what happens at given moments."""
        window = self.ladder.window
        if window.kind == "since_last_change":
            return changed
        if window.kind == "since_join":
            return joined
        if window.period is not None:
            return self._period(at, 0)
        if window.months is not None:
            return self.rolling[self.day_of(at) - self.first]
        return np.full(len(at), ALWAYS)

    def tested_from(self, test: Ints, due: Ints, joined: Ints, changed: Ints) -> Ints:
        """Find the first instant that counts in tests: of the period that ended when they were due."""
        ends = due if self.ladder.window.kind == "calendar" else test
        return self.counts_from(ends - 1, joined, changed)

    def held_after_rise(self, at: Ints) -> Ints:
        """Find the ends of holds that begin with a rise."""
        hold = self.ladder.hold
        if hold.months is not None:
            return self._start(shift_months(self.day_of(at), hold.months) + 1)
        if hold.kind == "forever":
            return np.full(len(at), NEVER)
        return self._period(at, 2 if hold.kind == "next_period" else 1)

    def held_after_test(self, due: Ints) -> Ints:
        """Find the ends of holds that begin with a test."""
        if self.ladder.window.period is not None:
            return self._period(due, 1)
        return self.months_later(due, self.ladder.hold.months or 0)

    def months_later(self, boundary: Ints, months: int) -> Ints:
        """Move boundaries between local days by calendar months."""
        return self._start(shift_months(self.day_of(boundary), months))

    def _start(self, days: Ints) -> Ints:
        return self.starts[days - self.first]

    def _period(self, at: Ints, later: int) -> Ints:
        """Find where the calendar period of given instants begins, or one some periods later."""
        return self.periods[np.searchsorted(self.periods, at, side="right") - 1 + later]


@lru_cache(maxsize=1 << 15)
def _day_start(day: int, zone: str) -> int:
    start = start_of_day(date.fromordinal(day + _EPOCH_DAY), zone)
    return (start - _EPOCH) // timedelta(microseconds=1)
