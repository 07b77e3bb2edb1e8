"""Times between two instants of many orders, and their quantiles.

Times are kept as a histogram of whole minutes, rounded down: histograms of disjoint sets of orders add
up exactly, so quantiles of a shop larger than memory are those of the whole. Quantiles are nearest
rank: the smallest value that at least the wanted share of the values do not exceed. Whether something
was done within a limit is decided by the instants themselves, not by rounded minutes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints

_MINUTE: Final = 60_000_000
_HOUR: Final = 3_600_000_000
_MINUTES_AN_HOUR: Final = 60


@attrs.frozen(eq=False, kw_only=True)
class Delays:
    """How long one step took.

    Attributes:
        minutes: Distinct whole minutes, rising; ``int64``, shape ``(n_distinct,)``.
        orders: How many took so long; ``int64``, same shape.
        reversed: Orders whose end is before their start: left out of everything else.
        could: Orders that began at least ``within_hours`` before the moment, done or not.
        did: Those of them that were done within ``within_hours``.
        within_hours: That limit.
    """

    minutes: Ints
    orders: Ints
    reversed: int
    could: int
    did: int
    within_hours: int

    @property
    def count(self) -> int:
        """Orders whose two times are known."""
        return int(self.orders.sum())

    @property
    def within(self) -> Fraction | None:
        """Done within the limit / all that could have been; ``None`` if none could."""
        return Fraction(self.did, self.could) if self.could else None

    @property
    def median_hours(self) -> Fraction | None:
        """Half took no longer; whole minutes as hours."""
        return self.quantile_hours(Fraction(1, 2))

    @property
    def p90_hours(self) -> Fraction | None:
        """Nine of ten took no longer."""
        return self.quantile_hours(Fraction(9, 10))

    def quantile_hours(self, share: Fraction) -> Fraction | None:
        """Give the smallest time that at least a share of the orders did not exceed (nearest rank).

        Args:
            share: Above 0 to 1.

        Returns:
            Hours, a whole number of minutes; ``None`` without orders.

        Raises:
            InputError: The share is not above 0 and at most 1.
        """
        if not 0 < share <= 1:
            raise InputError(f"a quantile is a share above 0 and at most 1, not {share}")
        if not (count := self.count):
            return None
        rank = -(-share * count // 1)
        place = int(np.searchsorted(np.cumsum(self.orders), int(rank)))
        return Fraction(int(self.minutes[place]), _MINUTES_AN_HOUR)


def delays_between(
    start: Instants,
    end: Instants,
    as_of: np.datetime64,
    *,
    within_hours: int,
    waiting: NDArray[np.bool_] | None = None,
) -> Delays:
    """Measure the time from one step to the next as it stood at a moment.

    What happened at ``as_of`` or later has not happened yet.

    Args:
        start: When each order began to wait, UTC, NaT unknown; shape ``(n_orders,)``.
        end: When the wait ended, UTC, NaT unknown or not yet; same shape.
        as_of: The moment, UTC, exclusive.
        within_hours: Limit of the share done in time; above 0.
        waiting: Where an unknown end means that the order still waits (else nothing tells when it
            ended, and it is left out); ``None`` everywhere; same shape.

    Returns:
        The times; the share done in time is of orders that began at least ``within_hours`` before
        ``as_of``, waiting ones included.

    Raises:
        InputError: The limit is not above 0.

    Example:
        >>> start = np.array(["2024-01-01T00:00", "2024-01-01T00:00"], "datetime64[us]")
        >>> end = np.array(["2024-01-01T01:30", "NaT"], "datetime64[us]")
        >>> found = delays_between(start, end, np.datetime64("2024-02-01", "us"), within_hours=24)
        >>> found.median_hours, found.within
        (Fraction(3, 2), Fraction(1, 2))

    References:
        Hyndman and Fan (1996), The American Statistician 50, 361-365, definition 1.
    """
    if within_hours <= 0:
        raise InputError(f"the limit must be above 0 hours, not {within_hours}")
    begun, done = start < as_of, end < as_of  # False for NaT
    backwards = begun & (end < start)
    measured = begun & done & ~backwards
    later = begun & (end >= as_of)
    never = np.isnat(end)
    still = later | (begun & (never if waiting is None else never & waiting))
    early = start <= as_of - np.timedelta64(within_hours * _HOUR, "us")
    took = (end[measured] - start[measured]).astype(np.int64)
    minutes, orders = _histogram(took // _MINUTE)
    return Delays(
        minutes=minutes,
        orders=orders,
        reversed=int(np.count_nonzero(backwards)),
        could=int(np.count_nonzero((measured | still) & early)),
        did=int(np.count_nonzero(early[measured] & (took <= within_hours * _HOUR))),
        within_hours=within_hours,
    )


def _histogram(minutes: Ints) -> tuple[Ints, Ints]:
    """Count equal values, by sorting: faster than hashing on millions."""
    rising = np.sort(minutes)
    starts = np.flatnonzero(np.append(True, rising[1:] != rising[:-1])) if len(rising) else rising
    return rising[starts], np.diff(np.append(starts, len(rising)))


def merge_delays(parts: Iterable[Delays]) -> Delays:
    """Join the times of disjoint sets of orders.

    Args:
        parts: At least one, all with the same limit.

    Returns:
        The times of all, the same whatever the order of the parts.

    Raises:
        InputError: There is no part, or their limits differ.
    """
    several = list(parts)
    limits = {part.within_hours for part in several}
    if len(limits) != 1:
        raise InputError(f"delays with limits of {sorted(limits)} hours cannot be merged")
    every, counts = (np.concatenate([getattr(p, name) for p in several]) for name in ("minutes", "orders"))
    minutes, _ = _histogram(every)
    orders = np.zeros(len(minutes), np.int64)
    np.add.at(orders, np.searchsorted(minutes, every), counts)
    return Delays(
        minutes=minutes,
        orders=orders,
        reversed=sum(p.reversed for p in several),
        could=sum(p.could for p in several),
        did=sum(p.did for p in several),
        within_hours=limits.pop(),
    )
