"""From movements and sales to the positions that a journal is written from, period by period."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.points.accounting import JournalLine, Position, allocate, journal
from retailcrm.analytics.points.liability import rounded
from retailcrm.analytics.points.outstanding import add_up, rows_before
from retailcrm.analytics.tables.points import BUCKETS
from retailcrm.domain.points import Bucket
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables.checks import Instants, Ints
    from retailcrm.analytics.tables.points import MovementTable

ORDER: Final = "order"
_REVERSED: Final = BUCKETS.index(Bucket.REVERSED)
_SPENT: Final = BUCKETS.index(Bucket.SPENT)
_EXPIRED: Final = BUCKETS.index(Bucket.EXPIRED)


@attrs.frozen(eq=False, kw_only=True)
class PricedPoints:
    """Points that orders earned, in consecutive periods.

    Attributes:
        edges: Where the periods begin and end, UTC; shape ``(n_periods + 1,)``.
        awarded: Points awarded in each; ``int64``, shape ``(n_periods,)``.
        reversed: Points taken back in each.
        redeemed: Points redeemed in each, less those given back: may be below 0.
        expired: Points that expired in each, less those taken back afterwards.
    """

    edges: Instants
    awarded: Ints
    reversed: Ints
    redeemed: Ints
    expired: Ints


def priced_points(
    movements: MovementTable, edges: Instants, *, known: np.datetime64 | None = None
) -> PricedPoints:
    """Add up what became of points that were earned by orders: the ones that a price was paid for.

    Points for signing in, opening balances, corrections by hand are no part of a sale.

    Args:
        movements: The movements, with what fell due until the last edge.
        edges: Rising moments, UTC; the first before the first award, for the books begin with nothing.
        known: Only what was written before this moment, UTC; ``None``: all.

    Returns:
        The points.

    Raises:
        InputError: An order earned points before the first edge; ``known`` of movements that nobody wrote.
    """
    rows = rows_before(movements, edges[-1], known) & _of_orders(movements)
    if (movements.effective_at[rows] < edges[0]).any():
        raise InputError("the books begin before the first award: give an earlier first edge")
    period = np.searchsorted(edges, movements.effective_at[rows], side="right") - 1
    source, target, points = movements.source[rows], movements.target[rows], movements.points[rows]

    def net(bucket: int) -> Ints:
        """Give what came into a bucket in each period, less what left it."""
        sign = (target == bucket).astype(np.int64) - (source == bucket)
        return add_up(period, points * sign, len(edges) - 1)

    moved = net(BUCKETS.index(Bucket.MOVED))
    born = add_up(period[source < 0], points[source < 0], len(edges) - 1)
    return PricedPoints(
        edges=edges,
        # What goes on in another lot comes into being there again.
        awarded=born - moved,
        reversed=net(_REVERSED),
        redeemed=net(_SPENT),
        expired=net(_EXPIRED),
    )


def _of_orders(movements: MovementTable) -> NDArray[np.bool_]:
    kinds = movements.lots.source
    if kinds is None:
        return np.ones(len(movements), np.bool_)
    values = kinds.values.tolist()
    wanted = values.index(ORDER) if ORDER in values else -2
    marked: NDArray[np.bool_] = (kinds.codes == wanted)[movements.lot]
    return marked


def positions(
    points: PricedPoints,
    *,
    sold: Sequence[int],
    refunded: Sequence[int],
    value: Fraction,
    share: Fraction,
    outstanding: Sequence[Fraction],
) -> tuple[Position, ...]:
    """Give the position at the end of each period.

    The price is divided when it is paid, by what the points were then expected to bring, and never again.
    A refund takes off the part of an average point for every point that it takes back.

    Args:
        points: What became of the points.
        sold: Prices of the orders that earned them, of each period, minor units.
        refunded: Paid back on such orders in each period.
        value: What a point pays, minor units.
        share: Share of awarded points that is expected to be redeemed, where an order is paid.
        outstanding: Share of the points outstanding at the end of each period that is expected to be
            redeemed.

    Returns:
        One position a period; the first period begins with ``Position()``.

    Raises:
        InputError: Not one number for each period, or amounts that cannot be.
    """
    n = len(points.awarded)
    if not len(sold) == len(refunded) == len(outstanding) == n:
        raise InputError(f"there are {n} periods; give sales, refunds and an expected share for each")
    found: list[Position] = []
    there, awarded = Position(), 0
    for i in range(n):
        born, back = int(points.awarded[i]), int(points.reversed[i])
        awarded += born
        part = allocate(sold[i], sold[i], rounded(born * value * share, "half_up"))[1] if sold[i] else 0
        deferred = there.deferred + part
        off = min(rounded(Fraction(deferred * back, awarded), "half_up"), refunded[i]) if awarded else 0
        kept, redeemed = there.awarded + born - back, there.redeemed + int(points.redeemed[i])
        left = kept - redeemed - int(points.expired[: i + 1].sum())
        there = Position(
            sold=there.sold + sold[i],
            deferred=deferred,
            refunded=there.refunded + refunded[i],
            undeferred=min(there.undeferred + off, deferred),
            awarded=kept,
            redeemed=redeemed,
            expected=redeemed + left * outstanding[i],
        )
        found.append(there)
    return tuple(found)


def journals(of: Sequence[Position]) -> tuple[tuple[JournalLine, ...], ...]:
    """Write the lines of each period.

    Args:
        of: The position at the end of each; the first begins with nothing.
    """
    return tuple(journal(before, after) for before, after in pairwise((Position(), *of)))
