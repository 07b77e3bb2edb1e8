"""Which two periods are compared: the last whole month and the one before, or thirty days each."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.metrics import Period
from retailcrm.domain.labels import Label
from retailcrm.domain.periods import add_months, start_of_day

if TYPE_CHECKING:
    from retailcrm.analytics.metrics import MonthlyMetrics

DAYS: Final = 30
"""Length of the periods where the data hold no two whole months."""

GRACE_DAYS: Final = 7
"""A shop's first order may come so many days after its first period began."""

_EPOCH: Final = date(1970, 1, 1)


@attrs.frozen(kw_only=True)
class Span:
    """The latest period, the one before it, and the one before that; local days from 1970-01-01.

    Attributes:
        name: What the latest is called.
        start: Its first day; the day after the last of the one before.
        end: The day after its last.
        before: First day of the one before.
        earlier: First day of the one before that.
        zone: IANA zone of the days.
    """

    name: Label
    start: int
    end: int
    before: int
    earlier: int
    zone: str

    @property
    def latest(self) -> Period:
        """The latest period."""
        return Period(instant(self.start, self.zone), instant(self.end, self.zone))

    @property
    def previous(self) -> Period:
        """The period before it."""
        return Period(instant(self.before, self.zone), instant(self.start, self.zone))

    @property
    def third(self) -> Period:
        """The period before that."""
        return Period(instant(self.earlier, self.zone), instant(self.before, self.zone))


def latest_span(
    today: int, since: int | None, newest: int | None, months: MonthlyMetrics, zone: str
) -> Span | None:
    """Choose the periods to compare.

    The last whole calendar month and the one before, if both have a counted order and the data reach
    back to the earlier one's first week; else the last 30 days and the 30 before, if the data reach
    back so far and the latest have an order; else nothing is compared.

    Args:
        today: Local day of the moment, days from 1970-01-01: the first day that is not over.
        since: Local day of the first counted order; ``None`` without one.
        newest: Local day of the last counted order.
        months: Figures of the calendar months.
        zone: IANA zone.

    Returns:
        The periods; ``None`` if the data hold no two.
    """
    if since is None or newest is None:
        return None
    this_month = _date(today).replace(day=1)
    end, start, before, earlier = (_day(add_months(this_month, -n)) for n in range(4))
    if since < before + GRACE_DAYS and _sold(months, start) and _sold(months, before):
        month = _date(start).strftime("%Y-%m")
        return Span(name=Label(month, month), start=start, end=end, before=before, earlier=earlier, zone=zone)
    start, before = today - DAYS, today - 2 * DAYS
    if since < before + GRACE_DAYS and newest >= start:
        name = Label(f"最近 {DAYS} 天", f"the last {DAYS} days")
        return Span(name=name, start=start, end=today, before=before, earlier=before - DAYS, zone=zone)
    return None


def instant(day: int, zone: str) -> np.datetime64:
    """Give the first instant of a local day, UTC."""
    return np.datetime64(start_of_day(_date(day), zone).astimezone(UTC).replace(tzinfo=None), "us")


def _sold(months: MonthlyMetrics, day: int) -> bool:
    place = np.flatnonzero(months.months == np.datetime64(day, "D").astype("datetime64[M]"))
    return bool(len(place)) and bool(months.orders[place[0]] > 0)


def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)


def _day(when: date) -> int:
    return (when - _EPOCH).days
