"""What becomes of an order: paid or not, shipped, received, refunded, and when.

An order is settled within :data:`SETTLED_DAYS` of being placed, so export files that overlap by
that much never miss a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from retailcrm.domain.orders import OrderState
from retailcrm.simulate.randomness import WAIT_UNIT, Choice, Draws, Stream, below, waits

if TYPE_CHECKING:
    from retailcrm.simulate.baskets import Ints

Instants = NDArray[np.datetime64]

SETTLED_DAYS: Final = 14
CLOSES_AFTER: Final = np.timedelta64(24 * 3600, "s")
"""An order that is not paid is closed by the platform."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_UNPAID_PER_MILLE: Final = 60
_QUICK_PERCENT: Final = 88
_QUICK_MEAN: Final = 25
_SLOW_MOST: Final = 23 * _HOUR
_SHIP_MEAN, _SHIP_LEAST, _SHIP_MOST = 14 * _HOUR, 40 * _MINUTE, 47 * _HOUR
_TRAVEL_LEAST, _TRAVEL_SPREAD = 30 * _HOUR, 6 * _DAY
_CONFIRMS_ITSELF: Final = 10 * _DAY
"""Receipt is confirmed by the platform ten days after shipping."""

_LATE_REFUND_MOST: Final = 20 * _HOUR
"""After receipt; with the longest journey still inside the two weeks."""

_FATES: Final = Choice.of((940, 15, 15, 30))
"""Per mille: no refund, all before shipping, all after shipping, part after shipping or receipt."""

_NONE, _BEFORE, _AFTER, _PART = range(4)


@attrs.frozen(eq=False)
class _Journey:
    """Seconds from placing to payment (-1: never), shipping and receipt, were nothing to go wrong."""

    paid: Ints
    shipped: Ints
    received: Ints


@attrs.frozen(eq=False)
class Course:
    """What becomes of orders, as seconds from placing; -1 for what never happens.

    Attributes:
        paid: Payment; ``int64``, shape ``(n_orders,)``.
        shipped: Hand-over to the courier.
        received: 确认收货.
        refunded: When money goes back.
        part: Whether only a part goes back; ``bool``.
        due: When receipt would be confirmed if nothing went wrong.
    """

    paid: Ints
    shipped: Ints
    received: Ints
    refunded: Ints
    part: NDArray[np.bool_]
    due: Ints


@attrs.frozen(eq=False, kw_only=True)
class Progress:
    """Every moment in the life of some orders, UTC; NaT for what never happens.

    Attributes:
        placed_at: ``datetime64[us]``, shape ``(n_orders,)``.
        paid_at: Payment.
        shipped_at: Hand-over to the courier.
        received_at: 确认收货, which completes an order.
        refunded_at: When money went back.
        refund: How much, minor units; ``int64``.
    """

    placed_at: Instants
    paid_at: Instants
    shipped_at: Instants
    received_at: Instants
    refunded_at: Instants
    refund: Ints

    def seen_at(self, moment: np.datetime64) -> Progress:
        """Forget everything that happens at the moment or later."""
        refunded_at = until(self.refunded_at, moment)
        return Progress(
            placed_at=until(self.placed_at, moment),
            paid_at=until(self.paid_at, moment),
            shipped_at=until(self.shipped_at, moment),
            received_at=until(self.received_at, moment),
            refunded_at=refunded_at,
            refund=np.where(np.isnat(refunded_at), 0, self.refund),
        )


def states_of(progress: Progress, total: Ints, moment: np.datetime64) -> NDArray[np.int8]:
    """Say where orders stand, from what is known of them at a moment.

    Args:
        progress: What is known, as :meth:`Progress.seen_at` gives it.
        total: 总金额, minor units.
        moment: UTC, exclusive.

    Returns:
        :class:`OrderState` values; ``int8``, shape ``(n_orders,)``.
    """
    unpaid = np.isnat(progress.paid_at)
    expired = progress.placed_at + CLOSES_AFTER < moment
    stages = (
        (unpaid & expired, OrderState.CLOSED),
        (unpaid, OrderState.PLACED),
        (progress.refund == total, OrderState.REFUNDED),
        (~np.isnat(progress.received_at), OrderState.COMPLETED),
        (~np.isnat(progress.shipped_at), OrderState.SHIPPED),
    )
    met, values = [condition for condition, _ in stages], [np.int8(state) for _, state in stages]
    return np.select(met, values, np.int8(OrderState.PAID))


def progress_of(
    draws: Draws,
    key: NDArray[np.uint64],
    placed_at: Instants,
    total: Ints,
    first_line: Ints,
) -> Progress:
    """Decide the whole life of some orders.

    Args:
        draws: The shop's random numbers.
        key: Key of each order; ``uint64``, shape ``(n_orders,)``.
        placed_at: When each was placed, UTC.
        total: 总金额, minor units.
        first_line: What the first line costs after discounts; a partial refund is a part of it.

    Returns:
        All moments, also those after the end of the window.
    """
    course = course_of(draws, key)
    percent = 10 + below(draws.of(Stream.REFUND, key), 41, low=True)
    part = np.minimum(np.maximum(first_line * percent // 100, 1), total - 1)
    refund = np.where(course.part, part, total)
    return Progress(
        placed_at=placed_at,
        paid_at=after(placed_at, course.paid),
        shipped_at=after(placed_at, course.shipped),
        received_at=after(placed_at, course.received),
        refunded_at=after(placed_at, course.refunded),
        refund=np.where(course.refunded < 0, 0, refund),
    )


def course_of(draws: Draws, key: NDArray[np.uint64]) -> Course:
    """Decide when what happens to some orders, whatever is in them."""
    fate = _FATES.pick(draws.of(Stream.REFUND, key))
    journey = _journey_of(draws, key, fate)
    # A refund in the middle of the journey ends it.
    never_shipped = (fate == _BEFORE) | (journey.paid < 0)
    return Course(
        paid=journey.paid,
        shipped=np.where(never_shipped, -1, journey.shipped),
        received=np.where(never_shipped | (fate == _AFTER), -1, journey.received),
        refunded=_refund_time(draws, key, fate, journey),
        part=fate == _PART,
        due=journey.received,
    )


def _journey_of(draws: Draws, key: NDArray[np.uint64], fate: NDArray[np.int32]) -> _Journey:
    """Draw payment, shipping and receipt; only orders without a refund may stay unpaid."""
    pay, parcel = draws.of(Stream.PAYMENT, key), draws.of(Stream.PARCEL, key)
    unpaid = (below(pay, 1000) < _UNPAID_PER_MILLE) & (fate == _NONE)
    quick = 3 + _QUICK_MEAN * waits(pay) // WAIT_UNIT
    slow = 60 + below(pay, _SLOW_MOST - 60, low=True)
    is_quick = below(pay, 1_000_000) % 100 < _QUICK_PERCENT
    paid = np.where(is_quick, quick, slow)
    wait = np.clip(_SHIP_MEAN * waits(parcel) // WAIT_UNIT, _SHIP_LEAST, _SHIP_MOST)
    travel = _TRAVEL_LEAST + _TRAVEL_SPREAD * waits(parcel >> np.uint64(16), calls=2) // WAIT_UNIT
    shipped = paid + wait
    received = shipped + np.minimum(travel, _CONFIRMS_ITSELF)
    return _Journey(np.where(unpaid, -1, paid), shipped, received)


def _refund_time(draws: Draws, key: NDArray[np.uint64], fate: NDArray[np.int32], journey: _Journey) -> Ints:
    """Draw when money goes back, as seconds after placing; -1 for never."""
    bits = draws.of(Stream.REFUND_TIME, key)
    share = below(bits, 1 << 16)
    paid, shipped, received = journey.paid, journey.shipped, journey.received
    before = paid + 1 + ((shipped - paid - 2) * share >> 16)
    after = shipped + _HOUR + ((received - shipped - _HOUR) * share >> 16)
    late = received + 1 + (_LATE_REFUND_MOST * share >> 16)
    part = np.where(below(bits, 2, low=True) == 0, after, late)
    return np.select([fate == _BEFORE, fate == _AFTER, fate == _PART], [before, after, part], -1)


def after(start: Instants, seconds: Ints) -> Instants:
    """Add seconds; NaT where they are negative."""
    moments: Instants = start + seconds.astype("timedelta64[s]")
    moments[seconds < 0] = np.datetime64("NaT")
    return moments


def until(times: Instants, moment: np.datetime64) -> Instants:
    """Keep what lies before a moment."""
    return np.where(times < moment, times, np.datetime64("NaT", "us"))
