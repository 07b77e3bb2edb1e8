"""The catalogue: costs, stock, and what lies on the shelf unsold."""

import numpy as np
import pytest

from retailcrm.simulate import CATALOGUE, FOODS, ShopSpec, product_table, simulate_shop
from retailcrm.simulate.foods import RETIRED, UNSOLD
from retailcrm.simulate.tables.products import TAKEN_OFF


@pytest.fixture(scope="module")
def shop():
    """A shop of the demo's size."""
    return simulate_shop(ShopSpec(seed=7))


@pytest.fixture(scope="module")
def products(shop):
    """Its catalogue."""
    return product_table(shop)


def test_every_product_is_there_once(products):
    """Sixty-three articles that are sent out, four that were never sold; codes and titles all different."""
    assert len(products) == len(FOODS) + len(UNSOLD) == 67
    for texts in (products.keys.tolist(), products.title.tolist()):
        assert len(set(texts)) == 67
    assert products.price.tolist() == [food.price for food in CATALOGUE]
    assert set(products.category.tolist()) >= {"食品/坚果炒货", "食品/赠品"}


@pytest.mark.parametrize("seed", range(30))
def test_the_catalogue_makes_sense_for_any_seed(seed):
    """No stock below nothing, some of what nobody buys; cost below price; put up before it was sold."""
    shop = simulate_shop(ShopSpec(seed=seed, customers=1, months=6))
    products = product_table(shop)
    assert (products.stock >= 0).all()
    unsold = [code in RETIRED or i >= len(FOODS) for i, code in enumerate(products.keys.tolist())]
    assert (products.stock[unsold] > 0).all()
    sold = products.price > 0
    assert (products.cost[sold] < products.price[sold]).all()
    assert (products.cost > 0).all()
    opens = np.datetime64("2022-12-31T16:00")
    assert (products.on_shelf_since[: len(FOODS)] < opens).all()
    assert (products.on_shelf_since < shop.as_of).all()


def test_slow_sellers_are_known(shop, products):
    """On the shelf with stock and no sale in half a year: two retired foods and the four never sold."""
    lines = shop.line_table()
    last = {}
    for title, order in zip(lines.product.tolist(), lines.order.tolist(), strict=True):
        last[title] = shop.placed_at[order]
    since = shop.as_of - np.timedelta64(180, "D")
    found = {
        code
        for code, title, stock, on_shelf in zip(
            products.keys.tolist(), products.title.tolist(), products.stock, products.on_shelf, strict=True
        )
        if on_shelf == 1 and stock > 0 and last.get(title, since) <= since
    }
    assert found == set(RETIRED) - set(TAKEN_OFF) | {food.code for food in UNSOLD}


def test_costs_are_a_believable_part_of_prices(products):
    """Between 45 and 70 percent; gifts cost something though they have no price."""
    sold = products.price > 0
    share = products.cost[sold] / products.price[sold]
    assert share.min() > 0.44
    assert share.max() < 0.71
    assert set(products.cost[~sold].tolist()) == {150}
