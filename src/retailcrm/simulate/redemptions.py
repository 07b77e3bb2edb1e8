"""Who spends points when, and how many: never more than what she surely has by then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.simulate.randomness import Stream, below

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.randomness import Ints
    from retailcrm.simulate.shop import SimulatedShop

GIFTS: Final = (("试吃礼包", 200), ("定制帆布袋", 500), ("坚果罐", 800))
"""What points buy beside money off, and for how many."""

NAMED_PERCENT: Final = 85
"""The shop itself knows who is behind so many of 100 orders that the platform masks."""

STEP: Final = 100
"""Points go in multiples of it."""

_DAY: Final = 86_400
_YOUNG_SECONDS: Final = 150 * _DAY
_YOUNG: Final = np.timedelta64(_YOUNG_SECONDS, "s")
"""Points that were set free more recently have surely not lapsed: the shop lets them last half a year."""

_KNOW_PERCENT: Final = 12
"""So many of 100 customers know that there are points; the others let them lapse."""

_USE_PERCENT: Final = 45
"""So often does one who knows look at her points when she pays."""

_GIFT_PERCENT: Final = 40
_LEAST_PERCENT: Final = 70
"""Of what she has, she spends from so much to all of it."""

_FEN: Final = 100


@attrs.frozen(eq=False, kw_only=True)
class Redemptions:
    """Points spent in a simulated shop, one row each, earliest first.

    Attributes:
        order: Row of the order with which they were spent; ``int64``, shape ``(n,)``.
        customer: Who; ``int32``.
        points: How many; ``int64``.
        gift: Position in :data:`GIFTS`, -1 for money off the order; ``int32``.
        at: When, UTC.
    """

    order: NDArray[np.int64]
    customer: NDArray[np.int32]
    points: Ints
    gift: NDArray[np.int32]
    at: Instants

    def __len__(self) -> int:
        """Count the redemptions."""
        return len(self.order)


def redemptions_of(shop: SimulatedShop) -> Redemptions:
    """Say who spends points when, and on what.

    Points are spent with an order that is paid and kept. A customer spends only points of orders that were
    received in the 150 days before, were not given back and whose buyer the shop knows, at a point for
    each yuan: whatever else a programme gives, she has at least those.

    Args:
        shop: The shop.

    Returns:
        The redemptions; the same shop gives the same.

    Example:
        >>> from retailcrm.simulate import ShopSpec, redemptions_of, simulate_shop
        >>> spent = redemptions_of(simulate_shop(ShopSpec(seed=7, customers=500)))
        >>> len(spent) > 20, int(spent.points.min())
        (True, 100)
    """
    rows = _occasions(shop)
    earned = _earned(shop, rows)
    bits = shop.draws.of(Stream.REDEMPTION, shop.key[rows])
    wanted = _LEAST_PERCENT + below(bits, 101 - _LEAST_PERCENT)
    gift = np.where(
        below(bits, 100, low=True) < _GIFT_PERCENT, below(bits, 100 * len(GIFTS), low=True) % len(GIFTS), -1
    )
    place = _places(shop, shop.customer[rows], shop.paid_at[rows])
    points, gift = _spend(place, shop.customer[rows], earned, wanted, gift)
    done = points > 0
    by_time = np.argsort(shop.paid_at[rows[done]], kind="stable")
    order = rows[done][by_time]
    return Redemptions(
        order=order,
        customer=shop.customer[order],
        points=points[done][by_time],
        gift=gift[done][by_time].astype(np.int32),
        at=shop.paid_at[order],
    )


def _occasions(shop: SimulatedShop) -> NDArray[np.int64]:
    """List the orders at whose payment a customer looks at her points, customer by customer, in time."""
    rows = np.flatnonzero(~np.isnat(shop.paid_at) & (shop.refunded == 0))
    knows = below(shop.draws.of(Stream.REDEEMS, shop.customer[rows]), 100) < _KNOW_PERCENT
    rows = rows[knows]
    looks = below(shop.draws.of(Stream.REDEEMS, shop.key[rows]), 100, low=True) < _USE_PERCENT
    rows = rows[looks]
    order: NDArray[np.int64] = rows[np.lexsort((rows, shop.paid_at[rows], shop.customer[rows]))]
    return order


def _earned(shop: SimulatedShop, rows: NDArray[np.int64]) -> Ints:
    """Add up the young points that the customer of each order has before she pays, spent ones included."""
    named = below(shop.draws.of(Stream.BUYERS_FILE, shop.key), 100) < NAMED_PERCENT
    earns = np.flatnonzero(named & ~np.isnat(shop.received_at) & (shop.refunded == 0))
    place = _places(shop, shop.customer[earns], shop.received_at[earns])
    by_place = np.argsort(place, kind="stable")
    place = place[by_place]
    total = np.append(np.int64(0), np.cumsum(shop.total[earns[by_place]] // _FEN))
    who, at = shop.customer[rows], shop.paid_at[rows]
    until, since = (np.searchsorted(place, _places(shop, who, moment)) for moment in (at, at - _YOUNG))
    young: Ints = total[until] - total[since]
    return young


def _places(shop: SimulatedShop, customer: NDArray[np.int32], at: Instants) -> Ints:
    """Number moments so that those of one customer stand together, in time."""
    opens = shop.placed_at.min() - 2 * _YOUNG
    span = int((shop.as_of - opens) // np.timedelta64(1, "s")) + _DAY
    seconds = ((at - opens) // np.timedelta64(1, "s")).astype(np.int64)
    places: Ints = customer.astype(np.int64) * span + seconds
    return places


def _spend(
    place: Ints, customer: NDArray[np.int32], earned: Ints, percent: Ints, gift: Ints
) -> tuple[Ints, Ints]:
    """Decide what is spent: everybody's first occasion, then everybody's second ...

    Args:
        place: When each occasion is; one customer's stand together, in time.
        customer: Whose it is.
        earned: Young points by then, spent ones included.
        percent: How much of what is left she wants to spend.
        gift: What she would like, -1 for money off.

    Returns:
        Points spent, 0 for nothing, and what on.
    """
    n = len(customer)
    points, got, after = np.zeros(n, np.int64), np.full(n, -1, np.int64), np.zeros(n, np.int64)
    first = np.flatnonzero(np.append(True, customer[1:] != customer[:-1])[:n])
    size = np.diff(first, append=n)
    start = np.repeat(first, size)
    # Points that were spent before the young ones came in were older ones.
    since = np.maximum(np.searchsorted(place, place - _YOUNG_SECONDS), start)
    prices = np.array([price for _, price in GIFTS], np.int64)

    def spent_before(occasion: Ints, own: Ints) -> Ints:
        before: Ints = np.where(occasion == own, 0, after[occasion - 1])
        return before

    for turn in range(int(size.max(initial=0))):
        row = first[size > turn] + turn
        before = spent_before(row, start[row])
        left = earned[row] - (before - spent_before(since[row], start[row]))
        affords = (gift[row] >= 0) & (prices[gift[row]] <= left)
        money_off = np.maximum(left, 0) * percent[row] // 100 // STEP * STEP
        points[row] = np.where(affords, prices[gift[row]], money_off)
        got[row] = np.where(affords, gift[row], -1)
        after[row] = before + points[row]
    return points, got
