"""Festival figures of a simulated shop: the lift that is found is the one its baskets were filled with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np
import pytest

from retailcrm.analytics.festivals import daily_orders, festival_lift
from retailcrm.shop.festivals import FESTIVALS, windows
from retailcrm.simulate import FOODS, Occasion, ShopSpec, line_share, simulate_shop
from retailcrm.simulate.foods import category_path
from retailcrm.simulate.occasions import occasion_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.festivals import Lift

SPREADS: Final = 4
"""How many standard errors a found lift may lie from the true one; there are twenty of them."""

FOUND: Final = {"spring": Occasion.SPRING_FESTIVAL, "mid_autumn": Occasion.MID_AUTUMN}


@attrs.frozen(eq=False)
class Sold:
    """Lines that were paid for, and the day and occasion of each order."""

    order: NDArray[np.int32]
    food: NDArray[np.int32]
    day: NDArray[np.int64]
    occasion: NDArray[np.int64]
    observed: tuple[int, int]


@pytest.fixture(scope="module")
def sold() -> Sold:
    """Give the lines of a shop of 60,000 orders in three years."""
    shop = simulate_shop(ShopSpec(seed=31, customers=None, orders=60_000, months=36))
    lines = shop.line_table()
    bought = lines.gross > 0
    day = (shop.placed_at + np.timedelta64(8, "h")).astype("datetime64[D]")
    first, end = (int(np.datetime64(d, "D").astype(np.int64)) for d in (shop.spec.start, shop.spec.end))
    return Sold(
        order=lines.order[bought],
        food=lines.product.codes[bought],
        day=day.astype(np.int64),
        occasion=np.array([occasion_of(d) for d in day.tolist()]),
        observed=(first, end),
    )


PATHS: Final = sorted(line_share(Occasion.ORDINARY))


def found_in(sold: Sold, key: str) -> Lift:
    """Find the lift of each category for a festival."""
    group = np.array([PATHS.index(category_path(food)) for food in FOODS if food.price], np.int32)
    day = sold.day[sold.order]
    daily = daily_orders(day, sold.order, group[sold.food], len(PATHS), sold.observed)
    return festival_lift(daily, windows(FESTIVALS[key], *sold.observed))


def within(day: NDArray[np.int64], spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Mark the days of some spans."""
    marks = np.zeros(len(day), np.bool_)
    for start, end in spans:
        marks |= (day >= start) & (day < end)
    return marks


@pytest.mark.parametrize("key", FOUND)
def test_the_lift_found_is_the_true_one(sold: Sold, key: str) -> None:
    """For each category: the share of orders with it, expected of baskets of so many lines, in and out."""
    found = found_in(sold, key)
    # The window before the first lunar new year began before the shop did.
    assert len(found.windows) == (2 if key == "spring" else 3)
    inside = within(sold.day, found.windows)
    outside = ~within(sold.day, windows(FESTIVALS[key], *sold.observed))
    assert set(sold.occasion[inside].tolist()) == {FOUND[key]}
    lines = np.bincount(sold.order, minlength=len(sold.day))
    for i, path in enumerate(PATHS):
        share = np.array([float(line_share(occasion)[path]) for occasion in Occasion])[sold.occasion]
        # An order of n lines has none of the category with a chance of (1 - p) ** n.
        chance = 1 - (1 - share) ** lines
        expected = chance[inside].mean() / chance[outside].mean()
        error = np.log(found.high[i] / found.low[i]) / (2 * 1.96)
        assert abs(np.log(found.lift[i] / expected)) < SPREADS * error, path


def test_what_stands_out_is_what_was_lifted(sold: Sold) -> None:
    """Gift boxes and nuts before the lunar new year: the intervals lie above 1; cakes' lies below."""
    found = found_in(sold, "spring")
    above = {path for path, low in zip(PATHS, found.low, strict=True) if low > 1}
    below = {path for path, high in zip(PATHS, found.high, strict=True) if high < 1}
    assert above >= {"食品/年货礼盒", "食品/坚果炒货", "食品/糖果巧克力"}
    assert "食品/糕点饼干" in below
    assert PATHS[int(np.argmax(found.lift))] == "食品/年货礼盒"
