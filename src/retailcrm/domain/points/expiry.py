"""When points lapse: so long after they could first be spent, perhaps at the end of a day or a year."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

import attrs

from retailcrm.domain.periods import add_months, calendar_period, local_date, start_of_day
from retailcrm.errors import SettingsError

Snap = Literal["day", "month", "quarter", "half", "year"]

SNAPS: Final = ("day", "month", "quarter", "half", "year")


@attrs.frozen(kw_only=True)
class Expiry:
    """A rule for the first moment at which points cannot be spent any more.

    Calendar months go to the month's last day where the day does not exist: 31 January and a month is
    29 (or 28) February. All days are days of the zone; the moment is always a midnight.

    Attributes:
        months: Months from the activation; ``None`` with ``days`` ``None`` too: they never lapse.
        days: Days from the activation, instead of months.
        snap: They last until the end of the day, month, quarter, half or year reached by then.
        on: They lapse at the end of this day, whatever was said of months and days.
        zone: IANA zone of those days.

    Raises:
        SettingsError: Both months and days, or a number below 1.

    Example:
        >>> from retailcrm.domain.periods import instant_of
        >>> year_end = Expiry(months=12, snap="year", zone="Asia/Shanghai")
        >>> year_end.after(instant_of("2024-03-10", "Asia/Shanghai")).isoformat()
        '2025-12-31T16:00:00+00:00'
    """

    months: int | None = None
    days: int | None = None
    snap: Snap = attrs.field(default="day", validator=attrs.validators.in_(SNAPS))
    on: date | None = None
    zone: str = "UTC"

    def __attrs_post_init__(self) -> None:
        """Refuse what is said twice, or not sensible."""
        if self.months is not None and self.days is not None:
            raise SettingsError("points lapse after months or after days, not both")
        for name in ("months", "days"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f"points last at least one of {name}, not {value}")

    def after(self, activated_at: datetime) -> datetime | None:
        """Give the moment of lapse.

        Args:
            activated_at: When the points could first be spent; aware.

        Returns:
            In UTC, exclusive; ``None`` if they never lapse.
        """
        if self.on is None and self.months is None and self.days is None:
            return None
        return _end(self, local_date(activated_at, self.zone))


@lru_cache(maxsize=4096)
def _end(expiry: Expiry, first: date) -> datetime:
    """Give the end of points that can be spent from a day on: all points of a day lapse together."""
    if expiry.on is not None:
        return start_of_day(expiry.on + timedelta(days=1), expiry.zone)
    if expiry.months is not None:
        last = add_months(first, expiry.months)
    else:
        last = first + timedelta(days=expiry.days or 0)
    if expiry.snap == "day":
        return start_of_day(last + timedelta(days=1), expiry.zone)
    return calendar_period(start_of_day(last, expiry.zone), expiry.snap, expiry.zone).end


NEVER: Final = Expiry()
"""Points that never lapse."""
