"""Lots and movements that orders alone come to, at a moment, for all customers at once.

One by one the same is :func:`retailcrm.domain.points.following.follow`. Nothing is spent by orders, so all
points of a lot are in one place at any time, and what happens to them follows from four moments: the award,
the activation, the end, and the refund.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import NO_INSTANT
from retailcrm.analytics.counting import DEFAULT_COUNTING, refunds
from retailcrm.analytics.points.lot_ends import lot_ends
from retailcrm.analytics.points.parts import LIMIT
from retailcrm.analytics.tables.points import BUCKETS, VERBS, LotTable, MovementTable
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.lots import Bucket
from retailcrm.domain.points.reversal import target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.counting import CountingPolicy, Mask
    from retailcrm.analytics.points.earn_columns import AwardColumns
    from retailcrm.analytics.tables import Instants, Ints, OrderTable
    from retailcrm.domain.points.wallets import Waiting, Wallet

_FAR: Final = int(np.iinfo(np.int64).max)
_DAY: Final = 24 * 3600 * 1_000_000
_NOWHERE: Final = -1


def order_lots(
    orders: OrderTable,
    awards: AwardColumns,
    wallet: Wallet,
    *,
    as_of: np.datetime64,
    counting: CountingPolicy = DEFAULT_COUNTING,
) -> MovementTable:
    """Give the lots that orders were awarded, and what moved in them before a moment.

    Args:
        orders: The orders.
        awards: What they earned; made from these orders, at this moment.
        wallet: Says when points become spendable, when they lapse and what refunds take.
        as_of: UTC, exclusive: nothing that happened then or later is looked at, though moments at which
            points will become spendable or lapse may lie ahead.
        counting: When a refund without a date took effect.

    Returns:
        A lot for each order that earned anything, in the sequence of ``awards``; an account for each customer
        of the orders. Points are earned, activated, taken back by refunds and expired.
    """
    kept = np.flatnonzero((awards.points > 0) & (awards.columns.paid_at < as_of))
    row = awards.columns.row[kept]
    awarded, points = awards.columns.paid_at[kept], awards.points[kept]
    activates = _activates(orders, row, awarded, wallet.waiting, as_of)
    ends = lot_ends(wallet, awards.columns, kept, activates, as_of)
    back_at, share_of = _refunded(orders, row, as_of, counting)
    taken = _taken(points, share_of, orders.gross[row])
    life = _Life.of(awarded, activates, ends, back_at)
    if wallet.shortfall == "only_pending":
        taken = np.where(life.back_at < life.free_at, taken, 0)
    lots = LotTable(
        zone=wallet.expiry.zone,
        accounts=orders.customers.ids,
        account=orders.customer[row],
        points=points,
        awarded_at=awarded,
        activates_at=activates,
        expires_at=ends,
    )
    return _movements(lots, life, taken, int(as_of.astype("datetime64[us]").astype(np.int64)))


@attrs.frozen(eq=False, kw_only=True)
class _Life:
    """When things take effect on each lot, microseconds, never before what they follow; far: never.

    Attributes:
        earned_at: The award.
        free_at: The activation.
        end_at: The lapse.
        back_at: The refund.
    """

    earned_at: Ints
    free_at: Ints
    end_at: Ints
    back_at: Ints

    @classmethod
    def of(cls, awarded: Instants, activates: Instants, ends: Instants, back_at: Instants) -> _Life:
        """Put the moments of each lot into their order."""
        earned = awarded.view(np.int64)
        free = np.maximum(_far(activates), earned)
        return cls(
            earned_at=earned,
            free_at=free,
            end_at=np.maximum(_far(ends), free),
            back_at=np.maximum(_far(back_at), earned),
        )


def _far(at: Instants) -> Ints:
    """Give instants in microseconds; what is not known never happens."""
    return np.where(np.isnat(at), _FAR, at.view(np.int64))


def _known(column: Instants | None, row: Ints, as_of: np.datetime64) -> Instants:
    """Give what was known of some orders at a moment."""
    if column is None:
        return np.full(len(row), NO_INSTANT)
    at = column[row]
    return np.where(at < as_of, at, NO_INSTANT)


def _activates(
    orders: OrderTable, row: Ints, awarded: Instants, waiting: Waiting, as_of: np.datetime64
) -> Instants:
    """Give when points become spendable: receipt confirmed or days gone by, whichever is first."""
    if waiting.until == "paid":
        return awarded
    confirmed = _known(orders.completed_at, row, as_of)
    if waiting.days is None:
        return confirmed
    base = awarded if waiting.since == "paid" else _known(orders.shipped_at, row, as_of)
    return np.fmin(confirmed, base + np.timedelta64(waiting.days * _DAY, "us"))


def _refunded(
    orders: OrderTable, row: Ints, as_of: np.datetime64, counting: CountingPolicy
) -> tuple[Instants, Ints]:
    """Give when each order was paid back, and how much of it, minor units."""
    back = refunds(orders, counting).before(as_of)
    at, amount = np.full(len(orders), NO_INSTANT), np.zeros(len(orders), np.int64)
    at[back.row], amount[back.row] = back.at, np.maximum(back.amount, 0)
    return at[row], amount[row]


def _taken(points: Ints, refunded: Ints, gross: Ints) -> Ints:
    """Give what refunds take of awards: their share of the order, rounded down; all at the whole."""
    part = np.minimum(refunded, gross)
    large = points > LIMIT // np.maximum(part, 1)
    taken = np.where(large, 0, points) * part // np.maximum(gross, 1)
    for one in np.flatnonzero(large & (part > 0)).tolist():
        taken[one] = target(int(points[one]), Fraction(int(part[one]), int(gross[one])))
    return taken


def _movements(lots: LotTable, life: _Life, taken: Ints, as_of: int) -> MovementTable:
    """Write down what moved."""
    points = lots.points
    pending, lapsed = life.back_at < life.free_at, life.back_at >= life.end_at
    available = ~pending & ~lapsed
    free, end, back = life.free_at < as_of, life.end_at < as_of, life.back_at < as_of
    left = points - np.where(pending & back, taken, 0)
    at_end = points - np.where(~lapsed & back, taken, 0)
    moves = [
        (Verb.EARN, None, Bucket.PENDING, points, life.earned_at, np.ones_like(pending)),
        (Verb.REVERSE, Bucket.PENDING, Bucket.REVERSED, taken, life.back_at, back & pending),
        (Verb.ACTIVATE, Bucket.PENDING, Bucket.AVAILABLE, left, life.free_at, free),
        (Verb.REVERSE, Bucket.AVAILABLE, Bucket.REVERSED, taken, life.back_at, back & available),
        (Verb.EXPIRE, Bucket.AVAILABLE, Bucket.EXPIRED, at_end, life.end_at, end),
        (Verb.REVERSE, Bucket.EXPIRED, Bucket.REVERSED, taken, life.back_at, back & lapsed),
    ]
    columns = [_moved(*move) for move in moves]
    names = ("lot", "verb", "source", "target", "points", "effective_at")
    joined: dict[str, Any] = {
        name: np.concatenate(column) for name, column in zip(names, zip(*columns, strict=True), strict=True)
    }
    return MovementTable(lots=lots, **joined)


def _moved(
    verb: Verb, source: Bucket | None, target: Bucket, points: Ints, at: Ints, where: Mask
) -> tuple[NDArray[Any], ...]:
    """Give the columns of one kind of movement."""
    lot = np.flatnonzero(where & (points > 0))
    codes = (VERBS.index(verb), _NOWHERE if source is None else BUCKETS.index(source), BUCKETS.index(target))
    same = [np.full(len(lot), code, np.int8) for code in codes]
    return (lot, *same, points[lot], at[lot].view("datetime64[us]"))
