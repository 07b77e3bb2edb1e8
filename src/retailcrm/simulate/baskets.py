"""What is in an order and what it costs: lines, gift, coupons, postage."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from retailcrm.simulate.foods import FIRST_GIFT, FOODS
from retailcrm.simulate.occasions import demand, successors
from retailcrm.simulate.people import CustomerKind, kinds_of, places_of
from retailcrm.simulate.places import PLACES
from retailcrm.simulate.randomness import Choice, Draws, Stream, below

if TYPE_CHECKING:
    from retailcrm.simulate.season import Season
    from retailcrm.simulate.spec import CustomerMix

Ints = NDArray[np.int64]

MOST_LINES: Final = 4
"""Lines that are paid for; a gift may come on top."""

_LINES: Final = Choice.of((0, 46, 30, 15, 9))
_QUANTITIES: Final = Choice.of((0, 70, 20, 6, 3, 0, 0, 0, 0, 0, 1))
_FAVOURITE_PERCENT: Final = 35
_GIFT_FROM: Final = 9900
_FREE_POSTAGE_FROM: Final = 5900
_POSTAGE: Final = (600, 800, 1000)
_REMOTE_POSTAGE: Final = 1500
_SALE_STEP, _SALE_OFF = 30_000, 5_000
"""跨店满减 on sale days: 50 yuan off every 300."""

_COUPONS: Final = ((19_900, 3000), (9900, 1000))
"""Everyday coupons: (from, off)."""

_COUPON_PERCENT: Final = 45


@attrs.frozen(eq=False)
class Baskets:
    """The contents and amounts of orders, in minor units.

    Attributes:
        product: Position in :data:`FOODS`, -1 where a line is not used; ``int64``, shape
            ``(n_orders, 5)``; a gift stands in the last column.
        quantity: Pieces, 0 where a line is not used; same shape.
        goods: Sum of price x quantity; shape ``(n_orders,)``.
        discount: Coupons; less than ``goods``.
        postage: 邮费.
    """

    product: Ints
    quantity: Ints
    goods: Ints
    discount: Ints
    postage: Ints

    @property
    def total(self) -> Ints:
        """总金额: goods and postage less the discount."""
        return self.goods + self.postage - self.discount

    @property
    def amount(self) -> Ints:
        """Price x quantity of each line; shape ``(n_orders, 5)``."""
        return prices()[self.product] * self.quantity

    @property
    def line_due(self) -> Ints:
        """What each line costs after its share of the discount; sums to goods less discount."""
        amount = self.amount
        share = amount * self.discount[:, None] // np.maximum(self.goods, 1)[:, None]
        share[:, 0] += self.discount - share.sum(axis=1)
        due: Ints = amount - share
        return due


@cache
def prices() -> Ints:
    """Unit prices of :data:`FOODS`, minor units; gifts, and the unused line -1, cost nothing."""
    return np.array([food.price for food in FOODS], np.int64)


@cache
def _gifts() -> Choice:
    """Weigh what is given away."""
    return Choice.of([food.weight for food in FOODS[FIRST_GIFT:]])


def baskets_of(
    draws: Draws,
    mix: CustomerMix,
    key: NDArray[np.uint64],
    customer: NDArray[Any],
    season: Season,
    day: Ints,
) -> Baskets:
    """Fill the baskets of some orders.

    Args:
        draws: The shop's random numbers.
        mix: The shop's kinds of customers.
        key: Key of each order; ``uint64``, shape ``(n_orders,)``.
        customer: Who orders.
        season: The shopping calendar of the window.
        day: The day of each order in it.

    Returns:
        Contents and amounts; the same for the same orders, however they are grouped.
    """
    product, quantity = _lines_of(draws, mix, key, customer, season.occasion[day])
    product = np.where(season.late[day, None], successors()[product], product)
    goods: Ints = (prices()[product] * quantity).sum(axis=1)
    bits = draws.of(Stream.COUPON, key)
    gift = (goods >= _GIFT_FROM) & (below(bits, 2) == 0)
    product[:, -1] = np.where(gift, FIRST_GIFT + _gifts().pick(bits, low=True), -1)
    quantity[:, -1] = gift
    discount = _discount_of(goods, season.sale[day], uses_coupon=below(bits, 100, low=True) < _COUPON_PERCENT)
    return Baskets(product, quantity, goods, discount, _postage_of(draws, key, customer, goods - discount))


def _lines_of(
    draws: Draws,
    mix: CustomerMix,
    key: NDArray[np.uint64],
    customer: NDArray[Any],
    occasion: NDArray[np.int8],
) -> tuple[Ints, Ints]:
    """Choose what and how much; the first line leans to the customer's favourite."""
    product = np.full((len(key), MOST_LINES + 1), -1, np.int64)
    quantity = np.zeros((len(key), MOST_LINES + 1), np.int64)
    bits = draws.of(Stream.BASKET, key)
    big = kinds_of(draws, customer, mix) == CustomerKind.BIG_SPENDER
    lines = np.minimum(_LINES.pick(bits) + big, MOST_LINES)
    for line in range(MOST_LINES):
        chosen = draws.of(Stream.LINE, key + np.uint64(line))
        used = line < lines
        product[:, line] = np.where(used, demand().pick(chosen, occasion), -1)
        quantity[:, line] = np.where(used, _QUANTITIES.pick(chosen, low=True) + 2 * big, 0)
    # Her favourite of the season: the same draw, so that each occasion's shares stay exact.
    favourite = demand().pick(draws.of(Stream.TASTE, customer), occasion)
    leans = below(bits, 100, low=True) < _FAVOURITE_PERCENT
    product[:, 0] = np.where(leans, favourite, product[:, 0])
    return product, quantity


def _discount_of(goods: Ints, sale: NDArray[np.bool_], *, uses_coupon: NDArray[np.bool_]) -> Ints:
    """Take off what the day's coupons give."""
    everyday = np.select([goods >= least for least, _ in _COUPONS], [off for _, off in _COUPONS], 0)
    step = goods // _SALE_STEP * _SALE_OFF
    return np.where(sale, np.maximum(step, everyday), np.where(uses_coupon, everyday, 0))


@cache
def _remote() -> NDArray[np.bool_]:
    """Mark the places that couriers charge more for."""
    return np.array([place.remote for place in PLACES])


def _postage_of(draws: Draws, key: NDArray[np.uint64], customer: NDArray[Any], goods: Ints) -> Ints:
    """Charge postage on small orders, more to remote places."""
    usual = np.array(_POSTAGE, np.int64)[below(draws.of(Stream.PARCEL, key), len(_POSTAGE))]
    postage = np.where(_remote()[places_of(draws, customer)], _REMOTE_POSTAGE, usual)
    return np.where(goods >= _FREE_POSTAGE_FROM, 0, postage)
