"""Cohorts: points by the month in which they were awarded, and what became of them month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.local_time import local_months
from retailcrm.analytics.points.outstanding import add_up, month_keys, rows_before
from retailcrm.analytics.tables.points import BUCKETS, VERBS
from retailcrm.domain.periods import start_of_day
from retailcrm.domain.points import Bucket, Verb

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from retailcrm.analytics.tables.checks import Ints
    from retailcrm.analytics.tables.points import MovementTable

_NOT_KEPT: Final = (Bucket.REVERSED, Bucket.MOVED)
_KEPT: Final[Ints] = np.array([b not in _NOT_KEPT for b in BUCKETS] + [False], np.int64)
_SPENT: Final[Ints] = np.array([b is Bucket.SPENT for b in BUCKETS] + [False], np.int64)
_EXPIRED: Final[Ints] = np.array([b is Bucket.EXPIRED for b in BUCKETS] + [False], np.int64)


@attrs.frozen(eq=False, kw_only=True)
class Cohorts:
    """What became of the points of each month, by age in calendar months.

    Age 0 ends with the month of the award. Row i is known up to column ``n - 1 - i``. Points that were
    reversed are in none of the columns from the month on in which they were; points that went on in another
    lot count there. Opening balances are left out: nobody knows how old they are.

    Attributes:
        first: The oldest month, since 1970-01; the others follow without a gap.
        kept: Points awarded and not reversed, up to each age; ``int64``, shape ``(n, n)``.
        redeemed: Thereof spent and not given back.
        expired: Thereof expired.
    """

    first: int
    kept: Ints
    redeemed: Ints
    expired: Ints

    def __len__(self) -> int:
        """Count the months."""
        return len(self.kept)

    @property
    def months(self) -> Ints:
        """The months, since 1970-01; ``int64``, shape ``(n,)``."""
        return np.arange(self.first, self.first + len(self), dtype=np.int64)

    @property
    def keys(self) -> tuple[str, ...]:
        """The months as texts such as ``2024-03``."""
        return month_keys(self.months)

    def before(self, months: int) -> Cohorts:
        """Give what was known so many months earlier.

        Args:
            months: How many of the latest months to hide; 0 or more.
        """
        n = max(len(self) - months, 0)
        parts = (part[:n, :n] for part in (self.kept, self.redeemed, self.expired))
        kept, redeemed, expired = (_known(part) for part in parts)
        return Cohorts(first=self.first, kept=kept, redeemed=redeemed, expired=expired)


def cohorts_of(
    movements: MovementTable, as_of: np.datetime64, *, known: np.datetime64 | None = None
) -> Cohorts:
    """Follow the points of each month of award through the whole calendar months before a moment.

    Args:
        movements: The movements, with what fell due until then.
        as_of: The moment, UTC, exclusive; the month that it lies in is not over and left out, unless it is
            that month's very beginning, when the month before is the last.
        known: Only what was written before this moment, UTC; ``None``: all.

    Returns:
        The cohorts; none where nothing had been awarded before that month.

    Raises:
        InputError: ``known`` of movements that say not when they were written.
    """
    lots = movements.lots
    end = int(local_months(np.array([as_of], INSTANT), lots.zone)[0])
    opened = movements.lot[(movements.source < 0) & (movements.verb == VERBS.index(Verb.OPEN))]
    ages_known = np.ones(len(lots), np.bool_)
    ages_known[opened] = False
    rows = rows_before(movements, month_start(end, lots.zone), known) & ages_known[movements.lot]
    cohort = local_months(lots.awarded_at, lots.zone)[movements.lot[rows]]
    first = int(cohort.min()) if len(cohort) else end
    n = end - first
    age = np.maximum(local_months(movements.effective_at[rows], lots.zone) - cohort, 0)
    cell = (cohort - first) * n + age
    source, target = movements.source[rows], movements.target[rows]
    kept, redeemed, expired = (
        _triangle(cell, movements.points[rows] * (counts[target] - counts[source]), n)
        for counts in (_KEPT, _SPENT, _EXPIRED)
    )
    return Cohorts(first=first, kept=kept, redeemed=redeemed, expired=expired)


def month_start(month: int, zone: str) -> np.datetime64:
    """Give the moment at which a month begins in a zone.

    Args:
        month: Since 1970-01.
        zone: IANA zone.

    Returns:
        UTC.

    Example:
        >>> month_start(648, "Asia/Shanghai")
        np.datetime64('2023-12-31T16:00:00.000000')
    """
    day: date = np.datetime64(month, "M").astype("datetime64[D]").item()
    return np.datetime64(start_of_day(day, zone).replace(tzinfo=None), "us")


def _triangle(cell: Ints, points: Ints, n: int) -> Ints:
    return _known(np.cumsum(add_up(cell, points, n * n).reshape(n, n), axis=1))


def _known(square: Ints) -> Ints:
    """Blank what lies in the future."""
    n = len(square)
    past: NDArray[np.bool_] = np.add.outer(np.arange(n), np.arange(n)) < n
    return np.where(past, square, 0)
