"""The truth about the catalogue at the end of the window, which product lists are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.tables import ProductTable
from retailcrm.simulate.foods import CATALOGUE, FOODS, RETIRED, category_path
from retailcrm.simulate.randomness import Stream, below
from retailcrm.simulate.shop import utc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.randomness import Draws, Ints
    from retailcrm.simulate.shop import SimulatedShop

TAKEN_OFF: Final = ("TQ005",)
"""Codes of the foods that the seller has taken off the shelf (仓库中)."""

_COST_LEAST, _COST_SPREAD = 45, 26
"""Cost in percent of the price."""

_GIFT_COST: Final = 150
_STOCK_LEAST, _STOCK_SPREAD = 12, 900
_SOLD_OUT_PERCENT: Final = 6
_ON_SHELF_DAYS: Final = (30, 700)
"""How long before the window opens the foods were put on the shelf."""

_UNSOLD_DAYS: Final = (130, 400)
"""How long before it ends those were that nobody bought."""


def product_table(shop: SimulatedShop) -> ProductTable:
    """Give the catalogue as it stands at the end of the window.

    Args:
        shop: The shop.

    Returns:
        One row a product, by code; titles are those of the item report.

    Example:
        >>> from retailcrm.simulate import ShopSpec, product_table, simulate_shop
        >>> products = product_table(simulate_shop(ShopSpec(seed=7, customers=100)))
        >>> len(products), products.keys[0], products.category.tolist()[0]
        (67, 'JG001', '食品/坚果炒货')
    """
    price = np.array([food.price for food in CATALOGUE], np.int64)
    count = len(CATALOGUE)
    return ProductTable(
        keys=Texts.of(food.code for food in CATALOGUE),
        title=Coded.of(food.title for food in CATALOGUE),
        category=Coded.of(category_path(food) for food in CATALOGUE),
        cost=_costs(shop.draws, price),
        price=price,
        stock=_stock(shop.draws),
        on_shelf=np.array([food.code not in TAKEN_OFF for food in CATALOGUE], np.int8),
        on_shelf_since=_since(shop),
        seen_at=np.full(count, shop.as_of),
    )


def _costs(draws: Draws, price: Ints) -> Ints:
    """Give the cost of each product; gifts cost the shop something too."""
    percent = _COST_LEAST + below(draws.of(Stream.STOCK, np.arange(len(price))), _COST_SPREAD)
    return np.where(price > 0, price * percent // 100, _GIFT_COST)


def _stock(draws: Draws) -> Ints:
    """Give what is left of each product; nothing of some, and always something of what nobody buys."""
    bits = draws.of(Stream.STOCK, len(CATALOGUE) + np.arange(len(CATALOGUE)))
    left = _STOCK_LEAST + below(bits, _STOCK_SPREAD)
    sold_out = (below(bits, 100, low=True) < _SOLD_OUT_PERCENT) & ~slow()
    return np.where(sold_out, 0, left)


def slow() -> NDArray[np.bool_]:
    """Mark the products of the catalogue that were not sold in the last third of the window."""
    return np.array([food.code in RETIRED or i >= len(FOODS) for i, food in enumerate(CATALOGUE)])


def _since(shop: SimulatedShop) -> Instants:
    """Say since when each product is on the shelf: before it can first have been sold; midnights."""
    bits = shop.draws.of(Stream.STOCK, 2 * len(CATALOGUE) + np.arange(len(CATALOGUE)))
    unsold = np.arange(len(CATALOGUE)) >= len(FOODS)
    (least, most), (least_unsold, most_unsold) = _ON_SHELF_DAYS, _UNSOLD_DAYS
    before_start = least + below(bits, most - least)
    before_end = least_unsold + below(bits, most_unsold - least_unsold)
    opens, closes = utc(shop.spec.start), shop.as_of
    days = np.where(unsold, before_end, before_start).astype("timedelta64[D]")
    since: Instants = np.where(unsold, closes, opens) - days
    return since
