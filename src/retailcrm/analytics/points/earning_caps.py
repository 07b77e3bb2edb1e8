"""Caps on columns: what is left of awards once a customer has earned all that a day or a year allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.points.local_ends import dates_of
from retailcrm.analytics.points.parts import LIMIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints
    from retailcrm.domain.points.wallets import Cap, CapPeriod

_FINEST_FIRST: Final = ("day", "month", "year", "ever")
_SECOND: Final = 1_000_000
_MOST: Final = int(np.iinfo(np.int64).max)


def by_customer_and_time(customer: NDArray[np.int32], at: Instants) -> Ints:
    """Rank rows by customer, then instant, then as they stand.

    Args:
        customer: Customer codes, 0 or more.
        at: UTC; none is NaT.

    Returns:
        Positions of the rows in that order, ``int64``.
    """
    past = at.view(np.int64)
    past = past - past.min(initial=np.iinfo(np.int64).max)
    # One number sorts faster than two columns; it fits if instants are whole seconds, as in most exports.
    if not (past % _SECOND).any():
        past //= _SECOND
    span = int(past.max(initial=0)) + 1
    if (int(customer.max(initial=0)) + 1) * span > LIMIT:
        return np.lexsort((past, customer))
    return np.argsort(customer.astype(np.int64) * span + past, kind="stable")


def capped(
    points: Ints, customer: NDArray[np.int32], at: Instants, caps: tuple[Cap, ...], zone: str
) -> tuple[Ints, bool]:
    """Cut awards down to what caps leave, in the order in which they were earned.

    Several caps need no more than one after the other, the finest first: days lie whole in months, months in
    years. While a month has room left, what the days let through is what was earned; once it has none, the
    rest of it earns nothing whatever its days allow; and the next month begins with a new day.

    Args:
        points: Awards before caps, 0 or more; shape ``(n_orders,)``.
        customer: Customer codes, 0 or more.
        at: When each was earned; rows of one customer and instant count in their order.
        caps: The limits; none leaves everything.
        zone: IANA zone of days, months and years.

    Returns:
        Points kept; and whether the numbers were too large for machine words.
    """
    if not caps or not len(points):
        return points, False
    # No award can be more than the smallest cap.
    kept = np.minimum(points, min(_MOST, *(cap.points for cap in caps)))
    # Running totals of all customers must fit; with any sensible cap they do.
    large = int(kept.max()) > LIMIT // len(kept)
    order = by_customer_and_time(customer, at)
    who = customer[order]
    days = dates_of(at, zone)[order]
    running = kept[order].astype(object) if large else kept[order]
    for cap in sorted(caps, key=lambda one: _FINEST_FIRST.index(one.per)):
        most = cap.points if large else min(cap.points, LIMIT)
        running = _fill(running, _opens(who, _period(days, cap.per)), most)
    found = np.empty_like(points)
    found[order] = running
    return found, large


def _period(days: Ints, per: CapPeriod) -> Ints:
    """Number the periods that local days lie in."""
    if per == "day":
        return days
    if per == "ever":
        return np.zeros_like(days)
    unit = "datetime64[M]" if per == "month" else "datetime64[Y]"
    return days.astype("datetime64[D]").astype(unit).astype(np.int64)


def _opens(who: NDArray[np.int32], period: Ints) -> NDArray[np.bool_]:
    """Mark where another customer or period begins."""
    opens = np.ones(len(who), np.bool_)
    opens[1:] = (who[1:] != who[:-1]) | (period[1:] != period[:-1])
    return opens


def _fill(points: Ints, opens: NDArray[np.bool_], most: int) -> Ints:
    """Fill each group up to a limit, first come first served."""
    total = np.cumsum(points)
    start = np.flatnonzero(opens)
    before = np.repeat(total[start] - points[start], np.diff(start, append=len(points)))
    reached = np.minimum(total - before, most)
    earlier = np.minimum(total - before - points, most)
    filled: Ints = reached - earlier
    return filled
