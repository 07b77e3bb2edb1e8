"""What happens to parcels on their way: shipped, arrived, tried in vain, signed for, sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.domain.parcels import ParcelEvent
from retailcrm.simulate import pages, words
from retailcrm.simulate.people import persons_of
from retailcrm.simulate.progress import after, course_of
from retailcrm.simulate.randomness import Stream, below

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from retailcrm.simulate.pages import Part
    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.randomness import Draws, Ints

_HOUR, _DAY = 3600, 86_400
_SIGNED_FROM, _SIGNED_SPREAD = 30, 50
"""A parcel is signed for after so many percent of the time to confirmed receipt, and up to so many more."""

_ARRIVED_LEAST, _ARRIVED_SPREAD = _HOUR, 7 * _HOUR
"""It reaches the town so long before that."""

_DEAD_PERCENT: Final = 3
"""Customers whose phone nobody answers, most of the time."""

_DEAD_UNREACHED_PERCENT, _UNREACHED_PERCENT, _MISSED_PERCENT = 70, 1, 5
_BACK_LEAST, _BACK_SPREAD = _DAY, 2 * _DAY
_SERIALS: Final = 10**13


def happenings_of(
    draws: Draws, key: NDArray[np.uint64], customer: NDArray[Any], placed_at: Instants
) -> Instants:
    """Decide everything that ever happens to the parcels of some orders.

    Args:
        draws: The shop's random numbers.
        key: Key of each order; ``uint64``, shape ``(n_orders,)``.
        customer: Who ordered.
        placed_at: When, UTC.

    Returns:
        When each :class:`~retailcrm.domain.parcels.ParcelEvent` happens, NaT for never, also after the
        end of the window; shape ``(n_orders, 6)``.
    """
    course, bits = course_of(draws, key), draws.of(Stream.DELIVERY, key)
    travel = course.due - course.shipped
    signed = course.shipped + travel * (_SIGNED_FROM + below(bits, _SIGNED_SPREAD)) // 100
    wait = _ARRIVED_LEAST + below(bits, _ARRIVED_SPREAD, low=True)
    unreached, missed = _troubles_of(draws, key, customer)
    shipped = course.shipped >= 0
    # A refund on the way turns the parcel round.
    stopped = shipped & (course.received < 0)
    arrives = shipped & ~(stopped & (course.refunded <= signed - wait))
    comes = shipped & ~stopped
    back = course.refunded + _BACK_LEAST + below(bits, _BACK_SPREAD, low=True)
    seconds = {
        ParcelEvent.SHIPPED: np.where(shipped, course.shipped, -1),
        ParcelEvent.ARRIVED: np.where(arrives, signed - wait, -1),
        ParcelEvent.UNREACHABLE: np.where(comes & unreached, signed - wait * 3 // 4, -1),
        ParcelEvent.ATTEMPT_FAILED: np.where(comes & missed, signed - wait * 2 // 3, -1),
        ParcelEvent.SIGNED: np.where(comes, signed, -1),
        ParcelEvent.RETURNED: np.where(stopped, back, -1),
    }
    return np.stack([after(placed_at, seconds[event]) for event in ParcelEvent], axis=1)


def _troubles_of(draws: Draws, key: NDArray[np.uint64], customer: NDArray[Any]) -> tuple[Any, Any]:
    """Say where nobody answered the courier, and where he came in vain; the first means the second."""
    bits = draws.of(Stream.TROUBLE, key)
    percent = np.where(dead_phones(draws, customer), _DEAD_UNREACHED_PERCENT, _UNREACHED_PERCENT)
    unreached = below(bits, 100) < percent
    return unreached, unreached | (below(bits, 100, low=True) < _MISSED_PERCENT)


def dead_phones(draws: Draws, customers: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the customers whose phone hardly ever answers: those whom a planner should not call."""
    bits = draws.of(Stream.DEAD_PHONE, persons_of(draws, customers))
    dead: NDArray[np.bool_] = below(bits, 100) < _DEAD_PERCENT
    return dead


def carriers_of(draws: Draws, key: NDArray[np.uint64]) -> Ints:
    """Give each parcel's carrier, a position in ``words.CARRIERS``."""
    return below(draws.of(Stream.PARCEL, key), len(words.CARRIERS))


def serials_of(draws: Draws, key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Give the digits of each parcel's number."""
    return draws.of(Stream.DOCUMENT, key) % np.uint64(_SERIALS)


def tracking(draws: Draws, key: NDArray[np.uint64]) -> list[Part]:
    """Spell 运单号: two letters of the carrier and thirteen digits."""
    letters = pages.cells_of([code for _, code in words.CARRIERS])
    return [letters[carriers_of(draws, key)], pages.digits(serials_of(draws, key), 13)]


def events_of(times: Instants) -> tuple[Ints, Ints, Instants]:
    """List events: the row of its parcel, what, and when; parcel by parcel, earliest first."""
    row, event = np.nonzero(~np.isnat(times))
    at = times[row, event]
    rank = np.lexsort((at, row))
    return row[rank], event[rank], at[rank]
